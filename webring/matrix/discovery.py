"""From a server name to where its federation API answers.

Source: Matrix specification, server-server API, "Resolving server names". In that order: IP
literal, explicit port, `.well-known/matrix/server`, SRV `_matrix-fed._tcp` and `_matrix._tcp`, port
8448. The certificate is checked for the host of `base`, wherever `routes` sends the dial.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.errors import DnsFailed, FetchError, InvalidName, StatusRefused, TypeRefused
from webring.names import ServerName
from webring.net.fetch import Answer
from webring.net.place import NO_ROUTES, Place, Routes
from webring.net.resolver import Resolver

FEDERATION_PORT: Final = 8448
HTTPS_PORT: Final = 443
MAX_TARGETS: Final = 4
"""SRV targets that are tried in turn."""
SHORTEST_TTL: Final[Millis] = 5 * MINUTE
LONGEST_TTL: Final[Millis] = 2 * DAY
DEFAULT_TTL: Final[Millis] = DAY
ABSENT_TTL: Final[Millis] = HOUR
"""How long we rely on a name having no well-known document."""
RETRY_TTL: Final[Millis] = 2 * MINUTE
"""How long we wait before we ask again after a passing failure."""
STALE_FOR: Final[Millis] = 2 * DAY
"""How long an old answer is used while the well-known document cannot be read."""
REMEMBERED: Final = 20_000
"""Names whose answers are kept in memory: whoever makes up names does not fill it."""
JITTER: Final = 0.1
"""Times to live differ by up to this share, so that not all end at once."""

AskWellKnown = Callable[[ServerName], Awaitable[Answer]]
"""Fetches `https://NAME/.well-known/matrix/server`, or raises a `FetchError`."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to send requests for `server`: a base URL, and where its host and port are dialled,
    the best place first.

    `how` says in a few words what led there, for the page that explains a server.
    """

    server: ServerName
    base: str
    routes: Routes
    how: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What a well-known document said: a delegated name, or None for none."""

    delegated: ServerName | None
    until: Millis
    stale_until: Millis


class Discovery:
    """Resolves server names and remembers the answers. `spread` gives numbers from 0 to 1."""

    def __init__(
        self,
        ask: AskWellKnown,
        resolver: Resolver,
        spread: Callable[[], float],
        plain: Callable[[str, int], bool] = lambda _host, _port: False,
    ) -> None:
        """`plain` says which hosts are spoken to over plain HTTP (`[testing] http`)."""
        self._ask = ask
        self._resolver = resolver
        self._spread = spread
        self._plain = plain
        self._known: OrderedDict[ServerName, _Known] = OrderedDict()

    async def resolve(self, server: ServerName, now: Millis) -> Destination:
        """Where `server` answers; it never fails, since port 8448 is always left to try."""
        if server.is_ip or server.port is not None:
            return self._explicit(server, server, "the name itself")
        known = await self._well_known(server, now)
        delegated = known.delegated
        if delegated is None:
            return await self._by_srv(server, server, "no well-known document")
        if delegated.is_ip or delegated.port is not None:
            return self._explicit(server, delegated, f"delegated to {delegated}")
        return await self._by_srv(server, delegated, f"delegated to {delegated}")

    def _explicit(self, server: ServerName, name: ServerName, how: str) -> Destination:
        port = name.port or FEDERATION_PORT
        scheme = "http" if self._plain(name.host, port) else "https"
        if name.port is not None:
            return Destination(server, f"{scheme}://{name}", NO_ROUTES, how)
        return self._implicit(server, name.host, (Place(name.host, port),), how)

    def _implicit(
        self, server: ServerName, host: str, places: tuple[Place, ...], how: str
    ) -> Destination:
        """The Host header carries no port here, so the URL has none and the dial is routed."""
        routes = {Place(host, HTTPS_PORT): places}
        return Destination(server, f"https://{host}", MappingProxyType(routes), how)

    async def _by_srv(self, server: ServerName, name: ServerName, how: str) -> Destination:
        for service in ("_matrix-fed._tcp", "_matrix._tcp"):
            try:
                targets = await self._resolver.srv(f"{service}.{name.host}")
            except DnsFailed:
                continue
            if targets:
                places = tuple(Place(each.host, each.port) for each in targets[:MAX_TARGETS])
                return self._implicit(server, name.host, places, f"{how}, SRV {service}")
        places = (Place(name.host, FEDERATION_PORT),)
        return self._implicit(server, name.host, places, f"{how}, port {FEDERATION_PORT}")

    async def _well_known(self, server: ServerName, now: Millis) -> _Known:
        known = self._known.get(server)
        if known is not None and now < known.until:
            return known
        try:
            fresh = self._read(await self._ask(server), now)
        except FetchError as error:
            fresh = self._failed(error, known, now)
        self._known[server] = fresh
        self._known.move_to_end(server)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return fresh

    def _read(self, answer: Answer, now: Millis) -> _Known:
        try:
            content = answer.json()
            name = ServerName.parse(content.get("m.server") if isinstance(content, dict) else None)
        except (TypeRefused, InvalidName):
            return self._absent(now)
        until = now + self._jittered(_max_age(answer.headers.get("cache-control", "")))
        return _Known(name, until, until + STALE_FOR)

    def _failed(self, error: FetchError, known: _Known | None, now: Millis) -> _Known:
        gone = isinstance(error, StatusRefused) and error.status in {404, 410}
        if gone or not error.temporary:
            return self._absent(now)
        retry = now + self._jittered(RETRY_TTL)
        if known is not None and now < known.stale_until:
            return _Known(known.delegated, retry, known.stale_until)
        return _Known(None, retry, 0)

    def _absent(self, now: Millis) -> _Known:
        return _Known(None, now + self._jittered(ABSENT_TTL), 0)

    def _jittered(self, ttl: Millis) -> Millis:
        return int(ttl * (1 - JITTER + 2 * JITTER * self._spread()))


def _max_age(cache_control: str) -> Millis:
    """The time to live that a Cache-Control header asks for, clamped (RFC 9111)."""
    for directive in cache_control.lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name in {"no-store", "no-cache"}:
            return SHORTEST_TTL
        if name == "max-age" and value.strip('"').isdecimal():
            seconds = int(value.strip('"')[:12])
            return min(max(seconds * SECOND, SHORTEST_TTL), LONGEST_TTL)
    return DEFAULT_TTL
