"""Messages about rings in the inbox: who acts upon them, and which never come so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.integration.crawler.peer_world import NOW, OWN, World, draft, world
from tests.unit.documents.ring_world import first
from tests.unit.documents.test_trust import FIRST, THIEF
from webring.clock import Millis
from webring.crawler import inbox as inboxes
from webring.crawler.replies import InboxReply
from webring.documents import message as messages
from webring.documents import ring_messages
from webring.documents.keys import KeySet, SigningKey
from webring.documents.message import Message, MessageDraft, MessageKind, MessageState
from webring.documents.ring_messages import Join, SlotChange, propose
from webring.errors import Forbidden, MalformedDocument, RateLimited, TrustError
from webring.names import RingId, ServerName, Slug
from webring.storage import facts, inbox
from webring.storage.database import Database
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)
RING, ROOT, MEMBER = RingId("soil:own.example"), "a" * 64, "0123456789abcdef0123"
JOIN = Join(RING, ROOT, Slug("a"), note="May we?")
LEAVE = SlotChange(MessageKind.LEAVE, RING, ROOT, MEMBER)
DONE = InboxReply(MessageState.DONE, "it was done")
SIGNED = {"own.example": {"ed25519:own": "abc"}}


@dataclass
class Handler:
    """Answers what it is told, and notes what it was asked."""

    reply: InboxReply = DONE
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def act(self, tx: Connection, message: Message, now: Millis) -> InboxReply:
        await facts.put(tx, "acted", message.id)
        if self.error:
            raise self.error
        self.asked.append(message.id)
        return self.reply

    async def signatures(
        self, conn: Connection, instance: ServerName, message_id: str
    ) -> Mapping[str, object]:
        return SIGNED if message_id in self.asked else {}


def sent(note: MessageDraft, key: SigningKey = FIRST) -> bytes:
    return messages.sign_message(note, [key], NOW)


def asks(here: World, body: ring_messages.RingMessage = JOIN) -> MessageDraft:
    return ring_messages.draft(here.name, OWN, body)


async def verified(here: World) -> None:
    here.serve(draft("a"), KEYS, NOW)
    await here.visit()


async def test_a_verified_sender_is_heard_once(db: Database) -> None:
    handler = Handler()
    async with world(db, rings=handler) as here:
        await verified(here)
        note = asks(here)
        for _ in range(2):
            assert await here.inbox.receive(sent(note)) == handler.reply
        assert handler.asked == [note.id]
        assert await here.inbox.state(here.name, note.id) == handler.reply


async def test_only_a_proposal_is_answered_by_signatures(db: Database) -> None:
    handler = Handler()
    async with world(db, rings=handler) as here:
        await verified(here)
        asked, proposed = asks(here), asks(here, propose(first()))
        for note, signatures in ((asked, {}), (proposed, SIGNED)):
            await here.inbox.receive(sent(note))
            reply = await here.inbox.state(here.name, note.id)
            assert reply == replace(handler.reply, signatures=signatures)


async def test_what_waits_for_a_person_is_not_taken_up_again(db: Database) -> None:
    handler = Handler(InboxReply(MessageState.WAITING, "its operator has to look"))
    async with world(db, rings=handler) as here:
        early = asks(here)
        assert (await here.inbox.receive(sent(early))).state is MessageState.WAITING
        assert handler.asked == []
        await verified(here)
        late = asks(here)
        await here.inbox.receive(sent(late))
        assert await here.inbox.take_up() == 1
        assert await here.inbox.take_up() == 0
        assert sorted(handler.asked) == sorted([early.id, late.id])
        assert await inbox.count_unproven(db.reader) == 0
        async with db.transaction() as tx:
            await inbox.set_state(tx, here.name, late.id, "done", "accepted")
        told = await here.inbox.state(here.name, late.id)
        assert told == InboxReply(MessageState.DONE, "accepted")


async def test_what_waited_is_taken_up_by_one_process(db: Database) -> None:
    handler = Handler()
    async with world(db, rings=handler) as here:
        await here.inbox.receive(sent(asks(here)))
        await verified(here)
        (stored,) = await inbox.ready(db.reader, 9)
        async with db.transaction() as tx:
            assert await inbox.take(tx, stored)
            assert not await inbox.take(tx, stored)


async def test_what_cannot_be_believed_is_undone_and_refused(db: Database) -> None:
    handler = Handler(error=TrustError("its root is another", "other_root"))
    async with world(db, rings=handler) as here:
        early = asks(here)
        await here.inbox.receive(sent(early))
        await verified(here)
        assert await here.inbox.take_up() == 1
        refused = InboxReply(MessageState.REFUSED, "its root is another")
        assert await here.inbox.state(here.name, early.id) == refused
        with pytest.raises(TrustError, match="another"):
            await here.inbox.receive(sent(asks(here, LEAVE)))
        assert await facts.get(db.reader, "acted") is None


async def test_who_is_not_the_sender_is_not_heard(db: Database) -> None:
    handler = Handler()
    async with world(db, rings=handler) as here:
        await verified(here)
        with pytest.raises(Forbidden, match="no pinned key"):
            await here.inbox.receive(sent(asks(here), THIEF))
        assert handler.asked == []


MALFORMED: dict[str, dict[str, object]] = {
    "no ring": {"ring": None},
    "a ring that is none": {"ring": "soil"},
    "a root that is none": {"root": "abc"},
    "nobody who asks": {"community": None},
    "a community and a site": {"url": "https://site.example/"},
    "a note that is a list": {"note": []},
}


@pytest.mark.parametrize("known", [True, False], ids=["of a verified", "of a stranger"])
@pytest.mark.parametrize("case", MALFORMED)
async def test_malformed_ones_never_come_so_far(db: Database, case: str, known: bool) -> None:
    handler = Handler()
    async with world(db, rings=handler) as here:
        if known:
            await verified(here)
        note = asks(here)
        note = replace(note, fields={**note.fields, **MALFORMED[case]})
        with pytest.raises(MalformedDocument) as refused:
            await here.inbox.receive(sent(note))
        assert refused.value.code == "malformed"
        assert handler.asked == []
        assert await here.inbox.state(here.name, note.id) is None


async def test_without_rings_they_are_refused(db: Database) -> None:
    async with world(db) as here:
        await verified(here)
        reply = await here.inbox.receive(sent(asks(here)))
        assert reply == InboxReply(MessageState.REFUSED, "join is not taken here")


async def test_a_verified_sender_fills_only_so_much(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "PROVEN", 2)
    async with world(db, rings=Handler()) as here:
        await verified(here)
        for _ in range(2):
            await here.inbox.receive(sent(asks(here)))
        with pytest.raises(RateLimited):
            await here.inbox.receive(sent(asks(here)))
