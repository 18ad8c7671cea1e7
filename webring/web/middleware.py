"""What holds for every answer: headers, limits, and how often a client may ask."""

from __future__ import annotations

from time import monotonic
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webring import metrics
from webring.clock import SECOND
from webring.errors import BadRequest, RateLimited, TooLarge
from webring.limiter import RateLimiter
from webring.web.clients import Proxies
from webring.web.errors import answer

MAX_QUERY: Final = 4_096
"""Bytes in a query string."""
MAX_PATH: Final = 1_024
"""Bytes in a path."""
CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts of ours alone, and none that a page would need: one suggests what may be searched for."""
_HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-site",
}
_UNLIMITED: Final = frozenset({"/healthz"})
"""Whoever watches over the process is not to be told to wait."""


class Guard:
    """Adds the headers, refuses what is too long or comes too often, answers for what broke, and
    counts.

    Starlette's own handler of last resort stands outside of this one, where no header is added.
    """

    def __init__(self, app: ASGIApp, proxies: Proxies, limiter: RateLimiter, *, tls: bool) -> None:
        self._app = app
        self._proxies = proxies
        self._limiter = limiter
        headers = dict(_HEADERS)
        if tls:
            headers["strict-transport-security"] = "max-age=31536000"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        began, status = monotonic(), 0

        async def adorned(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                given = {name for name, _ in own}  # lower case, by ASGI
                message["headers"] = [
                    *own,
                    *(each for each in self._headers if each[0] not in given),
                ]
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, adorned)
        except Exception as error:
            if status:
                raise
            response = await answer(Request(scope), error)
            await response(scope, receive, adorned)
        finally:
            if status:  # a client that hung up before has none
                route = getattr(scope.get("route"), "path", metrics.NO_ROUTE)
                metrics.answered(route, scope["method"], status, monotonic() - began)

    def _check(self, scope: Scope) -> None:
        if len(scope["query_string"]) > MAX_QUERY:
            raise BadRequest(
                f"the query has {len(scope['query_string'])} bytes; {MAX_QUERY} is most"
            )
        path = scope.get("raw_path") or b""
        if len(path) > MAX_PATH:
            raise BadRequest(f"a path has at most {MAX_PATH} bytes, not {len(path)}")
        if scope["path"] in _UNLIMITED:
            return
        peer = (scope.get("client") or ("unknown", 0))[0]
        client = self._proxies.client(peer, scope["headers"])
        scope.setdefault("state", {})["client"] = client
        wait = self._limiter.take(client)
        if wait:
            seconds = -(-wait // SECOND)
            raise RateLimited(f"too many requests: wait {seconds} s", retry_after=wait)


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body of at most `limit` bytes; `TooLarge` as soon as it is more."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLarge(f"the body has {announced} bytes; {limit} is most")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise TooLarge(f"the body has more than {limit} bytes")
    except ClientDisconnect:
        raise BadRequest("the body ended before it was whole") from None
    return bytes(body)
