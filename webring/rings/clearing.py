"""What time settles of rings: requests, wishes that nothing came of, members whose half is gone."""

from __future__ import annotations

from typing import Final

from webring.clock import DAY, Millis
from webring.names import RingId
from webring.rings import drafting
from webring.rings.drafting import WantedKind
from webring.rings.verdicts import Verdicts
from webring.storage import ring_members, ring_requests, ring_wishes, rings
from webring.storage.sql import Connection

GONE_AFTER: Final[Millis] = 30 * DAY
"""How long a member may be one-sided: whoever takes its half back for good has left."""
UNSEEN_AFTER: Final[Millis] = 7 * DAY
"""How long a join or a move is wanted that nobody could see to be wanted."""
_STALE: Final = frozenset({WantedKind.JOIN, WantedKind.MOVE})
_DEPARTURES: Final = frozenset({WantedKind.LEAVE, WantedKind.REMOVE})


async def clear(tx: Connection, verdicts: Verdicts, now: Millis) -> None:
    """Forget what nothing came of, let those go whose half is gone for good, and take back our own
    memberships that no ring answers.
    """
    await ring_requests.prune(tx, now)
    for ring in await rings.stewarded(tx):
        await _forget(tx, ring.id, now)
        await _let_go(tx, ring.id, now)
    await verdicts.tidy(tx, now)


async def _let_go(tx: Connection, ring: RingId, now: Millis) -> None:
    """Want whoever has not stood by the ring for so long to leave it; not who does so again."""
    silent = {each.member for each in await ring_members.one_sided(tx, ring, now - GONE_AFTER)}
    wishes = await ring_wishes.of_ring(tx, ring)
    ours = [each for each in wishes if each.wanted == drafting.departed(each.wanted.member)]
    back = [each.id for each in ours if each.wanted.member not in silent]
    await ring_wishes.drop(tx, back)
    leaving = {each.wanted.member for each in wishes if each.wanted.kind in _DEPARTURES}
    for member in sorted(silent - leaving):
        await ring_wishes.add(tx, ring, drafting.departed(member), "", now)


async def _forget(tx: Connection, ring: RingId, now: Millis) -> None:
    """Drop what members wanted and nobody could see for so long: they can say it again."""
    old = [
        wish.id
        for wish in await ring_wishes.of_ring(tx, ring)
        if not wish.decider and wish.wanted.kind in _STALE and now - wish.at >= UNSEEN_AFTER
    ]
    await ring_wishes.drop(tx, old)
