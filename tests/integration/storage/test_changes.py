"""The sequence of changes: in commit order, whoever writes."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.conftest import OpenDatabase
from webring.names import RoomId
from webring.storage import changes, facts
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


def rooms(*names: str) -> dict[RoomId, bool]:
    return dict.fromkeys((RoomId(f"!{name}:hs.example") for name in names), False)


async def follow(db: Database, sequence: int) -> list[int]:
    return [each.sequence for each in await changes.after(db.reader, sequence)]


async def test_changes_are_numbered_without_gaps(db: Database) -> None:
    async with db.transaction() as tx:
        assert await changes.append(tx, rooms("a", "b"), 1) == 2
        assert await changes.append(tx, rooms("a"), 2) == 3
    assert await follow(db, 0) == [1, 2, 3]
    assert await follow(db, 2) == [3]
    assert [each.sequence for each in await changes.after(db.reader, 0, 2)] == [1, 2]
    assert (await changes.oldest(db.reader), await changes.latest(db.reader)) == (1, 3)


async def test_a_follower_misses_nothing_of_a_transaction_that_commits_late(
    open_database: OpenDatabase,
) -> None:
    """One transaction has appended and stays open; a later one appends and wants to commit."""
    one, two, reader = [await open_database() for _ in range(3)]
    appended, go = asyncio.Event(), asyncio.Event()

    async def early() -> None:
        async with one.transaction() as tx:
            await changes.append(tx, rooms("early"), 1)
            appended.set()
            await go.wait()

    async def late() -> None:
        async with two.transaction() as tx:
            await changes.append(tx, rooms("late"), 2)

    first = asyncio.create_task(early())
    await appended.wait()
    second = asyncio.create_task(late())
    await asyncio.sleep(0.2)
    seen = await follow(reader, 0)
    go.set()
    await asyncio.gather(first, second)
    seen += await follow(reader, seen[-1] if seen else 0)
    assert seen == [1, 2]
    assert [each.room_id for each in await changes.after(reader.reader, 0)] == [
        "!early:hs.example",
        "!late:hs.example",
    ]


@pytest.mark.postgres
async def test_who_began_first_may_append_last(open_database: OpenDatabase) -> None:
    """On PostgreSQL an older transaction stays open while a younger one appends and commits."""
    one, two = await open_database(), await open_database()
    if one.dialect == "sqlite":
        return  # its write transactions exclude each other from their first moment
    async with one.transaction() as older:
        await facts.put(older, "begun", True)
        async with two.transaction() as younger:
            await changes.append(younger, rooms("younger"), 1)
        assert await follow(two, 0) == [1]
        await changes.append(older, rooms("older"), 2)
    assert await follow(two, 1) == [2]


async def test_many_writers_and_a_follower(open_database: OpenDatabase) -> None:
    databases = [await open_database() for _ in range(3)]
    seen: list[int] = []
    done = asyncio.Event()

    async def follower() -> None:
        while not done.is_set() or await follow(databases[0], len(seen)):
            seen.extend(await follow(databases[0], seen[-1] if seen else 0))
            await asyncio.sleep(0)

    async def writer(number: int) -> None:
        for turn in range(5):
            async with databases[number % 3].transaction() as tx:
                await changes.append(tx, rooms(f"{number}-{turn}", f"{number}-{turn}-b"), turn)

    following = asyncio.create_task(follower())
    await asyncio.gather(*map(writer, range(6)))
    done.set()
    await following
    assert seen == [*range(1, 61)]


async def test_pruning_keeps_the_last_so_that_numbers_never_come_again(db: Database) -> None:
    async with db.transaction() as tx:
        await changes.append(tx, rooms("a", "b", "c"), 1)
        assert await changes.prune(tx, 100) == 2
        assert await changes.append(tx, rooms("d"), 2) == 4
    assert await changes.oldest(db.reader) == 3
