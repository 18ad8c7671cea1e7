"""The one door out: every feature that asks the network asks here.

A `Fetcher` opens visits; a visit asks one party, with connections of its own, and ends. A request
has a budget of time and bytes for the whole exchange, redirects included.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import httpcore
import httpx
import msgspec

from webring.clock import SECOND, Millis
from webring.errors import (
    BudgetExceeded,
    ConnectFailed,
    RedirectRefused,
    StatusRefused,
    TimedOut,
    TlsFailed,
    TypeRefused,
    UrlRefused,
)
from webring.guards import holding_transaction
from webring.net.addresses import AddressPolicy
from webring.net.decoding import BoundedBody
from webring.net.resolver import Resolver
from webring.net.transport import GuardedBackend, GuardedTransport, Place
from webring.net.urls import Target, parse_url

KIB: Final = 1024
MIB: Final = 1024 * KIB
MAX_HEADER_BYTES: Final = 32 * KIB
MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Budget:
    """What one exchange may cost: milliseconds, bytes off the wire, bytes once unpacked."""

    time: Millis
    wire: int
    decoded: int


WELL_KNOWN: Final = Budget(10 * SECOND, 50 * KIB, 50 * KIB)
ROBOTS: Final = Budget(10 * SECOND, 500 * KIB, 500 * KIB)
MANIFEST: Final = Budget(15 * SECOND, MIB, MIB)
DIRECTORY: Final = Budget(30 * SECOND, 5 * MIB, 5 * MIB)
AVATAR: Final = Budget(15 * SECOND, 4 * MIB, 4 * MIB)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case; of repeated ones the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    def json(self) -> object:
        """The body as JSON; `TypeRefused` where it is none."""
        try:
            value: object = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise TypeRefused(f"{self.url} did not answer JSON: {error}") from None
        return value


class Visit:
    """Requests to one party, over connections that nobody else uses."""

    def __init__(
        self, transport: GuardedTransport, policy: AddressPolicy, agent: str, own: Collection[str]
    ) -> None:
        self._transport = transport
        self._policy = policy
        self._agent = agent
        self._own = own

    async def request(
        self,
        method: str,
        url: str,
        *,
        budget: Budget,
        headers: Mapping[str, str] = MappingProxyType({}),
        content: bytes = b"",
        redirects: int = 0,
        statuses: Collection[int] = (200,),
    ) -> Answer:
        """Ask, and follow at most `redirects` redirects; a `FetchError` says what went wrong.

        `statuses` are those that the caller can use; any other is `StatusRefused`.
        """
        if holding_transaction.get():
            raise RuntimeError("a database transaction is held while the network is asked")
        target = parse_url(url, allow_http=self._policy.http)
        try:
            async with asyncio.timeout(budget.time / SECOND):
                answer = await self._follow(method, target, headers, content, redirects, budget)
        except TimeoutError:
            raise TimedOut(
                f"{target.host} took longer than {budget.time // SECOND} s", host=target.host
            ) from None
        if answer.status not in statuses:
            raise _refused(answer, target.host)
        return answer

    async def get(self, url: str, *, budget: Budget, redirects: int = MAX_REDIRECTS) -> Answer:
        """Get a public document."""
        return await self.request("GET", url, budget=budget, redirects=redirects)

    async def _follow(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        content: bytes,
        redirects: int,
        budget: Budget,
    ) -> Answer:
        left = redirects
        while True:
            answer = await self._exchange(method, target, headers, content, budget)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None or redirects == 0:
                return answer
            if left == 0:
                raise RedirectRefused(f"more than {redirects} redirects", host=target.host)
            left -= 1
            before, target = target, _next(target, location)
            if target.origin != before.origin:
                headers = {k: v for k, v in headers.items() if k.lower() not in _SECRET_HEADERS}

    async def _exchange(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        content: bytes,
        budget: Budget,
    ) -> Answer:
        if target.authority in self._own:
            raise UrlRefused(f"{target.authority} is this instance itself", host=target.host)
        request = httpx.Request(
            method,
            target.url,
            headers={"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate", **headers},
            content=content or None,
            extensions={"target": target.target.encode()},
        )
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return await _read(response, target, budget)
            finally:
                await response.aclose()
        except httpcore.ConnectError as error:
            raise _connect_error(error, target.host) from error
        except (httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise ConnectFailed(f"{target.host} broke off: {error!r}", host=target.host) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise TypeRefused(f"{target.host} speaks no HTTP: {error}", host=target.host) from error


class Fetcher:
    """Opens visits. `own` are this instance's own authorities, which are never asked."""

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        resolver: Resolver,
        agent: str,
        ca_file: str = "",
        own: Collection[str] = (),
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._agent = agent
        self._own = frozenset(own)
        self._tls = ssl.create_default_context()
        if ca_file:
            self._tls.load_verify_locations(ca_file)

    @asynccontextmanager
    async def visit(
        self, routes: Mapping[Place, Place] = MappingProxyType({})
    ) -> AsyncIterator[Visit]:
        """A visit; `routes` sends a host and port elsewhere, the certificate staying its own."""
        backend = GuardedBackend(self._policy, self._resolver, routes)
        transport = GuardedTransport(backend, self._tls)
        try:
            yield Visit(transport, self._policy, self._agent, self._own)
        finally:
            await transport.aclose()


def _next(target: Target, location: str) -> Target:
    try:
        return target.join(location)
    except (UrlRefused, ValueError) as error:
        raise RedirectRefused(f"a redirect leads astray: {error}", host=target.host) from None


async def _read(response: httpx.Response, target: Target, budget: Budget) -> Answer:
    size = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    if size > MAX_HEADER_BYTES:
        raise BudgetExceeded(f"the headers have more than {MAX_HEADER_BYTES} bytes: {size}")
    encoding = response.headers.get("content-encoding", "")
    body = BoundedBody(target.host, encoding, wire=budget.wire, decoded=budget.decoded)
    async for chunk in response.stream:  # type: ignore[union-attr]
        body.feed(chunk)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, MappingProxyType(headers), body.finish(), target.url)


def _connect_error(error: Exception, host: str) -> ConnectFailed | TlsFailed:
    if isinstance(error.__cause__, ssl.SSLError) or isinstance(error.__context__, ssl.SSLError):
        return TlsFailed(f"the certificate or handshake of {host} is wrong: {error}", host=host)
    return ConnectFailed(f"nobody answers at {host}: {error}", host=host)


def _refused(answer: Answer, host: str) -> StatusRefused:
    errcode = ""
    try:
        content = answer.json()
        if isinstance(content, dict):
            errcode = str(content.get("errcode", ""))[:64]
    except TypeRefused:
        pass
    words = f"{host} answered {answer.status}" + (f" {errcode}" if errcode else "")
    return StatusRefused(words, host=host, status=answer.status, errcode=errcode)
