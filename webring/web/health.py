"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from webring.errors import StorageError
from webring.storage import listings
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


ROUTES: Final = (Route("/healthz", healthz), Route("/readyz", readyz))
