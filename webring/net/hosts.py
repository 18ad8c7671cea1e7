"""What is remembered of a host across restarts: its failures, its pause, its robots.txt.

A host is `name` or `name:port`, as `host_key` writes it: two services on one machine are two hosts.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final, Protocol

from webring.clock import Millis

REMEMBERED: Final = 4_096
"""Hosts kept in memory; the rest is read again from the store."""
HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class HostState:
    """One host. `robots` is the part of its robots.txt that speaks to us; None: never read."""

    failures: int = 0
    not_before: Millis = 0
    reason: str = ""
    robots: str | None = None
    robots_until: Millis = 0


class HostStore(Protocol):
    """Where host states live; `webring.storage.hosts` keeps them in the database."""

    async def load(self, host: str) -> HostState | None:
        """What is stored of `host`, or None."""

    async def save(self, host: str, state: HostState) -> None:
        """Store it."""


class MemoryHostStore:
    """A store that forgets at the end of the process: for tests and one-off commands."""

    def __init__(self) -> None:
        self.states: dict[str, HostState] = {}

    async def load(self, host: str) -> HostState | None:
        """What was saved of `host`, or None."""
        return self.states.get(host)

    async def save(self, host: str, state: HostState) -> None:
        """Keep it."""
        self.states[host] = state


class HostBook:
    """Host states at hand, read once and written only when they change."""

    def __init__(self, store: HostStore) -> None:
        self._store = store
        self._known: OrderedDict[str, HostState] = OrderedDict()

    async def get(self, host: str) -> HostState:
        """What is known of `host`."""
        if host not in self._known:
            loaded = await self._store.load(host)
            self._known.setdefault(host, loaded or HostState())
        self._known.move_to_end(host)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return self._known[host]

    async def change(
        self,
        host: str,
        *,
        failures: int | None = None,
        not_before: Millis | None = None,
        reason: str | None = None,
        robots: str | None = None,
        robots_until: Millis | None = None,
    ) -> None:
        """Change what is given; write only where that differs."""
        before = await self.get(host)
        after = replace(
            before,
            failures=before.failures if failures is None else failures,
            not_before=before.not_before if not_before is None else not_before,
            reason=before.reason if reason is None else reason,
            robots=before.robots if robots is None else robots,
            robots_until=before.robots_until if robots_until is None else robots_until,
        )
        if after != before:
            self._known[host] = after
            await self._store.save(host, after)


def host_key(host: str, port: int) -> str:
    """How a host is called in the store: `name`, or `name:port` where the port is not 443."""
    return host if port == HTTPS_PORT else f"{host}:{port}"
