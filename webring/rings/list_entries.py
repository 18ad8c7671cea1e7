"""Lists of sites as the webs' rings keep them, before their addresses are checked. Pure.

Known are OPML of any version, and JSON: a list of addresses, a list of objects that have one, or an
object that holds such a list; and plain text with an address a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from webring.errors import BadRequest, TooLarge

MAX_ENTRIES: Final = 5_000
"""Entries in one list."""
MAX_NESTING: Final = 64
"""Outlines inside one another."""
LISTS: Final = (
    *("members", "sites", "websites", "ring", "webring", "links", "participants", "entries"),
    *("items", "urls"),
)
"""Under which keys an object holds its list; the first that there is counts."""
ADDRESSES: Final = (
    *("url", "website", "link", "href", "siteurl", "site_url", "site", "homepage", "htmlurl"),
    *("address", "uri", "domain"),
)
"""Under which keys an entry has its address; one with a scheme counts before one without."""
TITLES: Final = ("title", "name", "sitename", "site_name", "text", "label", "owner", "author")
_DEEP: Final = 2
"""Lists are looked for within so many objects."""
_SHOWN: Final = 8
"""Keys that an error names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is written; `fault` says why it cannot be one, whatever its address."""

    address: str
    title: str = ""
    fault: str = ""


def read_opml(data: bytes) -> list[Entry]:
    """The outlines that have an address, however deep; `BadRequest` where it is no OPML."""
    outlines = _Outlines()
    parser = expat.ParserCreate()
    parser.StartElementHandler = outlines.start
    parser.EndElementHandler = outlines.end
    # Entities can grow without bound, or read files: no outline needs a declaration of any.
    parser.StartDoctypeDeclHandler = outlines.refuse_declaration
    parser.EntityDeclHandler = outlines.refuse_declaration
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: its encoding
        raise BadRequest(f"it begins like XML and is none: {error}") from None
    return outlines.entries


def read_json(text: str) -> list[Entry]:
    """The entries of one of the known shapes; `BadRequest` for any other."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"it begins like JSON and is none: {error}") from None
    return _capped(_of_json(value, _DEEP))


def read_lines(text: str) -> list[Entry]:
    """An address a line; lines that begin with # are remarks. `BadRequest` for another text."""
    lines = [line for each in text.splitlines() if (line := each.strip()) and line[0] != "#"]
    other = next((line for line in lines if not line.startswith(("https://", "http://"))), "")
    if other or not lines:
        seen = (other or text)[:40]
        raise BadRequest(f"it is neither OPML nor JSON, nor an address a line, but has {seen!a}")
    return _capped(Entry(line) for line in lines)


class _Outlines:
    """What a parser finds in OPML."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._depth = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name.lower() != "opml":
            raise BadRequest(f"it is a document of <{name[:40]}>, not of <opml>")
        if self._depth > MAX_NESTING:
            raise BadRequest(f"outlines are nested at most {MAX_NESTING} deep")
        if name.lower() == "outline" and (entry := _of_outline(attributes)):
            self.entries.append(entry)
            _check_count(len(self.entries))

    def end(self, _name: str) -> None:
        self._depth -= 1

    def refuse_declaration(self, name: str, *_rest: object) -> None:
        raise BadRequest(
            f"it declares a document type or an entity ({name[:40]!a}): leave that out"
        )


def _of_outline(attributes: Mapping[str, str]) -> Entry | None:
    """An outline's entry; None for a folder."""
    found = {name.lower(): value for name, value in attributes.items()}
    title = found.get("title") or found.get("text") or ""
    address = found.get("htmlurl") or found.get("url") or ""
    kind = found.get("type", "").lower()
    if kind == "include" or (kind == "link" and address.lower().endswith(".opml")):
        return Entry(address, title, "it includes another list: import that one by itself")
    if not address and (feed := found.get("xmlurl")):
        return Entry(feed, title, "it names a feed, and no site (htmlUrl)")
    return Entry(address, title) if address else None


def _of_json(value: object, deep: int) -> Iterator[Entry]:
    if isinstance(value, list):
        yield from map(_of_item, value)
        return
    if not isinstance(value, dict):
        raise BadRequest(f"it is JSON, but neither a list nor an object: {str(value)[:40]!a}")
    content = _lowered(value)
    held = [content[key] for key in LISTS if isinstance(content.get(key), list | dict)]
    lists = [each for each in held if isinstance(each, list)]
    if lists:
        yield from _of_json(lists[0], deep)
    elif _address(content):
        yield _of_item(value)
    elif held and deep:
        yield from _of_json(held[0], deep - 1)
    elif any(isinstance(each, dict) and _address(_lowered(each)) for each in value.values()):
        yield from map(_of_item, value.values())
    else:
        seen = ", ".join(list(value)[:_SHOWN]) or "none"
        raise BadRequest(
            f"it is a JSON object without a list of sites: it has {seen[:200]!a}, "
            f"and a list would stand under {', '.join(LISTS[:5])} or the like"
        )


def _of_item(item: object) -> Entry:
    if isinstance(item, str):
        return Entry(item)
    if not isinstance(item, dict):
        seen = "a list" if isinstance(item, list) else str(item)[:80]
        return Entry(seen, fault="it is neither an address nor an object with one")
    content = _lowered(item)
    title = next((text for key in TITLES if (text := _text(content, key))), "")
    address = _address(content)
    fault = "" if address else f"it has no address ({', '.join(ADDRESSES[:4])} or the like)"
    return Entry(address or title or "an object", title, fault)


def _lowered(item: Mapping[str, object]) -> dict[str, object]:
    return {key.lower(): value for key, value in item.items()}


def _address(content: Mapping[str, object]) -> str:
    found = [text for key in ADDRESSES if (text := _text(content, key))]
    return next((text for text in found if "://" in text), found[0] if found else "")


def _text(content: Mapping[str, object], key: str) -> str:
    value = content.get(key)
    return value.strip() if isinstance(value, str) else ""


def _capped(entries: Iterator[Entry]) -> list[Entry]:
    kept: list[Entry] = []
    for entry in entries:
        kept.append(entry)
        _check_count(len(kept))
    return kept


def _check_count(count: int) -> None:
    if count > MAX_ENTRIES:
        raise TooLarge(f"a list has at most {MAX_ENTRIES:,} sites: split it")
