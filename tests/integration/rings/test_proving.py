"""What members want is seen by ourselves, before it is signed unasked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from tests.integration.rings.checked import NOW, OWN, RING, ROOT, SETTINGS, World, world
from tests.integration.rings.pledged import HERBS, PEER, membership, standing, verified
from tests.integration.rings.web import html, page
from tests.unit.documents import ring_world
from tests.unit.documents.test_trust import community as presented
from webring.clock import HOUR, MINUTE, SECOND
from webring.documents.ring_changes import ChangeKind, MemberChange
from webring.documents.ring_parts import (
    MemberKind,
    RingMember,
    SlotState,
    community_member_id,
    site_member_id,
)
from webring.names import RingId, ServerName
from webring.rings import drafting, proving
from webring.rings.drafting import Wanted
from webring.rings.moving import Moves
from webring.rings.proving import MemberProver
from webring.rings.rounds import BURST, GAP
from webring.storage import blocks, ring_wishes
from webring.storage.blocks import Block
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
BEFORE = ring_world.first(ring_id=RING)
K = ChangeKind


@dataclass
class Proofs:
    """A ring with wishes, and whoever proves."""

    here: World
    prover: MemberProver

    async def wish(self, wanted: Wanted, decider: str = "", ring: RingId = RING) -> None:
        async with self.here.db.transaction() as tx:
            await ring_wishes.add(tx, ring, wanted, decider, NOW)

    async def proven(self, *changes: MemberChange) -> frozenset[str]:
        return await self.prover.prove(BEFORE, changes)

    def site(self, path: str = "/", host: str = "site.example") -> RingMember:
        url = self.here.web.url(host, path)
        return RingMember(site_member_id(ROOT, url), MemberKind.SITE, None, None, url, NOW)


@pytest.fixture
async def proofs(db: Database) -> AsyncIterator[Proofs]:
    async with world(db) as here:
        eyes = here.checking.eyes
        base_url = SETTINGS.instance.base_url
        moves = Moves(here.web.fetcher, eyes)
        yield Proofs(here, MemberProver(db, eyes, moves, OWN, base_url, here.web.time))


def herbs(url: str = "") -> RingMember:
    member = community_member_id(ROOT, PEER, HERBS)
    where = url or presented(HERBS).url
    return RingMember(member, MemberKind.COMMUNITY, PEER, HERBS, where, NOW)


def joins(member: RingMember) -> MemberChange:
    return MemberChange(K.JOIN, None, member)


def leaves(member: RingMember) -> MemberChange:
    return MemberChange(K.LEAVE, member, None)


async def test_a_site_joins_that_says_so_itself(proofs: Proofs) -> None:
    yes, no = proofs.site(), proofs.site("/no")
    proofs.here.web.serve("/", page(RING, yes.id))
    proofs.here.web.serve("/no", page(RING, yes.id))
    assert await proofs.proven(joins(yes), joins(no)) == {yes.id}


async def test_a_site_joins_only_under_the_id_that_its_link_carries(proofs: Proofs) -> None:
    site = proofs.site()
    proofs.here.web.serve("/", page(RING, site.id))
    assert await proofs.proven(joins(replace(site, id="f" * 20))) == set()


async def test_what_was_seen_is_remembered_and_what_was_not_is_soon_tried_again(
    proofs: Proofs,
) -> None:
    site, web = proofs.site(), proofs.here.web
    web.serve("/", html("not yet"))
    for _ in range(3):
        assert await proofs.proven(joins(site)) == set()
    assert web.asked("/") == 1
    web.serve("/", page(RING, site.id))
    web.time.now += MINUTE
    for _ in range(3):
        assert await proofs.proven(joins(site)) == {site.id}
        web.time.now += 10 * MINUTE
    assert web.asked("/") == 2
    web.time.now += HOUR
    await proofs.proven(joins(site))
    assert web.asked("/") == 3


async def test_a_proposal_sends_few_people_to_one_site(proofs: Proofs) -> None:
    sites = [proofs.site(f"/{number}") for number in range(2 * BURST)]
    for number, site in enumerate(sites):
        proofs.here.web.serve(f"/{number}", page(RING, site.id))
    changes = [joins(site) for site in sites]
    assert len(await proofs.proven(*changes)) == BURST
    for _ in range(BURST):
        proofs.here.web.time.now += GAP + SECOND
        found = await proofs.proven(*changes)
    assert found == {site.id for site in sites}


async def test_one_call_looks_at_so_many_and_the_next_one_goes_on(
    proofs: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "LOOKS", 2)
    sites = [proofs.site(f"/{number}") for number in range(5)]
    for number, site in enumerate(sites):
        proofs.here.web.serve(f"/{number}", page(RING, site.id))
    changes = [joins(site) for site in sites]
    assert [len(await proofs.proven(*changes)) for _ in range(3)] == [2, 4, 5]


async def test_a_community_joins_that_its_manifest_pledges(proofs: Proofs, db: Database) -> None:
    assert await proofs.proven(joins(herbs())) == set()
    await verified(db)
    await standing(db)
    assert await proofs.proven(joins(herbs())) == {herbs().id}
    assert await proofs.proven(joins(herbs("https://evil.example/"))) == set()
    await verified(db, [], NOW + 1)
    assert await proofs.proven(joins(herbs())) == set()


async def test_whom_our_operator_keeps_out_joins_by_our_operator_alone(
    proofs: Proofs, db: Database
) -> None:
    site = proofs.site()
    proofs.here.web.serve("/", page(RING, site.id))
    await verified(db)
    await standing(db)
    async with db.transaction() as tx:
        for name in ("site.example", PEER):
            await blocks.add(tx, Block("server", name, "block", "spam", 0))
    assert await proofs.proven(joins(site), joins(herbs())) == set()


WISHED = {
    K.LEAVE: drafting.leave,
    K.SLEEP: drafting.sleep,
    K.WAKE: drafting.wake,
}


def change(kind: ChangeKind, member: RingMember) -> MemberChange:
    asleep = replace(member, state=SlotState.SLEEPING)
    if kind is K.LEAVE:
        return leaves(member)
    before, after = (member, asleep) if kind is K.SLEEP else (asleep, member)
    return MemberChange(kind, before, after)


@pytest.mark.parametrize("kind", WISHED)
async def test_a_member_s_own_word_is_enough(proofs: Proofs, kind: ChangeKind) -> None:
    await verified(proofs.here.db)
    await standing(proofs.here.db)
    assert await proofs.proven(change(kind, herbs())) == set()
    await proofs.wish(WISHED[kind](herbs().id))
    assert await proofs.proven(change(kind, herbs())) == {herbs().id}


OTHERS_WORDS: dict[str, tuple[Wanted, str, RingId]] = {
    "our operator's": (drafting.sleep(herbs().id), "operator", RING),
    "another member's": (drafting.sleep("f" * 20), "", RING),
    "another wish": (drafting.wake(herbs().id), "", RING),
    "another ring's": (drafting.sleep(herbs().id), "", RingId("books:commune.example")),
}


@pytest.mark.parametrize("case", OTHERS_WORDS)
async def test_anybody_else_s_word_is_not(proofs: Proofs, case: str) -> None:
    wanted, decider, ring = OTHERS_WORDS[case]
    await proofs.wish(wanted, decider, ring)
    assert await proofs.proven(change(K.SLEEP, herbs())) == set()


async def test_a_community_has_left_whose_manifest_does_not_name_the_ring(
    proofs: Proofs, db: Database
) -> None:
    await verified(db, [membership(root="b" * 64)])
    await standing(db)
    assert await proofs.proven(leaves(herbs())) == {herbs().id}
    await verified(db, [], NOW + 1)
    assert await proofs.proven(leaves(herbs())) == {herbs().id}


async def test_a_community_that_we_do_not_know_or_list_has_not(
    proofs: Proofs, db: Database
) -> None:
    assert await proofs.proven(leaves(herbs())) == set()
    await verified(db)
    assert await proofs.proven(leaves(herbs())) == set()
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", PEER, "block", "spam", 0))
    assert await proofs.proven(leaves(herbs())) == set()


async def test_a_site_has_left_that_was_without_its_link_and_is(proofs: Proofs) -> None:
    here = proofs.here
    member = await here.join()
    site = replace(proofs.site(), id=member)
    here.web.serve("/", html("Hello"))
    assert await proofs.proven(leaves(site)) == set()
    await here.check()
    assert (await here.get(member)).state == "one_sided"
    here.web.time.now += MINUTE
    assert await proofs.proven(leaves(site)) == {member}
    here.show(member)
    here.web.time.now += 2 * HOUR
    assert await proofs.proven(leaves(site)) == set()


async def test_a_site_that_our_operator_keeps_out_has_not_left(
    proofs: Proofs, db: Database
) -> None:
    here = proofs.here
    member = await here.join()
    here.show(member)
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", "site.example", "block", "spam", 0))
    await here.check()
    assert (await here.get(member)).state == "one_sided"
    assert await proofs.proven(leaves(replace(proofs.site(), id=member))) == set()


async def test_a_site_moves_that_says_so_at_both_ends(proofs: Proofs) -> None:
    old = proofs.site("/old")
    new = replace(old, url=proofs.here.web.url("b.example", "/new"))
    moved = MemberChange(K.MOVE, old, new)
    proofs.here.web.serve("/new", page(RING, old.id))
    assert await proofs.proven(moved) == set()
    proofs.here.web.serve("/old", html("", f"Location: {new.url}", status="301 Moved"))
    proofs.here.web.time.now += MINUTE
    assert await proofs.proven(moved) == {old.id}


async def test_a_member_with_two_changes_has_to_want_both(proofs: Proofs) -> None:
    await proofs.wish(drafting.sleep(herbs().id))
    asleep = replace(herbs(), state=SlotState.SLEEPING)
    moved = MemberChange(K.MOVE, herbs(), replace(herbs(), url="https://evil.example/"))
    assert await proofs.proven(MemberChange(K.SLEEP, herbs(), asleep), moved) == set()


FROM = ServerName("old.example")


async def test_a_community_moves_by_its_message_and_the_new_manifest(
    proofs: Proofs, db: Database
) -> None:
    old = replace(herbs("https://old.example/herbs"), instance=FROM)
    moved = MemberChange(K.MOVE, old, replace(herbs(), id=old.id))
    await proofs.wish(drafting.move(old.id, herbs().url, (PEER, HERBS)))
    assert await proofs.proven(moved) == set()
    await verified(db)
    await standing(db)
    assert await proofs.proven(moved) == {old.id}


PLACES: dict[str, Wanted] = {
    "another address": drafting.move(herbs().id, "https://x.example/", (PEER, HERBS)),
    "another instance": drafting.move(herbs().id, herbs().url, (FROM, HERBS)),
    "nothing but sleep": drafting.sleep(herbs().id),
}


@pytest.mark.parametrize("case", PLACES)
async def test_a_community_moves_to_the_place_that_it_named_alone(
    proofs: Proofs, db: Database, case: str
) -> None:
    await verified(db)
    await standing(db)
    await proofs.wish(PLACES[case])
    old = replace(herbs("https://old.example/herbs"), instance=FROM)
    assert await proofs.proven(MemberChange(K.MOVE, old, herbs())) == set()


async def test_within_an_instance_the_address_that_it_named_is_enough(
    proofs: Proofs, db: Database
) -> None:
    await verified(db)
    await standing(db)
    there = herbs("https://garden.example/new")
    await proofs.wish(drafting.move(there.id, there.url, (PEER, HERBS)))
    assert await proofs.proven(MemberChange(K.MOVE, herbs(), there)) == {there.id}


async def test_a_site_becomes_no_community_by_moving(proofs: Proofs, db: Database) -> None:
    await verified(db)
    await standing(db)
    site = replace(proofs.site(), id=herbs().id)
    await proofs.wish(drafting.move(site.id, herbs().url, (PEER, HERBS)))
    assert await proofs.proven(MemberChange(K.MOVE, site, herbs())) == set()


async def test_who_is_taken_to_have_left_is_looked_at(proofs: Proofs, db: Database) -> None:
    await verified(db)
    await standing(db)
    await proofs.wish(drafting.departed(herbs().id))
    assert await proofs.proven(leaves(herbs())) == set()
    await verified(db, [], NOW + 1)
    assert await proofs.proven(leaves(herbs())) == {herbs().id}


async def test_what_stewards_decide_is_not_for_us_to_prove(proofs: Proofs) -> None:
    await proofs.wish(drafting.leave(herbs().id))
    removed = MemberChange(K.REMOVE, herbs(), None)
    altered = MemberChange(K.ALTER, herbs(), replace(herbs(), joined_at=NOW - 1))
    assert await proofs.proven(removed) == await proofs.proven(altered) == set()
    assert await proofs.proven() == set()
