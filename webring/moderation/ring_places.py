"""Having the places in rings looked at again whose communities somebody keeps out."""

from __future__ import annotations

from collections.abc import Iterable

from webring.clock import Millis
from webring.names import RoomId
from webring.storage import communities, ring_members
from webring.storage.sql import Connection


async def hasten(tx: Connection, rooms: Iterable[RoomId], now: Millis) -> None:
    """Have the places of these rooms' communities looked at next. Call it before they are gone."""
    for claims in (await communities.of_rooms(tx, list(rooms))).values():
        for name in (claim.id for claim in claims):
            for slot in await ring_members.of_community(tx, name.instance, name.slug):
                await ring_members.hasten(tx, slot.ring, [slot.member], now)
