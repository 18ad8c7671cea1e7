"""Crawling homeservers that are due, many at a time, one request after another to each."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from webring import metrics
from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.crawler import frontier
from webring.crawler.homeservers import Reading, Visited, read, write
from webring.crawler.schedule import Bounds
from webring.errors import LeaseLost, StorageError
from webring.matrix.client import MatrixClient
from webring.matrix.directory import DirectoryListing
from webring.moderation.blocklist import Blocklist
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import homeservers
from webring.storage.database import Database
from webring.storage.homeservers import HomeserverJob

LEASE: Final[Millis] = 15 * MINUTE
"""How long a visit may take before another process may begin it anew: longer than any does by all
three ways, each within `matrix.directory.LONGEST`.
"""
LOOK_AGAIN: Final[Millis] = 2 * SECOND
"""How often others that are due are looked for while a slow homeserver is being read."""
NEW_PER_VISIT: Final = 200
"""Homeservers taken from the aliases of one directory."""

Progress = Callable[[Visited, Reading], None]

log = logging.getLogger(__name__)


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
        self._under_way: dict[asyncio.Task[Visited | None], HomeserverJob] = {}

    @property
    def under_way(self) -> int:
        """How many homeservers are being visited."""
        return len(self._under_way)

    async def crawl_due(self, progress: Progress | None = None) -> Tally:
        """Visit homeservers until none is due, `concurrency` at once: a slow one delays no other.

        A quarter of the places is for those only that were read to the end the last time.
        """
        tally = Tally()
        if not self._limits.directories:
            return tally
        try:
            while True:
                for job in await self._claim():
                    self._under_way[asyncio.create_task(self._visit(job, progress))] = job
                if not self._under_way:
                    return tally
                finished, _ = await asyncio.wait(
                    self._under_way,
                    timeout=LOOK_AGAIN / SECOND,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in finished:
                    if visited := _outcome(task, self._under_way.pop(task)):
                        tally.add(visited)
        finally:
            await self._give_up()

    async def _claim(self) -> list[HomeserverJob]:
        """The next visits, as many as there are places."""
        most, now = self._limits.concurrency, self._clock()
        free = most - len(self._under_way)
        if free <= 0:
            return []
        unread = sum(not job.complete for job in self._under_way.values())
        async with self._db.transaction() as tx:
            jobs = await homeservers.claim(tx, self._holder, now, free, LEASE, whole=True)
            left = min(free - len(jobs), max(1, most * 3 // 4) - unread)
            if left > 0:
                jobs += await homeservers.claim(tx, self._holder, now, left, LEASE, whole=False)
        return jobs

    async def _give_up(self) -> None:
        """End visits in the middle; they are due as before."""
        ended = dict(self._under_way)
        self._under_way.clear()
        if not ended:
            return
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        async with self._db.transaction() as tx:
            await homeservers.release(tx, list(ended.values()))

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
        metrics.visited("homeserver", visited.state)
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
        blocklist = await Blocklist.load(self._db.reader)
        new = [name for name in new if blocklist.server(name).allowed]
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


def _outcome(task: asyncio.Task[Visited | None], job: HomeserverJob) -> Visited | None:
    """What a visit came to. One that failed by a fault of ours must not end the others."""
    error = task.exception()
    if isinstance(error, StorageError):
        log.warning("The visit to %s was not written down: %s", job.name, error.sentence)
    elif error is not None:
        log.error("The visit to %s failed", job.name, exc_info=error)
    return None if error else task.result()


def _servers(listing: DirectoryListing, server: ServerName) -> list[ServerName]:
    aliases: Iterable[ServerName] = (room.alias.server for room in listing.rooms if room.alias)
    return [name for name in dict.fromkeys(aliases) if name != server]
