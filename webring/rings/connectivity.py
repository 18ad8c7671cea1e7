"""Whether it is us: a test of our own connection, before anybody gets a strike.

Where several hosts were asked within the hour and not one was reached, nor any peer or homeserver,
those that were reached last are asked once more. If they are silent as well, the line is cut here
and not there. A single site that we know, with nobody to compare it with, cannot tell; there the
days over which strikes are spread have to do.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from webring.clock import MINUTE, Clock, Millis
from webring.errors import FetchError
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import Fetcher
from webring.rings.looking import SILENT, SiteCheck
from webring.storage import heard
from webring.storage.sql import Connection

WINDOW: Final[Millis] = 60 * MINUTE
"""How long what a host answered, or did not, says something about our line."""
HOSTS: Final = 3
"""How many hosts must have been silent before it may be us; and how many are asked once more."""
REMEMBERED: Final = 256
"""Hosts whose last answer is kept in mind."""


class Connectivity:
    """What hosts answered lately."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._hosts: OrderedDict[str, tuple[bool, Millis]] = OrderedDict()

    def note(self, check: SiteCheck) -> None:
        """Remember whether a look reached its host. One that was not made says nothing."""
        if check.was_asked:
            self._note(check.origin, not check.is_silent)

    async def is_down(self, conn: Connection) -> bool:
        """Whether several hosts were asked lately, and none was reached."""
        since = self._clock() - WINDOW
        recent = [reached for reached, at in self._hosts.values() if at >= since]
        if any(recent):
            return False
        others = await heard.since(conn, since)
        if others.answered or len(recent) + others.tried < HOSTS:
            return False
        return not await self._reached_again()

    async def _reached_again(self) -> bool:
        """Whether one of those that were reached last is reached now."""
        good = [origin for origin, (reached, _) in reversed(self._hosts.items()) if reached]
        for origin in good[:HOSTS]:
            if await self._reaches(origin):
                self._note(origin, True)
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

    def _note(self, origin: str, reached: bool) -> None:
        self._hosts[origin] = (reached, self._clock())
        self._hosts.move_to_end(origin)
        if len(self._hosts) > REMEMBERED:
            self._hosts.popitem(last=False)
