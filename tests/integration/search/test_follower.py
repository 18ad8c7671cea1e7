"""The index follows the database, and heals itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.fakes.listings import NOW, listing, room_id, store
from tests.integration.search.asking import rooms
from tests.integration.search.conftest import OpenIndex
from webring.clock import DAY
from webring.search import generations
from webring.search.follower import Follower, Told
from webring.search.generations import Applied
from webring.search.index import SearchIndex
from webring.search.rebuild import rebuild
from webring.storage import changes
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def index(open_index: OpenIndex) -> SearchIndex:
    return open_index()


@pytest.fixture
def follower(db: Database, index: SearchIndex) -> Follower:
    return Follower(db, index)


@asynccontextmanager
async def running(follower: Follower) -> AsyncIterator[None]:
    task = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    """Wait for it; the test as a whole would fail by its own timeout."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_missing_index_is_built_by_itself(
    db: Database, index: SearchIndex, follower: Follower
) -> None:
    await store(db, listing("a", "Rust"), listing("b", "Zig"))
    await follower.catch_up()
    assert rooms(index, "rust") == ["a"]
    assert index.sequence == await changes.latest(db.reader)


async def test_changes_are_followed(db: Database, index: SearchIndex, follower: Follower) -> None:
    await follower.catch_up()
    await store(db, listing("a", "Rust"), listing("b", "Zig"))
    await follower.catch_up()
    await store(db, listing("b", "Rust too"), gone=[room_id("a")])
    await follower.catch_up()
    assert rooms(index, "rust") == ["b"]
    assert rooms(index, "zig") == []
    assert index.sequence == await changes.latest(db.reader)


async def test_running_it_is_told_of_changes(
    db: Database, index: SearchIndex, follower: Follower
) -> None:
    async with running(follower):
        await until(lambda: not index.needs_rebuild)
        await store(db, listing("a", "Rust"))
        follower.notify()
        await until(lambda: rooms(index, "rust") == ["a"])
        await store(db, listing("b", "Zig"))
        await until(lambda: rooms(index, "zig") == ["b"])


async def test_more_changes_than_a_batch(
    db: Database, index: SearchIndex, follower: Follower
) -> None:
    await follower.catch_up()
    await store(db, *[listing(f"r{n}", f"Rust {n}") for n in range(2_300)])
    await follower.catch_up()
    assert index.documents == 2_300


async def test_a_damaged_index_is_rebuilt(db: Database, open_index: OpenIndex, root: Path) -> None:
    first = open_index()
    await store(db, listing("a", "Rust"))
    await Follower(db, first).catch_up()
    first.close()
    generation = generations.current(root)
    assert generation is not None
    (generation / "meta.json").write_text("{")
    index = open_index()
    await Follower(db, index).catch_up()
    assert (rooms(index, "rust"), index.damage) == (["a"], "")


async def test_forgotten_changes_mean_a_rebuild(
    db: Database, index: SearchIndex, follower: Follower
) -> None:
    await store(db, listing("a", "Rust"))
    await follower.catch_up()
    await store(db, listing("a", "Zig"))
    await store(db, listing("b", "Ada"))
    async with db.transaction() as tx:
        await changes.prune(tx, NOW + DAY)
    await follower.catch_up()
    assert (rooms(index, "rust"), rooms(index, "zig"), rooms(index, "ada")) == ([], ["a"], ["b"])


async def test_a_database_older_than_the_index_means_a_rebuild(
    db: Database, index: SearchIndex, follower: Follower
) -> None:
    await store(db, listing("a", "Rust"))
    await follower.catch_up()
    index.apply([listing("ghost", "Rust ghost")], [], 99)
    await follower.catch_up()
    assert rooms(index, "rust") == ["a"]
    assert index.sequence == await changes.latest(db.reader)


@pytest.mark.parametrize("more", [0, 3])
async def test_another_history_with_the_same_sequence_means_a_rebuild(
    db: Database, index: SearchIndex, follower: Follower, tmp_path: Path, more: int
) -> None:
    """As after a database was replaced by an older copy of it, and went on another way."""
    await store(db, listing("a", "Rust"), listing("b", "Zig"))
    await follower.catch_up()
    other = await Database.open("", tmp_path / "other")
    names = [f"c{number}" for number in range(2 + more)]
    await store(other, *[listing(name, "Ada") for name in names])
    await Follower(other, index).catch_up()
    assert (rooms(index, "rust"), sorted(rooms(index, "ada"))) == ([], names)
    await other.close()


async def test_what_changes_during_a_rebuild_is_in_it(
    db: Database, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webring.search.rebuild.PAGE", 10)
    await store(db, *[listing(f"r{n:02}", f"Rust {n}") for n in range(35)])
    seen: list[tuple[int, int]] = []
    tasks: list[asyncio.Task[None]] = []

    async def change() -> None:
        await store(db, listing("r00", "Zig"), gone=[room_id("r01")])
        await store(db, listing("zz", "Late zig"))

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 20:
            tasks.append(asyncio.create_task(change()))

    await rebuild(db, index, progress)
    await asyncio.gather(*tasks)
    await Follower(db, index).catch_up()
    assert set(rooms(index, "zig")) == {"r00", "zz"}
    assert "r01" not in rooms(index, "rust", limit=50)
    assert index.documents == 35
    assert seen[0] == (0, 35)
    assert seen[-1][0] >= 34


async def test_a_second_follower_waits_and_takes_over(db: Database, open_index: OpenIndex) -> None:
    first, second = open_index(), open_index()
    await store(db, listing("a", "Rust"))
    await Follower(db, first).catch_up()
    await Follower(db, second).catch_up()
    assert (first.writes, second.writes) == (True, False)
    assert rooms(second, "rust") == ["a"]
    await store(db, listing("b", "Rust too"))
    await Follower(db, second).catch_up()
    assert rooms(second, "rust") == ["a"]
    first.close()
    await Follower(db, second).catch_up()
    assert second.writes
    assert rooms(second, "rust") == ["a", "b"]


async def test_a_failure_is_told_and_tried_again(
    db: Database,
    index: SearchIndex,
    follower: Follower,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await follower.catch_up()
    monkeypatch.setattr("webring.search.follower.PAUSE", 10)
    await store(db, listing("a", "Rust"))
    failing = [OSError(28, "No space left on device")] * 2
    real = generations.write_applied

    def sometimes(path: Path, version: int, applied: Applied) -> None:
        if failing:
            raise failing.pop()
        real(path, version, applied)

    monkeypatch.setattr(generations, "write_applied", sometimes)
    async with running(follower):
        await until(lambda: index.sequence > 0)
    assert rooms(index, "rust") == ["a"]
    assert "No space left on device" in caplog.text


def test_a_rebuild_says_how_far_it_is_now_and_then(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, 5.0, 6.0, 10.0])
    monkeypatch.setattr("webring.search.follower.monotonic", lambda: next(moments))
    caplog.set_level("INFO")
    told = Told()
    for done in (1_000, 2_000, 3_000, 4_000):
        told(done, 4_000)
    assert [each.getMessage() for each in caplog.records] == [
        "The search index is rebuilt: 2000 of 4000 listings",
        "The search index is rebuilt: 4000 of 4000 listings",
    ]
