"""Whose turn it is to propose a ring's next version. Pure, but for the peers' rows.

What members may do by themselves is known to every steward: the first reachable one, by code point
of its name, proposes it; the next one after an hour's silence, and so on. What one steward's
operator decided is known to that steward alone, which proposes it at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from webring.clock import HOUR, MINUTE, Millis
from webring.documents.ring import Ring
from webring.names import ServerName
from webring.storage import peers
from webring.storage.models import Peer
from webring.storage.sql import Connection

SILENCE: Final[Millis] = HOUR
"""How long a steward waits for the one before it."""
ASKED_AGAIN: Final[Millis] = 2 * MINUTE
"""How old the last visit to a steward before us may be, before another is due."""
_SILENT: Final = frozenset({"unreachable", "frozen", "refused", "blocked", "new"})


def place(stewards: Iterable[ServerName], own: ServerName, silent: Iterable[ServerName]) -> int:
    """How many reachable stewards come before us."""
    gone = set(silent)
    return sum(1 for name in stewards if name < own and name not in gone)


async def waits(tx: Connection, head: Ring, own: ServerName, now: Millis) -> Millis:
    """How long we leave it to others to propose; stewards before us are visited soon, so that
    those which cannot be reached are known.
    """
    others = sorted(name for name in head.terms.stewards.instances if name < own)
    rows = {name: await peers.get(tx, name) for name in others}
    stale = [
        name
        for name, row in rows.items()
        if row is not None and now - (row.tried_at or 0) > ASKED_AGAIN
    ]
    await peers.hasten(tx, stale, now)
    silent = [name for name, row in rows.items() if _is_silent(row)]
    return place(others, own, silent) * SILENCE


def _is_silent(row: Peer | None) -> bool:
    return row is None or row.state in _SILENT or row.failures > 0
