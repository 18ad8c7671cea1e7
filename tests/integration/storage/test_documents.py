"""Our manifests, pages, evidence; blocks, withdrawals, decisions; the inbox; hosts; lived time."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.conftest import OpenDatabase
from webring.clock import DAY, HOUR, MINUTE
from webring.names import RoomId, ServerName
from webring.net.hosts import HostState
from webring.storage import (
    blocks,
    decisions,
    documents,
    facts,
    hosts,
    inbox,
    withdrawals,
)
from webring.storage.blocks import Block
from webring.storage.database import Connection, Database
from webring.storage.decisions import Decision
from webring.storage.inbox import StoredMessage
from webring.storage.withdrawals import Withdrawal

pytestmark = pytest.mark.anyio
NOW = 1_700_000_000_000
ME, OTHER = ServerName("me.example"), ServerName("other.example")


async def issue(tx: Connection, sequence: int, **pages: bytes) -> None:
    await documents.store(
        tx,
        ME,
        sequence=sequence,
        sha256=f"{sequence:064}",
        body=b"{%d}" % sequence,
        issued_at=NOW + sequence,
        expires_at=NOW + 14 * DAY,
        pages=pages,
    )


async def test_our_sequence_never_goes_back(db: Database) -> None:
    async with db.transaction() as tx:
        assert await documents.latest(tx) is None
        assert await documents.own_sequence(tx) == 0
        await issue(tx, 5)
        for sequence in (5, 4):
            with pytest.raises(ValueError, match="go back from 5"):
                await issue(tx, sequence)
        await documents.raise_own_sequence(tx, 9)
        await documents.raise_own_sequence(tx, 7)
        assert await documents.own_sequence(tx) == 9
        await issue(tx, 10)
    latest = await documents.latest(db.reader)
    assert latest is not None
    assert (latest.sequence, latest.body) == (10, b"{10}")


async def test_superseded_pages_stay_for_two_days(db: Database) -> None:
    async with db.transaction() as tx:
        await issue(tx, 1, a=b"A", b=b"B")
        await issue(tx, 2, b=b"B", c=b"C")
        await documents.put_pages(tx, OTHER, {"a": b"other"})
        await documents.prune(tx, NOW + 47 * HOUR)
        assert await documents.page(tx, ME, "a") == b"A"
        await documents.prune(tx, NOW + 49 * HOUR)
        assert await documents.page(tx, ME, "a") is None
        assert await documents.page(tx, OTHER, "a") == b"other"
        assert await documents.pages(tx, ME, ["a", "b", "c"]) == {"b": b"B", "c": b"C"}
        await issue(tx, 3, a=b"A")
        await documents.prune(tx, NOW + 60 * DAY)
        assert await documents.pages(tx, ME, ["a", "b", "c"]) == {"a": b"A"}
        assert (await documents.own_sequence(tx), await documents.latest(tx) is None) == (3, False)
        await documents.drop_pages(tx, ME)
        assert await documents.page(tx, ME, "a") is None


async def test_evidence_is_bounded_and_the_first_is_never_pushed_out(db: Database) -> None:
    async def keep(tx: Connection, number: int) -> bool:
        return await documents.keep_evidence(
            tx, OTHER, code="equivocation", sequence=number, sha256=f"{number:064}",
            body=b"%d" % number, now=NOW + number,
        )  # fmt: skip

    async with db.transaction() as tx:
        kept = [await keep(tx, number) for number in range(documents.MAX_EVIDENCE + 5)]
        assert not await keep(tx, 0)
    assert kept == [True] * documents.MAX_EVIDENCE + [False] * 5
    held = await documents.evidence(db.reader, OTHER)
    assert (len(held), held[0].body) == (documents.MAX_EVIDENCE, b"0")
    async with db.transaction() as tx:
        await documents.drop_evidence(tx, OTHER)
        assert await keep(tx, 99)


async def test_blocks(db: Database) -> None:
    block = Block("room", "!a:x.example", "block", "spam", NOW)
    async with db.transaction() as tx:
        await blocks.add(tx, block)
        await blocks.add(tx, Block("server", "x.example", "optout", "asked", NOW))
        await blocks.add(tx, Block("room", "!a:x.example", "optout", "asked too", NOW + 1))
        assert [each.action for each in await blocks.all(tx)] == ["optout", "optout"]
        assert await blocks.get(tx, "room", "!b:x.example") is None
        assert await blocks.remove(tx, "server", "x.example")
        assert not await blocks.remove(tx, "server", "x.example")


async def test_withdrawals_remember_the_latest_time(db: Database) -> None:
    room = RoomId("!a:x.example")
    async with db.transaction() as tx:
        await withdrawals.add(tx, [Withdrawal(OTHER, room, NOW)])
        await withdrawals.add(tx, [Withdrawal(OTHER, room, NOW + 5), Withdrawal(ME, room, NOW)])
        await withdrawals.add(tx, [Withdrawal(OTHER, room, NOW + 1)])
        assert await withdrawals.of_room(tx, room) == [
            Withdrawal(ME, room, NOW),
            Withdrawal(OTHER, room, NOW + 5),
        ]
        assert await withdrawals.of_instance(tx, OTHER, NOW + 6) == []
        assert await withdrawals.remove(tx, OTHER, room)
        assert await withdrawals.remove(tx, ME, room)
        assert await withdrawals.all(tx) == []


async def test_decisions_are_kept_in_order(db: Database) -> None:
    async with db.transaction() as tx:
        for number in range(3):
            await decisions.log(tx, Decision(NOW, "operator", "block", f"!{number}:x", "spam"))
        await decisions.log(tx, Decision(NOW, "x" * 999, "y" * 999, "z" * 999, "long"))
        assert [each.target for each in await decisions.recent(tx, 2, 1)] == ["!2:x", "!1:x"]
        assert len(await decisions.about(tx, "!1:x")) == 1
        assert len(await decisions.all(tx)) == 4


async def test_a_nonce_is_used_once_in_half_an_hour(open_database: OpenDatabase) -> None:
    one, two = await open_database(), await open_database()

    async def use(db: Database, at: int) -> bool:
        async with db.transaction() as tx:
            return await inbox.remember_nonce(tx, OTHER, "nonce", at)

    assert sorted(await asyncio.gather(use(one, NOW), use(two, NOW))) == [False, True]
    assert not await use(one, NOW + 29 * MINUTE)
    assert await use(one, NOW + 30 * MINUTE)


async def test_a_message_is_taken_once_and_its_state_is_kept(db: Database) -> None:
    message = StoredMessage(OTHER, "id", "announce", "received", "", b"{}", NOW)
    async with db.transaction() as tx:
        assert await inbox.put(tx, message)
        assert not await inbox.put(tx, message)
        assert await inbox.in_state(tx, "received", 5) == [message]
        assert await inbox.set_state(tx, OTHER, "id", "done", "visited")
        assert not await inbox.set_state(tx, ME, "id", "done", "visited")
    stored = await inbox.get(db.reader, OTHER, "id")
    assert stored is not None
    assert (stored.state, stored.reason, stored.body) == ("done", "visited", b"{}")
    async with db.transaction() as tx:
        await inbox.prune(tx, NOW + 30 * DAY)
    assert await inbox.get(db.reader, OTHER, "id") is None


async def test_hosts_are_remembered_across_restarts(open_database: OpenDatabase) -> None:
    store = hosts.StoredHosts(await open_database())
    assert await store.load("a.example") is None
    states = {f"{n}.example": HostState(n, NOW + n, "timeout", "robots\0", NOW) for n in range(20)}
    await asyncio.gather(*(store.save(*item) for item in states.items()))
    db = await open_database()
    again = hosts.StoredHosts(db)
    assert await again.load("7.example") == HostState(7, NOW + 7, "timeout", "robots\ufffd", NOW)
    await again.save("7.example", HostState())
    await again.save("x" * 300, HostState())
    assert await store.load("7.example") == HostState()
    async with db.transaction() as tx:
        assert await hosts.prune(tx, NOW + 5) == 6


JUMPS = {
    "backwards": (-DAY, 0),
    "nothing": (0, 0),
    "a tick": (MINUTE, MINUTE),
    "a slow tick": (5 * MINUTE, 5 * MINUTE),
    "a day asleep": (DAY, 0),
    "years ahead": (3_650 * DAY, 0),
}


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_clock_that_jumps_lives_nothing(db: Database, jump: str) -> None:
    passed, lived = JUMPS[jump]
    async with db.transaction() as tx:
        assert await facts.advance_lived(tx, NOW) == 0
        assert await facts.advance_lived(tx, NOW + MINUTE) == MINUTE
        assert await facts.advance_lived(tx, NOW + MINUTE + passed) == MINUTE + lived
        assert await facts.advance_lived(tx, NOW + 2 * MINUTE + passed) == 2 * MINUTE + lived
    assert await facts.lived(db.reader) == 2 * MINUTE + lived
