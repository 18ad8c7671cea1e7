"""Many homeservers at once: those that are slow, hostile or broken delay no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from tests.fakes.rooms import directory_room
from webring import metrics
from webring.clock import HOUR, MINUTE
from webring.crawler import homeserver_crawler
from webring.crawler.homeserver_crawler import LEASE, HomeserverCrawler
from webring.errors import StorageUnavailable
from webring.matrix.client import MatrixClient
from webring.matrix.directory import LONGEST, DirectoryListing
from webring.names import PeerUrl, ServerName
from webring.settings import CrawlSettings, InstanceSettings, Settings
from webring.storage import homeservers
from webring.storage.database import Database
from webring.storage.homeservers import Candidate

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
PATIENCE = 30
AT_ONCE = 4


@dataclass
class FakeMatrix:
    """Homeservers with a room each; of some (`slow`) the directory never comes."""

    slow: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    broken: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ways = ("client",)

    async def directory(self, way: str, server: ServerName, *, room_cap: int) -> DirectoryListing:
        self.asked.append(server)
        if server in self.broken:
            raise self.broken[server]
        if server in self.slow:
            await asyncio.Event().wait()
        rooms = (directory_room(f"!r:{server}"),)
        return DirectoryListing(rooms, {}, 1, server not in self.cut)


@dataclass
class World:
    """A crawler, the homeservers that it visits, and the time."""

    db: Database
    matrix: FakeMatrix = field(default_factory=FakeMatrix)
    now: int = NOW

    def __post_init__(self) -> None:
        own = InstanceSettings(ServerName("own.example"), PeerUrl("https://own.example"), Path())
        settings = Settings(own, crawl=CrawlSettings(concurrency=AT_ONCE))
        matrix = cast("MatrixClient", self.matrix)
        self.crawler = HomeserverCrawler(
            self.db, matrix, settings, lambda: self.now, "test", lambda: 0.5
        )

    async def know(self, names: Iterable[str], after: int = 0) -> None:
        async with self.db.transaction() as tx:
            known = [Candidate(ServerName(name), name, "seed") for name in names]
            await homeservers.add(tx, known, self.now, self.now + after)

    async def visited(self, *names: str) -> None:
        """Wait until these were visited at the present time."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await homeservers.all(self.db.reader)
                if set(names) <= {row.name for row in rows if row.tried_at == self.now}:
                    return
                await asyncio.sleep(0.02)


@pytest.fixture
def here(db: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(homeserver_crawler, "LOOK_AGAIN", 20)
    return World(db)


async def end(crawl: asyncio.Task[object]) -> None:
    crawl.cancel()
    await asyncio.gather(crawl, return_exceptions=True)


def names(word: str, number: int) -> list[str]:
    return [f"{word}{n}.example" for n in range(number)]


async def test_a_tarpit_delays_no_other_and_is_let_go_at_the_end(here: World) -> None:
    here.matrix.slow = {"a-tarpit.example"}
    others = names("s", 3 * AT_ONCE)
    await here.know(["a-tarpit.example", *others])
    crawl = asyncio.create_task(here.crawler.crawl_due())
    await here.visited(*others)
    await here.know(["late.example"])
    await here.visited("late.example")
    await end(crawl)
    row = await homeservers.get(here.db.reader, ServerName("a-tarpit.example"))
    assert row is not None
    assert (row.tried_at, row.holder, row.held_until) == (None, None, None)
    assert here.crawler.under_way == 0


async def test_a_visit_is_counted_by_what_it_came_to(here: World) -> None:
    before = metrics.VISITS.get("homeserver", "open")
    await here.know(["a.example", "b.example"])
    await here.crawler.crawl_due()
    assert metrics.VISITS.get("homeserver", "open") == before + 2


async def test_whoever_was_read_to_the_end_waits_for_no_tarpits(here: World) -> None:
    tarpits = names("tarpit", 2 * AT_ONCE)
    here.matrix.cut = set(tarpits)
    await here.know(["good.example", *tarpits])
    assert (await here.crawler.crawl_due()).servers == 1 + len(tarpits)
    here.matrix.slow, here.matrix.asked = set(tarpits), []
    here.now += 2 * HOUR
    async with here.db.transaction() as tx:
        await homeservers.hasten(tx, map(ServerName, tarpits), here.now - HOUR)
    crawl = asyncio.create_task(here.crawler.crawl_due())
    await here.visited("good.example")
    await end(crawl)
    assert len(here.matrix.asked) <= AT_ONCE


async def test_a_fault_of_ours_ends_no_other_visit(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    here.matrix.broken = {
        "fault.example": ValueError("a fault"),
        "full.example": StorageUnavailable("the disk is full"),
    }
    await here.know(["fault.example", "full.example", "good.example"])
    assert (await here.crawler.crawl_due()).servers == 1
    assert "The visit to fault.example failed" in caplog.text
    assert "The visit to full.example was not written down: the disk is full" in caplog.text


async def test_nobody_is_visited_before_their_time_or_where_directories_are_off(
    here: World,
) -> None:
    await here.know(["later.example"], after=MINUTE)
    assert (await here.crawler.crawl_due()).servers == 0
    assert here.matrix.asked == []


def test_a_visit_by_all_ways_is_over_before_its_lease() -> None:
    assert 3 * LONGEST + MINUTE < LEASE
