"""What a token's communities do about rings: join, leave, sleep, wake, move, be looked at.

Each is what `webring ring` does; the jobs of the instance carry it on within seconds.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.errors import BadRequest, Conflict, NotFound
from webring.names import RingId, ServerName, Slug
from webring.rings.joining import Asked
from webring.rings.membership import Place
from webring.storage import ring_members
from webring.web.answering import answer_private
from webring.web.operations import Access, Operation
from webring.web.ringapi import bodies, shapes, views
from webring.web.ringapi.bodies import read_json
from webring.web.ringapi.held import ring_of
from webring.web.ringapi.tokens import actor, check_scope, community_of, token_of
from webring.web.serving import services


async def join(request: Request) -> Response:
    """Let a community ask for a place in a ring, which is looked up first.

    The instance's manifest then names the ring; its stewards are asked for the other half.
    """
    token = await token_of(request)
    ring, body = ring_of(request), await read_json(request, bodies.Join)
    slug = Slug.parse(body.community)
    check_scope(token, slug)
    here = services(request)
    followed = await here.rings.following.follow(ring, body.via)
    if followed.head is None:
        raise Conflict(f"{ring} could not be had: {followed.why}")
    memberships, now = here.rings.memberships, here.clock()
    found = await memberships.check_join(here.db.reader, ring, slug, now)
    async with here.db.transaction() as tx:
        asked = await memberships.join(
            tx, ring, slug, body.note, actor(token), now, decides=token.is_operator
        )
    joined: shapes.Joined = {**_asked(ring, slug, asked), "findings": views.findings(found)}
    return answer_private(joined, 201)


async def leave(request: Request) -> Response:
    """Leave a ring, at once and without anybody's permission."""
    token, slug = await community_of(request)
    await read_json(request, bodies.Nothing)
    here, ring = services(request), ring_of(request)
    async with here.db.transaction() as tx:
        told = await here.rings.memberships.leave(tx, ring, slug, actor(token), here.clock())
    return _told(ring, slug, "left", told)


async def sleep(request: Request) -> Response:
    """Keep a community's slot, and let nobody be sent there meanwhile."""
    token, slug = await community_of(request)
    await read_json(request, bodies.Nothing)
    here, ring = services(request), ring_of(request)
    async with here.db.transaction() as tx:
        told = await here.rings.memberships.sleep(tx, ring, slug, actor(token), here.clock())
    return _told(ring, slug, "asleep", told)


async def wake(request: Request) -> Response:
    """Let people be sent to a sleeping community again."""
    token, slug = await community_of(request)
    await read_json(request, bodies.Nothing)
    here, ring = services(request), ring_of(request)
    async with here.db.transaction() as tx:
        told = await here.rings.memberships.wake(tx, ring, slug, actor(token), here.clock())
    return _told(ring, slug, "awake", told)


async def move(request: Request) -> Response:
    """Move a member: its slot, its id and its history go with it."""
    token, slug = await community_of(request)
    body = await read_json(request, bodies.Move)
    if body == bodies.Move():
        raise BadRequest("say where to: url, instance or community")
    here, ring = services(request), ring_of(request)
    place = Place(
        url=body.url,
        instance=ServerName.parse(body.instance) if body.instance else None,
        community=Slug.parse(body.community) if body.community else None,
    )
    own = here.settings.instance.name
    if place.community is not None and place.instance in {None, own}:
        check_scope(token, place.community)
    async with here.db.transaction() as tx:
        memberships, now = here.rings.memberships, here.clock()
        url = await memberships.move(tx, ring, slug, place, actor(token), now)
    moved: shapes.Moved = {"ring": ring, "community": slug, "url": url}
    return answer_private(moved)


async def check(request: Request) -> Response:
    """Look now whether both halves of a community's consent are there; at most every 20 seconds."""
    _, slug = await community_of(request)
    await read_json(request, bodies.Nothing)
    here, ring = services(request), ring_of(request)
    slots = await ring_members.of_community(here.db.reader, here.settings.instance.name, slug)
    slot = next((each for each in slots if each.ring == ring), None)
    if slot is None:
        raise NotFound(f"{ring} does not list {slug}")
    report = await here.rings.checking.check_now(ring, slot.member)
    return answer_private(views.report(report))


def _asked(ring: RingId, slug: Slug, asked: Asked) -> shapes.Asked:
    return {
        "ring": ring,
        "community": slug,
        "request": asked.id or None,
        "state": asked.state,
        "reason": asked.reason,
        "member": asked.member,
    }


def _told(ring: RingId, slug: Slug, done: str, told: int) -> Response:
    answer: shapes.Told = {"ring": ring, "community": slug, "done": done, "told": told}
    return answer_private(answer)


_ALL: Final = "/api/v1/rings/{ring}/memberships"
_ONE: Final = f"{_ALL}/{{community}}"
_WHO: Final = Access.COMMUNITY
OPERATIONS: Final = (
    Operation(_ALL, join, shapes.Joined, "POST", body=bodies.Join, access=_WHO, status=201),
    Operation(_ONE, leave, shapes.Told, "DELETE", body=bodies.Nothing, access=_WHO),
    Operation(f"{_ONE}/sleep", sleep, shapes.Told, "POST", body=bodies.Nothing, access=_WHO),
    Operation(f"{_ONE}/wake", wake, shapes.Told, "POST", body=bodies.Nothing, access=_WHO),
    Operation(f"{_ONE}/check", check, shapes.Report, "POST", body=bodies.Nothing, access=_WHO),
    Operation(f"{_ONE}/move", move, shapes.Moved, "POST", body=bodies.Move, access=_WHO),
)
