"""Taking back what an instance withdrew, by its manifest or by a message."""

from __future__ import annotations

from collections.abc import Iterable

from webring.clock import Millis
from webring.documents.parts import Withdrawn
from webring.names import RoomId, ServerName
from webring.storage import communities, sightings, withdrawals
from webring.storage.sql import Connection
from webring.storage.withdrawals import Withdrawal


async def take_back(
    tx: Connection, instance: ServerName, gone: Iterable[Withdrawn], now: Millis
) -> frozenset[RoomId]:
    """Drop what an instance withdrew; the rooms to refresh.

    It takes away only what the instance's own verified manifests listed, as a community or as a
    room of one, and what a directory publishes only where it spoke for the room.
    """
    claims = await communities.of_instance(tx, instance)
    own = {claim.room_id: claim for claim in claims}
    children = {room.room_id for claim in claims for room in claim.rooms}
    leaving = {each.room_id for each in gone if each.room_id in own or each.room_id in children}
    if not leaving:
        return frozenset()
    touched = leaving | await communities.drop_rooms(tx, leaving, instance)
    spoken = [room for room in leaving if room in own and own[room].standing.is_spoken_for]
    await withdrawals.add(tx, [Withdrawal(instance, room, now) for room in spoken])
    return frozenset(touched | await sightings.drop_rooms(tx, spoken))
