"""Messages on their way: delivered at last, signed anew each time, asked about until decided."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.integration.conftest import OpenDatabase
from tests.unit.documents.ring_world import first
from tests.unit.documents.test_trust import FIRST
from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.crawler.fetching import ManifestFetcher
from webring.documents import message as messages
from webring.documents import ring_messages
from webring.documents.keys import KeySet
from webring.documents.message import MessageDraft, MessageKind, MessageState
from webring.documents.ring_messages import Join, RingMessage, propose
from webring.moderation.desk import Action, Desk, Target
from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.budget import SMALL
from webring.net.fetch import Fetcher
from webring.rings import sending
from webring.rings.sending import Sender
from webring.storage import facts, homeservers, outgoing, peers
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingMessage, OutgoingState
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
NOW: Millis = 1_790_000_000_000
OWN = ServerName("own.example")
RING, ROOT = RingId("soil:garden.example"), "a" * 64
JOIN = Join(RING, ROOT, Slug("herbs"), note="May we?")
INBOX = "/webring/v1/inbox"
WELL_KNOWN = "/.well-known/federated-webring"
PAGE = respond(b"<!doctype html><title>Hello</title>", "Content-Type: text/html")


def answer(state: str, status: str = "202 Accepted", **content: object) -> bytes:
    return respond(json.dumps({"state": state, **content}).encode(), status=status)


def refusal(status: str, errcode: str = "") -> bytes:
    content = json.dumps({"errcode": errcode, "error": "not here"}) if errcode else "<h1>no</h1>"
    return respond(content.encode(), status=status)


@dataclass
class World:
    """A sender, the time, and what was heard."""

    db: Database
    sender: Sender
    times: list[Millis]
    heard: list[OutgoingMessage] = field(default_factory=list)

    async def add(self, name: ServerName, body: RingMessage = JOIN) -> MessageDraft:
        note = ring_messages.draft(OWN, name, body)
        async with self.db.transaction() as tx:
            await outgoing.add(tx, note, self.times[0])
        return note

    async def found(self, note: MessageDraft) -> OutgoingMessage:
        message = await outgoing.get(self.db.reader, note.id)
        assert message is not None
        return message

    async def wait(self, note: MessageDraft) -> Millis:
        """Go on to when it is due again; how long that was."""
        message = await self.found(note)
        assert message.next_at is not None
        passed = message.next_at - self.times[0]
        self.times[0] = message.next_at
        return passed


def world(db: Database, times: list[Millis] | None = None) -> World:
    times = times or [NOW]
    policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    resolver = FakeResolver({"127.0.0.1": ("127.0.0.1",)})
    fetcher = Fetcher(policy=policy, resolver=resolver, agent="test", clock=lambda: times[0])
    heard: list[OutgoingMessage] = []

    async def hear(tx: Connection, message: OutgoingMessage, now: Millis) -> None:
        heard.append(message)
        await facts.put(tx, "heard", message.id)

    sender = Sender(
        db,
        fetcher,
        ManifestFetcher(fetcher, allow_http=True),
        KeySet(FIRST),
        OWN,
        lambda: times[0],
        lambda: 0.5,
        dict.fromkeys(MessageKind, hear),
    )
    return World(db, sender, times, heard)


@asynccontextmanager
async def receiver(
    db: Database, *, known: bool = True
) -> AsyncIterator[tuple[Listener, ServerName]]:
    """Somebody who answers on loopback; `known` where its manifest told where it serves."""
    async with listening({}) as listener:
        name = ServerName(f"127.0.0.1:{listener.port}")
        content = {"instance": name, "base_url": f"http://{name}"}
        listener.answers[WELL_KNOWN] = respond(json.dumps(content).encode())
        if known:
            await visited(db, name, PeerUrl(f"http://{name}"))
        yield listener, name


async def visited(db: Database, name: ServerName, base: PeerUrl) -> None:
    async with db.transaction() as tx:
        await peers.add(tx, [homeservers.Candidate(name, "127.0.0.1", "configured")], NOW, NOW)
        job = await peers.claim_one(tx, name, "test", NOW, HOUR)
        assert job is not None
        result = peers.PeerResult(
            state="unreachable",
            outcome="connect",
            why="",
            failures=1,
            next_at=NOW + HOUR,
            answered=False,
            base_url=base,
        )
        await peers.finish(tx, job, result, NOW)


def targets(listener: Listener) -> list[str]:
    return [" ".join(request.split(" ")[:2]) for request in listener.requests]


async def test_a_message_is_delivered_and_its_answer_heard(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("done", reason="it is a member")
        note = await here.add(name)
        assert await here.sender.send_due() == 1
        assert await here.sender.send_due() == 0
        assert targets(listener) == [f"POST {INBOX}"]
        read = messages.read_message(listener.bodies[0])
        messages.check(read, name, NOW)
        messages.check_signature(read, {FIRST.id: FIRST.verify_key})
        assert ring_messages.read_ring_message(read) == JOIN
    message = await here.found(note)
    assert message.state is OutgoingState.ANSWERED
    assert (message.reply_state, message.reply_reason) == (MessageState.DONE, "it is a member")
    assert here.heard == [message]


async def test_who_is_not_known_yet_is_found_by_its_name(db: Database) -> None:
    here = world(db)
    async with receiver(db, known=False) as (listener, name):
        listener.answers[INBOX] = answer("done")
        await here.add(name)
        assert await here.sender.send_due() == 1
        assert targets(listener) == [f"GET {WELL_KNOWN}", f"POST {INBOX}"]


async def test_every_attempt_is_the_same_message_signed_anew(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = refusal("500 Broken")
        note = await here.add(name)
        for _ in range(3):
            assert await here.sender.send_due() == 0
            await here.wait(note)
        listener.answers[INBOX] = answer("done")
        assert await here.sender.send_due() == 1
        read = [messages.read_message(body) for body in listener.bodies]
        assert {each.id for each in read} == {note.id}
        assert len({each.nonce for each in read}) == len(read) == 4
        assert [each.issued_at for each in read] == sorted({each.issued_at for each in read})
    assert [each.state for each in here.heard] == [OutgoingState.ANSWERED]


HOSTILE: dict[str, bytes | None] = {
    "a page": PAGE,
    "an empty answer": respond(b"", status="202 Accepted"),
    "another state": answer("success"),
    "a state of a wrong type": respond(b'{"state":1}'),
    "a reason of a wrong type": respond(b'{"state":"done","reason":[]}'),
    "a list": respond(b"[]"),
    "huge": respond(b'{"state":"done","x":"' + b"x" * SMALL.decoded + b'"}'),
    "large": respond(b'{"state":"done","x":"' + b"x" * 100_000 + b'"}'),
    "a redirect": respond(b"", "Location: /elsewhere", status="302 Found"),
    "a redirect to within": respond(b"", "Location: http://10.0.0.1/", status="307 Moved"),
    "a proxy that has no such host": refusal("404 Not Found"),
    "a proxy that wants a person": refusal("403 Forbidden"),
    "too often": refusal("429 Too Many", "M_LIMIT_EXCEEDED"),
    "a nonce that was used": refusal("409 Conflict", "M_CONFLICT"),
    "another time": refusal("400 Bad", "M_INVALID_PARAM"),
    "not HTTP": b"hello\r\n\r\n",
    "half an answer": b'HTTP/1.1 202 Accepted\r\nContent-Length: 900\r\n\r\n{"state":',
    "nothing at all": None,
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_what_is_no_answer_is_tried_again(
    db: Database, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SMALL", replace(SMALL, time=SECOND))
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers |= {INBOX: HOSTILE[case], "/elsewhere": answer("done")}
        note = await here.add(name)
        assert await here.sender.send_due() == 0
        message = await here.found(note)
        assert (message.state, message.reply_state) == (OutgoingState.SENDING, None)
        assert message.reply_reason.isprintable()
        assert message.reply_reason
        assert targets(listener) == [f"POST {INBOX}"]
        assert await here.wait(note) >= 9 * SECOND
        listener.answers[INBOX] = answer("done")
        here.times[0] += MINUTE
        assert await here.sender.send_due() == 1


async def test_who_asks_for_a_pause_gets_it(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = respond(b"", "Retry-After: 7200", status="503 Busy")
        note = await here.add(name)
        await here.sender.send_due()
        assert await here.wait(note) >= 2 * HOUR


FINAL = {
    "malformed": ("400 Bad", "M_BAD_JSON"),
    "refused by policy": ("403 Forbidden", "M_FORBIDDEN"),
    "no inbox": ("404 Not Found", "M_NOT_FOUND"),
    "too large": ("413 Too Large", "M_TOO_LARGE"),
}


@pytest.mark.parametrize("case", FINAL)
async def test_a_refusal_ends_it_and_its_reason_is_kept(db: Database, case: str) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = refusal(*FINAL[case])
        note = await here.add(name)
        assert await here.sender.send_due() == 0
        message = await here.found(note)
        assert (message.state, message.next_at) == (OutgoingState.REJECTED, None)
        assert "not here" in message.reply_reason
        here.times[0] += DAY
        await here.sender.send_due()
        assert len(listener.requests) == 1
        assert here.heard == [message]


async def test_what_the_receiver_decides_against_is_final(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("refused", reason="not this ring")
        note = await here.add(name)
        assert await here.sender.send_due() == 1
        message = await here.found(note)
        assert (message.state, message.reply_state) == (
            OutgoingState.ANSWERED,
            MessageState.REFUSED,
        )
        assert message.reply_reason == "not this ring"


async def test_pauses_grow_to_an_hour_and_end_after_a_week(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = refusal("500 Broken")
        note = await here.add(name)
        pauses = []
        while (await here.found(note)).state.is_open:
            assert await here.sender.send_due() == 0
            if (await here.found(note)).state.is_open:
                pauses.append(await here.wait(note))
    assert pauses[:4] == [10 * SECOND, 20 * SECOND, 40 * SECOND, 80 * SECOND]
    assert (pauses == sorted(pauses), pauses[-1]) == (True, HOUR)
    message = await here.found(note)
    assert message.state is OutgoingState.EXPIRED
    assert 7 * DAY <= here.times[0] - NOW < 7 * DAY + HOUR
    assert "within 7 days" in message.reply_reason
    assert here.heard == [message]


async def test_a_clock_that_jumps_by_years_ends_no_message(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = refusal("500 Broken")
        note = await here.add(name)
        here.times[0] += 3_000 * DAY
        await here.sender.send_due()
        assert (await here.found(note)).state is OutgoingState.SENDING
        listener.answers[INBOX] = answer("done")
        await here.wait(note)
        assert await here.sender.send_due() == 1


async def test_a_restart_goes_on_where_it_was(open_database: OpenDatabase) -> None:
    db = await open_database()
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = refusal("500 Broken")
        note = await here.add(name)
        await here.sender.send_due()
        listener.answers[INBOX] = answer("queued")
        later = world(await open_database(), [NOW + HOUR])
        assert await later.sender.send_due() == 1
        listener.answers[f"{INBOX}/{OWN}/{note.id}"] = answer("done", "200 OK")
        last = world(await open_database(), [NOW + 2 * HOUR])
        (message,) = await last.sender.poll_due()
        assert (message.id, message.reply_state) == (note.id, MessageState.DONE)


async def test_a_slow_receiver_delays_no_other(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (slow, one), receiver(db) as (quick, other):
        slow.answers[INBOX] = None
        quick.answers[INBOX] = answer("done")
        late = await here.add(one)
        sending_ = asyncio.create_task(here.sender.send_due())
        while not slow.requests:
            await asyncio.sleep(0.01)
        notes = [await here.add(other) for _ in range(3)]
        while [each.kind for each in here.heard].count(MessageKind.JOIN) < len(notes):
            await asyncio.sleep(0.01)
        assert not sending_.done()
        sending_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending_
        assert {each.id for each in here.heard} == {note.id for note in notes}
        message = await here.found(late)
        assert (message.state, message.next_at) == (OutgoingState.SENDING, NOW)


async def test_who_is_kept_out_gets_nothing(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        note = await here.add(name)
        await Desk(db, lambda: NOW).keep_out(Action.BLOCK, Target.SERVER, name, "spam", "test")
        assert await here.sender.send_due() == 0
        assert (await here.found(note)).state is OutgoingState.REJECTED
        assert listener.requests == []


async def test_what_waits_is_asked_about_with_growing_pauses(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("waiting", reason="its operator has to look")
        note = await here.add(name)
        path = f"{INBOX}/{OWN}/{note.id}"
        listener.answers[path] = answer("waiting", "200 OK", reason="its operator has to look")
        assert await here.sender.send_due() == 1
        pauses = []
        for _ in range(14):
            pauses.append(await here.wait(note))
            assert await here.sender.poll_due() == []
        assert pauses[:4] == [2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND]
        assert pauses[-1] == HOUR
        listener.answers[path] = PAGE
        await here.wait(note)
        assert await here.sender.poll_due() == []
        listener.answers[path] = answer("done", "200 OK", reason="welcome")
        await here.wait(note)
        (message,) = await here.sender.poll_due()
        assert set(targets(listener)[1:]) == {f"GET {path}"}
    assert (message.state, message.reply_reason) == (OutgoingState.ANSWERED, "welcome")
    assert [each.reply_state for each in here.heard] == [MessageState.WAITING, MessageState.DONE]


async def test_what_is_never_decided_ends(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "POLLED_FOR", 2 * DAY)
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("waiting")
        note = await here.add(name)
        listener.answers[f"{INBOX}/{OWN}/{note.id}"] = answer("waiting", "200 OK")
        await here.sender.send_due()
        while (await here.found(note)).state.is_open:
            await here.wait(note)
            await here.sender.poll_due()
    message = await here.found(note)
    assert message.state is OutgoingState.EXPIRED
    assert 2 * DAY <= here.times[0] - NOW < 2 * DAY + HOUR


async def test_the_signatures_of_a_proposal_are_fetched(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("done", reason="signed")
        note = await here.add(name, propose(first()))
        signatures = {name: {"ed25519:a": "abc"}, "thief.example": {"ed25519:a": "abc"}}
        path = f"{INBOX}/{OWN}/{note.id}"
        listener.answers[path] = answer("done", "200 OK", reason="signed", signatures=signatures)
        assert await here.sender.send_due() == 1
        assert (await here.found(note)).state is OutgoingState.DELIVERED
        await here.wait(note)
        (message,) = await here.sender.poll_due()
    assert message.state is OutgoingState.ANSWERED
    assert message.signatures == {name: {"ed25519:a": "abc"}}
    assert here.heard[-1] == message


async def test_what_the_receiver_lost_is_delivered_again(db: Database) -> None:
    here = world(db)
    async with receiver(db) as (listener, name):
        listener.answers[INBOX] = answer("queued")
        note = await here.add(name)
        path = f"{INBOX}/{OWN}/{note.id}"
        await here.sender.send_due()
        listener.answers[path] = refusal("404 Not Found")
        await here.wait(note)
        await here.sender.poll_due()
        assert (await here.found(note)).state is OutgoingState.DELIVERED
        listener.answers[path] = refusal("404 Not Found", "M_NOT_FOUND")
        await here.wait(note)
        await here.sender.poll_due()
        assert (await here.found(note)).state is OutgoingState.SENDING
        await here.wait(note)
        assert await here.sender.send_due() == 1
        sent = [messages.read_message(body) for body in listener.bodies if body]
        assert [each.id for each in sent] == [note.id] * 2


async def test_whoever_hears_and_fails_leaves_nothing_half_done(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    here = world(db)

    async def broken(tx: Connection, message: OutgoingMessage, now: Millis) -> None:
        await facts.put(tx, "heard", message.id)
        raise RuntimeError("a fault of ours")

    here.sender._heard = {MessageKind.JOIN: broken}
    async with receiver(db) as (listener, name), receiver(db) as (_, other):
        listener.answers[INBOX] = answer("done")
        note = await here.add(name)
        await here.add(other)
        assert await here.sender.send_due() == 0
        assert "a fault of ours" in caplog.text
        assert await facts.get(db.reader, "heard") is None
        assert (await here.found(note)).state is OutgoingState.SENDING
        here.sender._heard = {}
        here.times[0] += sending.LEASE
        assert await here.sender.send_due() == 1
