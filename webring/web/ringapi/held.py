"""From a request's path to the ring that it names, as it is held here."""

from __future__ import annotations

from starlette.requests import Request

from webring.documents.ring import Ring
from webring.errors import Forbidden, NotFound
from webring.names import RingId
from webring.storage import rings
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection
from webring.web.serving import services


def ring_of(request: Request) -> RingId:
    """The ring that the path names; `InvalidName` for what is no ring's id."""
    return RingId.parse(request.path_params["ring"])


async def known(request: Request, conn: Connection) -> StoredRing:
    """The ring that the path names; `NotFound` for one that is unknown here."""
    ring = ring_of(request)
    stored = await rings.get(conn, ring)
    if stored is None:
        raise NotFound(f"no ring {ring} is known here")
    return stored


async def ours(request: Request, conn: Connection) -> Ring:
    """The newest version of the ring that the path names; `Forbidden` where we are no steward."""
    here, stored = services(request), await known(request, conn)
    head = await here.rings.shelf.head(conn, stored.id)
    if head is None:
        raise NotFound(f"no version of {stored.id} is held here yet")
    own = here.settings.instance.name
    if own not in head.terms.stewards.instances:
        names = ", ".join(head.terms.stewards.instances)
        raise Forbidden(f"{own} is no steward of {head.id}: ask one of {names}")
    return head
