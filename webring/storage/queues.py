"""How much work waits in the database, for whoever watches over it."""

from __future__ import annotations

from webring.clock import Millis
from webring.storage import homeservers, inbox, notices, outgoing, peers, ring_members, rings
from webring.storage.outgoing import OutgoingState
from webring.storage.sql import Connection


async def lengths(conn: Connection, now: Millis) -> dict[str, int]:
    """How many rows of each kind are due by `now` and not yet taken, or wait for an end."""
    return {
        "homeservers": await homeservers.due(conn, now),
        "instances": await peers.due(conn, now),
        "rings": await rings.due(conn, now),
        "ring_members": await ring_members.due(conn, now),
        "messages_out": (await outgoing.counts(conn)).get(OutgoingState.SENDING.value, 0),
        "messages_in": await inbox.count_unproven(conn),
        "notices": await notices.count_pending(conn),
    }
