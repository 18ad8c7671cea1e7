"""Whether it is us: a test of our own connection, before anybody gets a strike.

Whoever was reached a moment ago, be it a member's site, a peer or a homeserver, shows that our line
stands. Where nobody was, those that were reached last are asked once more. If they are silent as
well, and enough hosts were silent within the hour, the line is cut here and not there. A single
site that we know, with nobody to compare it with, cannot tell; there the days over which strikes
are spread have to do.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from webring.clock import MINUTE, Clock, Millis
from webring.errors import FetchError
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import Fetcher
from webring.rings.looking import SILENT, SiteCheck
from webring.storage import heard
from webring.storage.sql import Connection

FRESH: Final[Millis] = 2 * MINUTE
"""How long an answer shows that our line stands; and how long what was found of it holds."""
WINDOW: Final[Millis] = 60 * MINUTE
"""How long a host's silence counts."""
HOSTS: Final = 3
"""How many hosts must be silent before it may be us; and how many are asked once more."""
REMEMBERED: Final = 256
"""Hosts whose last answer is kept in mind."""


@dataclass(slots=True)
class _Host:
    """When a host was asked last, and when it answered last (0: never)."""

    asked_at: Millis = 0
    reached_at: Millis = 0

    @property
    def is_silent(self) -> bool:
        return self.asked_at > self.reached_at


class Connectivity:
    """What hosts answered lately."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._cut_at: Millis = -FRESH
        self._asking = asyncio.Lock()

    def note(self, check: SiteCheck) -> None:
        """Remember whether a look reached its host. One that was not made says nothing."""
        if check.was_asked:
            self._note(check.origin, reached=not check.is_silent)

    async def is_down(self, conn: Connection) -> bool:
        """Whether nobody is reached from here, as far as can be told.

        It may ask the network, at most `HOSTS` hosts in `FRESH`.
        """
        async with self._asking:
            now = self._clock()
            if await self._was_reached(conn, now - FRESH):
                return False
            if 0 <= now - self._cut_at < FRESH:
                return True
            if await self._reached_again() or await self._silent(conn, now - WINDOW) < HOSTS:
                return False
            self._cut_at = now
            return True

    async def _was_reached(self, conn: Connection, since: Millis) -> bool:
        ours = any(host.reached_at >= since for host in self._hosts.values())
        return ours or (await heard.since(conn, since)).answered > 0

    async def _silent(self, conn: Connection, since: Millis) -> int:
        """How many hosts were asked since then, and did not answer."""
        others = await heard.since(conn, since)
        ours = [each for each in self._hosts.values() if each.asked_at >= since]
        return sum(host.is_silent for host in ours) + others.tried - others.answered

    async def _reached_again(self) -> bool:
        """Whether one of those that were reached last is reached now."""
        known = sorted(self._hosts, key=lambda origin: -self._hosts[origin].reached_at)
        for origin in [each for each in known if self._hosts[each].reached_at][:HOSTS]:
            reached = await self._reaches(origin)
            self._note(origin, reached=reached)
            if reached:
                return True
        return False

    async def _reaches(self, origin: str) -> bool:
        try:
            async with self._fetcher.visit() as visit:
                url = f"{origin}/robots.txt"
                await visit.request("GET", url, budget=WELL_KNOWN, statuses=None)
        except FetchError as error:
            return error.reason not in SILENT | {"backoff"}
        return True

    def _note(self, origin: str, *, reached: bool) -> None:
        host = self._hosts.setdefault(origin, _Host())
        host.asked_at = self._clock()
        if reached:
            host.reached_at = host.asked_at
        self._hosts.move_to_end(origin)
        if len(self._hosts) > REMEMBERED:
            self._hosts.popitem(last=False)
