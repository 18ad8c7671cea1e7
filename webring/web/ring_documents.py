"""What other instances ask of rings (`docs/protocol.md`, "Rings"): versions of their documents.

Every ring of which we hold a verified copy is answered for, whether or not we steward it.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.errors import BadRequest, NotFound
from webring.names import RingId
from webring.storage import ring_versions
from webring.web.conditional import etagged
from webring.web.serving import services

_SEQUENCE: Final = re.compile(r"[1-9][0-9]{0,15}")
"""What fits into a document's integers, and into the database's."""


async def ring_document(request: Request) -> Response:
    """A ring's newest version that we hold, or one of our branch by its `sequence`, as signed."""
    ring = RingId.parse(request.path_params["ring"])
    conn = services(request).db.reader
    asked = request.query_params.get("sequence")
    if asked is None:
        stored = await ring_versions.head(conn, ring)
        missing = f"no version of {ring} is held here"
    else:
        if not _SEQUENCE.fullmatch(asked):
            raise BadRequest(f"sequence is an integer from 1, not {asked[:80]!a}")
        stored = await ring_versions.at_sequence(conn, ring, int(asked))
        missing = f"no version {asked} of {ring} is held here"
    if stored is None:
        raise NotFound(missing)
    return etagged(
        request,
        stored.body,
        stored.sha256,
        media_type="application/json",
        cache="public, max-age=60",
    )


ROUTES: Final = (Route("/webring/v1/rings/{ring}", ring_document),)
