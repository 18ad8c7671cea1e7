"""The sequence of changes that search, caches and feeds follow.

Numbers are handed out in commit order: whoever appends first takes a lock that is held until the
transaction ends (on SQLite the write lock, on PostgreSQL an advisory one), so a follower that has
read up to N never misses a smaller number that commits later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.names import RoomId
from webring.storage.sql import Connection, Row, execute, execute_many, is_postgres, rows

LOCK: Final = 0x7765_6272_0002
"""PostgreSQL's advisory lock of whoever appends."""


@dataclass(frozen=True, slots=True)
class Change:
    """The listing of `room_id` was added, changed, or (`removed`) taken away."""

    sequence: int
    room_id: RoomId
    removed: bool
    at: Millis

    @property
    def mark(self) -> str:
        """What tells this change from another history's of the same sequence."""
        return f"{self.at} {self.room_id}"


async def lock(tx: Connection) -> None:
    """Wait for other appenders, and keep later ones out until this transaction ends."""
    if is_postgres(tx):
        await rows(tx, "SELECT pg_advisory_xact_lock(?)", [LOCK])


async def append(tx: Connection, rooms: Mapping[RoomId, bool], now: Millis) -> int:
    """Append one change a room (the value: whether it was removed); the latest sequence."""
    await lock(tx)
    last = await latest(tx)
    await execute_many(
        tx,
        "INSERT INTO change (sequence, room_id, removed, at) VALUES (?, ?, ?, ?)",
        [
            (last + number, str(room_id), removed, now)
            for number, (room_id, removed) in enumerate(rooms.items(), 1)
        ],
    )
    return last + len(rooms)


async def after(conn: Connection, sequence: int, limit: int = 1_000) -> list[Change]:
    """The changes after `sequence`, in order."""
    found = await rows(
        conn,
        "SELECT sequence, room_id, removed, at FROM change WHERE sequence > ? "
        "ORDER BY sequence LIMIT ?",
        [sequence, limit],
    )
    return [_read(row) for row in found]


async def last(conn: Connection) -> Change | None:
    """The last change."""
    found = await rows(
        conn, "SELECT sequence, room_id, removed, at FROM change ORDER BY sequence DESC LIMIT 1"
    )
    return _read(found[0]) if found else None


async def latest(conn: Connection) -> int:
    """The last sequence, 0 before the first."""
    return int((await rows(conn, "SELECT coalesce(max(sequence), 0) FROM change"))[0][0])


async def oldest(conn: Connection) -> int:
    """The first sequence that is still kept; a follower behind `oldest - 1` has to start anew."""
    return int((await rows(conn, "SELECT coalesce(min(sequence), 0) FROM change"))[0][0])


async def prune(tx: Connection, before: Millis) -> int:
    """Forget changes older than `before`, but never the last: the sequence goes on from there."""
    return await execute(
        tx, "DELETE FROM change WHERE at < ? AND sequence < ?", [before, await latest(tx)]
    )


def _read(row: Row) -> Change:
    return Change(int(row[0]), RoomId(row[1]), bool(row[2]), int(row[3]))
