"""What the directory shows: one row a room, kept in step with what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import Millis
from webring.directory.listing import Listing, Standing
from webring.directory.merge import merge
from webring.names import CommunityId, RoomAlias, RoomId, ServerName
from webring.storage import changes, communities, models, sightings
from webring.storage.rooms import LISTING, listing_row, read_listing
from webring.storage.sql import (
    Connection,
    chunks,
    execute,
    execute_many,
    is_postgres,
    marks,
    rows,
)
from webring.storage.table import Table

BREATH: Final = 50
"""Listings worked out before other tasks of this process have their turn."""
SPOKEN_FOR: Final = tuple(each.value for each in Standing if each.is_spoken_for)

_listings: Final = Table(models.Listing)
_SELECT: Final = _listings.selecting((*LISTING, "first_seen_at"))
_SPOKEN: Final = f"standing IN ({marks(len(SPOKEN_FOR))})"
_COLUMNS: Final = (*LISTING, "first_seen_at", "updated_at")
_UPSERT: Final = (
    f"INSERT INTO listing ({', '.join(_COLUMNS)}) VALUES ({marks(len(_COLUMNS))}) "  # noqa: S608
    "ON CONFLICT (room_id) DO UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}" for name in _COLUMNS if name not in {"room_id", "first_seen_at"}
    )
)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many listings a refresh added, changed, removed and found as they were."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: Refreshed) -> Refreshed:
        return Refreshed(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.unchanged + other.unchanged,
        )


async def refresh(tx: Connection, room_ids: Iterable[RoomId], now: Millis) -> Refreshed:
    """Work out these listings again; only what differs is written and appended to `changes`.

    It takes the lock of `changes` first, so that of two transactions that learned of one room the
    later sees what the earlier stored. Make it the last thing that a transaction does.
    """
    total = Refreshed()
    pending = sorted(set(room_ids))
    if pending:
        await changes.lock(tx)
    for chunk in chunks(pending):
        total += await _refresh(tx, chunk, now)
    return total


async def remove(tx: Connection, room_ids: Iterable[RoomId], now: Millis) -> int:
    """Take listings away whatever is known of their rooms; how many there were."""
    removed = 0
    for chunk in chunks(sorted(set(room_ids))):
        await changes.lock(tx)
        there = await many(tx, chunk)
        await _write(tx, {}, list(there), now)
        removed += len(there)
    return removed


async def get(conn: Connection, room_id: RoomId) -> Listing | None:
    """The listing of one room."""
    return (await many(conn, [room_id])).get(room_id)


async def many(conn: Connection, room_ids: Sequence[RoomId]) -> dict[RoomId, Listing]:
    """The listings of some rooms, in one query a chunk of 500; those that are gone are left out."""
    found: dict[RoomId, Listing] = {}
    for chunk in chunks(room_ids):
        statement = f"{_SELECT} WHERE room_id IN ({marks(len(chunk))})"
        for row in await rows(conn, statement, chunk):
            found[row[0]] = read_listing(row)
    return found


async def page(conn: Connection, *, after: RoomId | None, limit: int) -> list[Listing]:
    """All listings by room id, a page at a time."""
    return await _query(conn, "WHERE room_id > ? ORDER BY room_id LIMIT ?", [after or "", limit])


async def count(conn: Connection) -> int:
    """How many listings there are."""
    return await _listings.count(conn)


async def by_standing(conn: Connection) -> dict[Standing, int]:
    """How many listings stand how; every standing has its number."""
    found = await _listings.counts(conn, "standing")
    return {standing: found.get(standing.value, 0) for standing in Standing}


async def by_kind(conn: Connection) -> dict[str, int]:
    """How many listings are spaces, and how many rooms."""
    return await _listings.counts(conn, "kind")


async def spoken_for(
    conn: Connection, limit: int, offset: int = 0, *, adult: bool = True
) -> list[Listing]:
    """Communities that their instances speak for, the largest first."""
    return await _query(
        conn,
        f"WHERE community IS NOT NULL AND {_SPOKEN}{_for(adult)} "
        "ORDER BY members DESC, room_id LIMIT ? OFFSET ?",
        [*SPOKEN_FOR, limit, offset],
    )


async def count_spoken_for(conn: Connection, *, adult: bool = True) -> int:
    """How many communities their instances speak for."""
    where = f"community IS NOT NULL AND {_SPOKEN}{_for(adult)}"
    return await _listings.count(conn, where, SPOKEN_FOR)


async def count_found(conn: Connection, *, adult: bool = True) -> int:
    """How many listings only directories know."""
    return await _listings.count(conn, f"standing = ?{_for(adult)}", [Standing.FOUND.value])


async def found(
    conn: Connection, limit: int, offset: int = 0, *, adult: bool = True
) -> list[Listing]:
    """What only directories know, the largest first."""
    return await _query(
        conn,
        f"WHERE standing = ?{_for(adult)} ORDER BY members DESC, room_id LIMIT ? OFFSET ?",
        [Standing.FOUND.value, limit, offset],
    )


async def by_instance(conn: Connection, instance: ServerName) -> list[Listing]:
    """What one instance presents, the largest first."""
    return await _query(conn, "WHERE instance = ? ORDER BY members DESC, room_id", [instance])


async def by_server(
    conn: Connection, server: ServerName, limit: int, offset: int = 0, *, adult: bool = True
) -> list[Listing]:
    """What one homeserver's directory publishes, the largest first."""
    return await _query(
        conn,
        "JOIN sighting ON sighting.room_id = listing.room_id "
        f"WHERE sighting.server = ?{_for(adult)} "
        "ORDER BY listing.members DESC, listing.room_id LIMIT ? OFFSET ?",
        [server, limit, offset],
    )


async def by_alias(conn: Connection, alias: RoomAlias) -> Listing | None:
    """The listing with this alias; of several, the one that stands best."""
    there = await _query(conn, "WHERE alias = ? ORDER BY room_id", [alias])
    order = list(Standing)
    return min(there, key=lambda listing: order.index(listing.standing), default=None)


async def named_by(conn: Connection, server: ServerName) -> frozenset[RoomId]:
    """The rooms whose id or alias this server gave."""
    escaped = server.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    found = await rows(
        conn,
        "SELECT room_id FROM listing WHERE room_id LIKE ? ESCAPE '!' OR alias LIKE ? ESCAPE '!'",
        [f"%:{escaped}", f"%:{escaped}"],
    )
    return frozenset(RoomId(row[0]) for row in found)


async def by_community(conn: Connection, community: CommunityId) -> Listing | None:
    """The listing that shows this community, where it is the one that decides its room."""
    there = await _query(conn, "WHERE community = ? LIMIT 1", [community])
    return there[0] if there else None


async def children(
    conn: Connection, community: CommunityId, *, adult: bool = True
) -> list[Listing]:
    """The listed rooms of a community's space, the largest first."""
    return await _query(
        conn,
        "JOIN community_room ON community_room.room_id = listing.room_id "
        f"WHERE community_room.community = ?{_for(adult)} "
        "ORDER BY listing.members DESC, listing.room_id",
        [community],
    )


async def adults_only(conn: Connection, room_ids: Sequence[RoomId]) -> frozenset[RoomId]:
    """Those of these rooms that are for adults only, as declared or inferred."""
    found: set[RoomId] = set()
    for chunk in chunks(room_ids):
        statement = f"SELECT room_id FROM listing WHERE adult AND room_id IN ({marks(len(chunk))})"  # noqa: S608
        found |= {RoomId(row[0]) for row in await rows(conn, statement, chunk)}
    return frozenset(found)


async def interests(conn: Connection, limit: int) -> list[tuple[str, int]]:
    """What spoken-for listings are about, the most frequent first, with how many there are.

    What is for adults only is not counted: nobody is led there unasked.
    """
    each = (
        "jsonb_array_elements_text(listing.interests) AS interest(value)"
        if is_postgres(conn)
        else "json_each(listing.interests) AS interest"
    )
    found_there = await rows(
        conn,
        f"SELECT interest.value, count(*) FROM listing, {each} "  # noqa: S608
        f"WHERE {_SPOKEN}{_for(adult=False)} "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        [*SPOKEN_FOR, limit],
    )
    return [(str(row[0]), int(row[1])) for row in found_there]


def _for(adult: bool) -> str:
    """The condition that leaves out what is for adults only, where it is not asked for."""
    return "" if adult else " AND NOT adult"


async def _query(conn: Connection, tail: str, values: Sequence[object]) -> list[Listing]:
    return [read_listing(row) for row in await rows(conn, f"{_SELECT} {tail}", values)]


async def _refresh(tx: Connection, room_ids: Sequence[RoomId], now: Millis) -> Refreshed:
    seen = await sightings.of_rooms(tx, room_ids)
    claims = await communities.of_rooms(tx, room_ids)
    parents = await communities.parents_of(tx, room_ids)
    before = await many(tx, room_ids)
    written: dict[RoomId, tuple[Any, ...]] = {}
    gone: list[RoomId] = []
    for number, room_id in enumerate(room_ids):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        listing = merge(
            room_id, seen.get(room_id, ()), claims.get(room_id, ()), parents.get(room_id, ())
        )
        if listing is None:
            gone += [room_id] if room_id in before else []
        elif listing != before.get(room_id):
            written[room_id] = listing_row(listing)
    await _write(tx, written, gone, now)
    added = len(written.keys() - before.keys())
    left = len(before) - len(gone) - (len(written) - added)
    return Refreshed(added, len(written) - added, len(gone), left)


async def _write(
    tx: Connection,
    written: Mapping[RoomId, tuple[Any, ...]],
    gone: Sequence[RoomId],
    now: Millis,
) -> None:
    if gone:
        await execute(tx, f"DELETE FROM listing WHERE room_id IN ({marks(len(gone))})", gone)  # noqa: S608
    await execute_many(tx, _UPSERT, [(*row, now, now) for row in written.values()])
    if written or gone:
        news = {**dict.fromkeys(written, False), **dict.fromkeys(gone, True)}
        await changes.append(tx, dict(sorted(news.items())), now)
