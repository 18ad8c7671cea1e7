"""The audit log: who decided what, when, and why. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.storage import models
from webring.storage.models import NAME
from webring.storage.sql import Connection
from webring.storage.table import Table

MAX_ACTION: Final = 64
_decisions: Final = Table(models.Decision)


@dataclass(frozen=True, slots=True)
class Decision:
    """`actor` (an operator, or a part of the program) did `action` to `target`."""

    at: Millis
    actor: str
    action: str
    target: str
    reason: str


async def log(tx: Connection, decision: Decision) -> None:
    """Add a decision; names longer than their columns are cut."""
    await _decisions.insert(
        tx,
        [
            {
                "at": decision.at,
                "actor": decision.actor[:NAME],
                "action": decision.action[:MAX_ACTION],
                "target": decision.target[:NAME],
                "reason": decision.reason,
            }
        ],
    )


async def recent(conn: Connection, limit: int, offset: int = 0) -> list[Decision]:
    """The latest decisions, newest first."""
    tail = "ORDER BY at DESC, id DESC LIMIT ? OFFSET ?"
    return [_read(row) for row in await _decisions.select(conn, "", [limit, offset], tail=tail)]


async def about(conn: Connection, target: str) -> list[Decision]:
    """Every decision about one target, oldest first."""
    found = await _decisions.select(conn, "target = ?", [target], tail="ORDER BY at, id")
    return [_read(row) for row in found]


async def all(conn: Connection) -> list[Decision]:  # noqa: A001
    """Every decision, oldest first."""
    return [_read(row) for row in await _decisions.select(conn, tail="ORDER BY at, id")]


def _read(row: models.Decision) -> Decision:
    return Decision(row.at, row.actor, row.action, row.target, row.reason)
