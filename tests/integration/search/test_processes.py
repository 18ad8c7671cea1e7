"""Several processes and one index: one writes, and may be killed at any moment."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.listings import listing, store
from tests.integration.search.asking import rooms
from tests.integration.search.conftest import OpenIndex
from webring.search.follower import Follower
from webring.storage.database import Database

WRITER = """
import sys
from pathlib import Path
from tests.fakes.listings import listing
from tests.integration.search.conftest import fill
from webring.search.index import SearchIndex

index = SearchIndex.open(Path(sys.argv[1]))
if index.needs_rebuild:
    fill(index, [listing("a", "Rust")], 0)
assert index.writes
number = index.sequence
while True:
    number += 1
    index.apply([listing(f"r{number}", "Zig")], [], number)
    print(number, flush=True)
"""


REBUILDER = """
import asyncio
import sys
from pathlib import Path
from webring.search.index import SearchIndex
from webring.search.rebuild import rebuild
from webring.storage.database import Database

async def main():
    db = await Database.open("", Path(sys.argv[2]))
    index = SearchIndex.open(Path(sys.argv[1]), write=False)
    for _ in range(5):
        await rebuild(db, index)
    await db.close()

asyncio.run(main())
"""


@contextmanager
def writer(root: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def acknowledged(process: subprocess.Popen[str]) -> int:
    """The next sequence that the writer says is written."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_reading_beside_a_writing_process(root: Path, open_index: OpenIndex) -> None:
    with writer(root) as process:
        acknowledged(process)
        reader = open_index(write=False)
        assert rooms(reader, "rust") == ["a"]
        number = acknowledged(process)
        assert f"r{number}" in rooms(reader, f"!r{number}:hs.example")
        second = open_index()
        assert not second.writes


def test_a_killed_writer_loses_nothing_and_frees_its_place(
    root: Path, open_index: OpenIndex
) -> None:
    for _ in range(3):
        with writer(root) as process:
            for _ in range(5):
                number = acknowledged(process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        index = open_index()
        assert (index.needs_rebuild, index.writes) == (False, True)
        assert index.sequence >= number
        assert rooms(index, f"!r{number}:hs.example") == [f"r{number}"]
        index.apply([listing("b", "Ada")], [], index.sequence)
        assert rooms(index, "ada") == ["b"]
        index.close()


@pytest.mark.anyio
async def test_a_reindex_beside_us_interrupts_neither_search_nor_the_follower(
    root: Path, open_index: OpenIndex, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    db = await Database.open("", data)
    await store(db, *[listing(f"r{number}", "Rust") for number in range(300)])
    index = open_index()
    follower = Follower(db, index)
    await follower.catch_up()
    following = asyncio.create_task(follower.run())
    command = [sys.executable, "-c", REBUILDER, str(root), str(data)]
    other = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[3])
    ended, turn = asyncio.create_task(other.wait()), 0
    while not ended.done():
        turn += 1
        await store(db, listing("n", f"Turn {turn}"))
        follower.notify()
        assert "r7" in rooms(index, "!r7:hs.example")
        await asyncio.sleep(0.01)
    assert await ended == 0
    async with asyncio.timeout(30):
        while rooms(index, f'"turn {turn}"') != ["n"] or not index.writes:
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await db.close()
    assert "falls behind" not in caplog.text
