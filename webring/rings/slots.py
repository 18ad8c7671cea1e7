"""What a new version of a ring comes to for each slot as we keep it. Pure, but for its floor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from webring.clock import Millis
from webring.documents.ring import Ring, RingMember, SlotState
from webring.documents.ring_parts import Reason
from webring.names import RingId
from webring.rings.order import arranged, predecessors, utc_day
from webring.rings.states import (
    NEW,
    Finding,
    Halves,
    MemberStanding,
    MemberState,
    Strikes,
    anew,
    judge,
)
from webring.storage.ring_members import StoredMember

NOT_LOOKED = "it was not looked at yet"


def renewed(before: Sequence[StoredMember], head: Ring, now: Millis) -> list[StoredMember]:
    """The slots that `head` (with its members) changes, as they are kept from now on.

    `before` are all that are kept of the ring, those gone included.
    """
    known = {slot.member: slot for slot in before}
    listed = [
        _listed(known.get(member.id), member, at, head.id, now)
        for at, member in enumerate(head.members)
    ]
    here = {member.id for member in head.members}
    leaving = [slot for slot in before if slot.listed and slot.member not in here]
    gone = _gone(before, leaving, head, now)
    return [slot for slot in (*listed, *gone) if slot != known.get(slot.member)]


def standing(slot: StoredMember) -> MemberStanding:
    """How a stored slot stands."""
    return MemberStanding(
        MemberState(slot.state),
        slot.since,
        slot.consents,
        Strikes(slot.failures, slot.absences, slot.struck_at),
    )


def with_standing(slot: StoredMember, after: MemberStanding) -> StoredMember:
    """The slot, standing so."""
    return replace(
        slot,
        state=after.state.value,
        since=after.since,
        consents=after.confirmed,
        failures=after.strikes.failures,
        absences=after.strikes.absences,
        struck_at=after.strikes.at,
    )


def _listed(
    known: StoredMember | None, member: RingMember, at: int, ring: RingId, now: Millis
) -> StoredMember:
    if known is None or not known.listed:
        return newcomer(known, member, at, ring, now)
    slot = replace(
        known,
        kind=member.kind.value,
        instance=member.instance,
        community=member.community,
        url=member.url,
        position=at,
        joined_at=member.joined_at,
        slot=member.state.value,
    )
    if _place(known) != _place(slot):
        fresh = with_standing(slot, anew(standing(known), now))
        return replace(fresh, title="", reason=NOT_LOOKED, next_at=now)
    if known.slot == slot.slot:
        return slot
    # It fell asleep or woke; whoever wakes is looked at before anybody is sent there.
    halves = Halves(
        listed=True, finding=Finding.UNKNOWN, sleeping=member.state is SlotState.SLEEPING
    )
    return replace(with_standing(slot, judge(standing(known), halves, now)), next_at=now)


def newcomer(
    known: StoredMember | None, member: RingMember, at: int, ring: RingId, now: Millis
) -> StoredMember:
    """A slot that is new, or listed again after it was gone."""
    halves = Halves(listed=True, finding=Finding.UNKNOWN)
    start = MemberStanding(MemberState.PENDING, now)
    before = judge(standing(known), halves, now) if known else start
    slot = StoredMember(
        ring=ring,
        member=member.id,
        kind=member.kind.value,
        instance=member.instance,
        community=member.community,
        url=member.url,
        title=known.title if known else "",
        position=at,
        joined_at=member.joined_at,
        slot=member.state.value,
        listed=True,
        consents=None,
        state=NEW.state.value,
        reason=NOT_LOOKED,
        since=now,
        after=None,
        checked_at=None,
        next_at=now,
        failures=0,
        absences=0,
        struck_at=0,
    )
    return with_standing(slot, before)


def _gone(
    before: Sequence[StoredMember], leaving: Sequence[StoredMember], head: Ring, now: Millis
) -> Iterable[StoredMember]:
    if not leaving:
        return []
    codes = {gone.id: gone.code for gone in head.removed}
    was = [slot for slot in before if slot.listed]
    walked = arranged([_Placed(slot) for slot in was], head.terms.order, head.root, utc_day(now))
    after = predecessors(walked, {slot.member for slot in leaving})
    return [_departed(slot, codes.get(slot.member), after, now) for slot in leaving]


def _departed(
    slot: StoredMember, code: Reason | None, after: Mapping[str, str], now: Millis
) -> StoredMember:
    halves = Halves(listed=False, finding=Finding.UNKNOWN, left=code is Reason.LEFT)
    gone = with_standing(slot, judge(standing(slot), halves, now))
    return replace(
        gone,
        listed=False,
        # What a member takes back is gone; its slot alone is known by its id.
        title="",
        reason=code.value if code else "",
        after=after.get(slot.member, ""),
        next_at=None,
    )


class _Placed:
    """A stored slot as `order` sees it."""

    def __init__(self, slot: StoredMember) -> None:
        self.id = slot.member
        self.url = slot.url


def _place(slot: StoredMember) -> tuple[object, ...]:
    return slot.kind, slot.instance, slot.community, slot.url
