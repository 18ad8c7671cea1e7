"""Rooms whose moderators ask to be left out, as the directories say that may speak for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from webring.names import RoomId, ServerName
from webring.storage import exclusion_models as models
from webring.storage.sql import Connection, chunks, marks
from webring.storage.table import Table

_declined: Final = Table(models.DeclinedRoom)


@dataclass(frozen=True, slots=True)
class Declined:
    """`server` shows the wish of the moderators of `room_id`; `ours`: it is our own homeserver."""

    server: ServerName
    room_id: RoomId
    ours: bool


async def record(
    tx: Connection,
    server: ServerName,
    rooms: Iterable[RoomId],
    *,
    seen: Collection[RoomId],
    complete: bool,
    ours: bool,
) -> None:
    """Make these all the rooms that `server` shows to decline.

    What stands no longer among those `seen` in its directory stays, unless that was `complete`.
    """
    if complete:
        await drop_server(tx, server)
    for chunk in chunks(() if complete else seen):
        where = f"server = ? AND room_id IN ({marks(len(chunk))})"
        await _declined.delete(tx, where, [server, *chunk])
    await add(tx, [Declined(server, room, ours) for room in rooms])


async def add(tx: Connection, new: Iterable[Declined]) -> None:
    """Remember rooms that decline."""
    values = [
        {"server": each.server, "room_id": each.room_id, "ours": each.ours} for each in set(new)
    ]
    await _declined.insert(tx, values, keep=True)


async def drop_server(tx: Connection, server: ServerName) -> None:
    """Forget what one server shows."""
    await _declined.delete(tx, "server = ?", [server])


async def of_rooms(conn: Connection, rooms: Iterable[RoomId]) -> list[Declined]:
    """Who shows that these rooms decline."""
    found: list[Declined] = []
    for chunk in chunks(rooms):
        where = f"room_id IN ({marks(len(chunk))})"
        found += map(_read, await _declined.select(conn, where, chunk, tail="ORDER BY server"))
    return found


async def all(conn: Connection) -> list[Declined]:  # noqa: A001
    """Every room that declines, by room and server."""
    return [_read(row) for row in await _declined.select(conn, tail="ORDER BY room_id, server")]


def _read(row: models.DeclinedRoom) -> Declined:
    return Declined(ServerName(row.server), RoomId(row.room_id), bool(row.ours))
