"""What a restored database must not forget of rings: what was signed, decided, left and erased.

Each ring is taken over whole from the database that knows its newer version. A membership that a
decision ended stays ended, whatever the backup says: missing consent reads as no.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from tortoise.models import Model

from webring.clock import Millis
from webring.names import RingId
from webring.storage import decisions, memberships, ring_signing, ring_versions, rings
from webring.storage import ring_models as models
from webring.storage.sql import Connection, rows
from webring.storage.table import Table

_ring: Final = Table(models.Ring)
_parts: Final[tuple[Table[Any], ...]] = (
    Table(models.RingVersion),
    Table(models.RingPage),
    Table(models.RingMember),
    Table(models.RingChange),
    Table(models.RingProposal),
)
_requests: Final = Table(models.RingRequest)
_outbox: Final = Table(models.Outgoing)
_notices: Final = Table(models.Notice)
_tokens: Final = Table(models.ApiToken)
_WORDS: Final = frozenset({memberships.BEGUN, memberships.ENDED})
_HELD: Final = frozenset({"holder", "held_until"})

M = TypeVar("M", bound=Model)


async def carry_rings(former: Connection, tx: Connection, now: Millis) -> None:
    """Carry over what `former` knows of rings and the restored database must not forget.

    Decisions are carried over before: they tell which memberships ended.
    """
    for each in await rings.all(former):
        mine = await rings.get(tx, each.id)
        if mine is None or each.sequence >= mine.sequence:
            await _take_over(former, tx, each.id)
        else:
            await ring_versions.erase_pages(tx, each.id, await _erased(former, each.id))
    for ring, line in await ring_signing.ledger(former):
        await ring_signing.write_down(tx, ring, line.sequence, line.sha256, line.signed_at)
    await _memberships(former, tx)
    await _asked(former, tx)
    await _write(tx, _outbox, await _outbox.select(former), ["id"])
    await _told(former, tx)
    await _tokens.delete(tx, "")  # one that was revoked since is there no more
    await _write(tx, _tokens, await _tokens.select(former), ["id"])
    await begin_unread(tx, now)


async def begin_unread(tx: Connection, now: Millis) -> None:
    """Sign nothing before the heads were read from the stewards, which is due at once."""
    for ring in await rings.stewarded(tx):
        await rings.set_unread(tx, ring.id, True)
    await rings.hasten(tx, None, now)


async def _take_over(former: Connection, tx: Connection, ring: RingId) -> None:
    """Put one ring as `former` has it in the place of what the backup says of it."""
    for table in _parts:
        await table.delete(tx, "ring = ?", [ring])
        found = await table.select(former, "ring = ?", [ring], tail="ORDER BY id")
        await _write(tx, table, found)
    await _write(tx, _ring, await _ring.select(former, "id = ?", [ring]), ["id"])
    await rings.touch(tx, ring)


async def _erased(conn: Connection, ring: RingId) -> list[str]:
    found = await rows(conn, "SELECT sha256 FROM ring_page WHERE ring = ? AND body IS NULL", [ring])
    return [str(row[0]) for row in found]


async def _memberships(former: Connection, tx: Connection) -> None:
    kept = await memberships.all(former)
    for each in kept:
        await memberships.put(tx, each)
    held = {(each.ring, each.community) for each in kept}
    for each in await memberships.all(tx):
        if (each.ring, each.community) in held:
            continue
        words = await decisions.about(tx, memberships.target(each.ring, each.community))
        last = [word.action for word in words if word.action in _WORDS]
        if last and last[-1] == memberships.ENDED:
            await memberships.remove(tx, each.ring, each.community)


async def _asked(former: Connection, tx: Connection) -> None:
    """Requests by their last word: one that was decided is not decided anew."""
    known = {row.id: _spoken(row) for row in await _requests.select(tx)}
    newer = [
        row for row in await _requests.select(former) if _spoken(row) >= known.get(row.id, (0, 0))
    ]
    await _write(tx, _requests, newer, ["id"])


def _spoken(row: models.RingRequest) -> tuple[Millis, Millis]:
    return row.decided_at or 0, row.at


async def _told(former: Connection, tx: Connection) -> None:
    """Notices: what a room was told is not told again."""
    found = await _notices.select(former, tail="ORDER BY id")
    for row in found:
        where = "at = ? AND ring = ? AND member = ? AND kind = ?"
        await _notices.delete(tx, where, [row.at, row.ring, row.member, row.kind])
    await _write(tx, _notices, found)


async def _write(
    tx: Connection, table: Table[M], found: Sequence[M], key: Sequence[str] = ()
) -> None:
    """Write rows again, held by nobody: in the place of those with the same `key`, or as new ones
    under new numbers.
    """
    names = [name for name in table.columns if key or name != table.key]
    new = [{name: getattr(row, name) for name in names} for row in found]
    new = [row | dict.fromkeys(_HELD & row.keys()) for row in new]
    if key:
        await table.upsert(tx, new, key)
    else:
        await table.insert(tx, new)
