"""What homeservers' public room directories say: one row a server and room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import Millis
from webring.directory.listing import DirectoryRoom, Sighting
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import models
from webring.storage.rooms import SIGHTING, read_sighting, sighting_row
from webring.storage.sql import Connection, chunks, execute, execute_many, marks, returned, rows
from webring.storage.table import Table

_sightings: Final = Table(models.Sighting)
_COLUMNS: Final = ("server", "seen_at", "confirmed_lived", *SIGHTING)
_UPSERT: Final = (
    f"INSERT INTO sighting ({', '.join(_COLUMNS)}) VALUES ({marks(len(_COLUMNS))}) "  # noqa: S608
    "ON CONFLICT (server, room_id) DO UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}" for name in _COLUMNS if name not in {"server", "room_id"}
    )
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a sighting decides whether it may be listed. `id` is the row's."""

    id: int
    server: ServerName
    room_id: RoomId
    alias: RoomAlias | None
    name: str
    topic: str


@dataclass(frozen=True, slots=True)
class SightingDiff:
    """What one reading of a directory changed. `touched` are the rooms to refresh."""

    touched: frozenset[RoomId]
    added: int
    changed: int
    removed: int
    unchanged: int


async def record(
    tx: Connection,
    server: ServerName,
    rooms: Sequence[DirectoryRoom],
    *,
    complete: bool,
    now: Millis,
    lived: Millis,
) -> SightingDiff:
    """Store what `server`'s directory says; only a `complete` reading removes what it lacks."""
    before = await _before(tx, server)
    seen = {row[0]: row for row in map(sighting_row, rooms)}
    added = seen.keys() - before.keys()
    changed = {room for room in seen.keys() & before.keys() if seen[room] != before[room]}
    missing = before.keys() - seen.keys() if complete else set()
    for chunk in chunks(sorted(missing)):
        await execute(
            tx,
            f"DELETE FROM sighting WHERE server = ? AND room_id IN ({marks(len(chunk))})",  # noqa: S608
            [server, *chunk],
        )
    new = [(str(server), now, lived, *seen[room]) for room in sorted(added | changed)]
    await execute_many(tx, _UPSERT, new)
    await _confirm(
        tx,
        server,
        sorted(seen.keys() & before.keys() - changed),
        lived,
        everything=before.keys() - missing <= seen.keys(),
    )
    return SightingDiff(
        touched=frozenset(map(RoomId, added | changed | missing)),
        added=len(added),
        changed=len(changed),
        removed=len(missing),
        unchanged=len(seen) - len(added) - len(changed),
    )


async def expire(tx: Connection, lived_before: Millis, limit: int) -> frozenset[RoomId]:
    """Drop up to `limit` sightings that nothing has confirmed since `lived_before`; their rooms."""
    return await _drop(
        tx,
        "id IN (SELECT id FROM sighting WHERE confirmed_lived < ? "
        "ORDER BY confirmed_lived LIMIT ?)",
        [lived_before, limit],
    )


async def drop_server(tx: Connection, server: ServerName) -> frozenset[RoomId]:
    """Drop everything that one server says; the rooms to refresh."""
    return await _drop(tx, "server = ?", [server])


async def drop_rooms(tx: Connection, room_ids: Iterable[RoomId]) -> frozenset[RoomId]:
    """Drop what any server says of these rooms; those that were there."""
    dropped: set[RoomId] = set()
    for chunk in chunks(room_ids):
        dropped |= await _drop(tx, f"room_id IN ({marks(len(chunk))})", chunk)
    return frozenset(dropped)


async def drop(tx: Connection, server: ServerName, room_ids: Iterable[RoomId]) -> frozenset[RoomId]:
    """Drop what one server says of these rooms; those that were there."""
    dropped: set[RoomId] = set()
    for chunk in chunks(room_ids):
        where = f"server = ? AND room_id IN ({marks(len(chunk))})"
        dropped |= await _drop(tx, where, [server, *chunk])
    return frozenset(dropped)


async def drop_all(tx: Connection) -> frozenset[RoomId]:
    """Drop every sighting; the rooms to refresh."""
    return await _drop(tx, "id > 0", [])


async def of_room(conn: Connection, room_id: RoomId) -> list[Sighting]:
    """What each server says of one room."""
    return (await of_rooms(conn, [room_id])).get(room_id, [])


async def page(conn: Connection, *, after: int, limit: int) -> list[Seen]:
    """All sightings by the row's id, a page at a time."""
    statement = (
        "SELECT id, server, room_id, alias, name, topic FROM sighting "
        "WHERE id > ? ORDER BY id LIMIT ?"
    )
    return [
        Seen(
            row[0],
            ServerName(row[1]),
            RoomId(row[2]),
            RoomAlias(row[3]) if row[3] else None,
            row[4],
            row[5],
        )
        for row in await rows(conn, statement, [after, limit])
    ]


async def of_server(
    conn: Connection, server: ServerName, limit: int, offset: int = 0
) -> list[Sighting]:
    """What one server says, by room id."""
    tail = "WHERE server = ? ORDER BY room_id LIMIT ? OFFSET ?"
    return [_read(row) for row in await rows(conn, _SELECT + tail, [server, limit, offset])]


async def of_rooms(conn: Connection, room_ids: Sequence[RoomId]) -> dict[RoomId, list[Sighting]]:
    """What each server says of some rooms."""
    found: dict[RoomId, list[Sighting]] = {}
    for chunk in chunks(room_ids):
        where = f"WHERE room_id IN ({marks(len(chunk))})"
        for row in await rows(conn, _SELECT + where, chunk):
            sighting = _read(row)
            found.setdefault(sighting.room.room_id, []).append(sighting)
    return found


async def count(conn: Connection, server: ServerName | None = None) -> int:
    """How many sightings there are, of one server or of all."""
    if server is None:
        return await _sightings.count(conn)
    return await _sightings.count(conn, "server = ?", [server])


_SELECT: Final = f"SELECT server, seen_at, {', '.join(SIGHTING)} FROM sighting "  # noqa: S608


def _read(row: Sequence[Any]) -> Sighting:
    return read_sighting(row[0], row[1], row[2:])


async def _before(tx: Connection, server: ServerName) -> dict[str, tuple[Any, ...]]:
    statement = f"SELECT {', '.join(SIGHTING)} FROM sighting WHERE server = ?"  # noqa: S608
    return {row[0]: tuple(row) for row in await rows(tx, statement, [server])}


async def _confirm(
    tx: Connection, server: ServerName, room_ids: Sequence[str], lived: Millis, *, everything: bool
) -> None:
    """Note when these were last seen; where that is `everything` of the server, at one stroke."""
    statement = "UPDATE sighting SET confirmed_lived = ? WHERE server = ? AND confirmed_lived < ?"
    if everything:
        await execute(tx, statement, [lived, server, lived])
        return
    for chunk in chunks(room_ids):
        await execute(
            tx, f"{statement} AND room_id IN ({marks(len(chunk))})", [lived, server, lived, *chunk]
        )


async def _drop(tx: Connection, where: str, values: Sequence[object]) -> frozenset[RoomId]:
    statement = f"DELETE FROM sighting WHERE {where} RETURNING room_id"  # noqa: S608
    return frozenset(RoomId(row[0]) for row in await returned(tx, statement, values))
