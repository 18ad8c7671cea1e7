"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from webring.check import proxy
from webring.documents import passes
from webring.errors import NotFound, StorageError
from webring.storage import listings
from webring.web.clients import Proxies
from webring.web.serving import services


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Each part, and whether it is there: 200 if all are, else 503."""
    here = services(request)
    parts = {"database": False, "manifest": False, "search": not here.index.needs_rebuild}
    try:
        await listings.count(here.db.reader)
        parts["database"] = True
        parts["manifest"] = await here.publisher.current() is not None
    except StorageError:
        pass
    ready = all(parts.values())
    return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)


async def seen(request: Request) -> Response:
    """How this very request arrived, for `webring check` alone; strangers find nothing here."""
    here = services(request)
    key = here.identity.instance_keys.current.verify_key
    if not passes.holds(request.headers.get(proxy.HEADER, ""), key, here.clock()):
        raise NotFound
    proxies = Proxies.parse(here.settings.web.trusted_proxies)
    peer = request.client.host if request.client else "unknown"
    return JSONResponse(
        {
            "peer": peer,
            "trusted": proxies.trusts(peer),
            "forwarded": proxies.forwarded(request.scope["headers"]),
        },
        headers={"Cache-Control": "no-store"},
    )


ROUTES: Final = (
    Route("/healthz", healthz),
    Route(proxy.PATH, seen),
    Route("/readyz", readyz),
)
