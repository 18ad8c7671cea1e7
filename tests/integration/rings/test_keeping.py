"""A new head is written down whole: versions, pages, slots, and what it settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.unit.documents import ring_world as world
from tests.unit.documents.ring_world import ID, NOW, A, B
from webring.clock import DAY, Millis
from webring.documents import chain
from webring.documents.ring import Reason, RemovedMember, Ring, SlotState
from webring.documents.ring_outcome import RingVerdict
from webring.errors import TrustError
from webring.names import RingId, Slug
from webring.rings import drafting
from webring.rings.keeping import Keeper
from webring.rings.shelf import Shelf
from webring.storage import (
    documents,
    ring_members,
    ring_requests,
    ring_signing,
    ring_versions,
    ring_wishes,
    rings,
)
from webring.storage.database import Database
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.ring_signing import Proposal, ProposalState
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio


@dataclass
class Said:
    """Notices, as they were recorded."""

    texts: list[tuple[str, str, str, Slug | None]] = field(default_factory=list)

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        self.texts.append((member, kind, text, community))


ROOT = world.first()
HAY = world.community(1, ROOT.root)
BEES = world.site(2, ROOT.root)
JOINED = world.after(ROOT, members=[HAY, BEES])


class Kept:
    """A ring as it is kept step by step."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.said = Said()
        self.shelf = Shelf()
        self.keeper = Keeper(B, self.shelf, self.said)
        self.versions: list[Ring] = []

    async def accept(
        self, versions: Sequence[Ring], now: Millis = NOW, verdict: RingVerdict | None = None
    ) -> None:
        pinned = self.versions[-1] if self.versions else None
        before = self.versions[-2] if len(self.versions) > 1 else None
        verdict = verdict or chain.follow(pinned, before, versions, world.FOUNDER, now + 400 * DAY)
        assert verdict.is_good, verdict
        pages = {key: body for each in versions for key, body in world.pages_of(each).items()}
        async with self.db.transaction() as tx:
            await rings.add(tx, ID, ROOT.root, "followed", now)
            await self.keeper.accept(tx, ID, verdict, versions, pages, now)
        self.versions += versions

    async def slots(self) -> dict[str, ring_members.StoredMember]:
        return {slot.member: slot for slot in await ring_members.of_ring(self.db.reader, ID)}


@pytest.fixture
def kept(db: Database) -> Kept:
    return Kept(db)


async def test_a_newcomer_s_chain_is_kept_whole_and_its_members_wait_to_be_looked_at(
    kept: Kept,
) -> None:
    await kept.accept([ROOT, JOINED])
    stored = await rings.get(kept.db.reader, ID)
    assert stored is not None
    assert (stored.sequence, stored.sha256, stored.name) == (2, JOINED.sha256, "Soil")
    assert stored.stewarded
    slots = await kept.slots()
    assert [(s.state, s.next_at, s.listed) for s in slots.values()] == [("pending", NOW, True)] * 2
    head = await kept.shelf.head(kept.db.reader, ID)
    assert head == JOINED
    assert [each.sha256 for each in await kept.shelf.chain(kept.db.reader, ID)] == [
        ROOT.sha256,
        JOINED.sha256,
    ]
    assert await documents.manifest_wanted(kept.db.reader) == NOW


async def test_a_head_without_its_page_changes_nothing(kept: Kept) -> None:
    await kept.accept([ROOT])
    verdict = chain.follow(ROOT, None, [JOINED], world.FOUNDER, NOW + DAY)
    with pytest.raises(TrustError, match="missing"):
        async with kept.db.transaction() as tx:
            await kept.keeper.accept(tx, ID, verdict, [JOINED], {}, NOW)
    head = await kept.shelf.head(kept.db.reader, ID)
    assert head is not None
    assert head.sequence == 1
    assert await kept.slots() == {}


async def test_who_sleeps_wakes_moves_and_goes_is_noted_and_told(kept: Kept) -> None:
    await kept.accept([ROOT, JOINED])
    async with kept.db.transaction() as tx:
        (first, _) = await ring_members.of_ring(tx, ID)
        await ring_members.put(tx, [replace(first, state="active", consents=True, title="Hay")])
    asleep = world.after(JOINED, members=[replace(HAY, state=SlotState.SLEEPING), BEES])
    await kept.accept([asleep], NOW + 1)
    assert (await kept.slots())[HAY.id].state == "sleeping"
    awake = world.after(asleep, members=[HAY, replace(BEES, url="https://new.example/")])
    await kept.accept([awake], NOW + 2)
    slots = await kept.slots()
    assert (slots[HAY.id].state, slots[HAY.id].title) == ("pending", "Hay")
    assert (slots[BEES.id].url, slots[BEES.id].next_at) == ("https://new.example/", NOW + 2)
    gone = world.after(
        awake, members=[HAY], removed=[RemovedMember(BEES.id, Reason.RULES, NOW + 3)]
    )
    await kept.accept([gone], NOW + 3)
    bees = (await kept.slots())[BEES.id]
    assert (bees.listed, bees.state, bees.after, bees.reason) == (False, "removed", HAY.id, "rules")
    kinds = [(member[:4], kind, community) for member, kind, _, community in kept.said.texts]
    hay = HAY.id[:4], HAY.community
    bee = BEES.id[:4]
    assert kinds == [
        (hay[0], "sleep", hay[1]),
        (hay[0], "wake", hay[1]),
        (bee, "move", None),
        (bee, "remove", None),
    ]


async def test_whoever_leaves_takes_the_pages_back_and_comes_back_anew(kept: Kept) -> None:
    await kept.accept([ROOT, JOINED])
    (page,) = JOINED.pages
    left = world.after(JOINED, members=[BEES], removed=[RemovedMember(HAY.id, Reason.LEFT, NOW)])
    await kept.accept([left], NOW + 1)
    assert await ring_versions.page(kept.db.reader, page.sha256) is None
    old = await kept.shelf.version(kept.db.reader, ID, 2)
    assert old is not None
    assert old.members == ()
    hay = (await kept.slots())[HAY.id]
    assert (hay.state, hay.title, hay.after) == ("left", "", BEES.id)
    back = world.after(left, members=[BEES, replace(HAY, joined_at=NOW + 2)])
    await kept.accept([back], NOW + 2)
    hay = (await kept.slots())[HAY.id]
    assert (hay.state, hay.listed, hay.after, hay.position) == ("pending", True, None, 1)


async def test_a_sibling_with_the_smaller_hash_takes_the_place_of_the_other(kept: Kept) -> None:
    pair = sorted((JOINED, world.unlike(ROOT)), key=lambda version: version.sha256)
    small, large = pair
    await kept.accept([ROOT, large])
    await kept.accept([small], NOW + 1)
    head = await ring_versions.head(kept.db.reader, ID)
    assert head is not None
    assert head.sha256 == small.sha256
    (evidence,) = await ring_versions.evidence(kept.db.reader, ID)
    assert (evidence.sha256, evidence.code) == (large.sha256, "sibling_won")


async def test_a_version_settles_requests_wishes_and_proposals(kept: Kept) -> None:
    await kept.accept([ROOT])
    asked = StoredRequest(
        id="f" * 32,
        ring=ID,
        root=ROOT.root,
        kind="site",
        instance=None,
        community=None,
        url=BEES.url,
        title="",
        note="",
        origin="form",
        state=RequestState.PENDING,
        member=BEES.id,
        at=NOW,
    )
    other = Proposal(ID, 2, "e" * 64, (), A, ProposalState.SIGNED, "", NOW, b"{}")
    async with kept.db.transaction() as tx:
        await ring_requests.add(tx, asked)
        await ring_wishes.add(tx, ID, drafting.join(BEES), "", NOW)
        await ring_wishes.add(tx, ID, drafting.join(world.site(9, ROOT.root)), "", NOW)
        await ring_signing.put_proposal(tx, other)
    await kept.accept([JOINED], NOW + 1)
    request = await ring_requests.get(kept.db.reader, asked.id)
    assert request is not None
    assert (request.state, request.decided_at) == (RequestState.ACCEPTED, NOW + 1)
    (wish,) = await ring_wishes.of_ring(kept.db.reader, ID)
    assert wish.wanted.member == world.site(9, ROOT.root).id
    (proposal,) = await ring_signing.proposals(kept.db.reader, ID)
    assert proposal.state is ProposalState.OVERTAKEN


async def test_an_instance_that_is_no_steward_any_more_is_none_here_either(kept: Kept) -> None:
    await kept.accept([ROOT])
    others = world.stewards(A, world.C, world.D)
    without = world.after(ROOT, (A, B, world.C), terms=replace(ROOT.terms, stewards=others))
    await kept.accept([without], NOW + 1)
    stored = await rings.get(kept.db.reader, ID)
    assert stored is not None
    assert not stored.stewarded
