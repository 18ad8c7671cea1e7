"""Visiting peers: fetch, judge by what is pinned, ask who speaks for what, and write it down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import DAY, MINUTE, Clock, Millis
from webring.crawler import applying
from webring.crawler.applying import Findings
from webring.crawler.claims import Judged, judge_all
from webring.crawler.evidence import Claimant, Witnesses
from webring.crawler.fetching import Fetched, ManifestFetcher, stored_manifest
from webring.crawler.schedule import Bounds, jittered, pause
from webring.documents import trust
from webring.documents.manifest import Manifest, read_manifest
from webring.documents.trust import Freshness, PeerTrust, Verdict
from webring.errors import DocumentError, FetchError, LeaseLost
from webring.names import CommunityId
from webring.settings import Settings
from webring.storage import communities, documents, peers
from webring.storage.database import Database
from webring.storage.peers import GoodManifest, PeerJob, PeerResult

LEASE: Final[Millis] = 10 * MINUTE
"""How long a visit may take before another process may begin it anew."""
STRANGERS: Final = Bounds(MINUTE, DAY)
"""The pauses of peers that were never verified."""


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

    async def visit_due(self, limit: int) -> list[PeerVisited]:
        """Visit up to `limit` peers whose time has come."""
        async with self._db.transaction() as tx:
            jobs = await peers.claim(tx, self._holder, self._clock(), limit, LEASE)
        done = await asyncio.gather(*(self._visit(job) for job in jobs))
        return [each for each in done if each is not None]

    async def _visit(self, job: PeerJob) -> PeerVisited | None:
        """One visit; None where another process took it over meanwhile."""
        try:
            findings = await self._find(job)
            result = self._result(job, findings)
            blocked = await applying.write(self._db, job, result, findings, self._settings)
        except LeaseLost:
            return None
        return PeerVisited(job.name, "blocked" if blocked else result.state, result.outcome)

    async def _find(self, job: PeerJob) -> Findings:
        now = self._clock()
        pinned = PeerTrust.from_json(job.trust) if job.trust is not None else None
        try:
            fetched = await self._fetching.fetch(job.name, job.etag, now)
            return await self._judged(job, pinned, fetched, now)
        except FetchError as error:
            return Findings(now, pinned, error.reason, error.sentence)
        except DocumentError as error:
            verdict = trust.refuse(pinned, error)
            return Findings(now, pinned, error.code, verdict.why, verdict=verdict, answered=True)

    async def _judged(
        self, job: PeerJob, pinned: PeerTrust | None, fetched: Fetched, now: Millis
    ) -> Findings:
        """What a fetched manifest comes to."""
        if fetched.body is None:
            return await self._unchanged(job, pinned, now)
        manifest = read_manifest(fetched.body)
        verdict = trust.judge(pinned, job.name, manifest, now)
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
        held = await documents.pages(
            self._db.reader, job.name, [ref.sha256 for ref in manifest.pages]
        )
        whole, bodies = await self._fetching.complete(manifest, fetched.base_url, held)
        return replace(
            found, manifest=whole, pages=bodies, judged=await self._claims(job, whole, now)
        )

    async def _unchanged(self, job: PeerJob, pinned: PeerTrust | None, now: Millis) -> Findings:
        """Nothing new; but who speaks for what is asked again from time to time."""
        why = "it is the manifest that we have"
        found = Findings(now, pinned, "unchanged", why, answered=True)
        row = await peers.get(self._db.reader, job.name)
        if row is None or row.manifest is None:
            return found
        head = read_manifest(row.manifest)
        refs = [ref.sha256 for ref in head.pages]
        bodies = await documents.pages(self._db.reader, job.name, refs)
        whole = stored_manifest(row.manifest, bodies)
        return replace(found, judged=await self._claims(job, whole, now), recheck=True)

    async def _claims(self, job: PeerJob, manifest: Manifest, now: Millis) -> Sequence[Judged]:
        before = await communities.checked_of_instance(self._db.reader, job.name)
        known = {CommunityId(each.claim.id): each for each in before}
        claimant = Claimant(job.name, manifest.named_servers, job.accepted)
        return await judge_all(manifest.communities, claimant, known, self._witnesses(), now)

    def _result(self, job: PeerJob, found: Findings) -> PeerResult:
        good = found.is_good
        failures = 0 if good else job.failures + 1
        bounds = Bounds(MINUTE, self._settings.peers.cycle) if found.pinned else STRANGERS
        wait = self._settings.peers.cycle if good else pause(failures, bounds)
        fetched = found.fetched
        return PeerResult(
            state=_state(job, found),
            outcome=found.outcome,
            why=found.why,
            failures=failures,
            # Never later than a cycle, so the jitter only shortens.
            next_at=found.now + jittered(int(wait * 0.9), self._spread()),
            answered=found.answered,
            base_url=fetched.base_url if fetched else None,
            etag=fetched.etag if fetched else None,
            good=_good(found),
        )


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
