"""Whether anybody was heard of lately: what visits to peers and homeservers say of our own line."""

from __future__ import annotations

from dataclasses import dataclass

from webring.clock import Millis
from webring.storage.sql import Connection, rows


@dataclass(frozen=True, slots=True)
class Heard:
    """How many peers and homeservers were tried, and how many of them answered."""

    tried: int
    answered: int


async def since(conn: Connection, at: Millis) -> Heard:
    """What visits that were made since `at` came to."""
    found = await rows(
        conn,
        "SELECT tried_at, answered_at FROM peer WHERE tried_at >= ? UNION ALL "
        "SELECT tried_at, answered_at FROM homeserver WHERE tried_at >= ?",
        [at, at],
    )
    answered = sum(1 for _, answered_at in found if answered_at is not None and answered_at >= at)
    return Heard(len(found), answered)
