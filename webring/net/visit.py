"""A visit: requests to one party, each hop through the whole gate.

The order at every hop: the address as written, robots.txt where asked, never ourselves, a turn with
the host, and then, within the time that is left, the guarded dial and the metered answer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from webring import metrics
from webring.clock import SECOND, Clock
from webring.errors import (
    AddressRefused,
    BackingOff,
    ConnectFailed,
    DnsFailed,
    FetchError,
    RedirectRefused,
    TimedOut,
    TlsFailed,
    UrlRefused,
)
from webring.guards import holding_transaction
from webring.net.addresses import AddressPolicy
from webring.net.answer import Answer, status_refused
from webring.net.budget import ROBOTS, Budget
from webring.net.exchange import REPEATABLE, Errand, exchange
from webring.net.hosts import HTTPS_PORT, host_key
from webring.net.place import Dial, Place, Routes
from webring.net.politeness import Politeness
from webring.net.resolver import Resolver
from webring.net.robots import Robots
from webring.net.transport import GuardedTransport
from webring.net.urls import Target, check_port, parse_url

MAX_REDIRECTS: Final = 3
ROBOTS_REDIRECTS: Final = 5
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a host asks for a rest."""
_ELSEWHERE: Final = (
    AddressRefused,
    BackingOff,
    ConnectFailed,
    DnsFailed,
    TlsFailed,
    UrlRefused,
)
"""What sends us to the next of several places: at this one nobody could be asked."""
_HARMLESS_HEADERS: Final = frozenset({"accept", "accept-language", "if-none-match"})
"""What may follow to another origin: everything else could be a credential."""
_NOT_FOUND: Final = 404


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


@dataclass(slots=True)
class _Time:
    """Seconds that are left of a request's own, redirects included."""

    whole: float
    left: float

    @property
    def is_fair(self) -> bool:
        """Whether who gets them now has enough to be blamed for being slow."""
        return self.left > self.whole / 2


class Visit:
    """Requests to one party, over connections that nobody else uses.

    `configured` is a URL of the settings, whose very origin may be at a private address.
    """

    def __init__(
        self, door: Door, transport: GuardedTransport, routes: Routes, configured: str = ""
    ) -> None:
        self._door = door
        self._transport = transport
        self._routes = routes
        self._settled: dict[Place, Place] = {}
        self._configured = parse_url(configured, allow_http=True).origin if configured else ""

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
        try:
            target = parse_url(url, allow_http=self._door.policy.http or self._is_configured(url))
            errand = Errand(method, headers, content, budget, redirects, robots)
            answer = await self._follow(target, errand)
        except FetchError as error:
            metrics.fetched(error.reason)
            raise
        metrics.fetched(metrics.ANSWERED)
        if statuses is not None and answer.status not in statuses:
            raise status_refused(answer, target.host, self._door.clock())
        return answer

    async def get(self, url: str, *, budget: Budget, redirects: int = MAX_REDIRECTS) -> Answer:
        """Get a public document."""
        return await self.request("GET", url, budget=budget, redirects=redirects)

    async def ask_robots(self, url: str) -> None:
        """Raise `RobotsRefused` where the host of `url` asks us not to read that.

        For what is read through somebody else. A `FetchError` says that it could not be asked.
        """
        await self._ask_robots(parse_url(url, allow_http=self._door.policy.http))

    def _is_configured(self, url: str) -> bool:
        return bool(self._configured) and (
            parse_url(url, allow_http=True).origin == self._configured
        )

    async def _follow(self, target: Target, errand: Errand) -> Answer:
        seconds = errand.budget.time / SECOND
        time = _Time(seconds, seconds)
        left, follows = errand.redirects, errand.redirects > 0
        while True:
            if errand.robots:
                await self._ask_robots(target)
            answer = await self._hop(target, errand, time)
            location = answer.headers.get("location")
            if not follows or answer.status not in _REDIRECTS or location is None:
                return answer
            if left == 0 or errand.method not in REPEATABLE:
                raise RedirectRefused(f"more than {errand.redirects} redirects", host=target.host)
            left -= 1
            before, target = target, _next(target, location)
            if target.origin != before.origin:
                errand = replace(errand, headers=_harmless(errand.headers))

    async def _ask_robots(self, target: Target) -> None:
        host = host_key(target.host, self._places(target)[0].port)
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

    def _places(self, target: Target) -> tuple[Place, ...]:
        """Where a target is dialled, the best place first."""
        place = Place(target.host, target.port)
        return self._routes.get(place) or (place,)

    async def _hop(self, target: Target, errand: Errand, time: _Time) -> Answer:
        """One request, at the first of its places where somebody can be asked.

        The place that answered before comes first: its connection is open. What may not be sent
        twice is sent to one place only.
        """
        named = Place(target.host, target.port)
        settled = self._settled.get(named)
        places = sorted(self._places(target), key=lambda place: place != settled)
        if errand.method in REPEATABLE:
            for place in places[:-1]:
                dial = self._dial(target, place, last=False)
                with suppress(*_ELSEWHERE):
                    return await self._at(target, dial, errand, time)
        last = places[-1] if errand.method in REPEATABLE else places[0]
        return await self._at(target, self._dial(target, last, last=True), errand, time)

    def _dial(self, target: Target, place: Place, *, last: bool) -> Dial:
        configured = target.origin == self._configured
        return Dial(place, target.scheme == "http", configured, last)

    async def _at(self, target: Target, dial: Dial, errand: Errand, time: _Time) -> Answer:
        """One request at one place, within the time that is left."""
        loop = asyncio.get_running_loop()
        async with self._turn(target, dial.place, time):
            began = loop.time()
            try:
                async with asyncio.timeout(time.left):
                    agent = self._door.agent
                    answer = await exchange(self._transport, agent, target, errand, dial)
            except TimeoutError:
                limit = errand.budget.time / SECOND
                raise TimedOut(
                    f"{target.host} took longer than {limit:g} s", host=target.host
                ) from None
            finally:
                time.left -= loop.time() - began
            await self._remember(target, dial.place, answer)
        return answer

    @asynccontextmanager
    async def _turn(self, target: Target, place: Place, time: _Time) -> AsyncIterator[None]:
        """A turn with the host that is dialled, and what it came to.

        Anybody's name may be routed to anybody's host: a certificate that is wrong there is held
        against the name. So is a redirect that leaves little time.
        """
        self._check(target, place)
        politeness, host = self._door.politeness, host_key(place.host, place.port)
        named = _key(target, place)
        if named != host:
            await politeness.rest(named)
        async with politeness.slot(host):
            fair = time.is_fair
            try:
                yield
            except (ConnectFailed, DnsFailed) as error:
                await politeness.failed(host, error.reason)
                raise
            except TimedOut as error:
                if fair:
                    await politeness.failed(host, error.reason)
                raise
            except TlsFailed as error:
                await politeness.failed(named, error.reason)
                raise

    def _check(self, target: Target, place: Place) -> None:
        """Raise `UrlRefused` for ourselves, and for a place at another service's port."""
        plain = place.host if place.port == HTTPS_PORT else ""
        for authority in (target.authority, f"{place.host}:{place.port}", plain):
            if authority in self._door.own:
                raise UrlRefused(f"{authority} is this instance itself", host=target.host)
        if target.scheme == "https":
            check_port(place.host, place.port)

    async def _remember(self, target: Target, place: Place, answer: Answer) -> None:
        self._settled[Place(target.host, target.port)] = place
        politeness, host = self._door.politeness, host_key(place.host, place.port)
        if answer.status in _BUSY:
            refused = status_refused(answer, target.host, self._door.clock())
            await politeness.failed(host, refused.reason, refused.retry_after)
            return
        for key in {host, _key(target, place)}:
            await politeness.succeeded(key)


def _key(target: Target, place: Place) -> str:
    """How a name is remembered at the place where it is dialled."""
    host = host_key(place.host, place.port)
    return host if place == Place(target.host, target.port) else f"{target.host} at {host}"


def _harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in headers.items() if name.lower() in _HARMLESS_HEADERS}


def _next(target: Target, location: str) -> Target:
    try:
        return target.join(location)
    except (UrlRefused, ValueError) as error:
        raise RedirectRefused(f"a redirect leads astray: {error}", host=target.host) from None
