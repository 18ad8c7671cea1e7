"""Visiting peers: fetch, judge by what is pinned, ask who speaks for what, and write it down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from webring import metrics
from webring.clock import DAY, MINUTE, SECOND, Clock, Millis
from webring.crawler import applying
from webring.crawler.applying import Findings
from webring.crawler.claims import UNACCEPTED_PER_DOMAIN, Judged, judge_all
from webring.crawler.evidence import Claimant, Witnesses
from webring.crawler.fetching import Fetched, ManifestFetcher, stored_manifest
from webring.crawler.schedule import Bounds, jittered, pause
from webring.documents import trust
from webring.documents.manifest import Manifest, read_manifest
from webring.documents.trust import Freshness, Outcome, PeerTrust, Verdict
from webring.errors import DocumentError, FetchError, LeaseLost, StorageError, TimedOut
from webring.names import CommunityId, ServerName
from webring.settings import Settings
from webring.storage import communities, documents, peers, ring_members
from webring.storage.database import Database
from webring.storage.peers import GoodManifest, PeerJob, PeerResult

LEASE: Final[Millis] = 10 * MINUTE
"""How long a visit may take before another process may begin it anew: longer than any does."""
READING: Final[Millis] = 4 * MINUTE
"""How long the pages of one manifest may take to arrive."""
ASKING: Final[Millis] = 4 * MINUTE
"""How long a visit asks who speaks for what; the next one goes on where it ended."""
AT_ONCE: Final = {True: 64, False: 16}
"""Peers visited at once: accepted ones, and others, who thus keep no accepted one waiting."""
LOOK_AGAIN: Final[Millis] = 2 * SECOND
"""How often others that are due are looked for while a slow peer is being visited."""
STRANGERS: Final = Bounds(MINUTE, DAY)
"""The pauses of peers that were never verified."""
KEPT_BACK: Final = "what it lists is not shown until you accept it (webring peers accept)"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeerVisited:
    """A visit as it was written down."""

    name: str
    state: str
    outcome: str


class PeerVisitor:
    """Visits peers that are due."""

    def __init__(
        self,
        db: Database,
        fetching: ManifestFetcher,
        witnesses: Callable[[], Witnesses],
        settings: Settings,
        clock: Clock,
        holder: str,
        spread: Callable[[], float],
    ) -> None:
        self._db = db
        self._fetching = fetching
        self._witnesses = witnesses
        self._settings = settings
        self._clock = clock
        self._holder = holder
        self._spread = spread
        # Pages are held in memory whole: few manifests at a time, and strangers wait for strangers.
        self._large = {True: asyncio.Semaphore(2), False: asyncio.Semaphore(1)}

    async def visit_due(self) -> list[PeerVisited]:
        """Visit peers until none is due, many at once: one that is slow delays no other."""
        done: list[PeerVisited] = []
        under_way: dict[asyncio.Task[PeerVisited | None], PeerJob] = {}
        try:
            while True:
                for accepted, most in AT_ONCE.items():
                    busy = sum(job.accepted is accepted for job in under_way.values())
                    for job in await self._claim(most - busy, accepted=accepted):
                        under_way[asyncio.create_task(self._visit(job))] = job
                if not under_way:
                    return done
                finished, _ = await asyncio.wait(
                    under_way,
                    timeout=LOOK_AGAIN / SECOND,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                done += [each for task in finished if (each := _outcome(task, under_way.pop(task)))]
        finally:
            await self._give_up(under_way)

    async def visit(self, name: ServerName) -> PeerVisited | None:
        """Visit one peer now; None where it is not known, or another process visits it."""
        async with self._db.transaction() as tx:
            job = await peers.claim_one(tx, name, self._holder, self._clock(), LEASE)
        return await self._visit(job) if job else None

    async def _give_up(self, under_way: Mapping[asyncio.Task[PeerVisited | None], PeerJob]) -> None:
        """End visits in the middle; they are due as before."""
        if not under_way:
            return
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        async with self._db.transaction() as tx:
            await peers.release(tx, list(under_way.values()))

    async def _claim(self, free: int, *, accepted: bool) -> list[PeerJob]:
        if free <= 0:
            return []
        async with self._db.transaction() as tx:
            return await peers.claim(
                tx, self._holder, self._clock(), free, LEASE, accepted=accepted
            )

    async def _visit(self, claimed: PeerJob) -> PeerVisited | None:
        """One visit; None where it could not be written down, and is made again."""
        own = self._settings.instance.name
        beside = await ring_members.beside_accepted(self._db.reader, [claimed.name], own)
        job = replace(claimed, shares_ring=claimed.name in beside)
        try:
            findings = await self._find(job)
            result = self._result(job, findings)
            blocked = await applying.write(self._db, job, result, findings, self._settings)
        except LeaseLost:
            return None
        except StorageError as error:
            log.warning("The visit to %s was not written down: %s", job.name, error.sentence)
            return None
        metrics.visited("instance", result.outcome)
        if result.state == "frozen" != job.state:
            log.warning("%s is frozen, see webring peers: %s", job.name, result.why)
        return PeerVisited(job.name, "blocked" if blocked else result.state, result.outcome)

    async def _find(self, job: PeerJob) -> Findings:
        now = self._clock()
        pinned = PeerTrust.from_json(job.trust) if job.trust is not None else None
        try:
            fetched = await self._fetching.fetch(job.name, job.etag, now)
            return await self._judged(job, pinned, fetched, now)
        except FetchError as error:
            asked = getattr(error, "retry_after", None) or 0
            return Findings(now, pinned, error.reason, error.sentence, asked_pause=asked)
        except DocumentError as error:
            verdict = trust.refuse(pinned, error)
            return Findings(
                now, pinned, verdict.outcome.value, verdict.why, verdict=verdict, answered=True
            )

    async def _judged(
        self, job: PeerJob, pinned: PeerTrust | None, fetched: Fetched, now: Millis
    ) -> Findings:
        """What a fetched manifest comes to."""
        if fetched.body is None:
            return await self._unchanged(job, pinned, now)
        manifest = await asyncio.to_thread(read_manifest, fetched.body)
        # What was verified once is there, and no key is pinned: the operator wants it pinned anew.
        anew = pinned is None and job.sequence is not None
        verdict = (
            trust.repin(job.name, manifest, now)
            if anew
            else trust.judge(pinned, job.name, manifest, now)
        )
        found = Findings(
            now,
            pinned,
            verdict.outcome.value,
            verdict.why,
            verdict=verdict,
            answered=True,
            fetched=fetched,
            manifest=manifest,
        )
        if not verdict.is_good:
            return found
        whole, bodies = await self._complete(job, manifest, fetched)
        return replace(
            found, manifest=whole, pages=bodies, judged=await self._claims(job, whole, now)
        )

    async def _complete(
        self, job: PeerJob, manifest: Manifest, fetched: Fetched
    ) -> tuple[Manifest, dict[str, bytes]]:
        """The manifest with its pages; `TimedOut` where they take too long."""
        if not manifest.pages:
            return manifest, {}
        hashes = [ref.sha256 for ref in manifest.pages]
        try:
            async with asyncio.timeout(READING / SECOND), self._large[job.accepted]:
                held = await documents.pages(self._db.reader, job.name, hashes)
                return await self._fetching.complete(manifest, fetched.base_url, held)
        except TimeoutError:
            why = f"the pages of {job.name} were not there within {READING // SECOND} s"
            raise TimedOut(why, host=job.name.host) from None

    async def _unchanged(self, job: PeerJob, pinned: PeerTrust | None, now: Millis) -> Findings:
        """Nothing new: but it may have expired, and who speaks for what is asked again."""
        why = "it is the manifest that we have"
        found = Findings(now, pinned, Outcome.UNCHANGED.value, why, answered=True)
        row = await peers.get(self._db.reader, job.name)
        if row is None or row.manifest is None:
            return found
        head = await asyncio.to_thread(read_manifest, row.manifest)
        verdict = trust.judge(pinned, job.name, head, now)
        if not verdict.is_good:
            return replace(found, outcome=verdict.outcome.value, why=verdict.why, verdict=verdict)
        refs = [ref.sha256 for ref in head.pages]
        bodies = await documents.pages(self._db.reader, job.name, refs)
        whole = await asyncio.to_thread(stored_manifest, row.manifest, bodies)
        return replace(found, judged=await self._claims(job, whole, now), recheck=True)

    async def _claims(self, job: PeerJob, manifest: Manifest, now: Millis) -> Sequence[Judged]:
        """How its communities stand; of a stranger, no more than could be listed are looked at."""
        if applying.is_quarantined(job, self._settings):
            return ()
        most = None if job.ranks else UNACCEPTED_PER_DOMAIN
        before = await communities.checked_of_instance(self._db.reader, job.name)
        known = {CommunityId(each.claim.id): each for each in before}
        claimant = Claimant(job.name, manifest.named_servers, job.ranks)
        listed = manifest.communities[:most]
        return await judge_all(listed, claimant, known, self._witnesses(), now, time=ASKING)

    def _result(self, job: PeerJob, found: Findings) -> PeerResult:
        good = found.is_good
        failures = 0 if good else job.failures + 1
        wait = self._settings.peers.cycle if good else self._pause(job, found)
        fetched = found.fetched
        return PeerResult(
            state=_state(job, found),
            outcome=found.outcome,
            why=_why(job, found, self._settings),
            failures=failures,
            # Never later than a cycle, so the jitter only shortens.
            next_at=found.now + jittered(int(wait * 0.9), self._spread()),
            answered=found.answered,
            base_url=fetched.base_url if fetched else None,
            etag=fetched.etag if fetched else None,
            good=_good(found),
        )

    def _pause(self, job: PeerJob, found: Findings) -> Millis:
        """How long to wait after a visit that failed: of those that we trust, never over a cycle.

        One of them that is only just starting says so, and is asked again when it says.
        """
        asked, failures = found.asked_pause, job.failures + 1
        if not (found.pinned or job.accepted):
            return pause(failures, STRANGERS, asked=asked)
        cycle = self._settings.peers.cycle
        if asked and failures == 1:
            return min(asked, cycle)
        return pause(failures, Bounds(MINUTE, cycle), asked=asked)


def _why(job: PeerJob, found: Findings, settings: Settings) -> str:
    kept_back = found.is_good and applying.is_quarantined(job, settings)
    return f"{found.why}; {KEPT_BACK}" if kept_back else found.why


def _outcome(task: asyncio.Task[PeerVisited | None], job: PeerJob) -> PeerVisited | None:
    """What a visit came to. One that failed by a fault of ours must not end the others."""
    if error := task.exception():
        log.error("The visit to %s failed", job.name, exc_info=error)
        return None
    return task.result()


def _state(job: PeerJob, found: Findings) -> str:
    """A frozen peer stays frozen until a good manifest comes."""
    verdict = found.verdict
    if (verdict and verdict.freeze) or (job.state == "frozen" and not found.is_good):
        return "frozen"
    pinned = verdict.trust if verdict and verdict.trust else found.pinned
    if pinned and trust.freshness(pinned, found.now) is not Freshness.FRESH:
        return "stale"
    if found.is_good:
        return "verified"
    if not found.answered:
        return "unreachable"
    # What was refused changes nothing about what holds.
    return "verified" if pinned else "refused"


def _good(found: Findings) -> GoodManifest | None:
    verdict: Verdict | None = found.verdict
    if not (verdict and verdict.is_good and verdict.trust and found.fetched and found.manifest):
        return None
    return GoodManifest(
        trust=verdict.trust.to_json(),
        body=found.fetched.body or b"",
        sequence=verdict.trust.sequence,
        sha256=verdict.trust.sha256,
        expires_at=verdict.trust.expires_at,
    )
