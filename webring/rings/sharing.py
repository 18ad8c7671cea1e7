"""With whom we share a ring: they are told at once when our manifest changed."""

from __future__ import annotations

from webring.names import ServerName
from webring.rings.shelf import Shelf
from webring.storage import memberships, ring_members, rings
from webring.storage.sql import Connection


async def sharing(conn: Connection, shelf: Shelf) -> set[ServerName]:
    """The stewards, mirrors and members' instances of rings that we steward or stand in."""
    ours = {each.id for each in await rings.stewarded(conn)}
    ours |= {each.ring for each in await memberships.all(conn)}
    names = await ring_members.sharing(conn)
    for ring in sorted(ours):
        head = await shelf.head(conn, ring)
        if head is not None:
            names |= {*head.terms.stewards.instances, *head.terms.mirrors}
    return names
