"""The rings that communities of ours are willing to stand in: our manifest names them."""

from __future__ import annotations

from typing import Final

from webring.documents.parts import Membership
from webring.names import RingId, Slug
from webring.storage import ring_models as models
from webring.storage.models import NAME
from webring.storage.sql import Connection
from webring.storage.table import Table

BEGUN: Final = "join_ring"
"""The decision by which a community is willing to stand in a ring."""
ENDED: Final = "leave_ring"
"""The decision by which it is willing no more."""

_memberships: Final = Table(models.Membership)


def target(ring: RingId, community: Slug) -> str:
    """What decisions about a membership name as their target."""
    return f"{community} in {ring}"[:NAME]


async def all(conn: Connection) -> list[Membership]:  # noqa: A001
    """Every membership, by ring and community."""
    return [_read(row) for row in await _memberships.select(conn, tail="ORDER BY ring, community")]


async def get(conn: Connection, ring: RingId, community: Slug) -> Membership | None:
    """One membership."""
    row = await _memberships.get(conn, "ring = ? AND community = ?", ring, community)
    return _read(row) if row else None


async def of_ring(conn: Connection, ring: RingId) -> list[Membership]:
    """Our communities that are willing to stand in a ring."""
    found = await _memberships.select(conn, "ring = ?", [ring], tail="ORDER BY community")
    return [_read(row) for row in found]


async def put(tx: Connection, membership: Membership) -> None:
    """Be willing. Where we are already, `since` stays; another root replaces the one before."""
    before = await get(tx, membership.ring, membership.community)
    if before is not None and before.root == membership.root:
        return
    new = {name: getattr(membership, name) for name in ("ring", "root", "community", "since")}
    await _memberships.upsert(tx, [new], ["ring", "community"])


async def remove(tx: Connection, ring: RingId, community: Slug) -> bool:
    """Be willing no more; whether we were."""
    where = "ring = ? AND community = ?"
    return bool(await _memberships.delete(tx, where, [ring, community]))


def _read(row: models.Membership) -> Membership:
    return Membership(RingId(row.ring), row.root, Slug(row.community), row.since)
