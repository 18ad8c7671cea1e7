"""What a space that is kept out takes with it: the rooms that it holds.

That a space holds a room is believed of an instance that may speak for the space, of nobody else:
anybody can write any room into a manifest. A room that another instance speaks for stays. What was
in the space when the operator decided stays out until the space is let in again; what such an
instance adds later, for as long as it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webring.clock import Millis
from webring.moderation import ring_places
from webring.moderation.blocklist import Blocklist
from webring.names import RoomId, ServerName
from webring.storage import communities, sightings, space_rooms
from webring.storage.space_rooms import SpaceRoom
from webring.storage.sql import Connection


async def decide(tx: Connection, space: RoomId) -> frozenset[RoomId]:
    """Note what a space holds that has just been blocked; the rooms that go with it."""
    spoken = [
        claim for claim in await communities.of_room(tx, space) if claim.standing.is_spoken_for
    ]
    await space_rooms.add(
        tx,
        [
            SpaceRoom(space, room.room_id, claim.id.instance, decided=True)
            for claim in spoken
            for room in claim.rooms
        ],
    )
    return await _taken(tx, {room.room_id for claim in spoken for room in claim.rooms})


async def hear(
    tx: Connection, instance: ServerName, held: Mapping[RoomId, Iterable[RoomId]], now: Millis
) -> frozenset[RoomId]:
    """Drop what spaces that are kept out hold, as an instance that speaks for them says now.

    Returns the rooms to refresh.
    """
    for space, rooms in held.items():
        await space_rooms.tell(tx, instance, space, rooms)
    taken = await _taken(tx, {room for rooms in held.values() for room in rooms})
    await ring_places.hasten(tx, taken, now)
    return await sightings.drop_rooms(tx, taken) | await communities.drop_rooms(tx, taken)


async def _taken(tx: Connection, rooms: Iterable[RoomId]) -> frozenset[RoomId]:
    """Those of these rooms that go with a space."""
    with_spaces = (await Blocklist.load(tx)).with_spaces if (asked := set(rooms)) else {}
    return frozenset(room for room in asked if room in with_spaces)
