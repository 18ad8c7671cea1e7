"""Rings' stored versions, read as documents."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from webring.documents.pages import PageRef
from webring.documents.ring import Ring, read_ring, with_members
from webring.errors import TrustError
from webring.names import RingId
from webring.storage import ring_versions
from webring.storage.ring_versions import StoredVersion
from webring.storage.sql import Connection

REMEMBERED: Final = 64
"""Rings whose newest version is kept at hand."""
LARGE: Final = 200
"""Members from which a head is read in a thread, so that others are answered meanwhile."""


class Shelf:
    """Reads versions of rings from storage. Of each ring the newest one is kept at hand, and no
    other: what stands in an erased page must not live on here.
    """

    def __init__(self) -> None:
        self._heads: OrderedDict[RingId, Ring] = OrderedDict()

    async def head(self, conn: Connection, ring: RingId) -> Ring | None:
        """The newest version of our branch with its members; None before a first one is held."""
        stored = await ring_versions.head(conn, ring)
        if stored is None:
            return None
        known = self._heads.get(ring)
        # Signatures are not part of the hash: a version that was signed again has other content.
        if known is None or known.content != read_ring(stored.body).content:
            self._heads[ring] = known = await _whole(conn, stored)
            if len(self._heads) > REMEMBERED:
                self._heads.popitem(last=False)
        self._heads.move_to_end(ring)
        return known

    async def version(self, conn: Connection, ring: RingId, sequence: int) -> Ring | None:
        """One version of our branch; without members where a page of it was erased."""
        stored = await ring_versions.at_sequence(conn, ring, sequence)
        return await self.read(conn, stored) if stored else None

    async def read(self, conn: Connection, stored: StoredVersion) -> Ring:
        """A stored version; without members where a page of it was erased."""
        try:
            return await _whole(conn, stored)
        except TrustError:
            return read_ring(stored.body)

    async def chain(
        self, conn: Connection, ring: RingId, first: int = 1, limit: int = -1
    ) -> list[Ring]:
        """The heads of our branch from version `first` on, without members, oldest first."""
        stored = await ring_versions.branch(conn, ring, first, limit)
        return await asyncio.to_thread(_heads, stored)


async def _whole(conn: Connection, stored: StoredVersion) -> Ring:
    """With members; `TrustError` mixed_pages where a page is not there."""
    head = read_ring(stored.body)
    bodies = await ring_versions.pages(conn, head.id, _hashes(head.pages))
    if head.member_count > LARGE:
        return await asyncio.to_thread(with_members, head, bodies)
    return with_members(head, bodies)


def _heads(stored: Sequence[StoredVersion]) -> list[Ring]:
    return [read_ring(each.body) for each in stored]


def _hashes(refs: Sequence[PageRef]) -> list[str]:
    return [ref.sha256 for ref in refs]
