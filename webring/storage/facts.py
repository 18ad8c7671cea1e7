"""Named facts of this instance, and its lived time."""

from __future__ import annotations

from typing import Any, Final

from webring.clock import MINUTE, Millis
from webring.storage.models import Fact
from webring.storage.sql import Connection
from webring.storage.table import Table

MAX_TICK: Final = 5 * MINUTE
"""A longer pause between two ticks is a clock that jumped or a machine that slept: not lived."""
_LIVED: Final = "lived"

_facts: Final = Table(Fact)


async def get(conn: Connection, name: str) -> Any:
    """The value stored under `name`, or None."""
    fact = await _facts.get(conn, "name = ?", name)
    return fact.value if fact else None


async def put(tx: Connection, name: str, value: object) -> None:
    """Store a value that JSON can hold."""
    await _facts.upsert(tx, [{"name": name, "value": value}], ["name"])


async def lived(conn: Connection) -> Millis:
    """How long this instance has been running in all: a clock that no other clock can push.

    What expires because "nothing has confirmed it for a week" is measured on this one, so that a
    wall clock set years ahead, or a month of downtime, drops nothing.
    """
    return int((await get(conn, _LIVED) or {}).get("lived", 0))


async def advance_lived(tx: Connection, now: Millis) -> Millis:
    """Count the time since the last call (at most `MAX_TICK`) as lived; call it every minute."""
    before = await get(tx, _LIVED) or {"lived": 0, "at": now}
    passed = now - int(before["at"])
    total = int(before["lived"]) + (passed if 0 < passed <= MAX_TICK else 0)
    await put(tx, _LIVED, {"lived": total, "at": now})
    return total
