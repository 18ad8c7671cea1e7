"""Changes that this steward wants in rings' next versions (`webring.rings.drafting.Wanted`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.names import RingId
from webring.rings.drafting import Wanted, WantedKind
from webring.storage import ring_models as models
from webring.storage.models import NAME
from webring.storage.sql import Connection, chunks, marks, rows
from webring.storage.table import Table

_changes: Final = Table(models.RingChange)


@dataclass(frozen=True, slots=True)
class StoredWish:
    """A wanted change. `decider` is the operator who decided it, "" where members may by
    themselves: every steward heard of that one, and the first of them proposes it.
    """

    id: int
    ring: RingId
    wanted: Wanted
    decider: str
    at: Millis


async def add(tx: Connection, ring: RingId, wanted: Wanted, decider: str, now: Millis) -> bool:
    """Want a change; False if exactly this one is wanted already."""
    same = [each for each in await of_ring(tx, ring) if each.wanted == wanted]
    if any(each.decider == decider for each in same):
        return False
    new = {
        "ring": ring,
        "kind": wanted.kind.value,
        "member": wanted.member,
        "payload": dict(wanted.payload),
        "at": now,
        "decider": decider[:NAME],
    }
    await _changes.insert(tx, [new])
    return True


async def of_ring(conn: Connection, ring: RingId) -> list[StoredWish]:
    """What is wanted of a ring, in the order in which it was."""
    found = await _changes.select(conn, "ring = ?", [ring], tail="ORDER BY at, id")
    return [_read(row) for row in found]


async def wanted(conn: Connection) -> set[RingId]:
    """The rings of which anything is wanted."""
    return {RingId(row[0]) for row in await rows(conn, "SELECT DISTINCT ring FROM ring_change")}


async def drop(tx: Connection, wishes: Iterable[int]) -> None:
    """Want these no more: they happened, or cannot."""
    for chunk in chunks(wishes):
        await _changes.delete(tx, f"id IN ({marks(len(chunk))})", chunk)


def _read(row: models.RingChange) -> StoredWish:
    wanted = Wanted(WantedKind(row.kind), row.member, row.payload)
    return StoredWish(row.id, RingId(row.ring), wanted, row.decider, row.at)
