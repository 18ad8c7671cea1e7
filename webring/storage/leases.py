"""Leases: who does a job now, over all processes.

The epoch fences: it grows with every holder, and whoever writes under a lease first checks, in
the same transaction, that the epoch is still theirs. A holder that slept through cannot write.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import Millis
from webring.errors import LeaseLost
from webring.storage.sql import Connection, execute, is_postgres, returned, rows


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do the job `name` until `until` (milliseconds since the epoch)."""

    name: str
    holder: str
    epoch: int
    until: Millis


held: Final[ContextVar[Lease | None]] = ContextVar("held_lease", default=None)
"""The lease under which this task works: each of its transactions begins by checking it."""


async def acquire(
    tx: Connection, name: str, holder: str, now: Millis, length: Millis
) -> Lease | None:
    """Take the lease, or return None while somebody (also the same holder) has it."""
    taken = await returned(
        tx,
        "INSERT INTO lease (name, holder, epoch, until) VALUES (?, ?, 1, ?) "
        "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = lease.epoch + 1, "
        "until = excluded.until WHERE lease.until <= ? RETURNING epoch",
        [name, holder, now + length, now],
    )
    return Lease(name, holder, int(taken[0][0]), now + length) if taken else None


async def renew(tx: Connection, lease: Lease, now: Millis, length: Millis) -> Lease:
    """Hold it longer. Raises `LeaseLost` where another has taken it since."""
    statement = "UPDATE lease SET until = ? WHERE name = ? AND epoch = ?"
    if not await execute(tx, statement, [now + length, lease.name, lease.epoch]):
        raise _lost(lease)
    return replace(lease, until=now + length)


async def check(tx: Connection, lease: Lease) -> None:
    """Make sure that it is still ours, and stays so until this transaction ends; or `LeaseLost`."""
    statement = "SELECT epoch FROM lease WHERE name = ?"
    if is_postgres(tx):
        statement += " FOR UPDATE"
    found = await rows(tx, statement, [lease.name])
    if not found or int(found[0][0]) != lease.epoch:
        raise _lost(lease)


async def release(tx: Connection, lease: Lease) -> None:
    """Give it back at once, unless another has it by now."""
    statement = "UPDATE lease SET until = 0 WHERE name = ? AND epoch = ?"
    await execute(tx, statement, [lease.name, lease.epoch])


async def release_all(tx: Connection, holder: str) -> None:
    """Give back whatever this holder has: it is about to end."""
    await execute(tx, "UPDATE lease SET until = 0 WHERE holder = ?", [holder])


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"another process has taken over {lease.name!r} from {lease.holder}")
