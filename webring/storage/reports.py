"""What visitors report, until the operator has resolved it, and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.names import RoomId
from webring.storage import moderation_models as models
from webring.storage.sql import Connection
from webring.storage.table import Table

_reports: Final = Table(models.Report)


@dataclass(frozen=True, slots=True)
class Report:
    """`name` is what the listing was called then; `reason` the visitor's, in one word; `code` the
    operator's, None while it is open. Text is raw. `id` is 0 for one that is not stored yet.
    """

    at: Millis
    room_id: RoomId
    community: str | None
    name: str
    reason: str
    text: str
    code: str | None = None
    note: str = ""
    resolved_at: Millis | None = None
    id: int = 0


async def add(tx: Connection, new: Iterable[Report]) -> None:
    """Store reports, under new ids."""
    await _reports.insert(tx, [_values(each) for each in new])


async def get(conn: Connection, report_id: int) -> Report | None:
    """One report."""
    row = await _reports.get(conn, "id = ?", report_id)
    return _read(row) if row else None


async def open_ones(conn: Connection, limit: int) -> list[Report]:
    """Those that wait, the oldest first."""
    tail = "ORDER BY at, id LIMIT ?"
    return [_read(row) for row in await _reports.select(conn, _OPEN, [limit], tail=tail)]


async def recent(conn: Connection, limit: int) -> list[Report]:
    """The latest, open or not, the newest first."""
    tail = "ORDER BY at DESC, id DESC LIMIT ?"
    return [_read(row) for row in await _reports.select(conn, "", [limit], tail=tail)]


async def all(conn: Connection) -> list[Report]:  # noqa: A001
    """Every report, the oldest first."""
    return [_read(row) for row in await _reports.select(conn, tail="ORDER BY at, id")]


async def count_open(conn: Connection, room_id: RoomId | None = None) -> int:
    """How many wait, about one room or in all."""
    if room_id is None:
        return await _reports.count(conn, _OPEN)
    return await _reports.count(conn, f"room_id = ? AND {_OPEN}", [room_id])


async def resolve(
    tx: Connection, room_id: RoomId, code: str, note: str, now: Millis, *, only: int | None = None
) -> int:
    """Resolve the open reports about a room (or `only` the one of that id); how many."""
    changes = {"code": code, "note": note, "resolved_at": now}
    where, values = f"room_id = ? AND {_OPEN}", [room_id]
    if only is not None:
        return await _reports.update(tx, changes, f"{where} AND id = ?", [*values, only])
    return await _reports.update(tx, changes, where, values)


async def prune(tx: Connection, before: Millis) -> int:
    """Forget reports that were resolved before; how many."""
    return await _reports.delete(tx, "resolved_at < ?", [before])


_OPEN: Final = "resolved_at IS NULL"
_FIELDS: Final = (
    "at", "room_id", "community", "name", "reason", "text", "code", "note", "resolved_at",
)  # fmt: skip


def _values(report: Report) -> dict[str, object]:
    return {field: getattr(report, field) for field in _FIELDS}


def _read(row: models.Report) -> Report:
    return Report(
        row.at,
        RoomId(row.room_id),
        row.community,
        row.name,
        row.reason,
        row.text,
        row.code,
        row.note,
        row.resolved_at,
        row.id,
    )
