"""Writing down what a visit to a peer came to: one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from webring.clock import Millis
from webring.crawler import frontier
from webring.crawler.claims import (
    UNACCEPTED_PER_DOMAIN,
    Judged,
    admit,
    held_by_kept_out,
    named_rooms,
)
from webring.crawler.fetching import Fetched
from webring.crawler.withdrawing import take_back
from webring.documents import canonical
from webring.documents.manifest import Manifest
from webring.documents.trust import PeerTrust, Verdict
from webring.moderation import spaces
from webring.moderation.blocklist import Blocklist
from webring.names import RoomId, ServerName
from webring.rings.naming import note_rings
from webring.settings import Settings
from webring.storage import (
    communities,
    documents,
    facts,
    homeservers,
    listings,
    peers,
    ring_members,
    withdrawals,
)
from webring.storage.database import Database
from webring.storage.peers import PeerJob, PeerResult
from webring.storage.sql import Connection

BLOCKED_UNTIL: Final[Millis] = 2**53 - 1
"""When a blocked peer is due: never."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a visit found out, before anything is written. `recheck`: only standings may differ.

    `asked_pause` is when the peer wants to be asked again, where it said so (Retry-After).
    """

    now: Millis
    pinned: PeerTrust | None
    outcome: str
    why: str
    verdict: Verdict | None = None
    answered: bool = False
    fetched: Fetched | None = None
    manifest: Manifest | None = None
    pages: Mapping[str, bytes] = field(default_factory=dict)
    judged: Sequence[Judged] = ()
    recheck: bool = False
    asked_pause: Millis = 0

    @property
    def is_good(self) -> bool:
        """Whether the peer stands as it should."""
        return self.outcome == "unchanged" or bool(self.verdict and self.verdict.is_good)


def is_quarantined(job: PeerJob, settings: Settings) -> bool:
    """Whether what a peer lists is kept back until the operator accepts it."""
    return settings.peers.quarantine and not job.accepted


async def write(
    db: Database, job: PeerJob, result: PeerResult, found: Findings, settings: Settings
) -> bool:
    """Write a visit down; whether the peer is blocked. Raises `LeaseLost`."""
    async with db.transaction() as tx:
        await peers.check(tx, job)
        rooms = named_rooms(found.judged) if settings.crawl.directories else ()
        blocklist = await Blocklist.load(tx, rooms)
        verdict = blocklist.server(job.name)
        if not verdict.allowed:
            touched = await communities.drop_instance(tx, job.name)
            await peers.set_state(tx, job.name, "blocked", verdict.why, BLOCKED_UNTIL)
            await ring_members.hasten_instance(tx, job.name, found.now)
            await listings.refresh(tx, touched, found.now)
            return True
        await _keep_evidence(tx, job, found)
        touched = await _listed(tx, job, found, blocklist, settings)
        if found.is_good and found.manifest is not None:
            await _documents(tx, job, found)
            discover = settings.peers.discover and not is_quarantined(job, settings)
            await note_rings(
                tx, found.manifest, found.now, accepted=job.accepted, discover=discover
            )
        elif touched:
            await ring_members.hasten_instance(tx, job.name, found.now)
        await peers.finish(tx, job, result, found.now)
        await listings.refresh(tx, touched, found.now)
    return False


async def _listed(
    tx: Connection, job: PeerJob, found: Findings, blocklist: Blocklist, settings: Settings
) -> frozenset[RoomId]:
    """What the peer lists and whom it mentions; the rooms to refresh."""
    if is_quarantined(job, settings):
        return await communities.drop_instance(tx, job.name)
    if not found.is_good or (found.manifest is None and not found.recheck):
        return frozenset()
    if found.manifest is not None:
        await _discover(tx, job, found.manifest, found.now, blocklist, settings)
    return await _claims(tx, job, found, blocklist, settings)


async def _claims(
    tx: Connection, job: PeerJob, found: Findings, blocklist: Blocklist, settings: Settings
) -> frozenset[RoomId]:
    kept = admit(found.judged, blocklist)
    if not job.ranks:
        kept = kept[: await _room_left(tx, job.name, settings.instance.name)]
    listed = {claim.room_id for claim, _, _ in kept}
    gone = (
        [each for each in found.manifest.withdrawn if each.room_id not in listed]
        if (found.manifest)
        else []
    )
    touched = await take_back(tx, job.name, gone, found.now)
    for room in listed:
        await withdrawals.remove(tx, job.name, room)
    touched |= await communities.apply(tx, job.name, kept, await facts.lived(tx))
    held = held_by_kept_out(found.judged, blocklist)
    return touched | await spaces.hear(tx, job.name, held, found.now)


async def _room_left(tx: Connection, name: ServerName, own: ServerName) -> int:
    """How many communities an instance without rank may list beside its domain's others."""
    domain = frontier.registrable(name)
    others = {
        ServerName(row.name)
        for row in await peers.all(tx)
        if row.domain == domain and not row.accepted and row.name != name
    }
    others -= await ring_members.beside_accepted(tx, others, own)
    taken = sum([await communities.count(tx, other) for other in others])
    return max(UNACCEPTED_PER_DOMAIN - taken, 0)


async def _documents(tx: Connection, job: PeerJob, found: Findings) -> None:
    if found.pages:
        await documents.put_pages(tx, job.name, found.pages)
    await documents.supersede_pages(tx, job.name, found.pages, found.now)


async def _keep_evidence(tx: Connection, job: PeerJob, found: Findings) -> None:
    """Keep a refused document; of two of one sequence, both."""
    verdict, fetched, manifest = found.verdict, found.fetched, found.manifest
    if not (verdict and verdict.evidence and fetched and fetched.body and manifest):
        return
    code = verdict.outcome.value
    bodies = [(manifest.sequence, manifest.sha256, fetched.body)]
    row = await peers.get(tx, job.name)
    if code == "equivocation" and row and row.manifest and row.sequence is not None:
        bodies.append((row.sequence, row.sha256 or canonical.digest(row.manifest), row.manifest))
    for sequence, sha256, body in bodies:
        await documents.keep_evidence(
            tx, job.name, code=code, sequence=sequence, sha256=sha256, body=body, now=found.now
        )


async def _discover(
    tx: Connection,
    job: PeerJob,
    manifest: Manifest,
    now: Millis,
    blocklist: Blocklist,
    settings: Settings,
) -> None:
    """Remember whom the manifest mentions, and nobody keeps out. Nobody is dialled here."""
    most = None if job.ranks else UNACCEPTED_PER_DOMAIN
    servers = [
        each
        for each in frontier.homeservers_of(manifest, most)
        if blocklist.server(each.name).allowed
    ]
    known = await homeservers.known(tx, [each.name for each in servers])
    room = frontier.PER_PEER - await homeservers.named_by(tx, job.name)
    await homeservers.add(
        tx,
        [each for each in servers if each.name not in known][: max(room, 0)],
        now,
        now,
        cap=settings.crawl.servers,
        per_domain=frontier.PER_DOMAIN,
    )
    limits, own = settings.peers, settings.instance.name
    if limits.discover:
        left = max(limits.per_peer - await peers.named_by(tx, job.name), 0)
        there = await peers.known(tx, manifest.peers)
        unknown = [name for name in manifest.peers if name != own and name not in there]
        names = [name for name in unknown if blocklist.server(name).allowed][:left]
        await peers.add(
            tx,
            frontier.candidates(names, "named", job.name),
            now,
            now,
            cap=frontier.MAX_PEERS,
            per_domain=limits.per_domain,
        )
