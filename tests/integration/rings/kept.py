"""Rings in a database, as a visit would have left them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.unit.documents.ring_world import NOW
from tests.unit.rings.stored import EVERYBODY, stored_members, stored_version
from webring.clock import HOUR, Millis
from webring.documents.ring import Ring
from webring.names import RingId
from webring.rings.states import MemberState
from webring.storage import ring_members, ring_versions, rings
from webring.storage.database import Database
from webring.storage.ring_members import StoredMember
from webring.storage.rings import RingHeadRow, RingResult


async def keep(
    db: Database,
    ring: Ring,
    states: Mapping[str, MemberState] = EVERYBODY,
    gone: Sequence[StoredMember] = (),
    now: Millis = NOW,
) -> None:
    """Hold this version as the newest; `states` of members that are not active, by id.

    Whoever was listed before and is no more has left.
    """
    head = RingHeadRow(
        ring.root,
        ring.terms.name,
        ring.sequence,
        ring.sha256,
        ring.validity.issued_at,
        ring.expires_at,
    )
    async with db.transaction() as tx:
        await rings.add(tx, ring.id, ring.root, "followed", now)
        await ring_versions.put(tx, stored_version(ring, now))
        before = await ring_members.of_ring(tx, ring.id)
        left = {each.member for each in before if each.listed} - {each.id for each in ring.members}
        await ring_members.put(tx, [*stored_members(ring, now, states), *gone])
        await ring_members.put(tx, [_left(each, before) for each in before if each.member in left])
        await rings.set_head(tx, ring.id, head)


def _left(member: StoredMember, slots: Sequence[StoredMember]) -> StoredMember:
    at = slots.index(member)
    state = MemberState.LEFT.value
    return replace(member, listed=False, state=state, after=slots[at - 1].member if at else "")


async def visited(db: Database, ring: RingId, *, behind: bool, now: Millis = NOW) -> None:
    """Write down what a visit came to."""
    async with db.transaction() as tx:
        job = await rings.claim_one(tx, ring, "test", now, HOUR)
        assert job is not None
        await rings.finish(tx, job, RingResult("", "", 0, now + HOUR, True, behind), now)
