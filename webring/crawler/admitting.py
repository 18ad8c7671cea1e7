"""What of one homeserver's directory may be listed, and what its words take from all others.

A marker against listing in a room's topic keeps out what that server says of the room. It speaks
for the room as a whole, so that nobody's word lists it, only from

1. our own homeserver;
2. the server of an alias by which an instance speaks for the room; where none does
3. the server that gave the room its id, or the one whose alias every other directory shows.

Any directory can list anybody's room id with any topic: others silence nobody but themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from webring.clock import Millis
from webring.directory.listing import Claim, DirectoryRoom, Sighting
from webring.moderation import ring_places
from webring.moderation.blocklist import Blocklist
from webring.names import RoomId, ServerName
from webring.storage import communities, declined, sightings, withdrawals
from webring.storage.sql import Connection
from webring.text.markers import read_markers


@dataclass(frozen=True, slots=True)
class Admitted:
    """The rooms that may be listed, and those that left because they may not."""

    rooms: tuple[DirectoryRoom, ...]
    left: frozenset[RoomId]


async def admit(
    tx: Connection,
    server: ServerName,
    rooms: Sequence[DirectoryRoom],
    now: Millis,
    *,
    complete: bool,
    home: ServerName | None,
) -> Admitted:
    """Sort what a directory lists. What may not be listed is gone at once, complete or not.

    `home` is our own homeserver.
    """
    seen = [room.room_id for room in rooms]
    unwilling = {room.room_id for room in rooms if not read_markers(room.topic).listable}
    heard = await _spoken_for(tx, server, unwilling, home)
    ours = server == home
    await declined.record(tx, server, heard, seen=seen, complete=complete, ours=ours)
    await ring_places.hasten(tx, heard, now)
    left = await communities.drop_rooms(tx, heard)
    blocklist = await Blocklist.load(tx, seen)
    taken_back = {gone.room_id for gone in await withdrawals.all(tx)}
    kept: list[DirectoryRoom] = []
    gone: list[RoomId] = []
    for room in rooms:
        if room.room_id in taken_back or not blocklist.room(room.room_id, None).allowed:
            gone.append(room.room_id)
        elif room.room_id not in unwilling and _is_allowed(room, blocklist):
            kept.append(room)
    refused = set(seen) - {room.room_id for room in kept}
    left |= await sightings.drop_rooms(tx, gone)
    return Admitted(tuple(kept), left | await sightings.drop(tx, server, refused))


def _is_allowed(room: DirectoryRoom, blocklist: Blocklist) -> bool:
    return blocklist.room(room.room_id, room.alias, says=(room.name, room.topic)).allowed


async def _spoken_for(
    tx: Connection, server: ServerName, rooms: Collection[RoomId], home: ServerName | None
) -> frozenset[RoomId]:
    """Those of these rooms whose moderators' words `server` may pass on."""
    if server == home or not rooms:
        return frozenset(rooms)
    claims = await communities.of_rooms(tx, list(rooms))
    seen = await sightings.of_rooms(tx, list(rooms))
    return frozenset(
        room for room in rooms if _speaks(server, room, claims.get(room, ()), seen.get(room, ()))
    )


def _speaks(
    server: ServerName, room: RoomId, claims: Iterable[Claim], seen: Iterable[Sighting]
) -> bool:
    proven = {
        claim.alias.server for claim in claims if claim.alias and claim.standing.is_spoken_for
    }
    if proven:
        return server in proven
    shown = {each.room.alias.server for each in seen if each.room.alias and each.server != server}
    return room.partition(":")[2].lower() == server or shown == {server}
