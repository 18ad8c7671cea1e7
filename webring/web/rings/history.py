"""How a ring came about: as a page, and as a feed."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.errors import NotFound
from webring.names import RingId
from webring.rings.chronicle import Chapter
from webring.rings.circle import Circle
from webring.rings.feeds import Feed, Told, history_feed, notices_feed
from webring.storage import notices, rings
from webring.text import line, shown_server
from webring.web.embed.asking import circle_of
from webring.web.embed.options import read_member
from webring.web.embed.place import ring_name
from webring.web.parameters import number
from webring.web.rendering import page
from webring.web.rings import showing
from webring.web.rings.answers import published
from webring.web.serving import services

ATOM: Final = "application/atom+xml"
NOTICES: Final = 50
"""Notices in a member's feed."""
_FARTHEST: Final = 2**31 - 1


async def history(request: Request) -> Response:
    """What happened, the newest first, some versions a page."""
    circle = await circle_of(request)
    before = number(request, "before", 0, _FARTHEST) or None
    chapter = await chapter_of(request, circle.ring, before)
    return page(
        request,
        "history.html",
        circle=circle,
        here=showing.ring_path(circle.ring),
        chapter=chapter,
        before=before,
    )


async def history_atom(request: Request) -> Response:
    """The same as a feed."""
    circle = await circle_of(request)
    chapter = await chapter_of(request, circle.ring)
    body = history_feed(await _feed(request, circle, "history"), chapter.events)
    return published(request, body, ATOM)


async def notices_atom(request: Request) -> Response:
    """What one member was told, as a feed."""
    circle = await circle_of(request)
    member = read_member(request.path_params["member"])
    if circle.get(member) is None:
        raise NotFound(f"no member {member} of {circle.ring} is known here")
    told = await notices.of_member(services(request).db.reader, circle.ring, member, NOTICES)
    feed = await _feed(request, circle, f"{member}/notices", member)
    return published(request, notices_feed(feed, member, [Told(n.at, n.text) for n in told]), ATOM)


async def chapter_of(request: Request, ring: RingId, before: int | None = None) -> Chapter:
    """Part of a ring's history."""
    chapter = await services(request).rings.chronicle.chapter(ring, before)
    if chapter is None:
        raise NotFound(f"no ring {ring} is known here")
    return chapter


async def _feed(request: Request, circle: Circle, name: str, member: str = "") -> Feed:
    instance = services(request).settings.instance
    stored = await rings.get(services(request).db.reader, circle.ring)
    here = f"{instance.base_url}{showing.ring_path(circle.ring)}"
    profile = services(request).settings.profile.name
    return Feed(
        root=circle.root,
        title=ring_name(circle.label, circle.ring),
        author=line(profile) or shown_server(instance.name),
        url=f"{here}/{name}.atom",
        page=f"{here}/{member}" if member else here,
        since=(stored.issued_at if stored else None) or 0,
    )


ROUTES: Final = (
    Route("/rings/{ring}/history", history),
    Route("/rings/{ring}/history.atom", history_atom),
    Route("/rings/{ring}/{member}/notices.atom", notices_atom),
)
