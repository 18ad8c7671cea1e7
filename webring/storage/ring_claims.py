"""Stewards that claim newer versions of rings than anybody serves us, and since when each does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from webring.clock import Millis
from webring.names import RingId, ServerName
from webring.storage import ring_models as models
from webring.storage.sql import Connection, marks
from webring.storage.table import Table

_claims: Final = Table(models.RingClaim)


async def of_ring(conn: Connection, ring: RingId) -> dict[ServerName, Millis]:
    """Whose claims wait to be met, and since when. A claimant that goes on claiming more, and never
    serves it, does not begin anew.
    """
    found = await _claims.select(conn, "ring = ?", [ring])
    return {ServerName(row.instance): row.since for row in found}


async def keep(
    tx: Connection, ring: RingId, claimants: Collection[ServerName], now: Millis
) -> None:
    """Note that these claimants' claims, and no others, wait; those that waited keep their time."""
    where, values = "ring = ?", [ring, *claimants]
    if claimants:
        where += f" AND instance NOT IN ({marks(len(claimants))})"
    await _claims.delete(tx, where, values)
    new = [{"ring": ring, "instance": name, "since": now} for name in claimants]
    await _claims.insert(tx, new, keep=True)
