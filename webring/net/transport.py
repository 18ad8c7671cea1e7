"""The guard, in the dial: a name is resolved, every address checked, and a checked one dialled.

TLS, certificate and Host stay the name's own, since only the dial is redirected. (Rewriting the URL
to an address lets two names behind it share one TLS connection, the second name unchecked.)
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import httpcore
import httpx

from webring.clock import SECOND, Millis
from webring.errors import ConnectFailed, TlsFailed
from webring.net.addresses import AddressPolicy
from webring.net.budget import METER
from webring.net.place import Dial
from webring.net.resolver import Resolver

CERTIFICATE: Final = "webring.certificate"
"""The extension of a response that holds the certificate shown, as DER; empty without TLS."""
MAX_DIALS: Final = 4
"""Addresses of one place that are tried in turn."""
DIAL_TIME: Final[Millis] = 3 * SECOND
"""For each but the very last of them: one dead address must not use up the exchange's time."""

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class MeteredStream(httpcore.AsyncNetworkStream):
    """A connection whose bytes are counted against the exchange in progress."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, host: str) -> None:
        self._inner = inner
        self._host = host

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
    ) -> bytes:
        """Read what the budget allows; `BudgetExceeded` where nothing is left of it."""
        meter = METER.get()
        data = await self._inner.read(meter.allowance(max_bytes), timeout)
        meter.took(data)
        return data

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
    ) -> None:
        """Send."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
    ) -> httpcore.AsyncNetworkStream:
        """Shake hands; the certificate must be `server_hostname`'s, else `TlsFailed`."""
        try:
            inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError, ValueError) as error:
            raise TlsFailed(
                f"the certificate or handshake of {self._host} is wrong: {error}", host=self._host
            ) from error
        return MeteredStream(inner, self._host)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Dials checked addresses only, of the place that the exchange in progress names."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,  # noqa: ARG002 (httpcore's signature)
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every answer, then dial them in turn."""
        meter = METER.get()
        meter.dialled = True
        dial = meter.dial
        addresses = await self._resolver.addresses(dial.place.host)
        for address in addresses:
            self._policy.check(dial, address)
        stream = await self._dial(dial, addresses, timeout, local_address, socket_options)
        return MeteredStream(stream, host)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 (httpcore's signature)
        socket_options: Iterable[SocketOption] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refused: there is one door, and it leads to the network."""
        raise ConnectFailed(f"unix sockets are not dialled: {path!a}")

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's retries."""
        await self._inner.sleep(seconds)

    async def _dial(
        self,
        dial: Dial,
        addresses: tuple[str, ...],
        seconds: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        place, dialled = dial.place, addresses[:MAX_DIALS]
        for address in dialled:
            # The very last one may take what is left of the exchange's time.
            is_last = dial.last and address == dialled[-1]
            patience = None if is_last else DIAL_TIME / SECOND
            try:
                async with asyncio.timeout(patience):
                    return await self._inner.connect_tcp(
                        address, place.port, seconds, local_address, socket_options
                    )
            except (httpcore.ConnectError, TimeoutError, OSError) as error:
                failure = error
        raise ConnectFailed(
            f"nobody answers at {place.host}:{place.port}", host=place.host
        ) from failure


class _Body(httpx.AsyncByteStream):
    """The answer's bytes as they come off the wire."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """A connection pool for one visit, whose every connection passed the guard."""

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=4, network_backend=backend, retries=0
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request as it is: no cookies, no proxies, no redirects."""
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.extensions.get("target", request.url.raw_path),
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        stream = response.extensions.get("network_stream")
        tls = stream.get_extra_info("ssl_object") if stream is not None else None
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            request=request,
            extensions={CERTIFICATE: tls.getpeercert(True) if tls is not None else b""},
        )

    async def aclose(self) -> None:
        """Close every connection of the visit."""
        await self._pool.aclose()
