"""Rings are followed over HTTP, from stewards that really answer, into both databases."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from tests.fakes.listener import respond
from tests.integration.rings.ring_peers import CYCLE, PATH, UNCHANGED, RingWorld, ring_world
from tests.unit.documents.ring_world import ID, A, B, C, D, after, community, first, site
from webring.clock import DAY, MINUTE
from webring.documents import canonical
from webring.documents.parts import RingHead
from webring.documents.ring import Ring
from webring.rings.asking import Source
from webring.rings.reading import Limits
from webring.storage import peers, ring_members, rings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
V1 = first()
V2 = after(V1, members=[community(1, V1.root), site(2, V1.root)])
V3 = after(V2, members=[*V2.members, site(3, V1.root)])
V4 = after(V3, (B, C))
CHAIN = (V1, V2, V3, V4)


async def test_a_newcomer_reads_the_whole_chain_from_whoever_named_the_ring(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        await here.know(D)
        await here.named(V1.sha256, D)
        here.instances[D].serve(*CHAIN)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence, ring.sha256) == ("accepted", 4, V4.sha256)
        assert await here.branch() == [each.sha256 for each in CHAIN]
        assert {name for name, _ in here.asked} == {D}
        members = await ring_members.of_ring(db.reader, ID)
        assert [each.url for each in members if each.listed] == [each.url for each in V4.members]
        head = await here.shelf.head(db.reader, ID)
        assert head is not None
        assert head.members == V4.members


async def test_stewards_and_members_instances_become_known(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*CHAIN)
        known = {row.name: row.origin for row in await peers.all(db.reader)}
        assert known == {A: "named", B: "ring", C: "ring"}


async def test_a_next_version_costs_one_question_and_its_new_pages(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        here.instances[A].serve(V1, V2, V3)
        await here.claim(A, newest=V3)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 3)
        pages = [f"/webring/v1/pages/{ref.sha256}" for ref in V3.pages]
        assert here.asked == [(A, path) for path in (PATH, *pages)]


async def test_a_page_that_did_not_change_is_not_fetched_again(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2, V3)
        here.instances[A].serve(*CHAIN)
        await here.claim(A, newest=V4)
        assert (await here.visit()).sequence == 4
        assert here.asked == [(A, PATH)]


async def test_a_gap_is_closed_version_by_version(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1)
        here.instances[B].serve(*CHAIN)
        await here.claim(B, newest=V4)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 4)
        gaps = [path for _, path in here.asked if "sequence" in path]
        assert gaps == [f"{PATH}?sequence=2", f"{PATH}?sequence=3"]


async def test_a_chain_longer_than_a_window_is_read_in_several(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webring.rings.reading.WINDOW", 2)
    longer = [*CHAIN]
    while len(longer) < 8:
        longer.append(after(longer[-1]))
    async with ring_world(db) as here:
        here.pass_by(10 * DAY)
        await here.holding(*longer[:7])
        await here.claim(B, newest=longer[7])
        here.instances[B].serve(*longer)
        assert (await here.visit()).sequence == 8
        assert await here.branch() == [each.sha256 for each in longer]


async def test_where_nobody_claims_more_nobody_is_asked(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*CHAIN)
        await here.claim(A, newest=V4)
        await here.claim(B, newest=V2)
        before = await here.stored()
        ring = await here.visit()
        assert here.asked == []
        assert (ring.outcome, ring.answered_at, ring.failures) == (
            "unchanged", before.answered_at, 0,
        )  # fmt: skip
        assert here.now < ring.next_at <= here.now + CYCLE
        again = await here.visit()
        assert again.revision == ring.revision


async def test_without_any_fresh_manifest_an_unchanged_head_costs_one_304(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*CHAIN)
        here.pass_by(20 * DAY)
        here.instances[A].listener.answers[PATH] = UNCHANGED
        before = await rings.revisions(db.reader)
        ring = await here.visit()
        assert (ring.outcome, ring.failures, ring.sequence) == ("unchanged", 0, 4)
        assert here.asked == [(A, PATH)]
        sent = here.instances[A].listener.requests[0].lower()
        assert f'if-none-match: w/"{V4.sha256}"' in sent
        ring = await here.visit()
        assert len(before) == 1
        assert ring.revision == (await here.stored()).revision


async def test_the_entity_tag_of_another_program_is_sent_back(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        here.pass_by(20 * DAY)
        listener = here.instances[A].listener
        body = listener.answers[PATH]
        assert body is not None
        listener.answers[PATH] = body.replace(f'W/"{V2.sha256}"'.encode(), b'"other"')
        assert (await here.visit()).outcome == "unchanged"
        listener.answers[PATH] = UNCHANGED
        assert (await here.visit()).outcome == "unchanged"
        assert 'if-none-match: "other"' in listener.requests[-1].lower()


async def test_another_steward_serves_while_the_claimant_is_down(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        here.instances[A].fail()
        here.instances[C].serve(V1, V2, V3)
        await here.claim(A, newest=V3)
        await here.know(C)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence, ring.behind_since) == ("accepted", 3, None)


async def test_a_page_that_one_lacks_comes_from_another(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        here.instances[A].serve(V1, V2, V3, pages=False)
        here.instances[C].serve(V1, V2, V3)
        await here.claim(A, C, newest=V3)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 3)


async def test_erased_pages_of_old_versions_hinder_nobody(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        await here.named(V1.sha256, A)
        here.instances[A].serve(V1, V2, V3, pages=False)
        for ref in V3.pages:
            donor = here.instances[B]
            donor.serve(V3)
            path = f"/webring/v1/pages/{ref.sha256}"
            here.instances[A].listener.answers[path] = donor.listener.answers[path]
        assert (await here.visit()).sequence == 3


async def test_a_newcomer_by_any_mirror_that_is_given(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        here.instances[D].serve(*CHAIN)
        found = await here.following.follow(ID, via=here.instances[D].base)
        assert (found.outcome, found.good) == ("accepted", True)
        assert found.head is not None
        assert found.head.members == V4.members
        stored = await here.stored()
        assert (stored.accepted, stored.root) == (True, V1.sha256)


async def test_a_ring_that_cannot_be_had_is_not_remembered(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        found = await here.following.follow(ID)
        assert (found.outcome, found.good, found.head) == ("not_served", False, None)
        assert await rings.all(db.reader) == []


async def test_a_founder_that_is_not_known_is_met_first(db: Database) -> None:
    async with ring_world(db) as here:
        here.instances[D].serve(*CHAIN)
        found = await here.following.follow(ID, via=here.instances[D].base)
        assert (found.outcome, found.good, here.met) == ("founder_unknown", False, [A])
        assert here.asked == []
        await here.named(V1.sha256)
        ring = await here.visit()
        assert (ring.outcome, ring.next_at) == ("founder_unknown", here.now + 54 * 1000)
        assert await peers.known(db.reader, [A]) == {A}


async def test_a_ring_of_another_root_is_another_ring(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*CHAIN)
        found = await here.following.follow(ID, root="f" * 64)
        assert (found.outcome, found.good) == ("wrong_root", False)
        await here.know(A, RingHead(ID, "f" * 64, 9, "e" * 64))
        ring = await here.visit()
        assert (ring.outcome, ring.sha256) == ("unchanged", V4.sha256)
        assert f"{A} names another ring by this id" in ring.why


async def test_a_command_waits_for_nobody_for_ever(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webring.rings.following.PATIENCE", 1000)
    async with ring_world(db) as here:
        await here.holding(V1)
        async with db.transaction() as tx:
            await rings.claim_one(tx, ID, "another", here.now, MINUTE)
        found = await here.following.follow(ID)
        assert (found.outcome, found.head) == ("busy", V1)


async def test_one_slow_steward_delays_no_other_ring(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        slow, quick = here.instances[D], here.instances[A]
        slow.answer(PATH, None)
        await here.know(D)
        await here.named(V1.sha256, D)
        other = first(ring_id=type(ID)(f"sand:{A}"))
        quick.listener.answers[f"/webring/v1/rings/sand:{A}"] = served(other)
        async with db.transaction() as tx:
            await rings.add(tx, other.id, other.sha256, "named", here.now, named_by=A)
        await follow_until(here, other)
        assert (await here.stored()).outcome == ""


async def test_reading_the_heads_after_a_restore_asks_every_steward(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*CHAIN)
        for name in (A, B, C):
            here.instances[name].serve(*CHAIN)
            await here.claim(name, newest=V4)
        here.instances[C].fail()
        async with db.transaction() as tx:
            await rings.set_unread(tx, ID, True)
        ring = await here.visit()
        assert {name for name, _ in here.asked} == {A, B, C}
        assert (ring.unread, ring.sequence) == (False, 4)


async def test_nothing_was_read_where_no_steward_answers(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1)
        for name in (A, B, C):
            here.instances[name].fail()
            await here.know(name)
        async with db.transaction() as tx:
            await rings.set_unread(tx, ID, True)
        assert (await here.visit()).unread


def served(version: Ring) -> bytes:
    return respond(canonical.encode(version.content))


async def follow_until(here: RingWorld, ring: Ring) -> None:
    """Follow what is due until this ring is held, whatever else is still under way."""
    task = asyncio.create_task(here.following.follow_due())
    try:
        async with asyncio.timeout(10):
            while True:
                stored = await rings.get(here.db.reader, ring.id)
                if stored is not None and stored.sequence:
                    return
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_pause_in_the_middle_of_a_long_chain_is_waited_for(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1)
        steward = here.instances[B]
        steward.serve(*CHAIN)
        gap = f"{PATH}?sequence=2"
        there = steward.listener.answers[gap]
        steward.listener.answers[gap] = respond(b"", "Retry-After: 1", status="429 Too Many")
        steward.listener.after(2, {gap: there})
        await here.claim(B, newest=V4)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 4)


async def test_whoever_reads_much_waits_for_a_turn_and_keeps_the_ring(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webring.rings.reading.STILL_THERE", 10)
    monkeypatch.setattr("webring.rings.reading.WINDOW", 2)
    async with ring_world(db) as here:
        await here.holding(V1)
        here.instances[B].serve(*CHAIN)
        await here.claim(B, newest=V4)
        limits, alive = Limits(10, 10**6, 1), Asked()
        async with limits.turn(cast("Source", alive)):
            waiting = asyncio.create_task(take_a_turn(limits, alive))
            while not alive.times:
                await asyncio.sleep(0.01)
            assert not waiting.done()
        await waiting
        assert (await here.visit()).sequence == 4


class Asked:
    """How often it was said that the work is still ours."""

    times = 0

    async def alive(self) -> None:
        self.times += 1


async def take_a_turn(limits: Limits, source: Asked) -> None:
    async with limits.turn(cast("Source", source)):
        return


async def test_a_ring_that_we_found_is_asked_of_nobody_before_its_first_version(
    db: Database,
) -> None:
    async with ring_world(db) as here:
        async with db.transaction() as tx:
            await rings.add(tx, ID, V1.sha256, "own", here.now, stewarded=True, accepted=True)
        ring = await here.visit()
        assert (ring.outcome, ring.failures, here.asked) == ("being_founded", 0, [])
