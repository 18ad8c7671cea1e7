"""What commands begin with that change rings or ask others about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webring.cli.database_setup import DatabaseSetup
from webring.cli.ring_arguments import held
from webring.documents.ring import Ring
from webring.errors import Forbidden
from webring.services import OpenRings, open_rings
from webring.storage.sql import Connection


class RingSetup(DatabaseSetup):
    """The settings, and the database with what rings need: for what may be done while
    `webring serve` runs.
    """

    @asynccontextmanager
    async def rings(self) -> AsyncIterator[OpenRings]:
        """The open parts; raises as `webring.services.open_services`."""
        async with open_rings(self.settings) as opened:
            yield opened


async def ours(opened: OpenRings, conn: Connection, ring: str) -> Ring:
    """The newest version of a ring that this instance stewards; `Forbidden` where it does not."""
    head = await held(conn, opened.rings.shelf, ring)
    if opened.own not in head.terms.stewards.instances:
        names = ", ".join(head.terms.stewards.instances)
        raise Forbidden(f"{opened.own} is no steward of {head.id}: ask one of {names}")
    return head
