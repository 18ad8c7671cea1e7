"""Messages that wait to be delivered: taken once, written down once, kept until their end."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.conftest import OpenDatabase
from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.documents.message import MessageDraft, MessageKind, MessageState, new_id
from webring.documents.ring import Reason
from webring.documents.ring_messages import Decision, Join, SlotChange, Verdict, draft
from webring.errors import LeaseLost
from webring.names import RingId, ServerName, Slug
from webring.storage import outgoing
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingMessage, OutgoingState, Reply

pytestmark = pytest.mark.anyio
NOW: Millis = 1_790_000_000_000
OWN = ServerName("own.example")
PEER, OTHER = ServerName("garden.example"), ServerName("forest.example")
RING, ROOT = RingId("soil:garden.example"), "a" * 64
MEMBER = "0123456789abcdef0123"
JOIN = Join(RING, ROOT, Slug("herbs"), note="Good day, \U0001f33f.")
DONE = Reply(MessageState.DONE, "it is a member")


def slot(kind: MessageKind, destination: ServerName = PEER, member: str = MEMBER) -> MessageDraft:
    return draft(OWN, destination, SlotChange(kind, RING, ROOT, member))


async def kept(db: Database, *drafts: MessageDraft, now: Millis = NOW) -> None:
    async with db.transaction() as tx:
        for each in drafts:
            await outgoing.add(tx, each, now)


async def taken(db: Database, now: Millis = NOW) -> list[OutgoingMessage]:
    async with db.transaction() as tx:
        return await outgoing.claim(tx, now, 10, MINUTE)


async def found(db: Database, message_id: str) -> OutgoingMessage:
    message = await outgoing.get(db.reader, message_id)
    assert message is not None
    return message


async def test_what_is_kept_is_what_is_sent(db: Database) -> None:
    asked = draft(OWN, PEER, JOIN)
    await kept(db, asked)
    message = await found(db, asked.id)
    assert message.draft(OWN) == asked
    assert (message.state, message.attempts, message.tried_at) == (OutgoingState.SENDING, 0, None)
    assert (message.reply_state, message.reply_reason, message.signatures) == (None, "", {})
    assert await outgoing.get(db.reader, new_id()) is None


async def test_the_same_message_is_kept_once(db: Database) -> None:
    asked = draft(OWN, PEER, JOIN)
    await kept(db, asked, asked)
    (message,) = await taken(db)
    async with db.transaction() as tx:
        await outgoing.replied(tx, message, DONE, None, NOW)
        await outgoing.add(tx, asked, NOW + HOUR)
    assert (await found(db, asked.id)).state is OutgoingState.ANSWERED


async def test_what_is_due_is_taken_once(open_database: OpenDatabase) -> None:
    databases = [await open_database() for _ in range(3)]
    drafts = [draft(OWN, ServerName(f"s{n}.example"), JOIN) for n in range(30)]
    await kept(databases[0], *drafts)

    async def work(number: int) -> list[str]:
        ids: list[str] = []
        while messages := await taken(databases[number % 3]):
            ids += [message.id for message in messages]
        return ids

    ids = [each for part in await asyncio.gather(*map(work, range(6))) for each in part]
    assert sorted(ids) == sorted(each.id for each in drafts)


async def test_a_receiver_gets_one_at_a_time_and_the_oldest_first(db: Database) -> None:
    first, second, third = (draft(OWN, PEER, JOIN) for _ in range(3))
    for age, each in ((1, second), (2, first), (0, third)):
        await kept(db, each, now=NOW - age * HOUR)
    await kept(db, draft(OWN, OTHER, JOIN))
    order = []
    for _ in range(3):
        messages = await taken(db)
        order += [message.id for message in messages if message.destination == PEER]
        async with db.transaction() as tx:
            for message in messages:
                await outgoing.replied(tx, message, DONE, None, NOW)
    assert order == [first.id, second.id, third.id]


async def test_a_busy_receiver_gets_none_and_few_are_taken(db: Database) -> None:
    names = [ServerName(f"s{n}.example") for n in range(5)]
    await kept(db, *(draft(OWN, name, JOIN) for name in names))
    async with db.transaction() as tx:
        some = await outgoing.claim(tx, NOW, 2, MINUTE, busy=names[:2])
        rest = await outgoing.claim(tx, NOW, 9, MINUTE, busy=names[:2])
    assert {each.destination for each in some + rest} == set(names[2:])
    assert (len(some), len(rest)) == (2, 1)


async def test_nobody_takes_what_is_taken_and_who_comes_late_cannot_write(db: Database) -> None:
    await kept(db, draft(OWN, PEER, JOIN))
    (slow,) = await taken(db)
    assert await taken(db, NOW + MINUTE - 1) == []
    (quick,) = await taken(db, NOW + MINUTE)
    assert (slow.attempts, quick.attempts) == (1, 2)
    async with db.transaction() as tx:
        for attempt in (
            outgoing.replied(tx, slow, DONE, None, NOW),
            outgoing.failed(tx, slow, NOW, "too late", NOW),
            outgoing.ended(tx, slow, OutgoingState.EXPIRED, "too late", NOW),
        ):
            with pytest.raises(LeaseLost, match=slow.id):
                await attempt
        await outgoing.release(tx, [slow], NOW)
        assert await outgoing.claim(tx, NOW, 1, MINUTE) == []
        await outgoing.release(tx, [quick], NOW)
        assert len(await outgoing.claim(tx, NOW, 1, MINUTE)) == 1


async def test_a_failure_is_tried_again_and_a_delivery_is_asked_about(db: Database) -> None:
    await kept(db, draft(OWN, PEER, JOIN))
    (message,) = await taken(db)
    async with db.transaction() as tx:
        message = await outgoing.failed(tx, message, NOW + HOUR, "nobody answers", NOW + 1)
    assert (message.state, message.reply_reason) == (OutgoingState.SENDING, "nobody answers")
    assert (message.next_at, message.tried_at) == (NOW + HOUR, NOW + 1)
    assert await taken(db) == []
    (message,) = await taken(db, NOW + HOUR)
    waits = Reply(MessageState.WAITING, "its operator has to look")
    async with db.transaction() as tx:
        message = await outgoing.replied(tx, message, waits, NOW + 2 * HOUR, NOW + HOUR)
    assert (message.state, message.reply_state) == (OutgoingState.DELIVERED, MessageState.WAITING)
    assert await taken(db, NOW + DAY) == []
    assert [each.id for each in await outgoing.undecided(db.reader, MessageKind.JOIN)] == [
        message.id
    ]
    async with db.transaction() as tx:
        delivered = OutgoingState.DELIVERED
        (message,) = await outgoing.claim(tx, NOW + DAY, 1, MINUTE, state=delivered)
        message = await outgoing.failed(tx, message, NOW + DAY + HOUR, "dark", NOW + DAY)
    assert (message.state, message.reply_reason) == (delivered, "its operator has to look")
    assert await outgoing.counts(db.reader) == {"delivered": 1}


async def test_a_delivery_that_is_not_known_there_any_more_is_sent_anew(db: Database) -> None:
    await kept(db, draft(OWN, PEER, JOIN))
    (message,) = await taken(db)
    async with db.transaction() as tx:
        waits = Reply(MessageState.QUEUED)
        message = await outgoing.replied(tx, message, waits, NOW + MINUTE, NOW)
        (message,) = await outgoing.claim(
            tx, NOW + MINUTE, 1, MINUTE, state=OutgoingState.DELIVERED
        )
        message = await outgoing.failed(tx, message, NOW + HOUR, "404", NOW + MINUTE, resend=True)
    assert [each.id for each in await taken(db, NOW + HOUR)] == [message.id]


async def test_signatures_are_kept_as_they_came(db: Database) -> None:
    await kept(db, draft(OWN, PEER, JOIN))
    (message,) = await taken(db)
    signatures = {"garden.example": {"ed25519:first": "abc", "ed25519:\0": "\ud800"}}
    async with db.transaction() as tx:
        reply = Reply(MessageState.DONE, "signed", signatures)
        message = await outgoing.replied(tx, message, reply, None, NOW)
    expected = {"garden.example": {"ed25519:first": "abc", "ed25519:\ufffd": "\ufffd"}}
    assert message.signatures == expected


SUPERSEDED: dict[str, tuple[MessageDraft, MessageDraft, bool]] = {
    "wake after sleep": (slot(MessageKind.SLEEP), slot(MessageKind.WAKE), True),
    "leave after wake": (slot(MessageKind.WAKE), slot(MessageKind.LEAVE), True),
    "the same twice": (slot(MessageKind.SLEEP), slot(MessageKind.SLEEP), True),
    "to another": (slot(MessageKind.SLEEP), slot(MessageKind.WAKE, OTHER), False),
    "of another member": (
        slot(MessageKind.SLEEP),
        slot(MessageKind.WAKE, member="f" * 20),
        False,
    ),
    "a join after a leave": (slot(MessageKind.LEAVE), draft(OWN, PEER, JOIN), False),
}


@pytest.mark.parametrize("case", SUPERSEDED)
async def test_the_last_word_on_a_slot_counts(db: Database, case: str) -> None:
    before, after, superseded = SUPERSEDED[case]
    await kept(db, before)
    await kept(db, after, now=NOW + 1)
    message = await found(db, before.id)
    assert (message.state is OutgoingState.SUPERSEDED) is superseded
    assert (message.next_at is None) is superseded
    assert (await found(db, after.id)).state is OutgoingState.SENDING


async def test_what_was_superseded_on_its_way_stays_ended(db: Database) -> None:
    await kept(db, slot(MessageKind.SLEEP))
    (message,) = await taken(db)
    await kept(db, slot(MessageKind.WAKE), now=NOW + 1)
    async with db.transaction() as tx:
        with pytest.raises(LeaseLost):
            await outgoing.replied(tx, message, DONE, None, NOW)
    assert (await found(db, message.id)).state is OutgoingState.SUPERSEDED


async def test_a_message_can_be_called_off(db: Database) -> None:
    asked = draft(OWN, PEER, JOIN)
    await kept(db, asked)
    async with db.transaction() as tx:
        assert await outgoing.cancel(tx, asked.id, "not wanted any more")
        assert not await outgoing.cancel(tx, asked.id, "again")
        assert not await outgoing.cancel(tx, new_id(), "no such message")
    assert (await found(db, asked.id)).reply_reason == "not wanted any more"
    assert await taken(db) == []


async def test_lists_are_by_kind_and_by_state(db: Database) -> None:
    no = Decision(RING, ROOT, Verdict.DECLINED, Reason.CRITERIA)
    asked, told = draft(OWN, PEER, JOIN), draft(OWN, OTHER, no)
    await kept(db, asked)
    await kept(db, told, now=NOW + 1)
    assert [each.id for each in await outgoing.of_kind(db.reader, MessageKind.DECISION)] == [
        told.id
    ]
    sending = await outgoing.in_state(db.reader, OutgoingState.SENDING)
    assert [each.id for each in sending] == [asked.id, told.id]
    assert await outgoing.in_state(db.reader, OutgoingState.REJECTED) == []


async def test_what_ended_is_forgotten_after_a_month_and_nothing_else(db: Database) -> None:
    asked, open_ = draft(OWN, PEER, JOIN), draft(OWN, OTHER, JOIN)
    await kept(db, asked, open_)
    messages = {each.destination: each for each in await taken(db)}
    async with db.transaction() as tx:
        await outgoing.ended(tx, messages[PEER], OutgoingState.REJECTED, "403", NOW)
        assert await outgoing.prune(tx, NOW + 30 * DAY - 1) == 0
        assert await outgoing.prune(tx, NOW + 300 * DAY) == 1
    assert await outgoing.get(db.reader, asked.id) is None
    assert await outgoing.get(db.reader, open_.id) is not None
