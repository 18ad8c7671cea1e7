"""Answers of rings that are no pages: files that programs read, with a validator."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from webring.web.conditional import etagged


def published(request: Request, body: bytes, media_type: str) -> Response:
    """A file that may be read from anywhere; what is there already costs a 304."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    return etagged(request, body, tag, media_type=media_type)
