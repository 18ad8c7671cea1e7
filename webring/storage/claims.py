"""Taking work from a table whose rows are visited in turn, by any number of processes.

A row is taken until `held_until`; its `epoch` grows each time. Whoever comes back after another
has taken it over finds another epoch and is refused (`LeaseLost`): a paused process that wakes up
cannot write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

from tortoise.models import Model

from webring.clock import Millis
from webring.errors import LeaseLost
from webring.names import ServerName
from webring.storage.sql import Connection, Row, chunks, execute, is_postgres, marks, returned, rows
from webring.storage.table import Table

_FREE: Final = "(held_until IS NULL OR held_until <= ?)"
_LET_GO: Final = {"holder": None, "held_until": None}


class Named(Protocol):
    """Whatever has a name and a registrable domain."""

    @property
    def name(self) -> ServerName:
        """Its name."""

    @property
    def domain(self) -> str:
        """The registrable domain that caps are counted by."""


Key = str | int
"""The primary key of a row."""

M = TypeVar("M", bound=Model)
C = TypeVar("C", bound=Named)


async def unknown(
    tx: Connection,
    table: Table[M],
    candidates: Iterable[C],
    *,
    cap: int | None = None,
    per_domain: int | None = None,
) -> list[C]:
    """The candidates that the table lacks and has room for, each name once, in their order."""
    pending = {each.name: each for each in reversed(list(candidates))}
    for chunk in chunks(list(pending)):
        names = f'SELECT name FROM "{table.name}" WHERE name IN ({marks(len(chunk))})'  # noqa: S608
        for row in await rows(tx, names, chunk):
            del pending[row[0]]
    new = list(reversed(pending.values()))
    if per_domain is not None:
        new = await _within(tx, table, new, per_domain)
    if cap is not None and new:
        new = new[: max(0, cap - await table.count(tx))]
    return new


async def take(
    tx: Connection,
    table: Table[M],
    columns: Sequence[str],
    holder: str,
    now: Millis,
    limit: int,
    length: Millis,
    *,
    only: str = "TRUE",
) -> list[Row]:
    """Take up to `limit` rows that are due, the longest due first; their `columns`.

    `only` is a further condition, our own SQL.
    """
    skip = " FOR UPDATE SKIP LOCKED" if is_postgres(tx) else ""
    asked = columns if "next_at" in columns else (*columns, "next_at")
    due_at = asked.index("next_at")
    chosen = (
        f'SELECT {table.key} FROM "{table.name}" WHERE {_due(table)} AND {only} '  # noqa: S608
        f"ORDER BY next_at, {table.key} LIMIT ?{skip}"
    )
    taken = await returned(
        tx,
        f'UPDATE "{table.name}" SET holder = ?, epoch = epoch + 1, held_until = ? '  # noqa: S608
        f"WHERE {table.key} IN ({chosen}) RETURNING {', '.join(asked)}",
        [holder, now + length, now, now, limit],
    )
    in_order = sorted(taken, key=lambda row: (row[due_at], row[0]))
    return [row[: len(columns)] for row in in_order]


async def take_one(
    tx: Connection,
    table: Table[M],
    columns: Sequence[str],
    key: Key,
    holder: str,
    now: Millis,
    length: Millis,
) -> Row | None:
    """Take one row, due or not, unless it is held; its `columns`."""
    taken = await returned(
        tx,
        f'UPDATE "{table.name}" SET holder = ?, epoch = epoch + 1, held_until = ? '  # noqa: S608
        f"WHERE {table.key} = ? AND {_FREE} RETURNING {', '.join(columns)}",
        [holder, now + length, key, now],
    )
    return taken[0] if taken else None


async def check(tx: Connection, table: Table[M], key: Key, epoch: int) -> None:
    """Make sure that nobody else has taken the row, and keep it so until the transaction ends."""
    lock = " FOR UPDATE" if is_postgres(tx) else ""
    statement = f'SELECT epoch FROM "{table.name}" WHERE {table.key} = ?{lock}'  # noqa: S608
    there = await rows(tx, statement, [key])
    if not there or there[0][0] != epoch:
        raise _lost(table, key)


async def renew(tx: Connection, table: Table[M], key: Key, epoch: int, until: Millis) -> None:
    """Hold a row longer."""
    if not await table.update(tx, {"held_until": until}, _ours(table), [key, epoch]):
        raise _lost(table, key)


async def finish(
    tx: Connection, table: Table[M], key: Key, epoch: int, changes: dict[str, Any]
) -> None:
    """Write to a row that is still ours, and let go of it."""
    if not await table.update(tx, {**changes, **_LET_GO}, _ours(table), [key, epoch]):
        raise _lost(table, key)


async def release(tx: Connection, table: Table[M], key: Key, epoch: int) -> None:
    """Let go of a row, if it is still ours."""
    await table.update(tx, _LET_GO, _ours(table), [key, epoch])


async def set_state(
    tx: Connection, table: Table[M], name: ServerName, state: str, next_at: Millis
) -> bool:
    """Set a row's state, and fence off whoever holds it."""
    statement = (
        f'UPDATE "{table.name}" SET state = ?, next_at = ?, epoch = epoch + 1, '  # noqa: S608
        "holder = NULL, held_until = NULL WHERE name = ?"
    )
    return bool(await execute(tx, statement, [state, next_at, name]))


async def hasten(tx: Connection, table: Table[M], keys: Iterable[Key] | None, at: Millis) -> None:
    """Bring visits of these rows (None: of all) forward to `at`."""
    if keys is None:
        await table.update(tx, {"next_at": at}, "next_at > ?", [at])
        return
    for chunk in chunks(keys):
        where = f"next_at > ? AND {table.key} IN ({marks(len(chunk))})"
        await table.update(tx, {"next_at": at}, where, [at, *chunk])


async def listed(conn: Connection, table: Table[M], limit: int, offset: int) -> list[M]:
    """Rows by name; a negative limit is none."""
    if limit < 0:
        return await table.select(conn, tail="ORDER BY name")
    return await table.select(conn, "", [limit, offset], tail="ORDER BY name LIMIT ? OFFSET ?")


async def states(conn: Connection, table: Table[M]) -> dict[ServerName, str]:
    """The state of every row, by name."""
    found = await rows(conn, f'SELECT name, state FROM "{table.name}" ORDER BY name')  # noqa: S608
    return {ServerName(row[0]): str(row[1]) for row in found}


async def due_soonest(conn: Connection, table: Table[M]) -> Millis | None:
    """When the next row is due."""
    statement = f'SELECT min(next_at) FROM "{table.name}" WHERE {_open(table)}'  # noqa: S608
    at = (await rows(conn, statement))[0][0]
    return None if at is None else int(at)


async def due(conn: Connection, table: Table[M], now: Millis) -> int:
    """How many rows wait to be taken."""
    return await table.count(conn, _due(table), [now, now])


def _due(table: Table[M]) -> str:
    """What can be taken: its time has come, nobody holds it, and it is not blocked."""
    return f"next_at <= ? AND {_open(table)} AND {_FREE}"


def _open(table: Table[M]) -> str:
    return "state <> 'blocked'" if "state" in table.columns else "next_at IS NOT NULL"


def _ours(table: Table[M]) -> str:
    return f"{table.key} = ? AND epoch = ?"


async def _within(tx: Connection, table: Table[M], new: list[C], per_domain: int) -> list[C]:
    """As many as their domains have room for."""
    there: Counter[str] = Counter()
    for chunk in chunks({each.domain for each in new}):
        statement = (
            f'SELECT domain, count(*) FROM "{table.name}" '  # noqa: S608
            f"WHERE domain IN ({marks(len(chunk))}) GROUP BY domain"
        )
        there.update({row[0]: row[1] for row in await rows(tx, statement, chunk)})
    kept = []
    for each in new:
        there[each.domain] += 1
        if there[each.domain] <= per_domain:
            kept.append(each)
    return kept


def _lost(table: Table[M], key: Key) -> LeaseLost:
    return LeaseLost(f"another process has taken over the {table.name} {key}")
