"""The public log of what was kept out and let in again. It names nobody; only ever added to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.storage import moderation_models as models
from webring.storage.sql import Connection
from webring.storage.table import Table

_delistings: Final = Table(models.Delisting)
_FIELDS: Final = ("at", "restored", "kind", "code", "listings")


@dataclass(frozen=True, slots=True)
class Delisting:
    """What was kept out (or `restored`): its `kind`, why, and how many listings went with it."""

    at: Millis
    kind: str
    code: str
    listings: int
    restored: bool = False


async def add(tx: Connection, new: Iterable[Delisting]) -> None:
    """Add lines."""
    await _delistings.insert(
        tx, [{field: getattr(each, field) for field in _FIELDS} for each in new]
    )


async def recent(conn: Connection, limit: int, offset: int = 0) -> list[Delisting]:
    """The latest lines, the newest first."""
    tail = "ORDER BY at DESC, id DESC LIMIT ? OFFSET ?"
    return [_read(row) for row in await _delistings.select(conn, "", [limit, offset], tail=tail)]


async def all(conn: Connection) -> list[Delisting]:  # noqa: A001
    """Every line, the oldest first."""
    return [_read(row) for row in await _delistings.select(conn, tail="ORDER BY at, id")]


def _read(row: models.Delisting) -> Delisting:
    return Delisting(row.at, row.kind, row.code, row.listings, bool(row.restored))
