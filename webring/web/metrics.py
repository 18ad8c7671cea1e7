"""`/metrics`, on a port of its own: never among what visitors reach."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from webring.observing import CONTENT_TYPE, exposition
from webring.services import Services
from webring.web.serving import services

PATH: Final = "/metrics"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def create_metrics_app(opened: Services) -> Starlette:
    """The app that answers Prometheus about an instance that is open."""
    app = Starlette(
        routes=[Route(PATH, metrics)],
        exception_handlers={HTTPException: _refused, Exception: _broken},
    )
    app.router.redirect_slashes = False
    app.state.services = opened
    return app


async def metrics(request: Request) -> Response:
    """Every number, to whoever has the token (where one is set)."""
    here = services(request)
    token = here.settings.metrics.token
    said = request.headers.get("authorization", "")
    if token and not compare_digest(said.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "this wants a token", {"WWW-Authenticate": "Bearer"})
    return Response(await exposition(here), headers=_HEADERS, media_type=CONTENT_TYPE)


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None) or {}
    return PlainTextResponse(f"{error}\n", status, {**_HEADERS, **headers})


async def _broken(_request: Request, _error: Exception) -> Response:
    """Starlette raises it once more, for the log."""
    return PlainTextResponse("Something went wrong here. It has been noted.\n", 500, _HEADERS)
