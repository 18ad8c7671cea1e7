"""Stewards propose, sign, wait and replace each other: by their own code, over carried messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import OpenDatabase, copy_tables
from tests.integration.rings.stewards import (
    NAMES,
    NOW,
    SOIL,
    A,
    B,
    C,
    Clock,
    Steward,
    Wires,
    World,
    follow,
    key_of,
)
from tests.unit.documents import ring_world
from webring.clock import DAY, HOUR, MINUTE
from webring.documents import ring_messages
from webring.documents.keys import KeySet, SigningKey
from webring.documents.message import read_message, sign_message
from webring.documents.ring import JoinPolicy, Reason, SlotState
from webring.errors import BadRequest, Conflict, Forbidden, MalformedDocument, NotFound
from webring.names import RingId, ServerName
from webring.rings import drafting, founding
from webring.rings.cosigning import MAX_FOUNDINGS, SOON
from webring.rings.drafting import Wanted
from webring.storage import outgoing, ring_signing, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.ring_signing import ProposalState

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(
    template: Path, tmp_path: Path, open_database: OpenDatabase
) -> AsyncIterator[World]:
    """a, b and c; b's database is of the kind that this test runs with, the others' SQLite."""
    clock, wires = Clock(), Wires()
    opened: list[Database] = []
    for name in NAMES:
        if name == B:
            opened.append(await open_database())
            continue
        await copy_tables(template, tmp_path / name)
        opened.append(await Database.open("", tmp_path / name))
    stewards = {
        name: Steward(name, db, wires, clock) for name, db in zip(NAMES, opened, strict=True)
    }
    made = World(clock, stewards, wires)
    await made.meet()
    yield made
    for name, db in zip(NAMES, opened, strict=True):
        if name != B:
            await db.close()


async def founded(world: World, policy: JoinPolicy = JoinPolicy.OPEN) -> None:
    """The ring is there, at all three."""
    await world.a.found(policy=policy)
    await world.turn()
    await world.b.cosign()
    await world.turn()
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [1, 1, 1]


async def want(steward: Steward, wanted: Wanted, decider: str = "") -> None:
    async with steward.db.transaction() as tx:
        await ring_wishes.add(tx, SOIL, wanted, decider, steward.clock())


async def everybody_wants(world: World, wanted: Wanted) -> None:
    for one in world.stewards.values():
        one.believes.members.add(wanted.member)
        await want(one, wanted)


async def root(world: World) -> str:
    head = await world.a.head()
    assert head is not None
    return head.root


async def test_a_ring_with_one_steward_is_there_at_once_and_warns(world: World) -> None:
    made = await world.a.found(others=(), threshold=1)
    assert (made.missing, await world.a.sequence()) == ((), 1)
    assert "the ring ends with it" in made.warning
    with pytest.raises(Conflict, match="is there already"):
        await world.a.found(others=(), threshold=1)


async def test_a_ring_with_three_stewards_waits_for_their_operators(world: World) -> None:
    made = await world.a.found()
    assert (made.missing, made.warning) == ((B, C), "")
    await world.turn()
    assert await world.a.sequence() == 0
    (proposal,) = await world.b.proposals()
    assert (proposal.state, proposal.proposer) == (ProposalState.HELD, A)
    assert "webring ring cosign" in proposal.reason
    with pytest.raises(Conflict, match="being founded already"):
        await world.a.found()
    await world.b.cosign()
    await world.turn()
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [1, 1, 1]
    stored = await rings.get(world.c.db.reader, SOIL)
    assert stored is not None
    assert stored.stewarded


async def test_what_a_steward_s_operator_refuses_is_told_to_its_proposer(world: World) -> None:
    await world.a.found()
    await world.turn()
    await world.b.cosign(sign=False)
    await world.turn()
    (proposal,) = await world.a.proposals()
    assert proposal.state is ProposalState.SIGNED
    assert "refuses" in proposal.reason
    assert await world.a.sequence() == 0
    with pytest.raises(NotFound, match="no proposal"):
        await world.b.cosign()


async def test_what_members_may_do_is_signed_unasked_by_the_first_reachable_steward(
    world: World,
) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    await everybody_wants(world, drafting.join(member))
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [2, 2, 2]
    head = await world.c.head()
    assert head is not None
    assert [each.id for each in head.members] == [member.id]
    for each in world.stewards.values():
        assert not await ring_wishes.wanted(each.db.reader)
    proposers = {each.proposer for each in await world.a.proposals() if each.sequence == 2}
    assert proposers == {A}


async def test_an_unproven_join_is_held_and_signed_once_it_is_seen(world: World) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    await want(world.a, drafting.join(member))
    await world.turn()
    assert await world.a.proposals() == [
        each for each in await world.a.proposals() if each.sequence == 1
    ]
    world.clock.now += 2 * MINUTE
    world.a.believes.members.add(member.id)
    await world.turn()
    (held,) = [each for each in await world.b.proposals() if each.sequence == 2]
    assert held.state is ProposalState.HELD
    assert "was not seen to want this" in held.reason
    world.b.believes.members.add(member.id)
    world.clock.now += SOON
    await world.turn()
    assert await world.a.sequence() == 2


async def test_the_next_steward_waits_an_hour_unless_the_first_is_down(world: World) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    for one in (world.b, world.c):
        one.believes.members.add(member.id)
        await want(one, drafting.join(member))
    await world.turn()
    assert await world.b.sequence() == 1
    world.clock.now += HOUR
    await world.turn()
    assert await world.b.sequence() == 2
    assert {each.proposer for each in await world.b.proposals() if each.sequence == 2} == {B}


async def test_with_the_first_steward_down_the_ring_goes_on_at_once(world: World) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    world.wires.down.add(A)
    await world.b.knows(world.a, failures=1)
    await world.c.knows(world.a, failures=1)
    await everybody_wants(world, drafting.join(member))
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [1, 2, 2]
    world.wires.down.clear()
    await follow(world.a, world.c)
    assert await world.a.sequence() == 2


async def test_what_one_operator_decides_is_proposed_by_that_steward_at_once(world: World) -> None:
    await founded(world, JoinPolicy.REQUEST)
    member = ring_world.site(1, await root(world), world.clock())
    await want(world.c, drafting.join(member), decider="carol")
    await world.turn()
    (held,) = [each for each in await world.a.proposals() if each.sequence == 2]
    assert (held.state, held.proposer) == (ProposalState.HELD, C)
    assert "the ring's policy is request" in held.reason
    await world.a.cosign()
    await world.turn()
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [2, 2, 2]


async def test_one_document_is_signed_for_a_sequence_until_a_day_has_passed(world: World) -> None:
    await founded(world, JoinPolicy.REQUEST)
    head = await world.a.head()
    assert head is not None
    first = ring_world.unlike(head, (C,), "one way")
    other = ring_world.unlike(head, (C,), "another way")
    async with world.a.db.transaction() as tx:
        await world.a.hand.sign(tx, head, first, world.clock())
        await world.a.hand.sign(tx, head, first, world.clock() + 1)
    world.clock.now += DAY - 2 * HOUR
    with pytest.raises(Conflict, match="binds for 2 more hours"):
        async with world.a.db.transaction() as tx:
            await world.a.hand.sign(tx, head, other, world.clock())
    world.clock.now += 2 * HOUR + 2
    async with world.a.db.transaction() as tx:
        await world.a.hand.sign(tx, head, other, world.clock())
        lines = await ring_signing.signed(tx, SOIL, 2)
    assert [each.sha256 for each in lines] == [other.sha256, first.sha256]


async def test_a_steward_that_was_restored_signs_nothing_until_it_has_read(world: World) -> None:
    await founded(world)
    async with world.b.db.transaction() as tx:
        await rings.set_unread(tx, SOIL, True)
    member = ring_world.site(1, await root(world), world.clock())
    world.c.believes.members.clear()
    for one in (world.a, world.b):
        one.believes.members.add(member.id)
    await want(world.a, drafting.join(member))
    await world.turn()
    (held,) = [each for each in await world.b.proposals() if each.sequence == 2]
    assert held.state is ProposalState.HELD
    assert "restored" in held.reason
    async with world.b.db.transaction() as tx:
        await rings.set_unread(tx, SOIL, False)
    world.clock.now += 2 * MINUTE
    await world.turn()
    assert await world.b.sequence() == 2


async def test_a_lost_key_is_replaced_by_the_others(world: World) -> None:
    await founded(world)
    world.a.use(KeySet(SigningKey("ed25519:new", bytes([77]) * 32)))
    world.clock.now += MINUTE
    for one in (world.b, world.c):
        async with one.db.transaction() as tx:
            await tx.execute_query("DELETE FROM peer WHERE name = 'a.example'", [])
        await one.knows(world.a)
    head = await world.b.head()
    assert head is not None
    others = await founding.other_stewards(world.b.db.reader, world.b.hand, head, renew=[A])
    async with world.b.db.transaction() as tx:
        await founding.change(tx, head, {"stewards": others.to_json()}, "bob", world.clock())
    await world.turn()
    await world.c.cosign()
    await world.turn()
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [2, 2, 2]
    head = await world.a.head()
    assert head is not None
    assert set(head.terms.stewards.instances[A]) == {"ed25519:new"}
    member = ring_world.site(1, head.root, world.clock())
    await everybody_wants(world, drafting.join(member))
    await world.turn()
    assert await world.a.sequence() == 3
    newest = await world.a.head()
    assert newest is not None
    assert A in {each.proposer for each in await world.a.proposals() if each.sequence == 3}


async def test_a_version_is_renewed_thirty_days_before_it_ends(world: World) -> None:
    await founded(world)
    world.clock.now = NOW + 59 * DAY
    await world.meet()
    await world.turn()
    assert await world.a.sequence() == 1
    world.clock.now = NOW + 60 * DAY
    await world.meet()
    await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [2, 2, 2]
    head = await world.a.head()
    assert head is not None
    assert head.expires_at == world.clock.now + 90 * DAY


async def test_a_leave_sleep_and_wake_need_nobody_s_permission(world: World) -> None:
    await founded(world, JoinPolicy.REQUEST)
    member = ring_world.community(1, await root(world), world.clock(), ServerName("d.example"))
    await want(world.a, drafting.join(member), decider="alice")
    await world.turn()
    await world.b.cosign()
    await world.turn()
    await world.turn()
    for wanted in (drafting.sleep(member.id), drafting.wake(member.id), drafting.leave(member.id)):
        await everybody_wants(world, wanted)
        await world.turn()
    assert [await one.sequence() for one in world.stewards.values()] == [5, 5, 5]
    head = await world.c.head()
    assert head is not None
    assert (head.members, [(gone.id, gone.code) for gone in head.removed]) == (
        (),
        [(member.id, Reason.LEFT)],
    )
    asleep = await world.c.shelf.version(world.c.db.reader, SOIL, 3)
    assert asleep is not None
    assert asleep.terms == head.terms
    assert SlotState.SLEEPING not in {each.state for each in asleep.members}


REFUSED_PROPOSALS = {
    "by a stranger": (ServerName("x.example"), "is no steward"),
    "by one who is none of this ring": (ServerName("c.example.evil.example"), "is no steward"),
}


@pytest.mark.parametrize("case", REFUSED_PROPOSALS)
async def test_a_proposal_is_not_kept(world: World, case: str) -> None:
    sender, why = REFUSED_PROPOSALS[case]
    await founded(world)
    stranger = Steward(sender, world.c.db, world.wires, world.clock)
    stranger.use(KeySet(key_of(C)))
    head = await world.c.head()
    assert head is not None
    asked = ring_messages.propose(ring_world.unlike(head, (C,)))
    draft = ring_messages.draft(sender, B, asked)
    body = sign_message(draft, stranger.keys.signers(world.clock()), world.clock())
    reply = await world.b.take(read_message(body), world.clock())
    assert why in reply.reason
    assert [each.sequence for each in await world.b.proposals()] == [1]


async def test_a_ring_is_founded_by_its_founder_and_not_without_end(world: World) -> None:
    terms = replace(ring_world.TERMS, stewards=await world.a.stewards(NAMES, 2))
    replies = []
    for number in range(MAX_FOUNDINGS + 1):
        ring_id = RingId(f"ring-{number}:{C}")
        head = ring_world.first(terms, (), ring_id, world.clock())
        draft = ring_messages.draft(C, B, ring_messages.propose(head))
        body = sign_message(draft, world.c.keys.signers(world.clock()), world.clock())
        replies.append((await world.b.take(read_message(body), world.clock())).state.value)
    assert replies == ["queued"] * MAX_FOUNDINGS + ["refused"]
    squatted = ring_world.first(terms, (), RingId(f"bees:{A}"), world.clock())
    draft = ring_messages.draft(C, B, ring_messages.propose(squatted))
    body = sign_message(draft, world.c.keys.signers(world.clock()), world.clock())
    reply = await world.b.take(read_message(body), world.clock())
    assert "a.example founds" in reply.reason
    assert await rings.get(world.b.db.reader, squatted.id) is None


async def test_terms_that_nobody_could_read_are_refused_before_anybody_is_asked(
    world: World,
) -> None:
    with pytest.raises(MalformedDocument, match="more than half"):
        await world.a.found(threshold=1)
    with pytest.raises(NotFound, match="webring peers add"):
        await world.a.found(others=(ServerName("nobody.example"),), threshold=2)
    terms = replace(ring_world.TERMS, stewards=await world.a.stewards((B, C), 2))
    hand, publishing = world.a.hand, world.a.publishing
    async with world.a.db.transaction() as tx:
        with pytest.raises(BadRequest, match="founds the ring"):
            await founding.found(tx, hand, publishing, SOIL.slug, terms, "alice", NOW)
    assert await world.a.proposals() == []
    assert await outgoing.counts(world.a.db.reader) == {}


async def test_a_hand_whose_key_is_named_by_no_list_signs_nothing(world: World) -> None:
    await founded(world)
    head = await world.b.head()
    assert head is not None
    world.b.use(KeySet(SigningKey("ed25519:b", bytes([3]) * 32)))
    with pytest.raises(Forbidden, match="names no key of b"):
        async with world.b.db.transaction() as tx:
            await world.b.hand.sign(tx, head, ring_world.unlike(head, (C,)), NOW)
    assert await ring_signing.signed(world.b.db.reader, SOIL, 2) == []


async def decided(steward: Steward, name: str) -> None:
    """Its operator wants the ring to be called so."""
    head = await steward.head()
    assert head is not None
    async with steward.db.transaction() as tx:
        await founding.change(tx, head, {"name": name}, "op", steward.clock())


async def test_what_somebody_has_to_decide_holds_up_nobody_who_wants_to_leave(
    world: World,
) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    await everybody_wants(world, drafting.join(member))
    await world.turn()
    world.wires.down.add(C)
    await decided(world.a, "Soil and Stones")
    await world.turn()
    for one in (world.a, world.b):
        await want(one, drafting.leave(member.id))
    for _ in range(30):
        world.clock.now += HOUR
        await world.a.knows(world.b)
        await world.b.knows(world.a)
        await world.turn()
    head = await world.b.head()
    assert head is not None
    assert head.members == ()
    assert head.terms.name == "Soil"


async def test_a_version_that_waits_for_operators_stays_the_same_document(world: World) -> None:
    await founded(world)
    await decided(world.a, "Soil and Stones")
    for _ in range(5):
        await world.turn()
        world.clock.now += DAY
    (only,) = [each for each in await world.b.proposals() if each.sequence == 2]
    assert only.state is ProposalState.HELD
    await world.b.cosign()
    await world.turn()
    await world.turn()
    head = await world.c.head()
    assert head is not None
    assert (head.sha256, head.terms.name) == (only.sha256, "Soil and Stones")


async def test_what_both_operators_want_needs_no_further_signature(world: World) -> None:
    await founded(world, JoinPolicy.REQUEST)
    member = ring_world.site(1, await root(world), world.clock())
    world.wires.down.add(C)
    later = replace(member, joined_at=member.joined_at + 1)
    await want(world.a, drafting.join(member), decider="alice")
    await world.turn()
    await want(world.b, drafting.join(later), decider="bob")
    world.clock.now += 2 * MINUTE
    await world.turn()
    await world.turn()
    assert [await world.a.sequence(), await world.b.sequence()] == [2, 2]


async def test_a_steward_s_bad_proposals_hold_up_nobody(world: World) -> None:
    await founded(world)
    member = ring_world.site(1, await root(world), world.clock())
    await decided(world.c, "Ours Alone")
    await world.turn()
    world.clock.now += 11 * MINUTE
    for one in (world.a, world.b):
        one.believes.members.add(member.id)
        await want(one, drafting.join(member))
    await world.turn()
    await world.turn()
    head = await world.b.head()
    assert head is not None
    assert [each.id for each in head.members] == [member.id]
    assert head.terms.name == "Soil"


async def test_nothing_is_pinned_at_a_stranger_s_word(world: World) -> None:
    terms = replace(ring_world.TERMS, stewards=await world.a.stewards(NAMES, 2))
    first = ring_world.first(terms, (), RingId(f"bees:{A}"), world.clock())
    later = ring_world.after(first, (), now=world.clock())
    draft = ring_messages.draft(C, B, ring_messages.propose(later))
    body = sign_message(draft, world.c.keys.signers(world.clock()), world.clock())
    await world.b.take(read_message(body), world.clock())
    stored = await rings.get(world.b.db.reader, first.id)
    assert stored is not None
    assert (stored.root, stored.stewarded) == ("", False)
    world.clock.now += DAY + HOUR
    await world.b.cosigning.review_due()
    proposals = await ring_signing.proposals(world.b.db.reader, first.id)
    assert [each.state for each in proposals] == [ProposalState.REFUSED]


async def test_a_founding_that_nobody_signed_is_begun_otherwise_after_a_day(world: World) -> None:
    await world.a.found()
    world.clock.now += DAY + HOUR
    made = await world.a.found(others=(), threshold=1)
    assert (made.missing, await world.a.sequence()) == ((), 1)
