"""What the commands of `webring ring` share: their arguments, and finding a ring."""

from __future__ import annotations

from typing import Annotated

import typer

from webring.documents.ring import Ring
from webring.errors import NotFound
from webring.names import RingId
from webring.rings.shelf import Shelf
from webring.storage import rings
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

RingArgument = Annotated[
    str, typer.Argument(help="A ring's id, such as soil:commune.example.", metavar="RING")
]
CommunityArgument = Annotated[
    str, typer.Argument(help="A community of this instance, by its id.", metavar="COMMUNITY")
]


async def known(conn: Connection, ring: str) -> StoredRing:
    """A ring that is known here; `NotFound` else."""
    name = RingId.parse(ring)
    stored = await rings.get(conn, name)
    if stored is None:
        raise NotFound(f"no ring {name} is known here: webring ring list")
    return stored


async def held(conn: Connection, shelf: Shelf, ring: str) -> Ring:
    """The newest version that is held of a ring; `NotFound` where there is none."""
    stored = await known(conn, ring)
    head = await shelf.head(conn, stored.id)
    if head is None:
        raise NotFound(f"no version of {stored.id} is held here yet: {stored.why or 'it is new'}")
    return head
