"""One visit to a ring: whom to ask, in which order, until nothing is claimed that we lack.

Where no steward claims another version than ours, nobody is asked. Else claimants come first, then
whoever else may have the ring. Each good answer is written down at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from webring.clock import Clock
from webring.crawler.fetching import ManifestFetcher
from webring.documents.keys import KeySet
from webring.documents.ring import Ring
from webring.moderation.blocklist import Blocklist
from webring.names import ServerName
from webring.net.fetch import Fetcher
from webring.rings.acquainting import acquaint
from webring.rings.asking import RingAsker
from webring.rings.attempting import Attempting, RingVisit, hold
from webring.rings.choosing import BranchChooser
from webring.rings.claimants import Claimants, Claims
from webring.rings.concluding import Conclusion, Situation, VisitOutcome, conclude
from webring.rings.founders import founder_keys
from webring.rings.keeping import Keeper
from webring.rings.reading import Limits
from webring.rings.sources import Whom, others
from webring.settings import Settings
from webring.storage import ring_claims, ring_versions, rings
from webring.storage.database import Database
from webring.storage.rings import RingJob

MOST: Final = 20
"""Instances that are asked in one visit."""
OWN: Final = "own"
"""The origin of a ring that we found ourselves."""


def is_wanted(job: RingJob) -> bool:
    """Whether a ring is more here than one that somebody mentioned."""
    return job.ring.accepted or (job.ring.stewarded and job.ring.sequence > 0)


@dataclass(frozen=True, slots=True)
class Visited:
    """What a visit came to, and the head that is held after it (without members)."""

    conclusion: Conclusion
    head: Ring | None
    answered: bool = False


class RingVisitor:
    """Makes visits. What is good is written down meanwhile; the conclusion is the caller's to."""

    def __init__(
        self,
        db: Database,
        fetcher: Fetcher,
        fetching: ManifestFetcher,
        keeper: Keeper,
        keys: KeySet,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._db = db
        self._keys = keys
        self._settings = settings
        self._own = settings.instance.name
        self._clock = clock
        self._claimants = Claimants(self._own)
        self._limits = Limits.by_wanted()
        self._attempting = Attempting(db, RingAsker(fetcher, clock), fetching, keeper, clock)
        self._chooser = BranchChooser(db, self._attempting, keeper, clock)

    async def visit(self, job: RingJob, given: Whom | None = None) -> Visited:
        """Visit a ring, asking `given` first. Raises `LeaseLost` where another took it over."""
        visit = await self._begin(job)
        if visit.held.pinned is None and job.ring.origin == OWN:
            why = "it has no version yet: enough of its stewards have to sign the first one"
            return Visited(Conclusion(VisitOutcome.BEING_FOUNDED, why, good=True), None)
        if visit.held.pinned is None and not visit.founders:
            return await self._without_founder(job)
        blocklist = await Blocklist.load(self._db.reader)
        while len(visit.attempts) < MOST:
            at = await self._situation(visit)
            whom = self._next(visit, at, given, blocklist)
            if whom is None:
                break
            await self._attempting.ask(visit, whom)
        return await self._end(visit)

    async def choose(
        self, job: RingJob, sha256: str, actor: str, given: Whom | None = None
    ) -> Visited:
        """Switch a ring to the branch with the version whose hash begins so, as `actor` decided.

        Raises `LeaseLost` where another process took the ring over.
        """
        visit = await self._begin(job)
        blocklist = await Blocklist.load(self._db.reader)
        at = await self._situation(visit)
        names = [claim.instance for claim in at.claims.newer]
        names += [name for name in others(job.ring, at.pinned) if name not in names]
        asked = [name for name in names if name != self._own and blocklist.server(name).allowed]
        whoms = [*([given] if given else []), *map(Whom, asked)]
        conclusion = await self._chooser.choose(visit, sha256, actor, whoms[:MOST])
        after = await self._end(visit)
        behind = after.conclusion.behind
        return replace(after, conclusion=replace(conclusion, behind=behind))

    async def _begin(self, job: RingJob) -> RingVisit:
        conn, now = self._db.reader, self._clock()
        held = await hold(conn, job.ring)
        founders = {}
        if held.pinned is None:
            founders = dict(await founder_keys(conn, held.id, self._own, self._keys))
        return RingVisit(job, held, self._limits[is_wanted(job)], founders, now, now)

    async def _without_founder(self, job: RingJob) -> Visited:
        ring, now, wanted = job.ring.id, self._clock(), is_wanted(job)
        async with self._db.transaction() as tx:
            await acquaint(tx, ring, None, self._settings, now, wanted=wanted)
        why = f"version 1 is judged by {ring.instance}, of which no manifest was verified here yet"
        return Visited(Conclusion(VisitOutcome.FOUNDER_UNKNOWN, why, good=False), None)

    async def _situation(self, visit: RingVisit) -> Situation:
        conn, pinned, now = self._db.reader, visit.held.pinned, self._clock()
        claims = await self._claimants.of(conn, pinned, now) if pinned else Claims()
        off_branch = await ring_versions.off_branch(conn, visit.held.id)
        waited = await ring_claims.of_ring(conn, visit.held.id)
        return Situation(pinned, claims, off_branch, waited, now)

    def _next(
        self, visit: RingVisit, at: Situation, given: Whom | None, blocklist: Blocklist
    ) -> Whom | None:
        """Whom to ask now; None where there is nothing to ask, or nobody."""
        tried = visit.tried | {self._own}
        if given is not None and given.name not in tried:
            return given
        for claim in sorted(at.unmet, key=lambda each: not at.counts(each)):
            if claim.instance not in tried:
                return Whom(claim.instance, claims=True)
        for name in self._further(visit, at):
            if name not in tried and blocklist.server(name).allowed:
                return Whom(name)
        return None

    def _further(self, visit: RingVisit, at: Situation) -> list[ServerName]:
        """Others who may have what is missing."""
        everybody = list(others(visit.job.ring, at.pinned))
        if at.pinned is None or at.counting:
            return everybody
        if visit.job.ring.unread:
            return sorted(at.pinned.terms.stewards.instances)
        answered = any(each.answered for each in visit.attempts)
        return [] if at.claims.fresh or answered else everybody

    async def _end(self, visit: RingVisit) -> Visited:
        """Note whose claims wait, whom the ring needs, and that it was read where it had to be."""
        ring, now = visit.held.id, self._clock()
        at = await self._situation(visit)
        head = visit.held.pinned
        async with self._db.transaction() as tx:
            await rings.check(tx, visit.job)
            await ring_claims.keep(tx, ring, {each.instance for each in at.unmet}, now)
            await acquaint(tx, ring, head, self._settings, now, wanted=is_wanted(visit.job))
            if visit.job.ring.unread and _is_read(visit, head, self._own):
                await rings.set_unread(tx, ring, False)
        answered = any(each.answered for each in visit.attempts)
        return Visited(conclude(at, visit.attempts), head, answered)


def _is_read(visit: RingVisit, head: Ring | None, own: ServerName) -> bool:
    """Whether every steward was asked that can be reached, and one at least answered."""
    if head is None:
        return False
    stewards = set(head.terms.stewards.instances) - {own}
    answered = {each.whom.name for each in visit.attempts if each.answered}
    return not stewards or (stewards <= visit.tried and bool(stewards & answered))
