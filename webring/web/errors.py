"""Errors become answers here and nowhere else: one shape for programs, one page for people."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from webring.clock import SECOND
from webring.errors import (
    BadRequest,
    BadSignature,
    Conflict,
    DocumentError,
    Forbidden,
    InvalidName,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    RequestError,
    SearchError,
    StorageError,
    TooLarge,
    TrustError,
    Unavailable,
    WebringError,
)
from webring.web.embed import frame
from webring.web.rendering import page, sentence
from webring.web.serving import services

RETRY_SECONDS: Final = 30
"""When to come back after a 503."""
_PROGRAMS: Final = (
    "/api/",
    "/webring/",
    "/_matrix/",
    "/.well-known/",
    "/healthz",
    "/readyz",
    "/oembed",
)
_FRAMED: Final = "/embed/"
"""Shown in frames of other sites, where an ordinary page may not be."""
_FOR_PROGRAMS: Final = ".json"
_BY_STATUS: Final[dict[int, type[RequestError]]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        TooLarge,
        Unavailable,
    )
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shape:
    """An error as it is answered."""

    status: int
    errcode: str
    sentence: str
    retry_after: int | None = None
    """Milliseconds."""
    plain: bool = False
    """Whether the sentence says no more than the status does."""


def shape(error: Exception) -> Shape:
    """What an error is answered as. Whatever is not ours says nothing about our insides."""
    if isinstance(error, RateLimited | Unavailable):
        return Shape(error.status, error.errcode, error.sentence, error.retry_after)
    if isinstance(error, RequestError):
        return Shape(error.status, error.errcode, error.sentence)
    if isinstance(error, HTTPException):
        kind = _BY_STATUS.get(error.status_code, BadRequest)
        sentence = (kind.__doc__ or "").strip()
        return Shape(error.status_code, kind.errcode, sentence, plain=True)
    if isinstance(error, InvalidName):
        return Shape(400, BadRequest.errcode, str(error))
    if isinstance(error, TrustError) and error.code == "not_current":
        return Shape(400, BadRequest.errcode, error.sentence)
    if isinstance(error, TrustError | BadSignature):
        return Shape(403, Forbidden.errcode, error.sentence)
    if isinstance(error, DocumentError):
        return Shape(400, "M_BAD_JSON", error.sentence)
    if isinstance(error, StorageError | SearchError):
        wait = RETRY_SECONDS * SECOND
        return Shape(503, Unavailable.errcode, "Not able to answer at the moment.", wait)
    return Shape(500, "M_UNKNOWN", "Something went wrong here. It has been noted.")


async def answer(request: Request, error: Exception) -> Response:
    """The answer to a request that failed, in the dialect that its path speaks."""
    shaped, path = shape(error), request.scope["path"]
    _note(request, error, shaped)
    headers = dict(getattr(error, "headers", None) or {})
    if shaped.retry_after is not None:
        headers["Retry-After"] = str(-(-shaped.retry_after // SECOND))
    if path.startswith(_PROGRAMS) or path.endswith(_FOR_PROGRAMS):
        content: dict[str, object] = {"errcode": shaped.errcode, "error": shaped.sentence}
        if shaped.retry_after is not None:
            content["retry_after_ms"] = shaped.retry_after
        headers.setdefault("Access-Control-Allow-Origin", "*")
        return JSONResponse(content, shaped.status, headers)
    response = _shown(request, shaped)
    response.headers.update(headers)
    return response


def _note(request: Request, error: Exception, shaped: Shape) -> None:
    """Log what the operator should see: a sentence for what is ours to refuse, else where it broke.

    What passes by itself, such as a manifest that is not there yet, is no matter for a log.
    """
    if shaped.status < 500 or isinstance(error, RequestError):
        return
    if isinstance(error, WebringError):
        log.warning("%s %s failed: %s", request.method, request.scope["path"], error.sentence)
    else:
        log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)


def _shown(request: Request, shaped: Shape) -> Response:
    """An error as a page, or as what a frame shows instead."""
    if not request.scope["path"].startswith(_FRAMED):
        return page(request, "error.html", status=shaped.status, error=shaped)
    base = services(request).settings.instance.base_url
    body = frame.refusal_page(base, sentence(shaped.sentence))
    return HTMLResponse(body, shaped.status, frame.HEADERS)
