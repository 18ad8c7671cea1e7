"""An instance asks a steward and is told: both sides, with the messages carried between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.conftest import copy_tables
from tests.integration.rings.asked import ADA, SITE, World, world
from tests.integration.rings.pledged import HERBS, PEER, verified
from tests.integration.rings.test_receiving import Inboxed
from tests.unit.documents.ring_world import A, community
from tests.unit.documents.test_trust import FIRST
from webring.clock import MINUTE
from webring.documents.message import MessageState, sign_message
from webring.documents.ring import JoinPolicy, Reason, community_member_id
from webring.names import Slug
from webring.rings.membership import Place
from webring.storage import memberships, outgoing, ring_members
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingState, Reply
from webring.storage.ring_requests import RequestState, StoredRequest

pytestmark = pytest.mark.anyio
FINAL = {MessageState.DONE, MessageState.REFUSED}


class Two:
    """A steward, and an instance that asks. The other stewards do not answer, and give up."""

    def __init__(self, steward: World, asker: World) -> None:
        self.steward, self.asker = steward, asker
        self.inboxes = {A: Inboxed(steward).inbox, PEER: Inboxed(asker).inbox}

    async def carry(self) -> None:
        """Every message is delivered, and asked about."""
        for one in (self.steward, self.asker, self.steward):
            for state in (OutgoingState.SENDING, OutgoingState.DELIVERED):
                for message in await outgoing.in_state(one.db.reader, state):
                    await self._carry(one, message)

    async def _carry(self, sender: World, message: outgoing.OutgoingMessage) -> None:
        inbox = self.inboxes.get(message.destination)
        reply = Reply(MessageState.REFUSED, "it does not answer")
        if inbox is not None:
            if message.state is OutgoingState.SENDING:
                body = sign_message(message.draft(sender.own), [FIRST], sender.now)
                said = await inbox.receive(body)
            else:
                told = await inbox.state(sender.own, message.id)
                assert told is not None
                said = told
            reply = Reply(said.state, said.reason)
        next_at = None if reply.state in FINAL else sender.now + MINUTE
        async with sender.db.transaction() as tx:
            after = await outgoing.replied(tx, message, reply, next_at, sender.now)
            if message.kind.value == "join":
                await sender.verdicts.answered(tx, after, sender.now)

    async def versions(self, **given: object) -> None:
        """A version that both have."""
        await self.steward.next(**given)
        await self.asker.hold(self.steward.ring)

    async def request(self, world: World) -> StoredRequest:
        (request,) = await world.requests_kept()
        return request


async def opened(db: Database, other: Database, policy: JoinPolicy) -> Two:
    steward = await world(db, policy)
    asker = await world(other, policy, stewarded=False, own=PEER)
    await asker.publish("herbs", "straw")
    await verified(other, [], asker.now, A)
    await steward.pledged()
    return Two(steward, asker)


@pytest.fixture
async def other(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Whoever asks has a database of its own."""
    await copy_tables(template, tmp_path / "other")
    opened_ = await Database.open("", tmp_path / "other")
    yield opened_
    await opened_.close()


async def joined(two: Two) -> None:
    asker = two.asker
    async with asker.db.transaction() as tx:
        await asker.memberships.join(tx, asker.ring.id, HERBS, "Hello!", "eve", asker.now)
    await two.carry()


async def pledged(db: Database) -> list[str]:
    return [each.community for each in await memberships.all(db.reader)]


async def test_a_community_asks_is_accepted_and_leaves(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.REQUEST)
    await joined(two)
    asked = await two.request(two.steward)
    assert (asked.instance, asked.note, asked.state) == (PEER, "Hello!", RequestState.PENDING)
    assert (await two.request(two.asker)).state is RequestState.PASSED
    async with db.transaction() as tx:
        await two.steward.deciding.accept(tx, asked.id, "Welcome!", ADA, two.steward.now)
    await two.carry()
    accepted = await two.request(two.asker)
    assert (accepted.state, accepted.decider, accepted.reason) == (
        RequestState.ACCEPTED,
        A,
        "Welcome!",
    )
    ((member, kind, text, slug),) = two.asker.notices.told
    assert (member, kind, slug) == (asked.member, "accepted", HERBS)
    assert "Welcome!" in text
    one = replace(community(1, asked.root, instance=PEER), id=member, community=HERBS)
    await two.versions(members=[one])
    async with other.transaction() as tx:
        await two.asker.memberships.leave(tx, asked.ring, HERBS, "eve", two.asker.now)
    await two.carry()
    for side in (two.steward, two.asker):
        slot = await ring_members.get(side.db.reader, asked.ring, member)
        assert slot is not None
        assert (slot.state, slot.listed) == ("one_sided", True)
    assert "leave" in [each.wanted.kind.value for each in await two.steward.wishes()]
    assert await pledged(other) == []


async def test_a_community_is_declined_and_pledged_no_more(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.REQUEST)
    await joined(two)
    asked = await two.request(two.steward)
    async with db.transaction() as tx:
        steward = two.steward
        await steward.deciding.decline(tx, asked.id, Reason.CRITERIA, "No.", ADA, steward.now)
    await two.carry()
    declined = await two.request(two.asker)
    assert declined.state is RequestState.DECLINED
    assert f"{A}: No." in declined.reason
    assert await pledged(other) == []


async def test_an_open_ring_needs_nobody(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.OPEN)
    await joined(two)
    assert (await two.request(two.asker)).state is RequestState.ACCEPTED
    assert len(await two.steward.wishes()) == 1
    assert two.steward.notices.told == []


async def test_an_invitation_is_followed(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.INVITE)
    asker = await two.steward.herbs()
    async with db.transaction() as tx:
        steward = two.steward
        await steward.deciding.invite(tx, steward.ring.id, asker, "Come!", ADA, steward.now)
    await two.carry()
    assert [kind for _, kind, _, _ in two.asker.notices.told] == ["invited"]
    await joined(two)
    states = {each.state for each in await two.asker.requests_kept()}
    assert RequestState.ACCEPTED in states
    assert [decider for _, decider in await two.steward.joins()] == [ADA]


async def test_a_site_asks_by_the_form_of_another_instance(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.OPEN)
    asked = await two.asker.form.ask(two.asker.ring.id, SITE, "Please.")
    await two.carry()
    assert (await two.request(two.asker)).state is RequestState.PASSED
    two.steward.sites.shown.add(SITE)
    assert await two.steward.waiting.look_again() == 1
    await two.carry()
    status = await two.asker.form.status(asked.id)
    assert status is not None
    assert status.request.state is RequestState.ACCEPTED
    assert [each.steward for each in status.replies if each.state is MessageState.DONE] == [A]
    assert await two.steward.joins() == [(SITE, "")]


async def test_a_member_moves_to_another_community(db: Database, other: Database) -> None:
    two = await opened(db, other, JoinPolicy.OPEN)
    root = two.steward.ring.root
    own_id = community_member_id(root, PEER, HERBS)
    one = replace(community(1, root, instance=PEER), id=own_id, community=HERBS)
    await two.versions(members=[one])
    async with other.transaction() as tx:
        to = Place(community=Slug("straw"))
        await two.asker.memberships.move(tx, two.asker.ring.id, HERBS, to, "eve", two.asker.now)
    await two.carry()
    (wish,) = await two.steward.wishes()
    assert (wish.wanted.member, wish.wanted.payload["community"]) == (own_id, "straw")
    assert await pledged(other) == ["straw"]
