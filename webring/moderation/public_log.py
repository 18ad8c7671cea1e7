"""The public log of delistings as an Atom feed (RFC 4287). It names nobody; in English. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from webring.clock import Millis
from webring.moderation.reasons import DELISTED, KINDS, Code
from webring.rings.elements import child, moment, root, written
from webring.storage.delistings import Delisting

MEDIA_TYPE: Final = "application/atom+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_START: Final[Millis] = 0
"""When a log without a line was last changed."""


@dataclass(frozen=True, slots=True)
class Log:
    """Whose log it is, by raw name, and where its feed and its page are."""

    author: str
    url: str
    page: str


def feed(log: Log, lines: Sequence[Delisting]) -> bytes:
    """The feed of these lines, the newest first."""
    document = root("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    child(document, "id", _id(log.url))
    child(document, "title", f"Delistings of {log.author}")
    child(document, "updated", _time(max((line.at for line in lines), default=_START)))
    child(child(document, "author"), "name", log.author)
    child(document, "link", "", {"rel": "self", "type": MEDIA_TYPE, "href": log.url})
    child(document, "link", "", {"rel": "alternate", "type": "text/html", "href": log.page})
    seen: Counter[Delisting] = Counter()
    for line in reversed(lines):  # of equal lines the oldest keeps its id
        seen[line] += 1
    for line in lines:
        _add(document, log, line, seen[line])
        seen[line] -= 1
    return written(document)


def told(line: Delisting) -> str:
    """A line as a sentence."""
    what = KINDS.get(line.kind, line.kind)
    done = "let in again" if line.restored else "kept out"
    why = DELISTED.get(Code(line.code), line.code) if line.code in set(Code) else line.code
    reason = "" if line.restored else f": {why}"
    gone = "" if line.restored else f" ({line.listings} listings gone)"
    return f"{what[:1].upper()}{what[1:]} {done}{reason}{gone}."


def _add(document: Element, log: Log, line: Delisting, number: int) -> None:
    element = child(document, "entry")
    text = told(line)
    child(element, "id", _id(log.url, str(line.at), line.kind, line.code, text, str(number)))
    child(element, "title", text)
    child(element, "updated", _time(line.at))
    child(element, "link", "", {"rel": "alternate", "type": "text/html", "href": log.page})
    child(element, "content", text, {"type": "text"})


def _id(*words: str) -> str:
    """A name for good, made of what it names."""
    name = "\n".join(words)
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _time(at: Millis) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
