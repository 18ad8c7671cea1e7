"""The rooms that spaces take with them while they are kept out, and on whose word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.names import RoomId, ServerName
from webring.storage import exclusion_models as models
from webring.storage.communities import SPOKEN_FOR
from webring.storage.sql import Connection, marks
from webring.storage.table import Table

_space_rooms: Final = Table(models.SpaceRoom)
_ORDER: Final = "ORDER BY space, room_id, instance"
_BELIEVED: Final = (
    "(decided OR NOT EXISTS (SELECT 1 FROM peer WHERE peer.name = space_room.instance "
    "AND (NOT peer.accepted OR peer.state = 'blocked')))"
)
"""What was said since a decision counts for as long as the operator trusts who said it."""
_UNDISPUTED: Final = (
    "NOT EXISTS (SELECT 1 FROM community WHERE community.room_id = space_room.room_id "  # noqa: S608
    f"AND community.instance <> space_room.instance AND standing IN ({marks(len(SPOKEN_FOR))}))"
)
"""A room that another instance speaks for is not the space's to take along."""


@dataclass(frozen=True, slots=True)
class SpaceRoom:
    """`instance` says that `space`, which is kept out, holds `room_id`.

    `decided`: it said so when the operator decided upon the space, else it did since.
    """

    space: RoomId
    room_id: RoomId
    instance: ServerName
    decided: bool


async def add(tx: Connection, new: Iterable[SpaceRoom]) -> None:
    """Remember rooms of spaces; what was decided stays so."""
    for each in new:
        row = {"space": each.space, "room_id": each.room_id, "instance": each.instance}
        await _space_rooms.insert(tx, [{**row, "decided": each.decided}], keep=True)
        if each.decided:
            where = "space = ? AND room_id = ? AND instance = ?"
            await _space_rooms.update(tx, {"decided": True}, where, list(row.values()))


async def tell(
    tx: Connection, instance: ServerName, space: RoomId, rooms: Iterable[RoomId]
) -> None:
    """Make these all the rooms that `instance` says are in `space` since it was decided upon."""
    where = "space = ? AND instance = ? AND NOT decided"
    await _space_rooms.delete(tx, where, [space, instance])
    await add(tx, [SpaceRoom(space, room, instance, decided=False) for room in rooms])


async def remove(tx: Connection, space: RoomId) -> None:
    """Forget the rooms of a space that is let in again."""
    await _space_rooms.delete(tx, "space = ?", [space])


async def forget(tx: Connection, instance: ServerName) -> None:
    """Forget what an instance said since the decisions."""
    await _space_rooms.delete(tx, "instance = ? AND NOT decided", [instance])


async def in_force(conn: Connection) -> list[SpaceRoom]:
    """The rooms that are kept out with their spaces, on the word of whoever is believed."""
    where = f"{_BELIEVED} AND {_UNDISPUTED}"
    found = await _space_rooms.select(conn, where, SPOKEN_FOR, tail=_ORDER)
    return [_read(row) for row in found]


async def all(conn: Connection) -> list[SpaceRoom]:  # noqa: A001
    """Everything that was said of rooms in such spaces."""
    return [_read(row) for row in await _space_rooms.select(conn, tail=_ORDER)]


def _read(row: models.SpaceRoom) -> SpaceRoom:
    return SpaceRoom(
        RoomId(row.space), RoomId(row.room_id), ServerName(row.instance), bool(row.decided)
    )
