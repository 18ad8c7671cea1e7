"""The one door out: every feature that asks the network asks here.

A `Fetcher` opens visits; a visit asks one party, with connections of its own, and ends. A request
has a budget of time and bytes for the whole exchange, redirects included; waiting for a turn is not
part of it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

import httpx

from webring.clock import Clock, now_ms
from webring.names import ServerName
from webring.net.addresses import AddressPolicy
from webring.net.answer import Answer
from webring.net.budget import (
    AVATAR,
    DIRECTORY,
    KIB,
    MANIFEST,
    MIB,
    ROBOTS,
    SMALL,
    WELL_KNOWN,
    Budget,
)
from webring.net.hosts import HostBook, HostStore, MemoryHostStore
from webring.net.place import NO_ROUTES, Routes
from webring.net.politeness import Politeness, Sleep
from webring.net.resolver import Resolver
from webring.net.robots import Robots
from webring.net.transport import GuardedBackend, GuardedTransport
from webring.net.urls import DEFAULT_PORTS
from webring.net.visit import MAX_REDIRECTS, Door, Visit

CONCURRENT: Final = 32
"""Requests under way at once, to all hosts together, unless told otherwise."""


class Fetcher:
    """Opens visits. `own` are this instance's own authorities (`host` or `host:port`), never asked.

    `hosts` remembers failures, pauses and robots.txt across restarts. `clock` is the time, and
    `sleep` waits until some of it has passed.
    """

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        resolver: Resolver,
        agent: str,
        ca_file: str = "",
        own: Collection[str] = (),
        hosts: HostStore | None = None,
        clock: Clock = now_ms,
        concurrency: int = CONCURRENT,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.sleep = sleep
        book = HostBook(hosts or MemoryHostStore())
        self._door = Door(
            policy=policy,
            resolver=resolver,
            tls=_tls_context(ca_file),
            agent=agent,
            own=frozenset(own),
            clock=clock,
            politeness=Politeness(book, clock, concurrency=concurrency, sleep=sleep),
            robots=Robots(book, clock),
        )

    @asynccontextmanager
    async def visit(
        self, routes: Routes = NO_ROUTES, *, configured: str = ""
    ) -> AsyncIterator[Visit]:
        """A visit; `routes` sends a host and port elsewhere, the certificate staying its own.

        `configured` is a URL from the settings, and from nowhere else: its very origin may be at a
        private address, and be spoken to over plain HTTP there.
        """
        backend = GuardedBackend(self._door.policy, self._door.resolver)
        transport = GuardedTransport(backend, self._door.tls)
        try:
            yield Visit(self._door, transport, routes, configured)
        finally:
            await transport.aclose()

    def scheme_for(self, host: str, port: int) -> str:
        """https; http only for an exempted IP literal or `localhost` where `[testing]` says so."""
        return "http" if self._door.policy.speaks_http(host, port) else "https"

    def site(self, name: ServerName) -> str:
        """The origin at which a server name is asked for its well-known documents."""
        return f"{self.scheme_for(name.host, name.port or DEFAULT_PORTS['https'])}://{name}"


def user_agent(version: str, page: str, contact: str = "") -> str:
    """How the crawler names itself: `webring/1.0 (+https://ring.example/about; contact)`."""
    words = "; ".join(part for part in (f"+{page}", contact) if part)
    printable = "".join(letter for letter in words if " " <= letter <= "~" and letter not in "()")
    return f"webring/{version} ({printable})"


@cache
def _tls_context(ca_file: str) -> ssl.SSLContext:
    """Certificates are checked against certifi's authorities, the system's, and `ca_file`.

    Made once: to read some hundred authorities takes a twentieth of a second.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.set_default_verify_paths()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


__all__ = [
    "AVATAR",
    "DIRECTORY",
    "KIB",
    "MANIFEST",
    "MAX_REDIRECTS",
    "MIB",
    "ROBOTS",
    "SMALL",
    "WELL_KNOWN",
    "Answer",
    "Budget",
    "Fetcher",
    "Visit",
    "user_agent",
]
