"""Named facts of this instance, and its lived time."""

from __future__ import annotations

from typing import Any, Final

from webring.clock import MINUTE, Millis
from webring.storage.models import Fact
from webring.storage.sql import Connection
from webring.storage.table import Table

MAX_TICK: Final = 5 * MINUTE
"""A longer pause between two ticks is a clock that jumped or a machine that slept: not lived."""
CATCHING_UP: Final = 2
"""How much faster than time itself the calm date follows the clock, where it is behind."""
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
    lived_since = passed if 0 < passed <= MAX_TICK else 0
    total = int(before["lived"]) + lived_since
    calm = min(int(before.get("calm", now)) + CATCHING_UP * lived_since, now)
    await put(tx, _LIVED, {"lived": total, "at": now, "calm": calm})
    return total


async def calm(conn: Connection, now: Millis) -> Millis:
    """The date by which old rows are dropped: never later than `now`, and it does not jump.

    It follows the clock while we run, and falls behind where the clock leaps or the machine sleeps;
    then it catches up, at `CATCHING_UP` times the pace. So what is kept for a week is there for
    half a week of running at least, whatever the clock says meanwhile.
    """
    return min(int((await get(conn, _LIVED) or {}).get("calm", 0)), now)
