"""Asking one instance for a ring, and writing down what it proves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.crawler.fetching import ManifestFetcher
from webring.documents import canonical
from webring.documents.keys import VerifyKey
from webring.documents.ring import Ring, read_ring
from webring.documents.ring_outcome import RingOutcome
from webring.errors import DocumentError, FetchError, StatusRefused, TimedOut, TypeRefused
from webring.rings.asking import GONE, RingAsker, Source
from webring.rings.concluding import CONFLICTS, Attempt, VisitOutcome
from webring.rings.keeping import Keeper
from webring.rings.reading import ChainReader, Held, Limits, Offer, fetch_pages
from webring.rings.sources import Whom, base_of
from webring.storage import ring_versions, rings
from webring.storage.database import Database
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import RingJob, StoredRing
from webring.storage.sql import Connection

LEASE: Final[Millis] = 5 * MINUTE
"""How long a ring is held before another process may follow it; renewed while answers come."""
RENEW: Final[Millis] = MINUTE
"""How long after the last time."""
READING: Final[Millis] = 20 * MINUTE
"""How long all that one instance sends of a ring may take to arrive: about ten answers a second."""


@dataclass
class RingVisit:
    """A visit that is being made. `held` follows what is written down; `bodies` are pages that were
    fetched; `founders` are the keys by which a first version is judged.
    """

    job: RingJob
    held: Held
    limits: Limits
    founders: Mapping[str, VerifyKey]
    now: Millis
    renewed_at: Millis
    bodies: dict[str, bytes] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def tried(self) -> frozenset[str]:
        """Who was asked already."""
        return frozenset(each.whom.name for each in self.attempts)


async def hold(conn: Connection, ring: StoredRing) -> Held:
    """What is held of a ring."""
    head = await ring_versions.head(conn, ring.id)
    off_branch = await ring_versions.off_branch(conn, ring.id)
    left = {sha256 for sha256, code in off_branch.items() if code == RingOutcome.CHOSEN}
    if head is None:
        return Held(ring.id, ring.root, declined=frozenset(left))
    before = await ring_versions.at_sequence(conn, ring.id, head.sequence - 1)
    return Held(
        ring.id,
        head.root,
        read_ring(head.body),
        read_ring(before.body) if before else None,
        frozenset(left),
    )


class Attempting:
    """Asks instances, one at a time for a visit."""

    def __init__(
        self,
        db: Database,
        asker: RingAsker,
        fetching: ManifestFetcher,
        keeper: Keeper,
        clock: Clock,
    ) -> None:
        self._db = db
        self._asker = asker
        self._fetching = fetching
        self._keeper = keeper
        self._clock = clock

    async def ask(self, visit: RingVisit, whom: Whom) -> None:
        """Ask, write down what is good, and note in the visit what it came to.

        Raises `LeaseLost` where another process has taken the ring over.
        """
        try:
            async with self.source(visit, whom) as source:
                offer = await self._offered(visit, source)
        except FetchError as error:
            visit.attempts.append(_failed(whom, error))
        except DocumentError as error:
            visit.attempts.append(Attempt(whom, error.code, error.sentence, refused=True))
        else:
            kept = await self._keep(visit, offer)
            visit.attempts.append(_answered(whom, offer) if kept else _overtaken(whom))

    @asynccontextmanager
    async def source(self, visit: RingVisit, whom: Whom) -> AsyncIterator[Source]:
        """The ring at an instance. Raises a `FetchError` where it serves nowhere that is known, or
        is too slow with all that it is asked for.
        """
        try:
            base = await base_of(self._db.reader, whom, self._fetching)
        except DocumentError as error:
            raise TypeRefused(f"where {whom.name} serves: {error.sentence}") from None
        ring = visit.held.id
        try:
            async with (
                asyncio.timeout(READING / SECOND),
                self._asker.source(ring, base, lambda: self._alive(visit)) as source,
            ):
                yield source
        except TimeoutError:
            raise TimedOut(f"not all of it was there within {READING // SECOND} s") from None

    async def _offered(self, visit: RingVisit, source: Source) -> Offer:
        """What the instance has, as far as it verifies, its pages included."""
        reader = ChainReader(source, visit.held, visit.founders, visit.limits, visit.now)
        offer = await reader.read()
        if offer.verdict.is_good and offer.versions:
            await self.pages(visit, source, offer.versions[-1])
        return offer

    async def pages(self, visit: RingVisit, source: Source, head: Ring) -> None:
        """Have the pages of a head in `bodies`: those that we hold, that another instance sent, and
        the others. Raises as `fetch_pages` does.
        """
        needed = [ref.sha256 for ref in head.pages]
        held = await ring_versions.pages(self._db.reader, head.id, needed)
        fetched = {sha256: body for sha256, body in visit.bodies.items() if sha256 in needed}
        visit.bodies = fetched | held
        await fetch_pages(source, head, visit.bodies, visit.limits)

    async def _keep(self, visit: RingVisit, offer: Offer) -> bool:
        """Write down what was offered; False where our head has changed meanwhile, and the offer
        has to be judged anew.
        """
        is_new = offer.verdict.is_good and bool(offer.versions)
        if not is_new and not offer.evidence:
            return True
        pinned, now = visit.held.pinned, self._clock()
        async with self._db.transaction() as tx:
            await rings.check(tx, visit.job)
            head = await ring_versions.head(tx, visit.held.id)
            if (head.sha256 if head else "") != (pinned.sha256 if pinned else ""):
                visit.held = await hold(tx, visit.job.ring)
                return False
            await _keep_evidence(tx, offer.verdict.outcome, offer.evidence, now)
            if is_new:
                await self._keeper.accept(
                    tx, visit.held.id, offer.verdict, offer.versions, visit.bodies, now
                )
                if not visit.job.ring.stewarded:
                    # A ring that changes every hour must not fill the disk with what it was.
                    await ring_versions.erase_oldest(tx, visit.held.id, visit.limits.former)
        visit.held = offer.held
        return True

    async def _alive(self, visit: RingVisit) -> None:
        """Hold the ring a little longer while something happens."""
        now = self._clock()
        if now - visit.renewed_at < RENEW:
            return
        async with self._db.transaction() as tx:
            await rings.renew(tx, visit.job, now + LEASE)
        visit.renewed_at = now


async def _keep_evidence(
    tx: Connection, outcome: RingOutcome, versions: Sequence[Ring], now: Millis
) -> None:
    for each in versions:
        body = canonical.encode(each.content)
        kept = StoredVersion(
            each.id, each.root, each.sequence, each.sha256, False, outcome.value, now, body
        )
        await ring_versions.keep_evidence(tx, kept)


def _failed(whom: Whom, error: FetchError) -> Attempt:
    gone = isinstance(error, StatusRefused) and error.status in GONE
    outcome = VisitOutcome.NOT_SERVED if gone else VisitOutcome.UNREACHABLE
    return Attempt(whom, outcome.value, error.sentence)


def _overtaken(whom: Whom) -> Attempt:
    why = "our own version changed while it answered"
    return Attempt(whom, RingOutcome.UNCHANGED.value, why, answered=True)


def _answered(whom: Whom, offer: Offer) -> Attempt:
    verdict = offer.verdict
    holds = verdict.is_good or verdict.outcome in CONFLICTS
    changed = verdict.is_good and bool(offer.versions)
    return Attempt(whom, verdict.outcome.value, verdict.why, holds, not holds, changed)
