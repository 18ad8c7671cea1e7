"""An instance whose manifest was verified and stored: what communities' halves are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.unit.documents.test_trust import DRAFT, FIRST, community
from webring.clock import DAY, HOUR, Millis
from webring.crawler.claims import Judged, claim_of
from webring.crawler.evidence import Claimant
from webring.directory.listing import Standing
from webring.documents import manifest, trust
from webring.documents.keys import KeySet
from webring.documents.manifest import IssuedManifest
from webring.documents.parts import Membership
from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.storage import communities, documents, homeservers, peers
from webring.storage.database import Database
from webring.storage.peers import GoodManifest, PeerResult

NOW: Millis = 1_790_000_000_000
RING = RingId("gardens:commune.example")
ROOT = "a" * 64
PEER = ServerName("garden.example")
OWN = ServerName("commune.example")
HERBS = Slug("herbs")


def membership(ring: RingId = RING, root: str = ROOT, slug: Slug = HERBS) -> Membership:
    return Membership(ring, root, slug, NOW - DAY)


def issue(
    memberships: Sequence[Membership], now: Millis = NOW, instance: ServerName = PEER
) -> IssuedManifest:
    draft = replace(DRAFT, instance=instance, memberships=memberships, withdrawn=())
    return manifest.issue(draft, KeySet(FIRST), sequence=now, now=now)


async def verified(
    db: Database,
    memberships: Sequence[Membership] = (membership(),),
    now: Millis = NOW,
    name: ServerName = PEER,
) -> None:
    """A peer was visited, and this is what it said."""
    issued = issue(memberships, now, name)
    verdict = trust.judge(None, name, manifest.read_manifest(issued.body), now)
    assert verdict.trust is not None
    state = verdict.trust
    good = GoodManifest(
        state.to_json(), issued.body, state.sequence, state.sha256, state.expires_at
    )
    async with db.transaction() as tx:
        candidate = homeservers.Candidate(name, name, "configured")
        await peers.add(tx, [candidate], now, now)
        job = await peers.claim_one(tx, name, "test", now, HOUR)
        assert job is not None
        result = PeerResult(
            state="verified",
            outcome="accepted",
            why="",
            failures=0,
            next_at=now + HOUR,
            answered=True,
            base_url=PeerUrl(f"https://ring.{name}"),
            good=good,
        )
        await peers.finish(tx, job, result, now)


async def published(db: Database, memberships: Sequence[Membership] = (membership(),)) -> None:
    """What we say ourselves."""
    issued = issue(memberships, instance=OWN)
    async with db.transaction() as tx:
        await documents.store(
            tx,
            OWN,
            sequence=issued.validity.sequence,
            sha256=issued.sha256,
            body=issued.body,
            issued_at=issued.validity.issued_at,
            expires_at=issued.validity.expires_at,
            pages={},
        )


async def standing(
    db: Database,
    how: Standing | None = Standing.SPOKEN_FOR,
    why: str = "because",
    instance: ServerName = PEER,
    url: str | None = None,
) -> None:
    """How its community stands here, and where it is (None: as it says); None: it presents none."""
    claimant = Claimant(instance, frozenset(), accepted=True)
    claims: list[Judged] = []
    if how is not None:
        herbs = community(HERBS)
        herbs = herbs if url is None else replace(herbs, url=url)
        claims.append((claim_of(herbs, claimant, how, why), {}, NOW))
    async with db.transaction() as tx:
        await communities.apply(tx, instance, claims, 0)
