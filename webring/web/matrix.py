"""What homeservers ask of us, so that they believe our signed requests.

Source: Matrix specification, server-server API: server discovery, keys, version.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webring import __version__
from webring.documents import canonical
from webring.matrix.xmatrix import key_document
from webring.web.serving import services

HTTPS_PORT: Final = 443


async def well_known(request: Request) -> Response:
    """Where our federation API is: the host of the base URL, at the port that is really ours."""
    name = services(request).settings.instance.base_url.server_name
    where = name if name.port else f"{name}:{HTTPS_PORT}"
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return JSONResponse({"m.server": where}, headers=headers)


async def keys(request: Request) -> Response:
    """Our key document, signed anew for each answer."""
    here = services(request)
    name = here.settings.instance.base_url.server_name
    document = key_document(name, here.identity.matrix_keys, here.clock())
    return Response(canonical.encode(document), media_type="application/json")


async def version(_request: Request) -> Response:
    """What we are."""
    return JSONResponse({"server": {"name": "webring", "version": __version__}})


ROUTES: Final = (
    Route("/.well-known/matrix/server", well_known),
    Route("/_matrix/key/v2/server", keys),
    Route("/_matrix/key/v2/server/{key_id}", keys),
    Route("/_matrix/federation/v1/version", version),
)
