"""Rings in the database: versions and pages, slots, requests, wishes, the ledger, memberships."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.integration.conftest import OpenDatabase
from webring.clock import DAY, HOUR
from webring.documents.parts import Membership
from webring.errors import LeaseLost
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting
from webring.storage import (
    memberships,
    ring_claims,
    ring_members,
    ring_requests,
    ring_signing,
    ring_versions,
    ring_wishes,
    rings,
)
from webring.storage.database import Database
from webring.storage.ring_members import StoredMember
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.ring_signing import Proposal, ProposalState
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import RingHeadRow, RingResult

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
SOIL = RingId("soil:garden.example")
BEES = RingId("bees:garden.example")
ROOT = "a" * 64
HEAD = RingHeadRow(ROOT, "Soil", 1, ROOT, NOW, NOW + 90 * DAY)
MEMBER = StoredMember(
    ring=SOIL,
    member="1" * 20,
    kind="site",
    instance=None,
    community=None,
    url="https://bees.example/",
    title="",
    position=0,
    joined_at=NOW,
    slot="active",
    listed=True,
    consents=None,
    state="pending",
    reason="",
    since=NOW,
    after=None,
    checked_at=None,
    next_at=NOW,
    failures=0,
    absences=0,
    struck_at=0,
)


def version(sequence: int, sha256: str, *, on_branch: bool = True) -> StoredVersion:
    return StoredVersion(SOIL, ROOT, sequence, sha256, on_branch, "accepted", NOW, b"{}")


async def known(db: Database, *names: RingId) -> None:
    async with db.transaction() as tx:
        for name in names:
            await rings.add(tx, name, ROOT, "followed", NOW)


async def test_a_ring_that_is_known_stays_as_it_is(db: Database) -> None:
    await known(db, SOIL)
    async with db.transaction() as tx:
        assert not await rings.add(tx, SOIL, "b" * 64, "member", NOW + 1)
    stored = await rings.get(db.reader, SOIL)
    assert stored is not None
    assert (stored.root, stored.origin, stored.sequence, stored.sha256) == (ROOT, "followed", 0, "")


async def test_every_change_has_a_revision_of_its_own_also_after_a_removal(db: Database) -> None:
    await known(db, SOIL, BEES)
    seen = set((await rings.revisions(db.reader)).values())
    async with db.transaction() as tx:
        await rings.set_head(tx, SOIL, HEAD)
        await rings.touch(tx, BEES)
        await rings.remove(tx, SOIL)
        await rings.add(tx, SOIL, ROOT, "followed", NOW)
    after = set((await rings.revisions(db.reader)).values())
    assert len(seen) == len(after) == 2
    assert min(after) > max(seen)


async def test_revisions_grow_with_many_writers(open_database: OpenDatabase) -> None:
    first, second = await open_database(), await open_database()
    await known(first, SOIL, BEES)

    async def touch(db: Database, ring: RingId) -> int:
        async with db.transaction() as tx:
            await rings.touch(tx, ring)
            return (await rings.revisions(tx))[ring]

    given = await asyncio.gather(
        *(touch(db, ring) for _ in range(5) for db, ring in ((first, SOIL), (second, BEES)))
    )
    assert len(set(given)) == len(given)


async def test_a_ring_is_followed_by_one_and_a_late_holder_is_refused(db: Database) -> None:
    await known(db, SOIL)
    async with db.transaction() as tx:
        assert await rings.claim(tx, "one", NOW, 10, HOUR, wanted=True) == []
        (job,) = await rings.claim(tx, "one", NOW, 10, HOUR, wanted=False)
        assert await rings.claim(tx, "two", NOW, 10, HOUR, wanted=False) == []
        (late,) = await rings.claim(tx, "two", NOW + HOUR, 10, HOUR, wanted=False)
    result = RingResult("accepted", "it followed", 0, NOW + 2 * HOUR, answered=True)
    with pytest.raises(LeaseLost):
        async with db.transaction() as tx:
            await rings.finish(tx, job, result, NOW)
    async with db.transaction() as tx:
        await rings.finish(tx, late, result, NOW)
    stored = await rings.get(db.reader, SOIL)
    assert stored is not None
    assert (stored.outcome, stored.next_at, stored.answered_at) == ("accepted", NOW + 2 * HOUR, NOW)


async def test_a_ring_is_behind_from_when_that_was_first_found(db: Database) -> None:
    await known(db, SOIL)
    seen = []
    for at, behind in ((NOW, True), (NOW + 1, True), (NOW + 2, False)):
        async with db.transaction() as tx:
            job = await rings.claim_one(tx, SOIL, "one", at, HOUR)
            assert job is not None
            result = RingResult("behind", "", 0, at, answered=True, behind=behind)
            await rings.finish(tx, job, result, at)
            stored = await rings.get(tx, SOIL)
            assert stored is not None
            seen.append(stored.behind_since)
    assert seen == [NOW, NOW, None]


async def test_a_root_is_sought_anew_until_a_version_was_verified(db: Database) -> None:
    await known(db, SOIL)
    async with db.transaction() as tx:
        assert await rings.set_root(tx, SOIL, "b" * 64)
        await rings.set_head(tx, SOIL, HEAD)
        assert not await rings.set_root(tx, SOIL, "c" * 64)
    stored = await rings.known(db.reader, [SOIL, BEES])
    assert {ring: each.root for ring, each in stored.items()} == {SOIL: ROOT}


async def test_what_never_verified_is_forgotten(db: Database) -> None:
    garden = ServerName("garden.example")
    async with db.transaction() as tx:
        await rings.add(tx, SOIL, ROOT, "named", NOW, named_by=garden)
        await rings.add(tx, BEES, ROOT, "followed", NOW)
        assert await rings.prune_unread(tx, ["named"], NOW) == 0
        assert await rings.named_by(tx, garden) == 1
        assert await rings.prune_unread(tx, ["named"], NOW + 1) == 1
    assert await rings.origins(db.reader) == {BEES: "followed"}


async def test_the_oldest_superseded_pages_are_erased_first(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_versions.put_pages(tx, SOIL, {"0" * 64: b"current"})
        for at, letter in enumerate("abc"):
            await ring_versions.put_pages(tx, SOIL, {letter * 64: b"12345"}, NOW + at)
        await ring_versions.erase_oldest(tx, SOIL, 10)
    held = await ring_versions.pages(db.reader, SOIL, [each * 64 for each in "0abc"])
    assert {each[0] for each in held} == {"0", "b", "c"}
    async with db.transaction() as tx:
        await ring_versions.erase_oldest(tx, SOIL, 0)
    assert set(await ring_versions.pages(db.reader, SOIL, held)) == {"0" * 64}


async def test_claims_wait_from_when_they_were_first_found_unmet(db: Database) -> None:
    garden, forest = ServerName("garden.example"), ServerName("forest.example")
    async with db.transaction() as tx:
        await ring_claims.keep(tx, SOIL, [garden], NOW)
        await ring_claims.keep(tx, BEES, [garden], NOW)
        await ring_claims.keep(tx, SOIL, [garden, forest], NOW + 1)
    assert await ring_claims.of_ring(db.reader, SOIL) == {garden: NOW, forest: NOW + 1}
    async with db.transaction() as tx:
        await ring_claims.keep(tx, SOIL, [forest], NOW + 2)
        await ring_claims.keep(tx, SOIL, [], NOW + 3)
    assert await ring_claims.of_ring(db.reader, SOIL) == {}
    assert await ring_claims.of_ring(db.reader, BEES) == {garden: NOW}


async def test_versions_make_a_branch_and_what_leaves_it_is_evidence(db: Database) -> None:
    async with db.transaction() as tx:
        for sequence, letter in enumerate("abc", 1):
            await ring_versions.put(tx, version(sequence, letter * 64))
        assert await ring_versions.leave_branch(tx, SOIL, 3, "sibling_won") == 1
        await ring_versions.put(tx, version(3, "d" * 64))
    head = await ring_versions.head(db.reader, SOIL)
    assert head is not None
    assert (head.sequence, head.sha256) == (3, "d" * 64)
    assert [each.sha256[0] for each in await ring_versions.branch(db.reader, SOIL)] == list("abd")
    (kept,) = await ring_versions.evidence(db.reader, SOIL)
    assert (kept.sha256[0], kept.code, kept.on_branch) == ("c", "sibling_won", False)


async def test_evidence_is_bounded_and_nobody_pushes_the_first_out(db: Database) -> None:
    async with db.transaction() as tx:
        kept = [
            await ring_versions.keep_evidence(tx, version(2, f"{n:064x}", on_branch=False))
            for n in range(ring_versions.MAX_EVIDENCE + 5)
        ]
        assert not await ring_versions.keep_evidence(tx, version(2, f"{0:064x}", on_branch=False))
    assert sum(kept) == ring_versions.MAX_EVIDENCE
    assert kept[0]


async def test_an_erased_page_keeps_its_hash_and_an_old_one_is_dropped(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_versions.put_pages(tx, SOIL, {"a" * 64: b"one", "b" * 64: b"two"})
        await ring_versions.supersede_pages(tx, SOIL, ["b" * 64], NOW)
    assert await ring_versions.superseded(db.reader, SOIL) == {"a" * 64: b"one"}
    async with db.transaction() as tx:
        await ring_versions.prune(tx, NOW + 364 * DAY)
        assert await ring_versions.page(tx, "a" * 64) == b"one"
        await ring_versions.prune(tx, NOW + 365 * DAY)
        assert await ring_versions.page(tx, "a" * 64) is None
        await ring_versions.erase_pages(tx, SOIL, ["b" * 64])
    assert await ring_versions.pages(db.reader, SOIL, ["a" * 64, "b" * 64]) == {}
    assert await ring_versions.rings_with(db.reader, "b" * 64) == [SOIL]


async def test_pages_of_a_proposal_are_not_current_until_a_version_names_them(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await ring_versions.put_pages(tx, SOIL, {"a" * 64: b"one"}, NOW)
    assert await ring_versions.superseded(db.reader, SOIL) == {"a" * 64: b"one"}
    async with db.transaction() as tx:
        await ring_versions.put_pages(tx, SOIL, {"a" * 64: b"one"})
    assert await ring_versions.superseded(db.reader, SOIL) == {}


async def test_slots_come_in_their_order_and_a_check_under_way_is_fenced_off(db: Database) -> None:
    other = replace(MEMBER, member="2" * 20, position=1, next_at=None)
    gone = replace(MEMBER, member="3" * 20, listed=False, state="left", next_at=None, after="")
    async with db.transaction() as tx:
        await ring_members.put(tx, [gone, other, MEMBER])
        (job,) = await ring_members.claim(tx, "one", NOW, 10, HOUR)
    assert job.member == MEMBER
    assert await ring_members.of_ring(db.reader, SOIL) == [MEMBER, other, gone]
    moved = replace(MEMBER, url="https://new.example/")
    async with db.transaction() as tx:
        await ring_members.put(tx, [moved])
    with pytest.raises(LeaseLost):
        async with db.transaction() as tx:
            await ring_members.finish(tx, job, {"state": "active"})
    assert await ring_members.get(db.reader, SOIL, MEMBER.member) == moved


async def test_a_check_that_is_finished_is_due_when_it_says(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [MEMBER])
        (job,) = await ring_members.claim(tx, "one", NOW, 10, HOUR)
        await ring_members.finish(tx, job, {"state": "active", "next_at": NOW + DAY})
        assert await ring_members.claim(tx, "one", NOW + HOUR, 10, HOUR) == []
        await ring_members.hasten(tx, SOIL, [MEMBER.member], NOW)
        assert len(await ring_members.claim(tx, "one", NOW + HOUR, 10, HOUR)) == 1
    assert await ring_members.counts(db.reader) == {SOIL: {"active": 1}}


async def test_a_community_s_slots_are_found_in_all_rings(db: Database) -> None:
    place = ServerName("a.example"), Slug("hay")
    hay = replace(MEMBER, kind="community", instance=place[0], community=place[1])
    async with db.transaction() as tx:
        await ring_members.put(tx, [replace(hay, ring=ring) for ring in (SOIL, BEES)])
    found = await ring_members.of_community(db.reader, *place)
    assert [each.ring for each in found] == [BEES, SOIL]
    assert await ring_members.of_instance(db.reader, ServerName("a.example")) == found


async def test_a_request_is_decided_once_kept_and_forgotten_after_a_year(db: Database) -> None:
    asked = StoredRequest(
        id="f" * 32,
        ring=SOIL,
        root=ROOT,
        kind="site",
        instance=None,
        community=None,
        url="https://bees.example/",
        title="Bees",
        note="Hello",
        origin="form",
        state=RequestState.PENDING,
        member="1" * 20,
        at=NOW,
    )
    async with db.transaction() as tx:
        assert await ring_requests.add(tx, asked)
        assert not await ring_requests.add(tx, replace(asked, note="Again"))
        assert await ring_requests.count_open(tx, SOIL) == 1
        await ring_requests.decide(
            tx,
            asked.id,
            RequestState.DECLINED,
            code="criteria",
            decider="b.example",
            reason="It is not about soil.",
            now=NOW + 1,
        )
        assert await ring_requests.count_open(tx, SOIL) == 0
    (kept,) = await ring_requests.of_member(db.reader, SOIL, "1" * 20)
    assert (kept.state, kept.code, kept.note) == (RequestState.DECLINED, "criteria", "Hello")
    async with db.transaction() as tx:
        await ring_requests.prune(tx, NOW + 366 * DAY)
    assert await ring_requests.get(db.reader, asked.id) is None


async def test_what_communities_asked_is_found_by_who_they_are(db: Database) -> None:
    asked = StoredRequest(
        id="f" * 32,
        ring=SOIL,
        root=ROOT,
        kind="community",
        instance=ServerName("hay.example"),
        community=Slug("hay"),
        url="https://hay.example/",
        title="Hay",
        note="",
        origin="command",
        state=RequestState.PENDING,
        member="1" * 20,
        at=NOW,
    )
    hay, again = (ServerName("hay.example"), Slug("hay")), replace(asked, id="e" * 32, at=NOW + 1)
    site = replace(asked, id="d" * 32, kind="site", instance=hay[0], community=None)
    async with db.transaction() as tx:
        for each in (asked, again, site, replace(asked, id="c" * 32, ring=BEES)):
            await ring_requests.add(tx, each)
    assert await ring_requests.of_community(db.reader, SOIL, *hay) == [again, asked]
    assert await ring_requests.of_community(db.reader, SOIL, hay[0], Slug("moss")) == []
    assert await ring_requests.asked_by(db.reader, hay[0]) == {(hay[1], SOIL), (hay[1], BEES)}


async def test_some_slots_are_read_at_once(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [MEMBER])
    wanted = [MEMBER.member, "0" * 20]
    assert await ring_members.many(db.reader, SOIL, wanted) == {MEMBER.member: MEMBER}
    assert await ring_members.many(db.reader, BEES, wanted) == {}
    assert await ring_members.many(db.reader, SOIL, []) == {}


async def test_a_wish_is_kept_once_and_reads_as_it_was_written(db: Database) -> None:
    wanted = drafting.move("1" * 20, "https://new.example/", None)
    async with db.transaction() as tx:
        assert await ring_wishes.add(tx, SOIL, wanted, "", NOW)
        assert not await ring_wishes.add(tx, SOIL, wanted, "", NOW + 1)
        assert await ring_wishes.add(tx, SOIL, drafting.leave("1" * 20), "", NOW + 2)
    first, second = await ring_wishes.of_ring(db.reader, SOIL)
    assert (first.wanted, second.wanted.kind) == (wanted, drafting.WantedKind.LEAVE)
    async with db.transaction() as tx:
        await ring_wishes.drop(tx, [first.id])
    assert [each.id for each in await ring_wishes.of_ring(db.reader, SOIL)] == [second.id]


async def test_the_ledger_keeps_every_signature(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_signing.write_down(tx, SOIL, 2, "a" * 64, NOW)
        await ring_signing.write_down(tx, SOIL, 2, "b" * 64, NOW + DAY)
    assert [each.sha256[0] for each in await ring_signing.signed(db.reader, SOIL, 2)] == ["b", "a"]
    assert await ring_signing.signed(db.reader, SOIL, 3) == []


async def test_a_published_version_overtakes_the_others_of_its_sequence(db: Database) -> None:
    proposed = [
        Proposal(SOIL, 2, letter * 64, ("p" * 64,), SOIL.instance, state, "", NOW, b"{}")
        for letter, state in (
            ("a", ProposalState.SIGNED),
            ("b", ProposalState.HELD),
            ("c", ProposalState.REFUSED),
        )
    ]
    async with db.transaction() as tx:
        for each in proposed:
            await ring_signing.put_proposal(tx, each)
        assert await ring_signing.proposal(tx, SOIL, "a" * 64) == proposed[0]
        await ring_signing.overtake(tx, SOIL, 2, "a" * 64)
    states = {each.sha256[0]: each.state for each in await ring_signing.proposals(db.reader, SOIL)}
    assert states == {
        "a": ProposalState.PUBLISHED,
        "b": ProposalState.OVERTAKEN,
        "c": ProposalState.REFUSED,
    }


async def test_a_membership_keeps_its_beginning_and_takes_a_new_root(db: Database) -> None:
    first = Membership(SOIL, ROOT, Slug("hay"), NOW)
    async with db.transaction() as tx:
        await memberships.put(tx, first)
        await memberships.put(tx, replace(first, since=NOW + 1))
        assert await memberships.all(tx) == [first]
        await memberships.put(tx, replace(first, root="b" * 64, since=NOW + 2))
    (kept,) = await memberships.of_ring(db.reader, SOIL)
    assert (kept.root, kept.since) == ("b" * 64, NOW + 2)
    async with db.transaction() as tx:
        assert await memberships.remove(tx, SOIL, Slug("hay"))
        assert not await memberships.remove(tx, SOIL, Slug("hay"))
