"""Whether it is us: hosts on loopback that are cut off, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.integration.rings.web import NOW, RING, Web, html, web
from webring.clock import DAY, HOUR, MINUTE
from webring.names import ServerName
from webring.rings.connectivity import FRESH, Connectivity
from webring.rings.looking import SiteCheck, SiteLooker
from webring.rings.site import Sought
from webring.storage import homeservers, peers
from webring.storage.database import Database
from webring.storage.peers import PeerResult

pytestmark = pytest.mark.anyio
HOSTS = tuple(f"{name}.example" for name in "abcdef")
DEAD = tuple(f"dead-{name}.example" for name in "abcdef")


@dataclass
class Line:
    """A web, whoever looks at it, and what is concluded."""

    web: Web
    db: Database
    looker: SiteLooker
    connectivity: Connectivity

    async def look(self, *hosts: str) -> list[SiteCheck]:
        checks = [
            await self.looker.look(Sought(RING, "0" * 20, self.web.url(host), ())) for host in hosts
        ]
        for check in checks:
            self.connectivity.note(check)
        return checks

    async def is_down(self) -> bool:
        return await self.connectivity.is_down(self.db.reader)


@pytest.fixture
async def line(db: Database) -> AsyncIterator[Line]:
    async with web({"/": html("Hello")}, *HOSTS) as here:
        looker = SiteLooker(here.fetcher, here.time)
        yield Line(here, db, looker, Connectivity(here.fetcher, here.time))


async def visited(db: Database, answered: bool, at: int) -> None:
    """A peer was visited."""
    async with db.transaction() as tx:
        name = ServerName("peer.example")
        await peers.add(tx, [homeservers.Candidate(name, name, "configured")], NOW, NOW)
        job = await peers.claim_one(tx, name, "test", at, MINUTE)
        assert job is not None
        result = PeerResult("new", "", "", 0, at + HOUR, answered=answered)
        await peers.finish(tx, job, result, at)


async def test_nobody_was_asked(line: Line) -> None:
    assert not await line.is_down()


async def test_one_dead_site_among_others_is_dead(line: Line) -> None:
    await line.look("a.example", "b.example", *DEAD)
    assert not await line.is_down()


async def test_who_was_reached_last_is_asked_once_more(line: Line) -> None:
    await line.look("a.example", "b.example")
    line.web.time.now += 12 * HOUR
    await line.look(*DEAD)
    before = line.web.asked("/robots.txt")
    assert not await line.is_down()
    assert line.web.asked("/robots.txt") == before + 1
    assert not await line.is_down()
    assert line.web.asked("/robots.txt") == before + 1


async def test_all_are_silent_at_once(line: Line) -> None:
    await line.look(*HOSTS)
    line.web.time.now += HOUR
    line.web.cut()
    await line.look("a.example")
    assert await line.is_down()
    line.web.time.now += FRESH * 3
    line.web.mend(*HOSTS)
    await line.look("b.example")
    assert not await line.is_down()


async def test_an_outage_of_days_stays_one(line: Line) -> None:
    await line.look(*HOSTS)
    line.web.cut()
    for _ in range(20):
        line.web.time.now += 6 * HOUR
        await line.look("a.example", "b.example", "c.example")
        assert await line.is_down()


async def test_many_who_ask_at_once_make_one_test(line: Line) -> None:
    await line.look("a.example", "b.example")
    line.web.time.now += HOUR
    await line.look(*DEAD)
    before = line.web.asked("/robots.txt")
    assert not any(await asyncio.gather(*(line.is_down() for _ in range(10))))
    assert line.web.asked("/robots.txt") == before + 1


async def test_a_single_site_cannot_tell(line: Line) -> None:
    await line.look("a.example")
    line.web.time.now += DAY
    line.web.cut()
    await line.look("a.example")
    assert not await line.is_down()


async def test_after_a_start_several_silent_hosts_are_enough(line: Line) -> None:
    await line.look(*DEAD[:2])
    assert not await line.is_down()
    await line.look(DEAD[2])
    assert await line.is_down()


async def test_a_peer_that_answered_shows_that_the_line_stands(line: Line) -> None:
    await line.look(*DEAD)
    await visited(line.db, True, line.web.time.now)
    assert not await line.is_down()


async def test_a_peer_that_is_silent_counts_as_a_host(line: Line) -> None:
    await line.look(*DEAD[:2])
    await visited(line.db, False, line.web.time.now)
    assert await line.is_down()


async def test_what_was_not_asked_says_nothing(line: Line) -> None:
    checks = await line.look("http://", "me@a.example", "own.example")
    assert not any(check.was_asked for check in checks)
    assert not await line.is_down()
