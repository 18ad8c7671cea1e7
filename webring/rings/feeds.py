"""Atom feeds (RFC 4287): a ring's history, and what one member is told. Pure; in English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element

from webring.clock import Millis
from webring.rings.elements import child, moment, root, written
from webring.rings.history import Event
from webring.rings.telling import sentence
from webring.text import line, shown_server

MEDIA_TYPE: Final = "application/atom+xml"
MAX_ENTRIES: Final = 200
"""Entries in one feed: the newest."""
_ATOM: Final = "http://www.w3.org/2005/Atom"
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:webring")
"""In which a feed's and an entry's ids are made (RFC 9562, version 5): the same everywhere."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself. Text is raw; `url` is its own address, `page` the page's.

    `root` is the ring's, of which ids are made, and `author` who publishes it; `since` is when it
    was last changed where it has no entry.
    """

    root: str
    title: str
    author: str
    url: str
    page: str
    since: Millis


@dataclass(frozen=True, slots=True)
class Told:
    """A notice: one line of raw text, and when."""

    at: Millis
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    at: Millis
    text: str
    authors: Sequence[str] = ()


def history_feed(feed: Feed, events: Sequence[Event]) -> bytes:
    """The feed of a ring's history; `events` are those of `rings.history`, the newest first."""
    return _written(feed, "history", [_of_event(feed, event) for event in events[:MAX_ENTRIES]])


def notices_feed(feed: Feed, member: str, notices: Iterable[Told]) -> bytes:
    """The feed of what the member of that id was told."""
    newest = sorted(notices, key=lambda told: (-told.at, told.text))[:MAX_ENTRIES]
    entries = [
        _Entry(_id(feed, member, str(told.at), told.text), line(told.text), told.at, told.text)
        for told in newest
    ]
    return _written(feed, member, entries)


def _of_event(feed: Feed, event: Event) -> _Entry:
    signers = tuple(map(shown_server, event.signers))
    title = sentence(event)
    return _Entry(
        id=_id(feed, str(event.sequence), event.key),
        title=title,
        at=event.issued_at,
        text=f"{title} (Version {event.sequence}, signed by {', '.join(signers) or 'nobody'}.)",
        authors=signers,
    )


def _written(feed: Feed, name: str, entries: Sequence[_Entry]) -> bytes:
    document = root("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    child(document, "id", _id(feed, name))
    child(document, "title", line(feed.title))
    child(document, "updated", _time(max((entry.at for entry in entries), default=feed.since)))
    _author(document, feed.author)
    child(document, "link", "", {"rel": "self", "type": MEDIA_TYPE, "href": feed.url})
    _alternate(document, feed.page)
    for entry in entries:
        _add(document, entry, feed.page)
    return written(document)


def _add(document: Element, entry: _Entry, page: str) -> None:
    element = child(document, "entry")
    child(element, "id", entry.id)
    child(element, "title", entry.title)
    child(element, "updated", _time(entry.at))
    for author in entry.authors:
        _author(element, author)
    _alternate(element, page)
    child(element, "content", entry.text, {"type": "text"})


def _alternate(element: Element, page: str) -> None:
    child(element, "link", "", {"rel": "alternate", "type": "text/html", "href": page})


def _author(element: Element, name: str) -> None:
    child(child(element, "author"), "name", line(name))


def _id(feed: Feed, *words: str) -> str:
    """A name for good: it depends on nothing but the ring's root and these words."""
    name = "\n".join((feed.root, *words))
    return f"urn:uuid:{uuid5(_NAMESPACE, name.encode('utf-8', 'replace').decode())}"


def _time(at: Millis) -> str:
    """A time as RFC 3339 has it."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
