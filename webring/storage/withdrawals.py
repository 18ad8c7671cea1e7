"""Rooms that instances took back: remembered until they list them again. No time forgets a no."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.names import RoomId, ServerName
from webring.storage import models
from webring.storage.sql import Connection, execute_many
from webring.storage.table import Table

_withdrawals: Final = Table(models.Withdrawal)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`instance` took `room_id` back at `at` (milliseconds since the epoch)."""

    instance: ServerName
    room_id: RoomId
    at: Millis


async def add(tx: Connection, withdrawals: Iterable[Withdrawal]) -> None:
    """Remember withdrawals; of the same room by the same instance, the latest time counts."""
    await execute_many(
        tx,
        "INSERT INTO withdrawal (instance, room_id, at) VALUES (?, ?, ?) "
        "ON CONFLICT (instance, room_id) DO UPDATE SET at = excluded.at "
        "WHERE withdrawal.at < excluded.at",
        [(str(each.instance), str(each.room_id), each.at) for each in withdrawals],
    )


async def remove(tx: Connection, instance: ServerName, room_id: RoomId) -> bool:
    """Forget one: the instance lists the room again. Whether it was remembered."""
    where = "instance = ? AND room_id = ?"
    return bool(await _withdrawals.delete(tx, where, [instance, room_id]))


async def of_instance(
    conn: Connection, instance: ServerName, since: Millis = 0
) -> list[Withdrawal]:
    """What one instance took back since then, oldest first."""
    where = "instance = ? AND at >= ?"
    found = await _withdrawals.select(conn, where, [instance, since], tail="ORDER BY at, room_id")
    return [_read(row) for row in found]


async def of_room(conn: Connection, room_id: RoomId) -> list[Withdrawal]:
    """Who took this room back."""
    found = await _withdrawals.select(conn, "room_id = ?", [room_id], tail="ORDER BY instance")
    return [_read(row) for row in found]


async def all(conn: Connection) -> list[Withdrawal]:  # noqa: A001
    """Every withdrawal, by instance and room."""
    found = await _withdrawals.select(conn, tail="ORDER BY instance, room_id")
    return [_read(row) for row in found]


def _read(row: models.Withdrawal) -> Withdrawal:
    return Withdrawal(ServerName(row.instance), RoomId(row.room_id), row.at)
