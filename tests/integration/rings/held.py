"""Rings as an instance holds them once it has followed or published them: whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.unit.documents import ring_world as world
from tests.unit.documents.ring_world import NOW
from webring.clock import DAY, Millis
from webring.documents import chain
from webring.documents.ring import Ring
from webring.rings.keeping import Keeper
from webring.rings.states import MemberState
from webring.storage import ring_members, rings
from webring.storage.database import Database


async def hold(
    db: Database,
    keeper: Keeper,
    versions: Sequence[Ring],
    states: Mapping[str, MemberState] | None = None,
    titles: Mapping[str, str] | None = None,
    now: Millis = NOW,
) -> None:
    """Hold these versions from the first on; members are active unless `states` says otherwise."""
    verdict = chain.follow(None, None, versions, world.FOUNDER, NOW + 400 * DAY)
    assert verdict.is_good, verdict
    pages = {key: body for each in versions for key, body in world.pages_of(each).items()}
    ring = versions[-1]
    async with db.transaction() as tx:
        await rings.add(tx, ring.id, ring.root, "followed", now)
        await keeper.accept(tx, ring.id, verdict, versions, pages, now)
        slots = [slot for slot in await ring_members.of_ring(tx, ring.id) if slot.listed]
        stood = [
            replace(
                slot,
                state=(states or {}).get(slot.member, MemberState.ACTIVE).value,
                consents=True,
                title=(titles or {}).get(slot.member, ""),
                next_at=now + DAY,
            )
            for slot in slots
        ]
        await ring_members.put(tx, stood)
        await rings.touch(tx, ring.id)
