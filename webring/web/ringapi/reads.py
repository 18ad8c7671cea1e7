"""What anybody may read of rings: which there are, who is in one and why, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.errors import NotFound
from webring.interests.vocabulary import normalise
from webring.rings.circle import Circle, Slot
from webring.rings.circling import Encircled
from webring.rings.explaining import Explanation, explained
from webring.rings.states import MemberState
from webring.storage import ring_members, rings
from webring.storage.ring_members import StoredMember
from webring.web import shapes
from webring.web.answering import answer_json, answer_page, limit_of, offset_of
from webring.web.embed.asking import circle_of
from webring.web.embed.options import read_member
from webring.web.operations import INTEREST, PAGED, Operation, Query
from webring.web.parameters import filters, number
from webring.web.ringapi import shapes as ring_shapes
from webring.web.ringapi import views
from webring.web.rings.history import chapter_of
from webring.web.rings.showing import name_of
from webring.web.serving import services

_FARTHEST: Final = 2**31 - 1
_OLDER: Final = Query("cursor", "What `next` of the answer before said.", {"type": "string"})


async def all_rings(request: Request) -> Response:
    """The rings that are known here, those with most open doors first; by interest if asked."""
    here = services(request)
    if not here.circles.loaded:
        await here.circles.refresh()
    interest = normalise(filters(request, strict=True)["interest"])
    known = [each for each in here.circles.all() if not interest or interest in each.topics]
    known.sort(key=lambda each: (-views.count_open(each.circle), each.circle.ring))
    offset = offset_of(request)
    shown = known[offset : offset + limit_of(request)]
    return answer_page(request, await _rings(request, shown), offset, len(known))


async def ring(request: Request) -> Response:
    """One ring: its terms, its stewards, its newest version, and how its members stand."""
    circle = await circle_of(request)
    made = services(request).circles.encircled(circle.ring)
    shown = await _rings(request, [made] if made else [])
    if not shown:
        raise NotFound(f"no ring {circle.ring} is known here")
    return answer_json(request, shown[0])


async def members(request: Request) -> Response:
    """A ring's members in walking order, and of each why people are sent there or not."""
    here, circle = services(request), await circle_of(request)
    offset = offset_of(request)
    slots = circle.slots[offset : offset + limit_of(request)]
    known = await ring_members.many(here.db.reader, circle.ring, [slot.id for slot in slots])
    base = here.settings.instance.base_url
    shown = [
        views.member(_explained(circle, known[slot.id], slot), name_of(slot), base)
        for slot in slots
        if slot.id in known
    ]
    return answer_page(request, shown, offset, len(circle.slots))


async def member(request: Request) -> Response:
    """One member: both halves of its consent, what the last look found, and how to mend it."""
    here, circle = services(request), await circle_of(request)
    name = read_member(request.path_params["member"])
    stored = await ring_members.get(here.db.reader, circle.ring, name)
    if stored is None:
        raise NotFound(f"no member {name} of {circle.ring} is known here")
    slot = circle.get(name)
    shown = _explained(circle, stored, slot)
    called = name_of(slot) if slot else ""
    base = here.settings.instance.base_url
    return answer_json(request, views.member_detail(shown, called, base))


async def history(request: Request) -> Response:
    """What happened in a ring, the newest first, some versions at a time."""
    circle = await circle_of(request)
    before = number(request, "cursor", 0, _FARTHEST) or None
    return answer_json(request, views.chapter(await chapter_of(request, circle.ring, before)))


def _explained(circle: Circle, stored: StoredMember, slot: Slot | None) -> Explanation:
    """As the circle has it: what the operator keeps out is not walked to."""
    state = slot.state if slot else MemberState(stored.state)
    as_walked = replace(stored, state=state.value)
    return explained(as_walked, circle.version, views.freshness_of(circle))


async def _rings(request: Request, made: Sequence[Encircled]) -> list[ring_shapes.Ring]:
    here = services(request)
    stored = await rings.known(here.db.reader, [each.circle.ring for each in made])
    base = here.settings.instance.base_url
    return [
        views.ring(each, stored[each.circle.ring], base)
        for each in made
        if each.circle.ring in stored
    ]


_RING: Final = "/api/v1/rings/{ring}"
OPERATIONS: Final = (
    Operation("/api/v1/rings", all_rings, shapes.Page[ring_shapes.Ring], query=(*PAGED, INTEREST)),
    Operation(_RING, ring, ring_shapes.Ring),
    Operation(f"{_RING}/members", members, shapes.Page[ring_shapes.Member], query=PAGED),
    Operation(f"{_RING}/members/{{member}}", member, ring_shapes.MemberDetail),
    Operation(f"{_RING}/history", history, ring_shapes.Chapter, query=(_OLDER,)),
)
