"""Conditional requests (RFC 9110, section 13): what a client has already is not sent again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

_NOT_MODIFIED = 304


def etagged(
    request: Request, body: bytes, tag: str, *, media_type: str, cache: str = "no-cache"
) -> Response:
    """`body` with a validator, or a 304. Weak, since the body may be compressed on its way."""
    etag = f'W/"{tag}"'
    headers = {"ETag": etag, "Cache-Control": cache, "Access-Control-Allow-Origin": "*"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _matches(header: str, tag: str) -> bool:
    known = {part.strip().removeprefix("W/").strip('"') for part in header.split(",")}
    return tag in known or "*" in known
