"""What other instances ask (`docs/protocol.md`): well-known, manifest, pages, inbox."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webring.clock import SECOND, Millis
from webring.documents.message import MAX_BYTES
from webring.documents.wellknown import WellKnown
from webring.errors import BadRequest, NotFound, Unavailable
from webring.names import ServerName
from webring.storage import documents, ring_versions
from webring.web.conditional import etagged
from webring.web.middleware import read_body
from webring.web.serving import services

FIRST_MANIFEST: Final[Millis] = 2 * SECOND
"""When to ask again for a manifest that is not there yet."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_JSON: Final = "application/json"
_PAGE_AGE: Final = "public, max-age=31536000, immutable"
_RING_PAGE_AGE: Final = "public, max-age=3600"


async def well_known(request: Request) -> Response:
    """`/.well-known/federated-webring`: which instance this is, and where it serves."""
    instance = services(request).settings.instance
    document = WellKnown(instance.name, instance.base_url).to_json()
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return JSONResponse(document, headers=headers)


async def manifest(request: Request) -> Response:
    """Our manifest, as it was signed. An unchanged one costs a 304."""
    own = await services(request).publisher.current()
    if own is None:
        why = "the first manifest is being made: ask again in a moment"
        raise Unavailable(why, retry_after=FIRST_MANIFEST)
    return etagged(request, own.body, own.sha256, media_type=_JSON, cache="public, max-age=60")


async def page(request: Request) -> Response:
    """One page by its hash: of our manifest (superseded ones for 48 hours), or of a ring.

    A ring's page may be erased any day, so it is not kept for long on the way.
    """
    sha256 = request.path_params["sha256"]
    if not _SHA256.fullmatch(sha256):
        raise BadRequest(f"a page is named by 64 lowercase hex digits, not {sha256[:80]!a}")
    here = services(request)
    own = await documents.page(here.db.reader, here.settings.instance.name, sha256)
    body = own if own is not None else await ring_versions.page(here.db.reader, sha256)
    if body is None:
        raise NotFound(f"there is no page {sha256}")
    cache = _PAGE_AGE if own is not None else _RING_PAGE_AGE
    return etagged(request, body, sha256, media_type=_JSON, cache=cache)


async def receive(request: Request) -> Response:
    """Take a message."""
    here = services(request)
    reply = await here.inbox.receive(await read_body(request, MAX_BYTES), request.state.client)
    return JSONResponse({"state": reply.state.value, "reason": reply.reason}, 202)


async def message_state(request: Request) -> Response:
    """What became of a message."""
    instance = ServerName.parse(request.path_params["instance"])
    reply = await services(request).inbox.state(instance, request.path_params["id"])
    if reply is None:
        raise NotFound("there is no such message")
    content = {
        "state": reply.state.value,
        "reason": reply.reason,
        "signatures": dict(reply.signatures),
    }
    return JSONResponse(content)


ROUTES: Final = (
    Route("/.well-known/federated-webring", well_known),
    Route("/webring/v1/manifest", manifest),
    Route("/webring/v1/pages/{sha256}", page),
    Route("/webring/v1/inbox", receive, methods=["POST"]),
    Route("/webring/v1/inbox/{instance}/{id}", message_state),
)
