"""Rings: which are known, what was pinned of each, its newest version, and who follows it now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import Millis
from webring.names import RingId, ServerName
from webring.storage import claims, facts
from webring.storage import ring_models as models
from webring.storage.sql import Connection, Row, chunks, execute, is_postgres, marks, rows
from webring.storage.table import Table

LOCK: Final = 0x7765_6272_0003
"""PostgreSQL's advisory lock of whoever raises a revision."""
REVISION: Final = "ring_revision"
"""The fact that holds the highest revision ever given."""

_rings: Final = Table(models.Ring)


@dataclass(frozen=True, slots=True)
class StoredRing:
    """A ring as we hold it.

    `root` is pinned ("" while our own has no version 1 yet); `sequence` is 0 and `sha256` empty
    before a first version is held. `accepted` tells whether the operator wants it shown, `unread`
    that nothing may be signed before its head was read from every reachable steward. `outcome` and
    `why` are of the last visit. `revision` grows with every change that a page shows. `named_by`
    is the instance whose manifest named it first (None: the operator did); `behind_since` is when a
    steward was first found to claim a newer version than this one (None: nobody does).
    """

    id: RingId
    root: str
    origin: str
    stewarded: bool
    accepted: bool
    unread: bool
    name: str
    sequence: int
    sha256: str
    issued_at: Millis | None
    expires_at: Millis | None
    outcome: str
    why: str
    revision: int
    failures: int
    added_at: Millis
    tried_at: Millis | None
    answered_at: Millis | None
    next_at: Millis
    named_by: ServerName | None = None
    behind_since: Millis | None = None


@dataclass(frozen=True, slots=True)
class RingJob:
    """The right to follow one ring, until somebody else may; and the ring as it was then."""

    ring: StoredRing
    epoch: int


@dataclass(frozen=True, slots=True)
class RingHeadRow:
    """What is noted of a ring's newest version."""

    root: str
    name: str
    sequence: int
    sha256: str
    issued_at: Millis
    expires_at: Millis


@dataclass(frozen=True, slots=True)
class RingResult:
    """What a visit came to; `answered` sets the time of that name to now.

    `behind` tells whether a steward claims a newer version than we hold after it.
    """

    outcome: str
    why: str
    failures: int
    next_at: Millis
    answered: bool
    behind: bool = False


_FIELDS: Final = tuple(StoredRing.__dataclass_fields__)
_CLAIMED: Final = (*_FIELDS, "epoch")
_FLAGS: Final = ("stewarded", "accepted", "unread")
_OF_A_RING: Final = (
    "ring_version", "ring_page", "ring_member", "ring_change", "ring_claim", "ring_proposal",
)  # fmt: skip


async def add(
    tx: Connection,
    ring: RingId,
    root: str,
    origin: str,
    now: Millis,
    *,
    name: str = "",
    stewarded: bool = False,
    accepted: bool = False,
    first_at: Millis | None = None,
    named_by: ServerName | None = None,
) -> bool:
    """Remember a ring, to be followed from `first_at` (None: at once); False if it is known.

    One that is known stays as it is: its root is pinned, and the same id with another root is
    another ring.
    """
    if await get(tx, ring):
        return False
    new: dict[str, object] = {"id": ring, "root": root, "origin": origin, "name": name}
    new |= {"stewarded": stewarded, "accepted": accepted, "unread": False}
    new |= {"sequence": 0, "sha256": "", "outcome": "", "why": "", "failures": 0, "epoch": 0}
    new |= {"revision": await _next_revision(tx), "added_at": now}
    new |= {"next_at": now if first_at is None else first_at, "named_by": named_by}
    await _rings.insert(tx, [new], keep=True)
    return True


async def get(conn: Connection, ring: RingId) -> StoredRing | None:
    """One ring."""
    row = await _rings.get(conn, "id = ?", ring)
    return _read(row) if row else None


async def all(conn: Connection) -> list[StoredRing]:  # noqa: A001
    """Every ring, by id."""
    return [_read(row) for row in await _rings.select(conn, tail="ORDER BY id")]


async def known(conn: Connection, ids: Iterable[RingId]) -> dict[RingId, StoredRing]:
    """Those of these rings that are known."""
    there: dict[RingId, StoredRing] = {}
    for chunk in chunks(ids):
        for row in await _rings.select(conn, f"id IN ({marks(len(chunk))})", chunk):
            there[RingId(row.id)] = _read(row)
    return there


async def origins(conn: Connection) -> dict[RingId, str]:
    """Every ring's id, and why it is known."""
    found = await rows(conn, "SELECT id, origin FROM ring")
    return {RingId(row[0]): str(row[1]) for row in found}


async def named_by(conn: Connection, name: ServerName) -> int:
    """How many are known because `name` named them first."""
    return await _rings.count(conn, "named_by = ?", [name])


async def stewarded(conn: Connection) -> list[StoredRing]:
    """The rings that we help to decide about, by id."""
    found = await _rings.select(conn, "stewarded = ?", [True], tail="ORDER BY id")
    return [_read(row) for row in found]


async def unfounded(conn: Connection, named_by: ServerName) -> int:
    """How many rings without a first version are known because of one instance."""
    return await _rings.count(conn, "named_by = ? AND sequence = 0", [named_by])


async def revisions(conn: Connection) -> dict[RingId, int]:
    """Each ring's revision: whatever follows a ring reads it again where this has grown."""
    found = await rows(conn, "SELECT id, revision FROM ring")
    return {RingId(row[0]): int(row[1]) for row in found}


async def touch(tx: Connection, ring: RingId) -> None:
    """Raise the ring's revision: something changed that a circle or a page shows.

    No two rings, and no two changes, have the same one, also after one was removed and added.
    """
    await _rings.update(tx, {"revision": await _next_revision(tx)}, "id = ?", [ring])


async def set_head(tx: Connection, ring: RingId, head: RingHeadRow) -> bool:
    """Note the ring's newest version; whether the ring is known."""
    changes = {name: getattr(head, name) for name in RingHeadRow.__dataclass_fields__}
    changes |= {"revision": await _next_revision(tx)}
    return bool(await _rings.update(tx, changes, "id = ?", [ring]))


async def set_stewarded(tx: Connection, ring: RingId, stewarded: bool) -> bool:
    """Note whether we are a steward of the ring; whether it is known."""
    return await _set(tx, ring, {"stewarded": stewarded})


async def set_accepted(tx: Connection, ring: RingId, accepted: bool) -> bool:
    """Note whether the operator wants the ring; whether it is known."""
    return await _set(tx, ring, {"accepted": accepted})


async def set_origin(tx: Connection, ring: RingId, origin: str) -> bool:
    """Change why a ring is known; whether it is."""
    return await _set(tx, ring, {"origin": origin})


async def set_named_by(tx: Connection, ring: RingId, name: ServerName) -> bool:
    """Change who is asked for a ring before any of its stewards is known; whether it is known."""
    return bool(await _rings.update(tx, {"named_by": name}, "id = ?", [ring]))


async def set_root(tx: Connection, ring: RingId, root: str) -> bool:
    """Seek another root, where no version was verified yet; whether that is so."""
    where = "id = ? AND sequence = 0 AND NOT stewarded"
    return bool(await _rings.update(tx, {"root": root}, where, [ring]))


async def set_unread(tx: Connection, ring: RingId, unread: bool) -> bool:
    """Note whether the head has to be read from every steward before we sign; whether it is known.

    A restore sets it; whoever has read the heads clears it.
    """
    return await _set(tx, ring, {"unread": unread})


async def remove(tx: Connection, ring: RingId) -> bool:
    """Forget a ring with its versions, pages and members; whether it was known.

    What we signed, decided and asked for stays: it must not be signed or decided anew.
    """
    for table in _OF_A_RING:
        await execute(tx, f"DELETE FROM {table} WHERE ring = ?", [ring])  # noqa: S608
    return bool(await _rings.delete(tx, "id = ?", [ring]))


async def prune_unread(tx: Connection, origins: Sequence[str], before: Millis) -> int:
    """Forget rings of these origins, known since before then, no version of which was verified."""
    where = f"origin IN ({marks(len(origins))}) AND sequence = 0 AND NOT stewarded AND added_at < ?"
    return await _rings.delete(tx, where, [*origins, before])


async def claim(
    tx: Connection, holder: str, now: Millis, limit: int, length: Millis, *, wanted: bool
) -> list[RingJob]:
    """Take up to `limit` rings whose time has come, for `length`; the longest due first.

    Those that the operator accepted or we help to steward, or the others.
    """
    only = "(accepted OR stewarded)" if wanted else "NOT (accepted OR stewarded)"
    taken = await claims.take(tx, _rings, _CLAIMED, holder, now, limit, length, only=only)
    return [_job(row) for row in taken]


async def claim_one(
    tx: Connection, ring: RingId, holder: str, now: Millis, length: Millis
) -> RingJob | None:
    """Take this ring whether or not its time has come, unless somebody follows it now."""
    taken = await claims.take_one(tx, _rings, _CLAIMED, ring, holder, now, length)
    return _job(taken) if taken else None


async def check(tx: Connection, job: RingJob) -> None:
    """Make sure that the visit is still ours to write down; raises `LeaseLost`."""
    await claims.check(tx, _rings, job.ring.id, job.epoch)


async def lock(tx: Connection, ring: RingId) -> None:
    """Keep others from changing the ring until the transaction ends: whoever is about to follow its
    head with another one reads that head after this.
    """
    if is_postgres(tx):
        await rows(tx, "SELECT 1 FROM ring WHERE id = ? FOR UPDATE", [ring])


async def renew(tx: Connection, job: RingJob, until: Millis) -> None:
    """Hold a ring longer. Raises `LeaseLost` where another took over."""
    await claims.renew(tx, _rings, job.ring.id, job.epoch, until)


async def finish(tx: Connection, job: RingJob, result: RingResult, now: Millis) -> None:
    """Write down what the visit came to, and let go. Raises `LeaseLost` where another took over."""
    changes: dict[str, object] = {
        "outcome": result.outcome,
        "why": result.why,
        "failures": result.failures,
        "next_at": result.next_at,
        "tried_at": now,
    }
    changes |= {"answered_at": now} if result.answered else {}
    since = job.ring.behind_since
    behind_since = (since or now) if result.behind else None
    changes |= {"behind_since": behind_since}
    shown = (job.ring.outcome, job.ring.why, since)
    if (result.outcome, result.why, behind_since) != shown:
        changes |= {"revision": await _next_revision(tx)}
    await claims.finish(tx, _rings, job.ring.id, job.epoch, changes)


async def release(tx: Connection, jobs: Sequence[RingJob]) -> None:
    """Let go of visits that were not made; they are due as before."""
    for job in jobs:
        await claims.release(tx, _rings, job.ring.id, job.epoch)


async def hasten(tx: Connection, rings: Iterable[RingId] | None, at: Millis) -> None:
    """Make visits of these (or of all) due at `at`, where they would be later."""
    await claims.hasten(tx, _rings, rings, at)


async def due(conn: Connection, now: Millis) -> int:
    """How many rings wait for a visit that is due."""
    return await claims.due(conn, _rings, now)


async def due_soonest(conn: Connection) -> Millis | None:
    """When the next visit is due."""
    return await claims.due_soonest(conn, _rings)


async def _set(tx: Connection, ring: RingId, changes: dict[str, object]) -> bool:
    changes = {**changes, "revision": await _next_revision(tx)}
    return bool(await _rings.update(tx, changes, "id = ?", [ring]))


async def _next_revision(tx: Connection) -> int:
    """A revision above every one before, in commit order."""
    if is_postgres(tx):
        await rows(tx, "SELECT pg_advisory_xact_lock(?)", [LOCK])
    revision = int(await facts.get(tx, REVISION) or 0) + 1
    await facts.put(tx, REVISION, revision)
    return revision


def _job(row: Row) -> RingJob:
    values = dict(zip(_CLAIMED, row, strict=True))
    epoch = int(values.pop("epoch"))
    return RingJob(_stored(values), epoch)


def _read(row: models.Ring) -> StoredRing:
    return _stored({name: getattr(row, name) for name in _FIELDS})


def _stored(values: dict[str, Any]) -> StoredRing:
    typed: dict[str, Any] = {name: bool(values[name]) for name in _FLAGS}
    typed |= {"id": RingId(values["id"])}
    typed |= {"named_by": ServerName(values["named_by"]) if values["named_by"] else None}
    return StoredRing(**{**values, **typed})
