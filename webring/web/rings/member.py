"""A member's own page: how it stands, why, and what to mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webring.documents.chain import RingFreshness
from webring.errors import NotFound
from webring.rings.circle import Circle, Slot
from webring.rings.explaining import Explanation, explained
from webring.rings.states import MemberState
from webring.storage import notices, ring_members
from webring.storage.notices import StoredNotice
from webring.storage.ring_members import StoredMember
from webring.web.embed import oembed
from webring.web.embed.asking import circle_of
from webring.web.embed.options import read_member
from webring.web.embed.place import member_place
from webring.web.forms import check_origin
from webring.web.rendering import page
from webring.web.rings import showing
from webring.web.rings.parting import Moving, parting_of
from webring.web.serving import services

NOTICES: Final = 20
"""Notices that a member's page tells."""
SEE_OTHER: Final = 303


async def member(request: Request) -> Response:
    """How a member stands, and why."""
    circle = await circle_of(request)
    return await shown(request, circle, await stored_member(request, circle))


async def shown(
    request: Request,
    circle: Circle,
    stored: StoredMember,
    *,
    moving: Moving | None = None,
    status: int = 200,
) -> Response:
    """The page of a member; `moving` is what its form was sent with, and what is wrong with it."""
    here = services(request)
    slot = circle.get(stored.member)
    base = here.settings.instance.base_url
    place = member_place(circle, stored.member, base)
    return page(
        request,
        "member.html",
        status=status,
        noindex=True,
        circle=circle,
        here=showing.ring_path(circle.ring),
        name=_name(slot),
        host=showing.host_of(stored.url),
        stored=stored,
        state=_state(stored, slot),
        why=_explained(circle, stored, slot),
        before=_neighbour(circle.previous(stored.member), slot),
        after=_neighbour(circle.next(stored.member), slot),
        head=oembed.head(place, here.settings.profile.name, "") if place else "",
        told=await _told(request, stored),
        parting=await parting_of(request, stored),
        moving=moving or Moving(),
    )


async def check(request: Request) -> Response:
    """Look at a member now, and show its page again."""
    check_origin(request)
    circle = await circle_of(request)
    stored = await stored_member(request, circle)
    report = await services(request).rings.checking.check_now(circle.ring, stored.member)
    return back(circle, stored, "held" if report.held_back else "done")


def back(circle: Circle, stored: StoredMember, said: str) -> Response:
    """Lead to a member's page, which tells what was done there."""
    where = f"{showing.ring_path(circle.ring)}/{stored.member}?checked={said}#why"
    return RedirectResponse(where, SEE_OTHER)


async def _told(request: Request, stored: StoredMember) -> list[StoredNotice]:
    """What happened to a member; of a former one nothing is told any more."""
    if not stored.listed:
        return []
    conn = services(request).db.reader
    return await notices.of_member(conn, stored.ring, stored.member, NOTICES)


async def stored_member(request: Request, circle: Circle) -> StoredMember:
    """The member that the path names; `NotFound` for one that is unknown here."""
    name = read_member(request.path_params["member"])
    stored = await ring_members.get(services(request).db.reader, circle.ring, name)
    if stored is None:
        raise NotFound(f"no member {name} of {circle.ring} is known here")
    return stored


def _name(slot: Slot | None) -> str:
    """What it is called; "" for a former member, whose name is its own again."""
    return showing.name_of(slot) if slot else ""


def _state(stored: StoredMember, slot: Slot | None) -> MemberState:
    """As the circle has it: what the operator keeps out is not navigated to."""
    return slot.state if slot else MemberState(stored.state)


def _explained(circle: Circle, stored: StoredMember, slot: Slot | None) -> Explanation:
    """Both halves in words."""
    stored = replace(stored, state=_state(stored, slot).value)
    stale = RingFreshness.STALE if circle.stale else RingFreshness.FRESH
    freshness = RingFreshness.LAPSED if circle.lapsed else stale
    return explained(stored, circle.version, freshness)


def _neighbour(slot: Slot | None, own: Slot | None) -> tuple[str, str] | None:
    return None if slot is None or slot is own else (showing.name_of(slot), slot.url)


ROUTES: Final = (
    Route("/rings/{ring}/{member}", member),
    Route("/rings/{ring}/{member}/check", check, methods=["POST"]),
)
