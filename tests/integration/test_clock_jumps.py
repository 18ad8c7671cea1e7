"""A clock that jumps purges nothing, and what is old goes once it has been lived through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.rooms import directory_room
from tests.integration.conftest import copy_tables
from webring import jobs
from webring.clock import DAY, MINUTE, Millis
from webring.names import PeerUrl, RingId, ServerName
from webring.rings.naming import NAMED
from webring.services import Services, open_services
from webring.settings import InstanceSettings, Settings
from webring.storage import (
    changes,
    facts,
    homeservers,
    identity,
    inbox,
    listings,
    notices,
    peers,
    rings,
    sightings,
)
from webring.storage.homeservers import Candidate
from webring.storage.inbox import StoredMessage
from webring.storage.notices import NoticeDraft

pytestmark = pytest.mark.anyio
START: Millis = 1_790_000_000_000
YEARS = 3_650 * DAY
STRANGER = ServerName("stranger.example")
RING = RingId("moss:stranger.example")


@dataclass
class Here:
    """An instance, and a clock that somebody else sets."""

    services: Services
    time: list[Millis] = field(default_factory=list)

    async def run(self, at: Millis, times: int = 1) -> None:
        """Live, and then forget what is old, at a moment."""
        self.time[0] = at
        for _ in range(times):
            await jobs.live(self.services)
        await jobs.forget(self.services)
        await jobs.tidy(self.services)

    async def kept(self) -> set[str]:
        """Of what is kept for a time, what is still there."""
        conn = self.services.db.reader
        there = {
            "a room": bool(await listings.count(conn)),
            "a stranger": await peers.get(conn, STRANGER) is not None,
            "a message": bool(await inbox.count(conn, STRANGER)),
            "a ring": await rings.get(conn, RING) is not None,
            "a notice": bool(await notices.of_ring(conn, RING)),
            "changes": await changes.oldest(conn) == 1,
        }
        return {name for name, is_there in there.items() if is_there}


@pytest.fixture
async def here(tmp_path: Path, template: Path) -> AsyncIterator[Here]:
    identity.create(tmp_path)
    await copy_tables(template, tmp_path)
    own = InstanceSettings(ServerName("own.example"), PeerUrl("https://ring.own.example"), tmp_path)
    time = [START]
    async with open_services(Settings(own), lambda: time[0]) as services:
        made = Here(services, time)
        await made.run(START)
        await fill(services)
        yield made


async def fill(services: Services) -> None:
    server = ServerName("hs.example")
    rooms = [directory_room(f"!{n}:hs.example", members=n) for n in range(3)]
    note = NoticeDraft("state", "It joined.", ring=RING, member="x")
    stranger = [Candidate(STRANGER, STRANGER, "announced")]
    async with services.db.transaction() as tx:
        await homeservers.add(tx, [Candidate(server, server, "seed")], START, START)
        seen = await sightings.record(tx, server, rooms, complete=True, now=START, lived=0)
        await listings.refresh(tx, seen.touched, START)
        await peers.add(tx, stranger, START, START)
        await rings.add(tx, RING, "", NAMED, START)
        await notices.add(tx, note, START)
        await inbox.put(tx, StoredMessage(STRANGER, "1", "announce", "done", "", b"", START))


ALL = {"a room", "a stranger", "a message", "a ring", "a notice", "changes"}
JUMPS = {
    "years ahead": [YEARS],
    "days ahead": [40 * DAY],
    "years back": [-YEARS],
    "ahead and back": [YEARS, 0],
    "back and ahead": [-YEARS, YEARS],
    "ahead again and again": [40 * DAY * turn for turn in range(1, 9)],
}


@pytest.mark.parametrize("case", JUMPS)
async def test_a_jump_purges_nothing(here: Here, case: str) -> None:
    assert await here.kept() == ALL
    for turn, offset in enumerate(JUMPS[case], 1):
        await here.run(START + offset + turn * MINUTE, times=3)
        assert await here.kept() == ALL


async def test_what_was_lived_through_goes(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_TICK", 10 * DAY)
    for turn in range(1, 5):
        await here.run(START + turn * 10 * DAY)
    assert await here.kept() == {"a notice"}


async def test_after_a_jump_time_is_caught_up_with_at_twice_its_pace(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = here.services.db
    await here.run(START + 40 * DAY)
    assert await facts.calm(db.reader, START + 40 * DAY) == START
    monkeypatch.setattr(facts, "MAX_TICK", 10 * DAY)
    await here.run(START + 50 * DAY)
    assert await facts.calm(db.reader, START + 50 * DAY) == START + 20 * DAY
    for turn in range(6, 10):
        await here.run(START + turn * 10 * DAY)
    assert await facts.calm(db.reader, START + 90 * DAY) == START + 90 * DAY
    assert await facts.calm(db.reader, START) == START
