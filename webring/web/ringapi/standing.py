"""How a token's communities stand in rings: both halves, why not shown, and what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.clock import Millis
from webring.names import RingId, ServerName, Slug
from webring.rings.explaining import why_not_shown
from webring.storage import memberships, notices, ring_members, ring_requests
from webring.storage.ring_members import StoredMember
from webring.storage.sql import Connection
from webring.storage.tokens import Token
from webring.web.answering import answer_private, limit_of, offset_of, page
from webring.web.operations import PAGED, Access, Operation
from webring.web.ringapi import shapes as ring_shapes
from webring.web.ringapi import views
from webring.web.ringapi.tokens import token_of
from webring.web.serving import services
from webring.web.shapes import Page

NOTICES: Final = 100
"""Notices of one community that are looked at."""
REQUESTS: Final = 50
"""Requests of one community that are looked at."""
Pair = tuple[Slug, RingId]


async def standing(request: Request) -> Response:
    """The token's communities in their rings: states, why not shown, what was asked and told."""
    token = await token_of(request)
    offset, limit = offset_of(request), limit_of(request)
    here = services(request)
    conn, instance = here.db.reader, here.settings.instance
    pairs = sorted(await _pairs(conn, instance.name, token))
    shown = [
        await _one(conn, instance.name, instance.base_url, pair, here.clock())
        for pair in pairs[offset : offset + limit]
    ]
    return answer_private(page(shown, offset, len(pairs)))


async def _pairs(conn: Connection, own: ServerName, token: Token) -> set[Pair]:
    """Each community with each ring that it is in, wants to be in, or asked to be in."""
    found: set[Pair] = {(each.community, each.ring) for each in await memberships.all(conn)}
    found |= _named(await ring_members.of_instance(conn, own))
    found |= await ring_requests.asked_by(conn, own)
    return {pair for pair in found if token.acts_for(pair[0])}


def _named(slots: Iterable[StoredMember]) -> set[Pair]:
    return {(each.community, each.ring) for each in slots if each.community}


async def _one(
    conn: Connection, own: ServerName, base_url: str, pair: Pair, now: Millis
) -> ring_shapes.Membership:
    community, ring = pair
    pledged = await memberships.get(conn, ring, community)
    slots = await ring_members.of_community(conn, own, community)
    slot = next((each for each in slots if each.ring == ring), None)
    told = await notices.of_community(conn, community, NOTICES)
    asked = await ring_requests.of_community(conn, ring, own, community, REQUESTS)
    return {
        "ring": ring,
        "community": community,
        "pledged_at": pledged.since if pledged else None,
        "member": await _member(conn, slot, base_url, now) if slot else None,
        "requests": [views.request(each) for each in asked],
        "notices": [views.notice(each) for each in told if each.ring == ring],
    }


async def _member(
    conn: Connection, slot: StoredMember, base_url: str, now: Millis
) -> ring_shapes.MemberDetail:
    explained = await why_not_shown(conn, slot.ring, slot.member, now)
    return views.member_detail(explained, slot.title, base_url)


OPERATIONS: Final = (
    Operation(
        "/api/v1/memberships",
        standing,
        Page[ring_shapes.Membership],
        query=PAGED,
        access=Access.COMMUNITY,
    ),
)
