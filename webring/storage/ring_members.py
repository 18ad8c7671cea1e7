"""Slots of rings: what the newest version says of each, and how its member stands here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import Millis
from webring.documents.ring_parts import MemberKind
from webring.errors import LeaseLost
from webring.names import RingId, ServerName, Slug
from webring.storage import claims
from webring.storage import ring_models as models
from webring.storage.sql import Connection, Row, chunks, execute, execute_many, marks, rows
from webring.storage.table import Table

_members: Final = Table(models.RingMember)
_WANTED: Final = "SELECT id FROM ring WHERE accepted OR stewarded"
_TRUSTED_RINGS: Final = (
    "SELECT id FROM ring WHERE stewarded UNION SELECT ring FROM ring_member WHERE listed "
    "AND consents AND state IN ('active', 'sleeping') AND (instance = ? OR instance IN "
    "(SELECT name FROM peer WHERE accepted AND state <> 'blocked'))"
)
"""Rings that we steward, or in which we stand, or an instance that the operator accepted."""


@dataclass(frozen=True, slots=True)
class StoredMember:
    """A slot, and who is in it. `url` is the ring document's, `title` raw text ("" while unknown).

    `kind` and `slot` are words of the document (community or site; active or sleeping); `listed`
    tells whether the newest version lists it; `position` is its place there. `state` and the three
    counts of strikes are `webring.rings.states`'; `consents` is the member's own half (None: not
    known yet); `reason` says in a sentence why it stands so; `after` is the slot that was before it
    when it went ("" for the start). `next_at` is when its consent is checked next, None for never.
    """

    ring: RingId
    member: str
    kind: str
    instance: ServerName | None
    community: Slug | None
    url: str
    title: str
    position: int
    joined_at: Millis
    slot: str
    listed: bool
    consents: bool | None
    state: str
    reason: str
    since: Millis
    after: str | None
    checked_at: Millis | None
    next_at: Millis | None
    failures: int
    absences: int
    struck_at: Millis


@dataclass(frozen=True, slots=True)
class StoredSlot:
    """As much of `StoredMember` as a circle shows."""

    member: str
    kind: str
    instance: ServerName | None
    community: Slug | None
    url: str
    title: str
    listed: bool
    state: str
    after: str | None


@dataclass(frozen=True, slots=True)
class MemberJob:
    """The right to check one member, until somebody else may; and the member as it was then."""

    key: int
    member: StoredMember
    epoch: int


_FIELDS: Final = tuple(StoredMember.__dataclass_fields__)
_CLAIMED: Final = ("id", *_FIELDS, "epoch")
_CHANGED: Final = tuple(name for name in _FIELDS if name not in {"ring", "member"})


async def of_ring(conn: Connection, ring: RingId) -> list[StoredMember]:
    """Every slot of a ring, those that are gone included: the listed ones in their order, first."""
    tail = "ORDER BY listed DESC, position, id"
    return [_read(row) for row in await _members.select(conn, "ring = ?", [ring], tail=tail)]


async def slots(conn: Connection, ring: RingId) -> Iterator[StoredSlot]:
    """The same as `of_ring`, as much as a circle shows: it is read whenever a ring changes."""
    statement = (
        "SELECT member, kind, instance, community, url, title, listed, state, after "
        "FROM ring_member WHERE ring = ? ORDER BY listed DESC, position, id"
    )
    return map(_slot, await rows(conn, statement, [ring]))


async def get(conn: Connection, ring: RingId, member: str) -> StoredMember | None:
    """One slot."""
    row = await _members.get(conn, "ring = ? AND member = ?", ring, member)
    return _read(row) if row else None


async def many(conn: Connection, ring: RingId, members: Iterable[str]) -> dict[str, StoredMember]:
    """Those of these slots that are there."""
    there: dict[str, StoredMember] = {}
    for chunk in chunks(members):
        where = f"ring = ? AND member IN ({marks(len(chunk))})"
        for row in await _members.select(conn, where, [ring, *chunk]):
            there[row.member] = _read(row)
    return there


async def of_community(
    conn: Connection, instance: ServerName, community: Slug
) -> list[StoredMember]:
    """A community's slots, in all rings that list it."""
    where = "instance = ? AND community = ? AND listed"
    found = await _members.select(conn, where, [instance, community], tail="ORDER BY ring")
    return [_read(row) for row in found]


async def of_instance(conn: Connection, instance: ServerName) -> list[StoredMember]:
    """The slots of an instance's communities, in all rings that list them."""
    where = "instance = ? AND listed"
    tail = "ORDER BY ring, position"
    return [_read(row) for row in await _members.select(conn, where, [instance], tail=tail)]


async def sharing(conn: Connection) -> set[ServerName]:
    """The instances of members of rings that we steward, or in which a community of ours stands."""
    found = await rows(
        conn,
        "SELECT DISTINCT instance FROM ring_member WHERE listed AND instance IS NOT NULL AND ring "
        "IN (SELECT id FROM ring WHERE stewarded UNION SELECT ring FROM membership)",
    )
    return {ServerName(row[0]) for row in found}


async def beside_accepted(
    conn: Connection, names: Iterable[ServerName], own: ServerName
) -> set[ServerName]:
    """Those of these instances that share a ring with `own`, or with one that is accepted.

    Both stand in it with both halves of their consent, active or asleep; or we steward it. That a
    ring lists somebody proves nothing: anybody can found one and write names into it.
    """
    found: set[ServerName] = set()
    for chunk in chunks(names):
        statement = (
            "SELECT DISTINCT instance FROM ring_member WHERE listed AND consents "  # noqa: S608
            f"AND state IN ('active', 'sleeping') AND instance IN ({marks(len(chunk))}) "
            f"AND ring IN ({_TRUSTED_RINGS})"
        )
        found |= {ServerName(row[0]) for row in await rows(conn, statement, [*chunk, own])}
    return found


async def instances(conn: Connection, ring: RingId) -> set[ServerName]:
    """The instances whose communities a ring lists."""
    statement = "SELECT DISTINCT instance FROM ring_member WHERE ring = ? AND listed"
    return {ServerName(row[0]) for row in await rows(conn, statement, [ring]) if row[0]}


async def one_sided(conn: Connection, ring: RingId, since: Millis) -> list[StoredMember]:
    """Members that the ring lists and that have not said themselves that they are in it since
    then, or for longer.
    """
    where = "ring = ? AND listed AND state = 'one_sided' AND since <= ?"
    tail = "ORDER BY position"
    return [_read(row) for row in await _members.select(conn, where, [ring, since], tail=tail)]


async def counts(conn: Connection) -> dict[RingId, dict[str, int]]:
    """How many members of each ring stand in each state."""
    found: dict[RingId, dict[str, int]] = {}
    statement = "SELECT ring, state, count(*) FROM ring_member GROUP BY ring, state"
    for ring, state, number in await rows(conn, statement):
        found.setdefault(RingId(ring), {})[str(state)] = int(number)
    return found


async def put(tx: Connection, members: Sequence[StoredMember]) -> None:
    """Write slots, new ones and others. A check under way is fenced off: it went by what held."""
    new = [{name: getattr(each, name) for name in _FIELDS} | {"epoch": 0} for each in members]
    await _members.insert(tx, new, keep=True)
    sets = ", ".join(f"{name} = ?" for name in _CHANGED)
    await execute_many(
        tx,
        f"UPDATE ring_member SET {sets}, epoch = epoch + 1, holder = NULL, "  # noqa: S608
        "held_until = NULL WHERE ring = ? AND member = ?",
        [[row[name] for name in (*_CHANGED, "ring", "member")] for row in new],
    )


async def claim(
    tx: Connection,
    holder: str,
    now: Millis,
    limit: int,
    length: Millis,
    *,
    kind: MemberKind | None = None,
    wanted: bool | None = None,
) -> list[MemberJob]:
    """Take up to `limit` members whose check has come, for `length`; the longest due first.

    Of one `kind`; of rings that are `wanted` here (that the operator accepted, or we steward), or
    of those that are known besides. None: of any.
    """
    kinds = "TRUE" if kind is None else f"kind = '{kind.value}'"
    rings = "TRUE" if wanted is None else f"ring {'IN' if wanted else 'NOT IN'} ({_WANTED})"
    only = f"{kinds} AND {rings}"
    taken = await claims.take(tx, _members, _CLAIMED, holder, now, limit, length, only=only)
    return [_job(row) for row in taken]


async def claim_one(
    tx: Connection, ring: RingId, member: str, holder: str, now: Millis, length: Millis
) -> MemberJob | None:
    """Take this member whether or not its check has come, unless it is being checked now."""
    row = await _members.get(tx, "ring = ? AND member = ? AND listed", ring, member)
    if row is None:
        return None
    taken = await claims.take_one(tx, _members, _CLAIMED, row.id, holder, now, length)
    return _job(taken) if taken else None


async def finish(tx: Connection, job: MemberJob, changes: dict[str, object]) -> None:
    """Write down what a check came to, and let go. Raises `LeaseLost` where another took over."""
    await claims.finish(tx, _members, job.key, job.epoch, changes)


async def put_off(tx: Connection, job: MemberJob, at: Millis) -> None:
    """Let go of a check that was not made, to be due at `at`; nothing where another took over."""
    with suppress(LeaseLost):
        await claims.finish(tx, _members, job.key, job.epoch, {"next_at": at})


async def release(tx: Connection, jobs: Sequence[MemberJob]) -> None:
    """Let go of checks that were not made; they are due as before."""
    for job in jobs:
        await claims.release(tx, _members, job.key, job.epoch)


async def due(conn: Connection, now: Millis) -> int:
    """How many members wait for a look that is due."""
    return await claims.due(conn, _members, now)


async def hasten(tx: Connection, ring: RingId, members: Iterable[str], at: Millis) -> None:
    """Make the checks of these members due at `at`, where they would be later.

    A check under way is fenced off: it went by what held before.
    """
    for member in members:
        await _hasten(tx, "ring = ? AND member = ?", [ring, member], at)


async def hasten_instance(tx: Connection, instance: ServerName, at: Millis) -> None:
    """The same for every member of an instance: its manifest may say something else now."""
    await _hasten(tx, "instance = ?", [instance], at)


async def hasten_host(tx: Connection, host: ServerName, at: Millis) -> None:
    """The same for every member whose address is at this host."""
    for end in ("", "/%", ":%", "?%"):
        await _hasten(tx, "lower(url) LIKE ? ESCAPE '!'", [f"%://{_literal(host)}{end}"], at)


async def _hasten(tx: Connection, where: str, values: list[object], at: Millis) -> None:
    await execute(
        tx,
        "UPDATE ring_member SET epoch = epoch + 1, holder = NULL, held_until = NULL, "  # noqa: S608
        "next_at = CASE WHEN next_at <= ? THEN next_at ELSE ? END "
        f"WHERE {where} AND listed AND (next_at IS NULL OR next_at > ? OR held_until IS NOT NULL)",
        [at, at, *values, at],
    )


def _literal(text: str) -> str:
    """`text` as LIKE takes it for itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _slot(row: Row) -> StoredSlot:
    member, kind, instance, community, url, title, listed, state, after = row
    return StoredSlot(
        member,
        kind,
        None if instance is None else ServerName(instance),
        None if community is None else Slug(community),
        url,
        title,
        bool(listed),
        state,
        after,
    )


def _job(row: Row) -> MemberJob:
    values = dict(zip(_CLAIMED, row, strict=True))
    key, epoch = int(values.pop("id")), int(values.pop("epoch"))
    return MemberJob(key, _stored(values), epoch)


def _read(row: models.RingMember) -> StoredMember:
    return _stored({name: getattr(row, name) for name in _FIELDS})


def _stored(values: dict[str, Any]) -> StoredMember:
    instance, community, consents = (values[name] for name in ("instance", "community", "consents"))
    typed: dict[str, Any] = {
        "ring": RingId(values["ring"]),
        "instance": None if instance is None else ServerName(instance),
        "community": None if community is None else Slug(community),
        "listed": bool(values["listed"]),
        "consents": None if consents is None else bool(consents),
    }
    return StoredMember(**{**values, **typed})
