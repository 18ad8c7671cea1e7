"""What becomes of a directory that was read, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from webring.clock import DAY, HOUR, MINUTE
from webring.crawler import explain
from webring.crawler.homeservers import Reading, Visited, read, write
from webring.crawler.schedule import Bounds
from webring.directory.listing import DirectoryRoom, JoinRule, Kind, Standing
from webring.errors import (
    ConnectFailed,
    FetchError,
    IdentityOff,
    LeaseLost,
    RobotsRefused,
    StatusRefused,
)
from webring.matrix.directory import DirectoryListing
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks, changes, homeservers, listings, withdrawals
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.homeservers import Candidate, HomeserverJob

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
A, B = ServerName("a.example"), ServerName("b.example")
BOUNDS = Bounds(HOUR, DAY)


def room(name: str, **changed: object) -> DirectoryRoom:
    plain = DirectoryRoom(
        room_id=RoomId(f"!{name}:a.example"),
        kind=Kind.ROOM,
        name=name,
        topic="",
        alias=RoomAlias(f"#{name}:a.example"),
        avatar=None,
        members=3,
        join_rule=JoinRule.PUBLIC,
        world_readable=False,
        guest_can_join=False,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def listing(*rooms: DirectoryRoom, complete: bool = True) -> DirectoryListing:
    return DirectoryListing(rooms, {"room_id": 1}, 1, complete, "" if complete else "capped")


@dataclass
class FakeWay:
    name: str
    answer: DirectoryListing | FetchError
    asked: int = 0

    async def read(self, server: ServerName) -> DirectoryListing:
        self.asked += 1
        if isinstance(self.answer, FetchError):
            raise self.answer
        return self.answer


async def claimed(db: Database, server: ServerName = A, now: int = NOW) -> HomeserverJob:
    async with db.transaction() as tx:
        await homeservers.add(tx, [Candidate(server, server, "seed")], now, now)
        job = await homeservers.claim_one(tx, server, "test", now, HOUR)
    assert job is not None
    return job


async def visit(
    db: Database,
    answer: DirectoryListing | FetchError,
    server: ServerName = A,
    now: int = NOW,
    home: ServerName | None = None,
) -> Visited:
    job = await claimed(db, server, now)
    reading = await read(server, [FakeWay("federation", answer)], job.way)
    return await write(db, job, reading, bounds=BOUNDS, spread=0.5, now=now, home=home)


async def listed(db: Database) -> list[str]:
    return sorted(each.name for each in await listings.page(db.reader, after=None, limit=100))


async def test_what_a_directory_publishes_is_found(db: Database) -> None:
    visited = await visit(db, listing(room("x"), room("y")))
    assert (visited.state, visited.rooms, visited.added) == ("open", 2, 2)
    found = await listings.get(db.reader, RoomId("!x:a.example"))
    assert found is not None
    assert (found.standing, found.servers) == (Standing.FOUND, (A,))
    row = await homeservers.get(db.reader, A)
    assert row is not None
    assert (row.state, row.way, row.dropped) == ("open", "federation", {"room_id": 1})


async def test_a_room_of_two_directories_is_listed_once_with_both(db: Database) -> None:
    await visit(db, listing(room("x")))
    await visit(db, listing(room("x")), B)
    found = await listings.get(db.reader, RoomId("!x:a.example"))
    assert found is not None
    assert set(found.servers) == {A, B}
    assert await listings.count(db.reader) == 1


async def test_an_unchanged_directory_changes_nothing_and_is_visited_less_often(
    db: Database,
) -> None:
    await visit(db, listing(room("x")))
    before = await changes.latest(db.reader)
    await visit(db, listing(room("x")), now=NOW + HOUR)
    assert await changes.latest(db.reader) == before
    row = await homeservers.get(db.reader, A)
    assert row is not None
    assert (row.interval, row.next_at) == (int(HOUR * 1.5), NOW + HOUR + int(HOUR * 1.5))


async def test_only_a_complete_listing_takes_rooms_away(db: Database) -> None:
    await visit(db, listing(room("x"), room("y")))
    await visit(db, listing(room("x"), complete=False), now=NOW + HOUR)
    assert await listed(db) == ["x", "y"]
    await visit(db, ConnectFailed("nobody answers"), now=NOW + 2 * HOUR)
    assert await listed(db) == ["x", "y"]
    await visit(db, listing(room("x")), now=NOW + 3 * HOUR)
    assert await listed(db) == ["x"]


MARKERS = ["(MRS-noindex:true-MRS)", "Welcome! [webring:off]"]


@pytest.mark.parametrize("marker", MARKERS)
async def test_a_marker_against_listing_is_honoured_at_once(db: Database, marker: str) -> None:
    await visit(db, listing(room("x"), room("y")))
    await visit(db, listing(room("x", topic=marker), complete=False), now=NOW + HOUR)
    assert await listed(db) == ["y"]


async def test_what_was_withdrawn_stays_away(db: Database) -> None:
    async with db.transaction() as tx:
        gone = withdrawals.Withdrawal(A, RoomId("!x:a.example"), NOW)
        await withdrawals.add(tx, [gone])
    await visit(db, listing(room("x"), room("y")))
    assert await listed(db) == ["y"]


@pytest.mark.parametrize(
    ("kind", "target", "left"),
    [("room", "!x:a.example", ["y"]), ("server", "a.example", [])],
)
async def test_what_is_blocked_leaves_with_the_next_visit(
    db: Database, kind: str, target: str, left: Sequence[str]
) -> None:
    await visit(db, listing(room("x"), room("y")))
    async with db.transaction() as tx:
        await blocks.add(tx, Block(kind, target, "block", "spam", NOW))
    await visit(db, listing(room("x"), room("y")), now=NOW + HOUR)
    assert await listed(db) == left


async def test_a_visit_that_another_took_over_writes_nothing(db: Database) -> None:
    late = await claimed(db)
    await claimed(db, now=NOW + 2 * HOUR)
    reading = Reading("open", "federation", listing(room("x")))
    with pytest.raises(LeaseLost):
        await write(db, late, reading, bounds=BOUNDS, spread=0.5, now=NOW + 3 * HOUR)
    assert await listed(db) == []


FORBIDDEN = StatusRefused("a.example answered 403 M_FORBIDDEN", status=403)
UNSIGNED = IdentityOff("our requests are not signed: the key server answers for another")
STATES: dict[str, tuple[FetchError, FetchError, str]] = {
    "closed both ways": (FORBIDDEN, StatusRefused("401", status=401), "closed"),
    "closed, then nobody answers": (FORBIDDEN, ConnectFailed("nobody"), "closed"),
    "not asked as a homeserver, closed to clients": (UNSIGNED, FORBIDDEN, "identity"),
    "not asked as a homeserver, nobody answers clients": (
        UNSIGNED,
        ConnectFailed("nobody"),
        "identity",
    ),
    "broken": (StatusRefused("500", status=500), ConnectFailed("nobody"), "failed"),
    "nobody answers": (ConnectFailed("nobody"), ConnectFailed("nobody"), "unreachable"),
}


@pytest.mark.parametrize("case", STATES)
async def test_why_no_way_worked_is_remembered(case: str) -> None:
    first, second, state = STATES[case]
    reading = await read(A, [FakeWay("federation", first), FakeWay("client", second)], None)
    assert (reading.state, reading.way, reading.listing) == (state, None, None)
    assert reading.reasons == {"federation": first.sentence, "client": second.sentence}


SECOND_HAND: dict[str, tuple[FetchError, FetchError, str]] = {
    "nobody answers either of us": (
        ConnectFailed("nobody"),
        StatusRefused("our homeserver answered 502", status=502),
        "unreachable",
    ),
    "closed to us, out of its reach": (
        FORBIDDEN,
        StatusRefused("our homeserver answered 502", status=502),
        "closed",
    ),
    "out of our reach, closed to it": (ConnectFailed("nobody"), FORBIDDEN, "closed"),
}


REFUSED = RobotsRefused("robots.txt asks us not to read it")


@pytest.mark.parametrize("last", [None, "federation", "client"])
async def test_no_other_way_is_sought_around_robots(last: str | None) -> None:
    federation, proxy = FakeWay("federation", REFUSED), FakeWay("proxy", listing(room("x")))
    reading = await read(A, [federation, proxy], last)
    assert (reading.state, reading.listing, proxy.asked) == ("robots", None, 0)
    assert reading.reasons == {"federation": REFUSED.sentence}


async def test_robots_says_more_than_what_was_refused_before() -> None:
    ways = [
        FakeWay("federation", FORBIDDEN),
        FakeWay("client", REFUSED),
        FakeWay("proxy", FORBIDDEN),
    ]
    assert (await read(A, ways, None)).state == "robots"
    assert ways[2].asked == 0


@pytest.mark.parametrize("case", SECOND_HAND)
async def test_what_our_homeserver_failed_at_is_no_answer_of_the_other(case: str) -> None:
    first, second, state = SECOND_HAND[case]
    reading = await read(A, [FakeWay("federation", first), FakeWay("proxy", second)], None)
    assert reading.state == state


DOWN = ConnectFailed("nobody answers")
LOST = StatusRefused("a.example answered 404", status=404)
BROKEN = RobotsRefused("robots.txt could not be read", certain=False)
NOES: dict[str, tuple[FetchError, FetchError, str, list[str]]] = {
    "closed, both ways": (FORBIDDEN, FORBIDDEN, "closed", []),
    "closed, and the other way never worked": (FORBIDDEN, DOWN, "closed", []),
    "robots": (REFUSED, FORBIDDEN, "robots", []),
    "robots, the other way": (DOWN, REFUSED, "robots", []),
    "nobody answers": (DOWN, DOWN, "unreachable", ["x"]),
    "nobody answers, and the other way was always closed": (DOWN, FORBIDDEN, "unreachable", ["x"]),
    "its proxy lost the routes": (LOST, LOST, "failed", ["x"]),
    "an error": (StatusRefused("500", status=500), FORBIDDEN, "failed", ["x"]),
    "robots cannot be read": (BROKEN, FORBIDDEN, "failed", ["x"]),
    "we cannot sign": (IdentityOff("the key server is another"), FORBIDDEN, "identity", ["x"]),
}


@pytest.mark.parametrize("between", [None, DOWN])
@pytest.mark.parametrize("case", NOES)
async def test_a_certain_refusal_takes_everything_away_and_a_failure_nothing(
    db: Database, case: str, between: FetchError | None
) -> None:
    first, second, state, left = NOES[case]
    await visit(db, listing(room("x")))
    if between:
        await visit(db, between, now=NOW + HOUR)
    job = await claimed(db, now=NOW + 2 * HOUR)
    reading = await read(A, [FakeWay("client", second), FakeWay("federation", first)], job.way)
    visited = await write(db, job, reading, bounds=BOUNDS, spread=0.5, now=NOW + 2 * HOUR)
    assert (visited.state, visited.removed, await listed(db)) == (state, 1 - len(left), left)
    told = await explain.homeserver(db.reader, A)
    assert (told.state, told.listed, told.way) == (state, len(left), None)
    assert ("Its rooms are not listed." in told.sentence) is (not left)


async def test_what_was_refused_comes_back_when_it_is_allowed_again(db: Database) -> None:
    await visit(db, listing(room("x")))
    await visit(db, FORBIDDEN, now=NOW + HOUR)
    assert await listed(db) == []
    await visit(db, listing(room("x")), now=NOW + 2 * HOUR)
    assert await listed(db) == ["x"]


async def test_the_way_that_worked_is_tried_first() -> None:
    federation, client = FakeWay("federation", FORBIDDEN), FakeWay("client", listing(room("x")))
    assert (await read(A, [federation, client], None)).way == "client"
    assert (await read(A, [federation, client], "client")).way == "client"
    assert (federation.asked, client.asked) == (1, 2)


async def test_a_failure_is_tried_again_within_minutes(db: Database) -> None:
    await visit(db, ConnectFailed("nobody answers"))
    row = await homeservers.get(db.reader, A)
    assert row is not None
    assert (row.state, row.failures, row.next_at) == ("unreachable", 1, NOW + 2 * MINUTE)
