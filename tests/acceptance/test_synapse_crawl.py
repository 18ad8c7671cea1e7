"""From real Synapse homeservers into the directory and its search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.asking import client
from tests.acceptance.keyserver import KeyServer
from tests.acceptance.synapse.lab import Lab
from webring.clock import DAY, HOUR, now_ms
from webring.crawler.homeservers import Visited, read, write
from webring.crawler.schedule import Bounds
from webring.directory.listing import Standing
from webring.matrix.client import MatrixClient
from webring.matrix.directory import DirectoryListing
from webring.names import RoomId, ServerName
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.search.planning import SearchRequest
from webring.search.service import SearchService
from webring.storage import changes, homeservers, listings
from webring.storage.database import Database
from webring.storage.homeservers import Candidate

pytestmark = [pytest.mark.anyio, pytest.mark.synapse]

CAP = 10_000


@dataclass(slots=True)
class ClientWay:
    """One of the client's ways, as the crawler takes it."""

    name: str
    matrix: MatrixClient

    async def read(self, server: ServerName) -> DirectoryListing:
        return await self.matrix.directory(self.name, server, room_cap=CAP)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open("", tmp_path)
    yield database
    await database.close()


@pytest.fixture
def keys(three_synapses: Lab) -> Iterator[KeyServer]:
    server = KeyServer(three_synapses.authority)
    yield server
    server.close()


async def crawl(db: Database, matrix: MatrixClient, name: str, after: int = 0) -> Visited:
    server, now = ServerName(name), now_ms() + after
    async with db.transaction() as tx:
        await homeservers.add(tx, [Candidate(server, server, "seed")], now, now)
        job = await homeservers.claim_one(tx, server, "test", now, HOUR)
    assert job is not None
    reading = await read(server, [ClientWay(way, matrix) for way in matrix.ways], job.way)
    return await write(db, job, reading, bounds=Bounds(HOUR, DAY), spread=0.5, now=now)


async def published(db: Database, name: str) -> set[str]:
    found = await listings.by_server(db.reader, ServerName(name), 1_000, 0)
    return {str(listing.room_id) for listing in found}


@pytest.mark.slow
async def test_two_servers_are_listed_exactly_and_a_shared_room_once(
    three_synapses: Lab, keys: KeyServer, db: Database
) -> None:
    matrix = client(three_synapses, keys.identity)
    first, second = three_synapses.servers["hs1"], three_synapses.servers["hs2"]
    for server in (first, second):
        visited = await crawl(db, matrix, server.name)
        assert (visited.state, visited.removed) == ("open", 0)
        hidden = {server.rooms["opted-out"]}
        assert await published(db, server.name) == server.listed_federation - hidden
    shared = await listings.get(db.reader, RoomId(first.rooms["shared"]))
    assert shared is not None
    assert set(shared.servers) == {first.name, second.name}
    assert shared.standing is Standing.FOUND
    row = await homeservers.get(db.reader, ServerName(first.name))
    assert row is not None
    assert (row.way, row.complete) == ("federation", True)


@pytest.mark.slow
async def test_a_second_crawl_changes_nothing(
    three_synapses: Lab, keys: KeyServer, db: Database
) -> None:
    matrix, name = client(three_synapses, keys.identity), three_synapses.servers["hs1"].name
    await crawl(db, matrix, name)
    before = await changes.latest(db.reader)
    visited = await crawl(db, matrix, name, after=DAY)
    assert (visited.added, visited.changed, visited.removed) == (0, 0, 0)
    assert await changes.latest(db.reader) == before


@pytest.mark.slow
async def test_a_closed_server_is_remembered_as_closed_and_why(
    three_synapses: Lab, keys: KeyServer, db: Database
) -> None:
    matrix = client(three_synapses, keys.identity, own=three_synapses.servers["hs1"])
    name = three_synapses.servers["hs3"].name
    visited = await crawl(db, matrix, name)
    assert (visited.state, visited.rooms) == ("closed", 0)
    row = await homeservers.get(db.reader, ServerName(name))
    assert row is not None
    assert set(row.reasons) == set(matrix.ways)
    assert "403" in row.reasons["federation"]


@pytest.mark.slow
async def test_what_was_crawled_is_found_by_search_and_opt_outs_are_not(
    three_synapses: Lab, keys: KeyServer, db: Database, tmp_path: Path
) -> None:
    server = three_synapses.servers["hs1"]
    await crawl(db, client(three_synapses, keys.identity), server.name)
    index = SearchIndex.open(tmp_path / "index")
    follower, service = Follower(db, index), SearchService(index, db)
    await follower.rebuild()

    async def first(text: str) -> str | None:
        found = await service.search(SearchRequest(text, found=True))
        return str(found.results[0].room_id) if found.results else None

    assert await first("grafting table") == server.rooms["grafting"]
    assert await first(server.alias("planes")) == server.rooms["planes"]
    assert await first("graftng") == server.rooms["grafting"]
    assert await first('"Opted out"') is None
    index.close()
