"""A directory of 1,000 rooms, recorded for the first time and again, beside bare SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.material import NOW, Maker
from bench.timing import Row, best_of
from webring.directory.listing import DirectoryRoom
from webring.names import ServerName
from webring.storage import listings, sightings
from webring.storage.database import Database

ROOMS: Final = 1_000


def run() -> Iterator[Row]:
    """Cold, and unchanged."""
    maker = Maker()
    rooms = [maker.room(number) for number in range(ROOMS)]
    with tempfile.TemporaryDirectory() as folder:
        bare = min(_bare(Path(folder) / f"bare{number}.sqlite3", rooms) for number in range(3))
        cold, unchanged = asyncio.run(_record(Path(folder), rooms))
    beside = "one table by sqlite3, synchronous"
    yield Row(f"recording {ROOMS} rooms, cold", cold, bare, beside)
    yield Row(f"recording {ROOMS} rooms, unchanged", unchanged, bare, beside)


async def _record(folder: Path, rooms: list[DirectoryRoom]) -> tuple[float, float]:
    db = await Database.open("", folder)

    async def record(number: int) -> None:
        async with db.transaction() as tx:
            server = ServerName(f"hs{number}.example")
            own = [_moved(room, server) for room in rooms]
            diff = await sightings.record(tx, server, own, complete=True, now=NOW, lived=0)
            await listings.refresh(tx, diff.touched, NOW)

    try:
        cold = await best_of(record, 3)
        return cold, await best_of(lambda _: record(0))
    finally:
        await db.close()


def _moved(room: DirectoryRoom, server: ServerName) -> DirectoryRoom:
    """The room under another server's id, so that every reading is the first."""
    values = {name: getattr(room, name) for name in DirectoryRoom.__slots__}
    return DirectoryRoom(**{**values, "room_id": type(room.room_id)(f"{room.room_id}.{server}")})


def _bare(path: Path, rooms: list[DirectoryRoom]) -> float:
    """The same rows, written as plainly as it can be done."""
    rows = [tuple(str(getattr(r, name)) for name in DirectoryRoom.__slots__) for r in rooms]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    marks = ", ".join("?" * len(rows[0]))
    columns = ", ".join(DirectoryRoom.__slots__)
    connection.execute(f"CREATE TABLE room ({columns}, PRIMARY KEY (room_id))")
    began = time.perf_counter()
    connection.executemany(f"INSERT INTO room VALUES ({marks})", rows)
    connection.commit()
    taken = time.perf_counter() - began
    connection.close()
    return taken
