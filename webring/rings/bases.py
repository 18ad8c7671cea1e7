"""Where a ring is served: the base URLs that a member's link may lead to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from webring.clock import MINUTE, Clock, Millis
from webring.documents.ring import RingTerms, read_ring
from webring.names import PeerUrl, RingId, ServerName
from webring.storage import peers, ring_versions
from webring.storage.sql import Connection

FRESH: Final[Millis] = MINUTE
"""How long they are kept at hand: many members of one ring are looked at together."""
REMEMBERED: Final = 500
"""Rings whose bases are."""


class Bases:
    """The bases of rings: of the founding instance first, of stewards, mirrors, and our own."""

    def __init__(self, own: ServerName, base_url: PeerUrl, clock: Clock) -> None:
        self._own = own
        self._base_url = base_url
        self._clock = clock
        self._kept: OrderedDict[RingId, tuple[Millis, tuple[str, ...]]] = OrderedDict()

    async def of(self, conn: Connection, ring: RingId) -> tuple[str, ...]:
        """Those of the newest version that we hold."""
        now = self._clock()
        at, known = self._kept.get(ring, (now - FRESH, ()))
        if 0 <= now - at < FRESH:
            return known
        head = await ring_versions.head(conn, ring)
        found = await self.named(conn, ring, read_ring(head.body).terms if head else None)
        self._kept[ring] = (now, found)
        self._kept.move_to_end(ring)
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return found

    async def named(
        self, conn: Connection, ring: RingId, terms: RingTerms | None
    ) -> tuple[str, ...]:
        """Those of a version with these terms (None: of a ring that is not held yet)."""
        others = [*terms.stewards.instances, *terms.mirrors] if terms else []
        names = dict.fromkeys([ring.instance, *others])
        return await self._urls(conn, names)

    async def stewards(self, conn: Connection, ring: RingId) -> dict[ServerName, str]:
        """Those of each steward by the newest version that we hold, in the order of their names."""
        head = await ring_versions.head(conn, ring)
        names = sorted(read_ring(head.body).terms.stewards.instances) if head else []
        known = await peers.base_urls(conn, names)
        return {name: known.get(name, f"https://{name}") for name in names}

    async def _urls(self, conn: Connection, names: Iterable[ServerName]) -> tuple[str, ...]:
        """What is not known yet is taken for an instance that serves under its own name."""
        known = {**await peers.base_urls(conn, names), self._own: self._base_url}
        found = [known.get(name, f"https://{name}") for name in names]
        return tuple(dict.fromkeys([*found, self._base_url]))
