"""Other webrings' lists of sites, read for a ring of ours. Pure.

Whoever is read is asked, not enrolled: each site is a member when it says so itself.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.errors import BadRequest, InvalidName, TooLarge
from webring.rings.list_entries import Entry, read_json, read_lines, read_opml
from webring.rings.places import read_address
from webring.rings.site_urls import read_site_url
from webring.text import cut, line

MAX_BYTES: Final = 1024 * 1024
"""Bytes of one list."""
TITLE_LENGTH: Final = 120
"""Graphemes of a title that are kept."""
SEEN_LENGTH: Final = 200
"""Graphemes of a refused entry that are shown."""
_PAGE: Final = re.compile(rb"\s*<(?:!doctype\s+)?html\b", re.IGNORECASE)
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Imported:
    """A site of a list: its address as a ring document would have it, and its title there."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that was left out: what it said, harmless in a line, and why."""

    seen: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedList:
    """A list that was read. `form` names what it was read as."""

    form: str
    sites: tuple[Imported, ...]
    refused: tuple[Refused, ...]


def read_list(data: bytes, *, lenient: bool = False) -> ImportedList:
    """Read a list of sites; entries that cannot be members are refused, each for its reason.
    `lenient` is for tests alone: see `read_site_url`.

    Raises `TooLarge` over a megabyte or 5,000 entries, and `BadRequest` for a file that is no list
    that we know; both name what was seen.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"a list has at most {MAX_BYTES:,} bytes, this one has {len(data):,}")
    if _PAGE.match(data.removeprefix(codecs.BOM_UTF8)):
        raise BadRequest("it is a web page, not a list: look there for a link to OPML or JSON")
    if data.startswith(_UTF16) or data.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return _checked("OPML", read_opml(data), lenient)
    text = _decoded(data)
    if text.startswith(("[", "{")):
        return _checked("JSON", read_json(text), lenient)
    return _checked("addresses", read_lines(text), lenient)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BadRequest(f"a list is text in UTF-8: byte {error.start} is not") from None
    if not text:
        raise BadRequest("it is empty")
    return text


def _checked(form: str, entries: Iterable[Entry], lenient: bool) -> ImportedList:
    sites: list[Imported] = []
    refused: list[Refused] = []
    known: set[object] = set()
    for entry in entries:
        try:
            url = _url(entry, lenient)
        except InvalidName as error:
            refused.append(_refused(entry, error.sentence))
            continue
        # The same page with or without a slash at its end is one site.
        mark = address.loose if (address := read_address(url)) else url
        if mark in known:
            refused.append(_refused(entry, "it stands in the list before"))
            continue
        known.add(mark)
        sites.append(Imported(url, cut(line(entry.title), TITLE_LENGTH)))
    return ImportedList(form, tuple(sites), tuple(refused))


def _url(entry: Entry, lenient: bool) -> str:
    if entry.fault:
        raise InvalidName(entry.fault)
    return read_site_url(entry.address, lenient=lenient)


def _refused(entry: Entry, reason: str) -> Refused:
    return Refused(cut(line(entry.address), SEEN_LENGTH), reason)
