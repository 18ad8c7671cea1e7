"""The form by which a visitor reports a listing: no script, no account, nothing kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webring.clock import SECOND
from webring.directory.listing import Listing
from webring.errors import BadRequest, NotFound, RateLimited, Unavailable
from webring.moderation.reasons import REPORTED
from webring.moderation.reporting import MAX_TEXT
from webring.names import CommunityId, RoomId
from webring.storage import communities, listings
from webring.web import views
from webring.web.forms import read_form
from webring.web.rendering import page
from webring.web.serving import services

MAX_FORM: Final = 64 * 1024
"""Bytes of the form: more than is taken, so that whoever wrote too much gets it back."""
MAX_KEPT: Final = 20_000
"""Characters of what was written that a form gives back."""
_SEE_OTHER: Final = 303
_EMPTY: Final[Mapping[str, str]] = {"reason": "", "text": ""}
Refusal = BadRequest | RateLimited | Unavailable


async def form(request: Request) -> Response:
    """What can be reported, and where."""
    shown, _ = await _reported(request)
    return _form(request, shown, _EMPTY)


async def report(request: Request) -> Response:
    """Take a report in, and thank for it. What is wrong is said above the form, which keeps all."""
    shown, community = await _reported(request)
    values = await read_form(request, MAX_FORM)
    reason, text = values.get("reason", ""), values.get("text", "")
    client = request.scope["state"]["client"]
    try:
        await services(request).reporting.report(shown.room_id, community, reason, text, client)
    except (BadRequest, RateLimited, Unavailable) as error:
        return _form(request, shown, {"reason": reason, "text": text[:MAX_KEPT]}, error)
    return RedirectResponse(f"{_path(request)}/thanks", _SEE_OTHER)


async def thanks(request: Request) -> Response:
    """What happens with a report."""
    shown, _ = await _reported(request)
    here = services(request).settings.profile
    return page(
        request,
        "reported.html",
        noindex=True,
        shown=shown,
        back=views.path(shown),
        contact=here.contact,
    )


async def _reported(request: Request) -> tuple[Listing, CommunityId | None]:
    """What is reported: a community by its id, or a room by its own."""
    conn, text = services(request).db.reader, request.path_params["id"]
    community = None if text.startswith("!") else CommunityId.parse(text)
    claim = await communities.get(conn, community) if community else None
    room = claim.room_id if claim else None if community else RoomId.parse(text)
    shown = await listings.get(conn, room) if room else None
    if shown is None:
        raise NotFound(f"{text[:80]!a} is not listed here")
    return shown, community


def _form(
    request: Request, shown: Listing, values: Mapping[str, str], error: Refusal | None = None
) -> Response:
    answer = page(
        request,
        "report.html",
        status=error.status if error else 200,
        noindex=True,
        shown=shown,
        back=views.path(shown),
        here=_path(request),
        reasons=REPORTED,
        values=values,
        problem=error.sentence if error else "",
        longest=MAX_TEXT,
    )
    wait: Any = getattr(error, "retry_after", None)
    if wait:
        answer.headers["Retry-After"] = str(-(-wait // SECOND))
    return answer


def _path(request: Request) -> str:
    """The form's own address, without a word of the request but what is reported."""
    return views.report_path(request.path_params["id"])


ROUTES: Final = (
    Route("/report/{id:path}/thanks", thanks),
    Route("/report/{id:path}", form),
    Route("/report/{id:path}", report, methods=["POST"]),
)
