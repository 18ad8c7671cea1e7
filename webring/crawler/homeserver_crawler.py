"""Crawling homeservers that are due, many at a time, one request after another to each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from webring.clock import MINUTE, Clock, Millis
from webring.crawler import frontier
from webring.crawler.homeservers import Reading, Visited, read, write
from webring.crawler.schedule import Bounds
from webring.errors import LeaseLost
from webring.matrix.client import MatrixClient
from webring.matrix.directory import DirectoryListing
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import homeservers
from webring.storage.database import Database
from webring.storage.homeservers import HomeserverJob

LEASE: Final[Millis] = 15 * MINUTE
"""How long a visit may take before another process may begin it anew."""
NEW_PER_VISIT: Final = 200
"""Homeservers taken from the aliases of one directory."""

Progress = Callable[[Visited, Reading], None]


@dataclass(frozen=True, slots=True)
class DirectoryWay:
    """One of the client's ways, as the crawl tries them."""

    name: str
    matrix: MatrixClient
    room_cap: int

    async def read(self, server: ServerName) -> DirectoryListing:
        """The directory of `server` this way."""
        return await self.matrix.directory(self.name, server, room_cap=self.room_cap)


@dataclass
class Tally:
    """What a crawl came to: servers and rooms, and servers by state."""

    servers: int = 0
    rooms: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, visited: Visited) -> None:
        """Count one visit."""
        self.servers += 1
        self.rooms += visited.rooms
        self.states[visited.state] += 1


class HomeserverCrawler:
    """Visits homeservers that are due."""

    def __init__(
        self,
        db: Database,
        matrix: MatrixClient,
        settings: Settings,
        clock: Clock,
        holder: str,
        spread: Callable[[], float],
    ) -> None:
        self._db = db
        self._limits = limits = settings.crawl
        self._home = ServerName(settings.homeserver.name) if settings.homeserver.name else None
        self._clock = clock
        self._holder = holder
        self._spread = spread
        self._bounds = Bounds(limits.shortest_interval, limits.longest_interval)
        self._ways = [DirectoryWay(name, matrix, limits.rooms_per_server) for name in matrix.ways]

    async def crawl_due(self, limit: int, progress: Progress | None = None) -> Tally:
        """Visit up to `limit` homeservers whose time has come, `concurrency` at a time."""
        tally = Tally()
        if not self._limits.directories:
            return tally
        while tally.servers < limit:
            wanted = min(self._limits.concurrency, limit - tally.servers)
            async with self._db.transaction() as tx:
                jobs = await homeservers.claim(tx, self._holder, self._clock(), wanted, LEASE)
            if not jobs:
                break
            for visited in await asyncio.gather(*(self._visit(job, progress) for job in jobs)):
                if visited is not None:
                    tally.add(visited)
        return tally

    async def crawl(self, name: ServerName, progress: Progress | None = None) -> Visited | None:
        """Visit one homeserver now; None where another process does."""
        now = self._clock()
        async with self._db.transaction() as tx:
            job = await homeservers.claim_one(tx, name, self._holder, now, LEASE)
        return await self._visit(job, progress) if job else None

    async def _visit(self, job: HomeserverJob, progress: Progress | None) -> Visited | None:
        reading = await read(job.name, self._ways, job.way)
        try:
            visited = await write(
                self._db,
                job,
                reading,
                bounds=self._bounds,
                spread=self._spread(),
                now=self._clock(),
                home=self._home,
            )
        except LeaseLost:
            return None
        if reading.listing is not None and visited.state == "open":
            await self._discover(job.name, reading.listing)
        if progress:
            progress(visited, reading)
        return visited

    async def _discover(self, server: ServerName, listing: DirectoryListing) -> None:
        """Remember the servers that gave the rooms their aliases; they are dialled later."""
        names = _servers(listing, server)
        known = await homeservers.known(self._db.reader, names)
        new = [name for name in names if name not in known][:NEW_PER_VISIT]
        if not new:
            return
        now = self._clock()
        async with self._db.transaction() as tx:
            await homeservers.add(
                tx,
                frontier.candidates(new, "alias", server),
                now,
                now,
                cap=self._limits.servers,
                per_domain=frontier.PER_DOMAIN,
            )


def _servers(listing: DirectoryListing, server: ServerName) -> list[ServerName]:
    aliases: Iterable[ServerName] = (room.alias.server for room in listing.rooms if room.alias)
    return [name for name in dict.fromkeys(aliases) if name != server]
