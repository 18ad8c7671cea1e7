"""What a site says of its own slot: that it leaves, and that it has moved.

Anybody may send these forms: each only lets us look, at the site itself, and that is what counts.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.documents.ring_parts import MemberKind
from webring.errors import BadRequest, Conflict, NotFound, RateLimited
from webring.names import MAX_URL
from webring.rings.site import LEFT
from webring.storage.ring_members import StoredMember
from webring.web.embed.asking import circle_of
from webring.web.forms import check_origin, read_form
from webring.web.rings.member import back, shown, stored_member
from webring.web.rings.parting import Moving
from webring.web.serving import services


async def leave(request: Request) -> Response:
    """Look whether a site says that it has left, and show how it stands."""
    check_origin(request)
    circle = await circle_of(request)
    stored = await stored_member(request, circle)
    _check_site(stored)
    report = await services(request).rings.checking.check_now(circle.ring, stored.member)
    if report.held_back:
        return back(circle, stored, "held")
    return back(circle, stored, "left" if report.code == LEFT else "stays")


async def move(request: Request) -> Response:
    """Look at both ends of a site's move; what is missing is said at the form, which is kept."""
    circle = await circle_of(request)
    stored = await stored_member(request, circle)
    _check_site(stored)
    values = await read_form(request)
    url = values.get("url", "").strip()
    try:
        if not url:
            raise BadRequest("url: give the new address of your site's page")
        proof = await services(request).rings.site_moving.move(circle.ring, stored.member, url)
    except (BadRequest, Conflict, RateLimited) as error:
        moving = Moving(url[:MAX_URL], error.sentence)
        return await shown(request, circle, stored, moving=moving, status=error.status)
    if not proof.proven:
        moving = Moving(url[:MAX_URL], proof.why)
        return await shown(request, circle, stored, moving=moving, status=Conflict.status)
    return back(circle, stored, "moves")


def _check_site(stored: StoredMember) -> None:
    """Raise `NotFound` for whoever does not speak for itself."""
    if stored.kind != MemberKind.SITE or not stored.listed:
        raise NotFound(f"{stored.ring} lists no site {stored.member}")


_MEMBER: Final = "/rings/{ring}/{member}"
ROUTES: Final = (
    Route(f"{_MEMBER}/leave", leave, methods=["POST"]),
    Route(f"{_MEMBER}/move", move, methods=["POST"]),
)
