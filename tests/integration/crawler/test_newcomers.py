"""Instances that announce themselves: few places, and an attack on them keeps nobody real out."""

from __future__ import annotations

import pytest

from tests.integration.crawler.peer_world import NOW, OWN, World, world
from tests.unit.documents.test_trust import THIEF
from webring.clock import HOUR, MINUTE
from webring.crawler import frontier, newcomers
from webring.documents import message as messages
from webring.documents.message import MessageState
from webring.documents.parts import Withdrawn
from webring.errors import RateLimited
from webring.names import RoomId, ServerName
from webring.storage import inbox, peers
from webring.storage.database import Database
from webring.storage.homeservers import Candidate

pytestmark = pytest.mark.anyio


def invented(number: int) -> ServerName:
    return ServerName(f"www.invented{number}.example")


async def announced(here: World, name: ServerName, client: str) -> MessageState:
    note = messages.sign_message(messages.announce(name, OWN), [THIEF], here.times[0])
    return (await here.inbox.receive(note, client)).state


async def failed(db: Database, name: ServerName) -> None:
    """A first visit to it failed."""
    async with db.transaction() as tx:
        job = await peers.claim_one(tx, name, "test", NOW, MINUTE)
        assert job is not None
        why = peers.PeerResult("unreachable", "dns", "no such name", 1, NOW + HOUR, answered=False)
        await peers.finish(tx, job, why, NOW)


async def names(db: Database) -> set[str]:
    return {row.name for row in await peers.all(db.reader) if row.origin == "announced"}


async def test_one_client_brings_only_so_many_and_others_wait_for_nothing(db: Database) -> None:
    async with world(db) as here:
        for number in range(newcomers.AT_ONCE):
            assert await announced(here, invented(number), "one") is MessageState.QUEUED
        with pytest.raises(RateLimited) as refused:
            await announced(here, invented(100), "one")
        assert 0 < refused.value.retry_after <= HOUR
        assert await announced(here, invented(0), "one") is MessageState.QUEUED
        assert await announced(here, here.name, "one") is MessageState.QUEUED
        assert await announced(here, invented(100), "two") is MessageState.QUEUED
        here.times[0] += refused.value.retry_after
        assert await announced(here, invented(101), "one") is MessageState.QUEUED
        assert len(await names(db)) == newcomers.AT_ONCE + 2


async def test_the_places_are_few_and_who_fails_for_longest_is_given_up(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "PLACES", 3)
    async with world(db) as here:
        for number in range(3):
            await announced(here, invented(number), f"client {number}")
            here.times[0] += 1
        with pytest.raises(RateLimited, match="come again"):
            await announced(here, invented(3), "client 3")
        assert await names(db) == {invented(number) for number in range(3)}
        for number in (2, 1):
            await failed(db, invented(number))
        assert await announced(here, invented(3), "client 3") is MessageState.QUEUED
        assert await names(db) == {invented(0), invented(2), invented(3)}


async def test_what_was_sent_in_a_name_goes_with_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "PLACES", 1)
    async with world(db) as here:
        gone = messages.withdraw(invented(0), OWN, [Withdrawn(RoomId("!x"), NOW)])
        await here.inbox.receive(messages.sign_message(gone, [THIEF], NOW), "one")
        assert await inbox.count_unproven(db.reader) == 1
        await failed(db, invented(0))
        await announced(here, invented(1), "two")
        assert await inbox.count_unproven(db.reader) == 0
        assert await here.inbox.state(invented(0), gone.id) is None


async def test_who_is_configured_named_or_verified_needs_no_such_place(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "PLACES", 1)
    async with world(db) as here:
        async with db.transaction() as tx:
            known = {"named": "named", "trusted": "accepted"}
            rows = [
                Candidate(ServerName(f"{name}.example"), name, origin)
                for name, origin in known.items()
            ]
            assert await peers.add(tx, rows, NOW, NOW, cap=frontier.MAX_PEERS) == 2
        for row in rows:
            await failed(db, row.name)
        await announced(here, invented(0), "one")
        await failed(db, invented(0))
        await announced(here, invented(1), "two")
        kept = {row.name for row in await peers.all(db.reader)}
        assert kept == {here.name, "named.example", "trusted.example", invented(1)}
