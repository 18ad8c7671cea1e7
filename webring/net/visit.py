"""A visit: requests to one party, each hop through the whole gate.

The order at every hop: the address as written, robots.txt where asked, never ourselves, a turn with
the host, and then, within the time that is left, the guarded dial and the metered answer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final

import httpcore
import httpx

from webring.clock import SECOND, Clock
from webring.errors import (
    BudgetExceeded,
    ConnectFailed,
    RedirectRefused,
    TimedOut,
    TypeRefused,
    UrlRefused,
)
from webring.guards import holding_transaction
from webring.net.addresses import AddressPolicy
from webring.net.answer import Answer, status_refused
from webring.net.budget import METER, ROBOTS, Budget, Meter
from webring.net.decoding import BoundedBody
from webring.net.hosts import host_key
from webring.net.politeness import Politeness
from webring.net.resolver import Resolver
from webring.net.robots import Robots
from webring.net.transport import GuardedTransport, Place
from webring.net.urls import Target, parse_url

MAX_REDIRECTS: Final = 3
ROBOTS_REDIRECTS: Final = 5
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REPEATABLE: Final = frozenset({"GET", "HEAD"})
_BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a host asks for a rest."""
_HARMLESS_HEADERS: Final = frozenset({"accept", "accept-language", "if-none-match"})
"""What may follow to another origin: everything else could be a credential."""
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is asked, wherever redirects lead. `redirects` is how many are left."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    budget: Budget
    redirects: int
    robots: bool


@dataclass(frozen=True, slots=True)
class Door:
    """What all visits share."""

    policy: AddressPolicy
    resolver: Resolver
    tls: ssl.SSLContext
    agent: str
    own: frozenset[str]
    clock: Clock
    politeness: Politeness
    robots: Robots


class Visit:
    """Requests to one party, over connections that nobody else uses."""

    def __init__(
        self, door: Door, transport: GuardedTransport, routes: Mapping[Place, Place]
    ) -> None:
        self._door = door
        self._transport = transport
        self._routes = routes

    async def request(
        self,
        method: str,
        url: str,
        *,
        budget: Budget,
        headers: Mapping[str, str] = NO_HEADERS,
        content: bytes = b"",
        redirects: int = 0,
        statuses: Collection[int] | None = (200,),
        robots: bool = False,
    ) -> Answer:
        """Ask, and follow at most `redirects` redirects; a `FetchError` says what went wrong.

        `statuses` are those that the caller can use (None: any); others are `StatusRefused`. With
        `robots`, every host on the way is asked first whether it lets us.
        """
        if holding_transaction.get():
            raise RuntimeError("a database transaction is held while the network is asked")
        target = parse_url(url, allow_http=self._door.policy.http)
        errand = _Errand(method, headers, content, budget, redirects, robots)
        answer = await self._follow(target, errand)
        if statuses is not None and answer.status not in statuses:
            raise status_refused(answer, target.host, self._door.clock())
        return answer

    async def get(self, url: str, *, budget: Budget, redirects: int = MAX_REDIRECTS) -> Answer:
        """Get a public document."""
        return await self.request("GET", url, budget=budget, redirects=redirects)

    async def _follow(self, target: Target, errand: _Errand) -> Answer:
        loop, seconds = asyncio.get_running_loop(), errand.budget.time / SECOND
        left, follows = errand.redirects, errand.redirects > 0
        while True:
            if errand.robots:
                await self._ask_robots(target)
            async with self._turn(target):
                began = loop.time()
                answer = await self._in_time(target, errand, seconds)
                seconds -= loop.time() - began
            location = answer.headers.get("location")
            if not follows or answer.status not in _REDIRECTS or location is None:
                return answer
            if left == 0 or errand.method not in _REPEATABLE:
                raise RedirectRefused(f"more than {errand.redirects} redirects", host=target.host)
            left -= 1
            before, target = target, _next(target, location)
            if target.origin != before.origin:
                errand = replace(errand, headers=_harmless(errand.headers))

    async def _ask_robots(self, target: Target) -> None:
        host = host_key(target.host, self._place(target).port)
        await self._door.robots.check(host, target.target, partial(self._read_robots, target))

    async def _read_robots(self, target: Target) -> tuple[int, str]:
        """The status and text of robots.txt; one that redirects astray counts as absent."""
        try:
            answer = await self.request(
                "GET",
                f"{target.origin}/robots.txt",
                budget=ROBOTS,
                redirects=ROBOTS_REDIRECTS,
                statuses=None,
            )
        except RedirectRefused:
            return _NOT_FOUND, ""
        return answer.status, answer.body.decode("utf-8", "replace")

    def _place(self, target: Target) -> Place:
        """Where a target is dialled."""
        place = Place(target.host, target.port)
        return self._routes.get(place, place)

    @asynccontextmanager
    async def _turn(self, target: Target) -> AsyncIterator[None]:
        """A turn with the host that is dialled, and what it came to."""
        place = self._place(target)
        for authority in (target.authority, f"{place.host}:{place.port}"):
            if authority in self._door.own:
                raise UrlRefused(f"{authority} is this instance itself", host=target.host)
        host = host_key(place.host, place.port)
        politeness = self._door.politeness
        async with politeness.slot(host):
            try:
                yield
            except (ConnectFailed, TimedOut) as error:
                await politeness.failed(host, error.reason)
                raise

    async def _in_time(self, target: Target, errand: _Errand, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                answer = await self._exchange(target, errand)
        except TimeoutError:
            limit = errand.budget.time / SECOND
            raise TimedOut(
                f"{target.host} took longer than {limit:g} s", host=target.host
            ) from None
        await self._remember(target, answer)
        return answer

    async def _remember(self, target: Target, answer: Answer) -> None:
        place, politeness = self._place(target), self._door.politeness
        host = host_key(place.host, place.port)
        if answer.status in _BUSY:
            refused = status_refused(answer, target.host, self._door.clock())
            await politeness.failed(host, refused.reason, refused.retry_after)
        else:
            await politeness.succeeded(host)

    async def _exchange(self, target: Target, errand: _Errand) -> Answer:
        """One request and its answer; again where a connection kept open had gone stale."""
        meter = Meter(target.host, errand.budget, plain=target.scheme == "http")
        try:
            return await self._metered(target, errand, meter)
        except ConnectFailed:
            if meter.dialled or meter.taken or errand.method not in _REPEATABLE:
                raise
        meter = Meter(target.host, errand.budget, plain=target.scheme == "http")
        return await self._metered(target, errand, meter)

    async def _metered(self, target: Target, errand: _Errand, meter: Meter) -> Answer:
        token = METER.set(meter)
        try:
            return await self._send(target, errand, meter)
        except (httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise ConnectFailed(f"{target.host} broke off: {error!r}", host=target.host) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            if meter.hung_up:
                raise ConnectFailed(f"{target.host} hung up: {error}", host=target.host) from error
            raise TypeRefused(f"{target.host} speaks no HTTP: {error}", host=target.host) from error
        finally:
            METER.reset(token)

    async def _send(self, target: Target, errand: _Errand, meter: Meter) -> Answer:
        request = httpx.Request(
            errand.method,
            target.origin,
            headers={
                "Host": target.authority,
                "User-Agent": self._door.agent,
                "Accept-Encoding": "gzip, deflate",
                **errand.headers,
            },
            content=errand.content or None,
            extensions={"target": target.target.encode()},
        )
        response = await self._transport.handle_async_request(request)
        try:
            meter.headers_read()
            return await _read(response, target, errand.budget)
        finally:
            await response.aclose()


def _harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in headers.items() if name.lower() in _HARMLESS_HEADERS}


def _next(target: Target, location: str) -> Target:
    try:
        return target.join(location)
    except (UrlRefused, ValueError) as error:
        raise RedirectRefused(f"a redirect leads astray: {error}", host=target.host) from None


async def _read(response: httpx.Response, target: Target, budget: Budget) -> Answer:
    encoding = response.headers.get("content-encoding", "")
    body = BoundedBody(target.host, encoding, wire=budget.wire, decoded=budget.decoded)
    whole = True
    try:
        async for chunk in response.stream:  # type: ignore[union-attr]
            body.feed(chunk)
    except BudgetExceeded:
        if not budget.cut:
            raise
        whole = False
    headers = {name.lower(): value for name, value in response.headers.items()}
    kept = body.finish() if whole else body.so_far()
    return Answer(response.status_code, MappingProxyType(headers), kept, target.url)
