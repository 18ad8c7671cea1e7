"""What holds for every answer: headers, limits, and how often a client may ask."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webring.errors import BadRequest, RateLimited, TooLarge, WebringError
from webring.web.clients import Proxies, RateLimiter
from webring.web.errors import answer

MAX_QUERY: Final = 4_096
"""Bytes in a query string."""
MAX_PATH: Final = 1_024
"""Bytes in a path."""
CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script at all: the pages need none."""
_HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-site",
}
_UNLIMITED: Final = ("/healthz", "/static/")


class Guard:
    """Adds the headers, and refuses what is too long or comes too often."""

    def __init__(self, app: ASGIApp, proxies: Proxies, limiter: RateLimiter, *, tls: bool) -> None:
        self._app = app
        self._proxies = proxies
        self._limiter = limiter
        self._headers = dict(_HEADERS)
        if tls:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def adorned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
        except WebringError as error:
            response = await answer(Request(scope), error)
            await response(scope, receive, adorned)
            return
        await self._app(scope, receive, adorned)

    def _check(self, scope: Scope) -> None:
        if len(scope["query_string"]) > MAX_QUERY:
            raise BadRequest(
                f"the query has {len(scope['query_string'])} bytes; {MAX_QUERY} is most"
            )
        path = scope.get("raw_path") or b""
        if len(path) > MAX_PATH:
            raise BadRequest(f"a path has at most {MAX_PATH} bytes, not {len(path)}")
        if scope["path"].startswith(_UNLIMITED):
            return
        peer = (scope.get("client") or ("unknown", 0))[0]
        wait = self._limiter.take(self._proxies.client(peer, Headers(scope=scope)))
        if wait:
            raise RateLimited(f"too many requests: wait {wait} ms", retry_after=wait)


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body of at most `limit` bytes; `TooLarge` as soon as it is more."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLarge(f"the body has {announced} bytes; {limit} is most")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
    return bytes(body)
