"""How a site asks for a place: a form that looks at once, and a page that says how it stands."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webring.documents import message as messages
from webring.documents.ring import JoinPolicy
from webring.errors import BadRequest, NotFound, RateLimited, WebringError
from webring.rings.circle import Circle
from webring.rings.circling import Encircled
from webring.rings.passing import RequestStatus
from webring.rings.site import WELL_KNOWN_PATH
from webring.rings.states import MemberState
from webring.storage.ring_requests import RequestState
from webring.web.embed.asking import circle_of
from webring.web.embed.options import Options
from webring.web.embed.place import Place, ring_name
from webring.web.embed.selfhosting import consent
from webring.web.embed.snippets import snippet
from webring.web.forms import check_origin, read_form
from webring.web.rendering import page
from webring.web.rings import showing
from webring.web.serving import services

MAX_URL: Final = 2_048
MAX_NOTE: Final = 1_000
"""Characters of what a form takes."""
_SEE_OTHER: Final = 303
_FORBIDDEN: Final = 403


async def form(request: Request) -> Response:
    """What joining takes, and the form for a site."""
    return _form(request, await circle_of(request), {"url": "", "note": ""})


async def ask(request: Request) -> Response:
    """Look at the site, ask for it, and lead to the page of the request.

    What is wrong is said above the form, which keeps what was written.
    """
    circle = await circle_of(request)
    values = await read_form(request)
    url, note = values.get("url", "").strip(), values.get("note", "")[:MAX_NOTE]
    kept = {"url": url[:MAX_URL], "note": note}
    try:
        if not url:
            raise BadRequest("url: give the address of your site's page")
        asked = await services(request).rings.site_asking.ask(circle.ring, url, note)
    except (BadRequest, RateLimited) as error:
        return _form(request, circle, kept, error)
    if not asked.id:
        return _form(request, circle, kept, None, asked.reason, _FORBIDDEN)
    return RedirectResponse(f"{_request_path(circle, asked.id)}", _SEE_OTHER)


async def status(request: Request) -> Response:
    """How a request stands, and what the site still lacks."""
    circle = await circle_of(request)
    found = await _status(request, circle)
    asked = found.request
    base = services(request).settings.instance.base_url
    place = Place(circle.ring, ring_name(circle.label, circle.ring), asked.member, base)
    slot = circle.get(asked.member)
    return page(
        request,
        "request.html",
        noindex=True,
        circle=circle,
        here=showing.ring_path(circle.ring),
        asked=asked,
        replies=found.replies,
        listed=slot is not None,
        shown=slot is not None and slot.state is MemberState.ACTIVE,
        waits=asked.state in {RequestState.PENDING, RequestState.PASSED},
        snippet=snippet(place, Options()),
        file=WELL_KNOWN_PATH,
        consent=consent(circle.ring, asked.url).decode(),
        checked="checked" in request.query_params,
    )


async def look(request: Request) -> Response:
    """Look at the site of a request again, and show how it stands."""
    check_origin(request)
    circle = await circle_of(request)
    found = await _status(request, circle)
    await services(request).rings.waiting.look_now(found.request.id)
    return RedirectResponse(f"{_request_path(circle, found.request.id)}?checked=1", _SEE_OTHER)


async def _status(request: Request, circle: Circle) -> RequestStatus:
    request_id = request.path_params["id"]
    known = messages.is_id(request_id)
    found = await services(request).rings.site_asking.status(request_id) if known else None
    if found is None or found.request.ring != circle.ring or found.request.kind != "site":
        raise NotFound("there is no such request: it may have been made more than a year ago")
    return found


def _form(
    request: Request,
    circle: Circle,
    values: dict[str, str],
    error: WebringError | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    made: Encircled | None = services(request).circles.encircled(circle.ring)
    if made is None:
        raise NotFound(f"no ring {circle.ring} is known here")
    code = getattr(error, "status", status)
    return page(
        request,
        "join.html",
        status=code,
        circle=circle,
        terms=made.terms,
        here=showing.ring_path(circle.ring),
        values=values,
        problem=error.sentence if error else refused,
        open=not circle.stale and made.terms.policy is not JoinPolicy.INVITE,
        longest_url=MAX_URL,
        longest_note=MAX_NOTE,
    )


def _request_path(circle: Circle, request_id: str) -> str:
    return f"{showing.ring_path(circle.ring)}/requests/{request_id}"


ROUTES: Final = (
    Route("/rings/{ring}/join", form),
    Route("/rings/{ring}/join", ask, methods=["POST"]),
    Route("/rings/{ring}/requests/{id}", status),
    Route("/rings/{ring}/requests/{id}/look", look, methods=["POST"]),
)
