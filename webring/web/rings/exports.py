"""A ring to take along: as an outline for readers, and as JSON."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.errors import NotFound
from webring.moderation.blocklist import Blocklist
from webring.rings.chronicle import names
from webring.rings.circle import Circle
from webring.rings.exports import Listed, listed, ring_json
from webring.rings.outlines import MEDIA_TYPE, outline
from webring.storage import communities
from webring.web.embed.asking import circle_of
from webring.web.embed.place import ring_name
from webring.web.rings.answers import published
from webring.web.serving import services


async def opml(request: Request) -> Response:
    """The members that can be visited, as an outline: also the ring's blogroll."""
    circle = await circle_of(request)
    here = services(request)
    head = await here.rings.shelf.head(here.db.reader, circle.ring)
    if head is None:
        raise NotFound(f"no ring {circle.ring} is known here")
    members = [each for each in await _listed(request, circle) if each.state.is_navigable]
    title = ring_name(circle.label, circle.ring)
    body = outline(title, members, head.terms.interests, head.validity.issued_at)
    return published(request, body, MEDIA_TYPE)


async def export(request: Request) -> Response:
    """The ring with all its members, as `webring ring import` reads it."""
    circle = await circle_of(request)
    here = services(request)
    head = await here.rings.shelf.head(here.db.reader, circle.ring)
    if head is None:
        raise NotFound(f"no ring {circle.ring} is known here")
    content = ring_json(head, await _listed(request, circle))
    return published(request, msgspec.json.encode(content, enc_hook=str), "application/json")


async def _listed(request: Request, circle: Circle) -> tuple[Listed, ...]:
    conn = services(request).db.reader
    ids = {slot.id: slot.community_id for slot in circle.slots}
    known = await communities.interests_of(conn, filter(None, ids.values()))
    interests = {member: known.get(each, ()) for member, each in ids.items() if each}
    return listed(circle, names(circle, await Blocklist.load(conn)), interests)


ROUTES: Final = (
    Route("/rings/{ring}/members.opml", opml),
    Route("/rings/{ring}/export.json", export),
)
