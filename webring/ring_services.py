"""What an instance needs for rings, opened together: a part of `webring.services`."""

from __future__ import annotations

from dataclasses import dataclass

from webring.clock import Clock
from webring.names import ServerName
from webring.rings.hand import Hand
from webring.rings.sharing import sharing
from webring.rings.shelf import Shelf
from webring.storage.identity import Identity
from webring.storage.sql import Connection


@dataclass(frozen=True, slots=True)
class RingServices:
    """The parts that keep, follow and steward rings."""

    shelf: Shelf
    hand: Hand

    async def sharing(self, conn: Connection) -> set[ServerName]:
        """With whom we share a ring."""
        return await sharing(conn, self.shelf)


def open_ring_services(own: ServerName, keys: Identity, clock: Clock) -> RingServices:
    """The parts, put together."""
    return RingServices(shelf=Shelf(), hand=Hand(own, keys.instance_keys, clock))
