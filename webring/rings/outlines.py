"""A ring's members as an OPML 2.0 outline, which feed readers and blogs exchange. Pure.

A page that links it as its blogroll says to readers whom it recommends:

    <link rel="blogroll" type="text/xml" href="..." title="Soil">

Source: http://opml.org/spec2.opml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from webring.clock import Millis
from webring.rings.elements import child, moment, root, written
from webring.rings.exports import Listed
from webring.text import cut, line, shown_server

MEDIA_TYPE: Final = "text/x-opml"
TITLE_LENGTH: Final = 120
"""Graphemes of a title that an outline shows."""
_SPECIFICATION: Final = "http://opml.org/spec2.opml"


def outline(title: str, members: Iterable[Listed], interests: Sequence[str], at: Millis) -> bytes:
    """The outline: of each member its title, its address and, as categories, its interests.

    `interests` are the ring's, for members that name none; `at` is when the ring last changed.
    """
    document = root("opml", {"version": "2.0"})
    head = child(document, "head")
    child(head, "title", line(title))
    child(head, "dateModified", format_datetime(moment(at), usegmt=True))
    child(head, "docs", _SPECIFICATION)
    body = child(document, "body")
    for member in members:
        child(body, "outline", "", _attributes(member, member.interests or interests))
    return written(document)


def _attributes(member: Listed, interests: Sequence[str]) -> dict[str, str]:
    host = shown_server(urlsplit(member.url).hostname or "")
    title = cut(line(member.title), TITLE_LENGTH) or host
    place = {"url": member.url, "htmlUrl": member.url}
    return {"type": "link", "text": title, "title": title, **place, **_category(interests)}


def _category(interests: Sequence[str]) -> dict[str, str]:
    """Tags: what separates or nests categories cannot be a part of one."""
    tags = [line(interest.replace(",", " ").replace("/", " ")) for interest in interests]
    return {"category": ",".join(filter(None, tags))} if any(tags) else {}
