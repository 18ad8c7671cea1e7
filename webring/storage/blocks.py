"""What is kept out, by the operator (`block`) or at its own wish (`optout`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.storage import models
from webring.storage.sql import Connection, rows
from webring.storage.table import Table

_blocks: Final = Table(models.Block)


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is room, server, space, glob or word; `target` is its id or name, or what is compared;
    `action` is block or optout.
    """

    kind: str
    target: str
    action: str
    reason: str
    at: Millis


async def add(tx: Connection, block: Block) -> None:
    """Keep something out; a block of the same target is replaced."""
    values = {name: getattr(block, name) for name in ("kind", "target", "action", "reason", "at")}
    await _blocks.upsert(tx, [values], ["kind", "target"])


async def remove(tx: Connection, kind: str, target: str) -> bool:
    """Let something in again; whether it was kept out."""
    return bool(await _blocks.delete(tx, "kind = ? AND target = ?", [kind, target]))


async def get(conn: Connection, kind: str, target: str) -> Block | None:
    """The block of one target."""
    row = await _blocks.get(conn, "kind = ? AND target = ?", kind, target)
    return _read(row) if row else None


async def all(conn: Connection) -> list[Block]:  # noqa: A001
    """Everything that is kept out, by kind and target."""
    return [_read(row) for row in await _blocks.select(conn, tail="ORDER BY kind, target")]


async def mark(conn: Connection) -> tuple[int, int]:
    """Two numbers that change with the servers that are kept out; whoever follows that compares."""
    statement = "SELECT count(*), coalesce(sum(at), 0) FROM block WHERE kind IN ('server', 'glob')"
    count, times = (await rows(conn, statement))[0]
    return int(count), int(times)


def _read(row: models.Block) -> Block:
    return Block(row.kind, row.target, row.action, row.reason, row.at)
