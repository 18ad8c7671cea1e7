"""What a ring's people and a room's people are told, and whether the room was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webring.clock import DAY, Millis
from webring.names import RingId, Slug
from webring.storage import ring_models as models
from webring.storage.sql import Connection, marks, returned, rows, storable
from webring.storage.table import Table

LISTED: Final = "listed"
"""The kind that tells a community that it is published: it is kept, so that it is told once."""
REQUEST: Final = "request"
"""The kind that asks something of the operator."""
KEPT: Final[Millis] = 365 * DAY
"""How long any other is kept."""

_notices: Final = Table(models.Notice)
_NEWEST: Final = "ORDER BY id DESC LIMIT ?"


class RoomState(StrEnum):
    """Whether the room was told. `NONE`: it is not a matter for a room."""

    NONE = "none"
    PENDING = "pending"
    POSTED = "posted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A notice about a member of a ring, or (without a ring) about a community of ours.

    `community` is its id where it is one of ours; `text` a sentence, with names of others as they
    came.
    """

    kind: str
    text: str
    ring: RingId | None = None
    member: str = ""
    community: Slug | None = None
    room_state: RoomState = RoomState.NONE
    room_reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice with its number. `room_reason` says why the room is not told (yet)."""

    id: int
    at: Millis
    kind: str
    text: str
    ring: RingId | None
    member: str
    community: Slug | None
    room_state: RoomState
    room_reason: str


async def add(tx: Connection, notice: NoticeDraft, now: Millis) -> int:
    """Keep a notice; its number."""
    new: dict[str, object] = {
        "at": now,
        "ring": notice.ring or "",
        "member": notice.member,
        "community": notice.community,
        "kind": notice.kind,
        "text": storable(notice.text),
        "room_state": notice.room_state.value,
        "room_reason": storable(notice.room_reason),
    }
    statement = (
        f"INSERT INTO notice ({', '.join(new)}) VALUES ({marks(len(new))}) "  # noqa: S608
        "RETURNING id"
    )
    return int((await returned(tx, statement, list(new.values())))[0][0])


async def get(conn: Connection, notice_id: int) -> StoredNotice | None:
    """One notice."""
    found = await _select(conn, "id = ?", [notice_id])
    return found[0] if found else None


async def of_member(
    conn: Connection, ring: RingId, member: str, limit: int = 50
) -> list[StoredNotice]:
    """What everybody may read of one member of a ring, newest first.

    Not what was asked of the operator: that carries what somebody wrote to the stewards alone.
    """
    where = "ring = ? AND member = ? AND kind <> ?"
    return await _select(conn, where, [ring, member, REQUEST, limit], _NEWEST)


async def of_ring(conn: Connection, ring: RingId, limit: int = 50) -> list[StoredNotice]:
    """What concerns a ring and its members, newest first."""
    return await _select(conn, "ring = ?", [ring, limit], _NEWEST)


async def of_community(conn: Connection, community: Slug, limit: int = 50) -> list[StoredNotice]:
    """What concerns a community of ours, in all its rings, newest first."""
    return await _select(conn, "community = ?", [community, limit], _NEWEST)


async def to_post(conn: Connection, limit: int) -> list[StoredNotice]:
    """Notices whose rooms are still to be told, oldest first."""
    pending = RoomState.PENDING.value
    return await _select(conn, "room_state = ?", [pending, limit], "ORDER BY id LIMIT ?")


async def count_pending(conn: Connection) -> int:
    """How many rooms are still to be told something."""
    return await _notices.count(conn, "room_state = ?", [RoomState.PENDING.value])


async def not_told(conn: Connection, since: Millis, limit: int) -> list[StoredNotice]:
    """Notices whose rooms could not be told, for good or until now, newest first."""
    pending, failed = RoomState.PENDING.value, RoomState.FAILED.value
    where = "at >= ? AND (room_state = ? OR (room_state = ? AND room_reason <> ''))"
    return await _select(conn, where, [since, failed, pending, limit], _NEWEST)


async def between(
    conn: Connection, after: int, since: Millis, until: Millis, limit: int
) -> list[StoredNotice]:
    """Notices with a number beyond `after`, kept from `since` to `until`, oldest first."""
    where = "id > ? AND at >= ? AND at <= ?"
    return await _select(conn, where, [after, since, until, limit], "ORDER BY id LIMIT ?")


async def told(conn: Connection, kind: str) -> frozenset[Slug]:
    """The communities of ours about which there is a notice of this kind."""
    statement = "SELECT DISTINCT community FROM notice WHERE kind = ? AND community IS NOT NULL"
    return frozenset(Slug(row[0]) for row in await rows(conn, statement, [kind]))


async def set_room_state(tx: Connection, notice_id: int, state: RoomState, reason: str) -> bool:
    """Note whether the room was told; False where that was settled already."""
    changes = {"room_state": state.value, "room_reason": reason}
    where = "id = ? AND room_state = ?"
    return bool(await _notices.update(tx, changes, where, [notice_id, RoomState.PENDING.value]))


async def prune(tx: Connection, now: Millis) -> int:
    """Forget notices after `KEPT`, but for those that tell once; how many."""
    return await _notices.delete(tx, "at <= ? AND kind <> ?", [now - KEPT, LISTED])


async def _select(
    conn: Connection, where: str, values: Sequence[object], tail: str = ""
) -> list[StoredNotice]:
    return [_read(row) for row in await _notices.select(conn, where, values, tail=tail)]


def _read(row: models.Notice) -> StoredNotice:
    return StoredNotice(
        id=row.id,
        at=row.at,
        kind=row.kind,
        text=row.text,
        ring=RingId(row.ring) if row.ring else None,
        member=row.member,
        community=Slug(row.community) if row.community else None,
        room_state=RoomState(row.room_state),
        room_reason=row.room_reason,
    )
