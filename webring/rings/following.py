"""Following rings: each that is known is visited when it is due, or when somebody asks for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from webring import metrics
from webring.clock import DAY, MINUTE, SECOND, Clock, Millis
from webring.crawler.schedule import Bounds, jittered, pause
from webring.documents.ring import Ring
from webring.documents.ring_outcome import RingOutcome
from webring.errors import LeaseLost, StorageError
from webring.names import RingId, ServerName
from webring.rings.attempting import LEASE
from webring.rings.concluding import Conclusion, VisitOutcome
from webring.rings.shelf import Shelf
from webring.rings.sources import Whom
from webring.rings.visiting import RingVisitor, Visited, is_wanted
from webring.settings import Settings
from webring.storage import rings
from webring.storage.database import Database
from webring.storage.rings import RingJob, RingResult

AT_ONCE: Final = {True: 32, False: 8}
"""Rings followed at once: wanted ones, and others, who thus keep no wanted one waiting."""
LOOK_AGAIN: Final[Millis] = 2 * SECOND
"""How often others that are due are looked for while a slow one is being followed."""
PATIENCE: Final[Millis] = 30 * SECOND
"""How long a command waits for whoever follows the ring at that moment."""
STRANGERS: Final = Bounds(MINUTE, DAY)
"""The pauses of rings that nobody here wants, and that were never verified."""
ASKED: Final = "followed"
"""The origin of a ring that somebody here wanted to see."""

log = logging.getLogger(__name__)

Meet = Callable[[ServerName], Awaitable[object]]
"""Visits an instance now, so that its manifest is known."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A ring after a visit: what it came to (a word of `RingOutcome` or `VisitOutcome`), why, and
    the newest version that is held, with its members; None where there is none.
    """

    ring: RingId
    outcome: str
    why: str
    good: bool
    head: Ring | None


class Following:
    """Follows rings. `meet` visits an instance at once: a founder, where a command needs it."""

    def __init__(
        self,
        db: Database,
        visitor: RingVisitor,
        shelf: Shelf,
        meet: Meet,
        settings: Settings,
        clock: Clock,
        holder: str,
        spread: Callable[[], float],
    ) -> None:
        self._db = db
        self._visitor = visitor
        self._shelf = shelf
        self._meet = meet
        self._settings = settings
        self._clock = clock
        self._holder = holder
        self._spread = spread

    async def follow_due(self) -> int:
        """Follow rings until none is due, many at once: one that is slow delays no other. How many
        were visited.
        """
        done = 0
        under_way: dict[asyncio.Task[None], RingJob] = {}
        try:
            while True:
                for job in await self._claim(under_way):
                    under_way[asyncio.create_task(self._run(job))] = job
                if not under_way:
                    return done
                finished, _ = await asyncio.wait(
                    under_way,
                    timeout=LOOK_AGAIN / SECOND,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                done += len(finished)
                for task in finished:
                    del under_way[task]
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._release(under_way.values())

    async def follow(self, ring: RingId, via: str = "", root: str = "") -> Followed:
        """Follow a ring now, asking `via` first: an instance's name, or a base URL.

        A ring that is not known becomes so, if it can be had; `root` is the one that is sought ("":
        whichever its founder signed). Raises `InvalidName` for a `via` that is neither.
        """
        given = self._given(via)
        before = await rings.get(self._db.reader, ring)
        if before is not None and before.sequence and root and before.root != root:
            why = f"{before.root} is pinned: the ring that is sought is another one of the same id"
            return Followed(ring, RingOutcome.WRONG_ROOT, why, False, None)

        async def visit(job: RingJob) -> Visited:
            visited = await self._visitor.visit(job, given)
            if visited.conclusion.outcome != VisitOutcome.FOUNDER_UNKNOWN:
                return visited
            await self._meet(ring.instance)
            return await self._visitor.visit(job, given)

        return await self._now(ring, root, visit)

    async def choose(self, ring: RingId, sha256: str, actor: str, via: str = "") -> Followed:
        """Switch to the branch with the version whose hash is `sha256`, or begins so; `actor` has
        decided it, which is logged. Of a ring that is not held, this takes its founder on trust.
        """
        given = self._given(via)

        async def visit(job: RingJob) -> Visited:
            return await self._visitor.choose(job, sha256, actor, given)

        return await self._now(ring, "", visit, told=False)

    def _given(self, via: str) -> Whom | None:
        return Whom.parse(via, allow_http=self._settings.testing.http) if via else None

    async def _now(
        self,
        ring: RingId,
        root: str,
        visit: Callable[[RingJob], Awaitable[Visited]],
        *,
        told: bool = True,
    ) -> Followed:
        """Make a visit now. A ring that was not known is forgotten if nothing of it was had; of one
        that is, what the visit came to is noted if it is to be `told`, or changed something.
        """
        job, added = await self._take(ring, root)
        if job is None:
            why = "it is being followed at this moment: try again in a minute"
            return await self._told(ring, Conclusion(VisitOutcome.BUSY, why, good=False))
        try:
            visited = await visit(job)
            if added and visited.head is None:
                await self._forget(job)
            elif told or visited.conclusion.outcome == RingOutcome.CHOSEN:
                await self._finish(job, visited)
            else:
                await self._release([job])
        except BaseException:
            await self._release([job])
            raise
        return await self._told(ring, visited.conclusion)

    async def _take(self, ring: RingId, root: str) -> tuple[RingJob | None, bool]:
        """The right to follow a ring, which is added where it is not known, and whether it was."""
        added = False
        for _ in range(PATIENCE // SECOND):
            now = self._clock()
            async with self._db.transaction() as tx:
                if await rings.add(tx, ring, root, ASKED, now, accepted=True):
                    added = True
                elif root:
                    await rings.set_root(tx, ring, root)
                job = await rings.claim_one(tx, ring, self._holder, now, LEASE)
            if job is not None:
                return job, added
            await asyncio.sleep(1)
        return None, added

    async def _told(self, ring: RingId, conclusion: Conclusion) -> Followed:
        stored = await rings.get(self._db.reader, ring)
        held = stored is not None and stored.sequence > 0
        head = await self._shelf.head(self._db.reader, ring) if held else None
        return Followed(ring, conclusion.outcome, conclusion.why, conclusion.good, head)

    async def _claim(self, under_way: Mapping[asyncio.Task[None], RingJob]) -> list[RingJob]:
        jobs: list[RingJob] = []
        for wanted, most in AT_ONCE.items():
            free = most - sum(is_wanted(job) is wanted for job in under_way.values())
            if free > 0:
                now = self._clock()
                async with self._db.transaction() as tx:
                    jobs += await rings.claim(tx, self._holder, now, free, LEASE, wanted=wanted)
        return jobs

    async def _run(self, job: RingJob) -> None:
        """One visit. A fault of ours must not end the others."""
        try:
            await self._finish(job, await self._visitor.visit(job))
        except LeaseLost:
            return
        except StorageError as error:
            log.warning("The visit to %s was not written down: %s", job.ring.id, error.sentence)
        except Exception:
            log.exception("The visit to %s failed", job.ring.id)

    async def _forget(self, job: RingJob) -> None:
        async with self._db.transaction() as tx:
            await rings.check(tx, job)
            await rings.remove(tx, job.ring.id)

    async def _finish(self, job: RingJob, visited: Visited) -> None:
        now, conclusion = self._clock(), visited.conclusion
        failures = 0 if conclusion.good else job.ring.failures + 1
        result = RingResult(
            conclusion.outcome,
            conclusion.why,
            failures,
            now + self._wait(job, visited, failures),
            visited.answered,
            conclusion.behind,
        )
        async with self._db.transaction() as tx:
            await rings.finish(tx, job, result, now)
        metrics.visited("ring", str(conclusion.outcome))

    def _wait(self, job: RingJob, visited: Visited, failures: int) -> Millis:
        """Until the next visit: never later than a cycle for a ring that is wanted or verified."""
        cycle = self._settings.peers.cycle
        if visited.conclusion.good:
            wait: Millis = cycle
        elif visited.conclusion.outcome == VisitOutcome.FOUNDER_UNKNOWN and failures == 1:
            wait = MINUTE
        else:
            bounds = STRANGERS
            if is_wanted(job) or visited.head is not None:
                bounds = Bounds(MINUTE, cycle)
            wait = pause(failures, bounds)
        # Jitter only shortens.
        return jittered(int(wait * 0.9), self._spread())

    async def _release(self, jobs: Collection[RingJob]) -> None:
        """Let go of visits that ended in the middle; they are due as before."""
        if jobs:
            async with self._db.transaction() as tx:
                await rings.release(tx, list(jobs))
