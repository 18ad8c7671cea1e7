"""What changed from one version of a ring to the next, and whether a server may sign it unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from webring.clock import DAY, Millis
from webring.documents.ring import (
    LIFE,
    JoinPolicy,
    MemberKind,
    Reason,
    RemovedMember,
    Ring,
    RingMember,
    RingTerms,
    SlotState,
    community_member_id,
    keep_removed,
    site_member_id,
)

RENEWED_BEFORE: Final[Millis] = 30 * DAY
"""How long before its expiry a version is renewed."""
_OWN_FAULT: Final = frozenset({Reason.LEFT, Reason.UNREACHABLE, Reason.ONE_SIDED})
"""Who went for one of these reasons comes back without being asked about."""


class ChangeKind(StrEnum):
    """What happened to a slot. `remove` is a departure that the stewards decided, for a reason."""

    JOIN = "join"
    LEAVE = "leave"
    REMOVE = "remove"
    SLEEP = "sleep"
    WAKE = "wake"
    MOVE = "move"
    ALTER = "alter"


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One thing that happened to one slot: as it was (None: a join), and as it is (None: gone).

    `code` is the reason of a departure, None for anything else, or where the version names none.
    """

    kind: ChangeKind
    before: RingMember | None
    after: RingMember | None
    code: Reason | None = None

    @property
    def id(self) -> str:
        """The slot's id."""
        member = self.after or self.before
        return member.id if member else ""


Proven = Callable[[MemberChange], bool]
"""Whether a steward's server made sure, by itself, that the member wants this change:

join: both halves of consent; leave: the member's message, or its half is gone; sleep and wake: the
member's message; move: the old place and the new one both say so.
"""


def member_changes(before: Ring, after: Ring) -> tuple[MemberChange, ...]:
    """The slots that differ, departures first; both rings are read with their members.

    A slot that moved and fell asleep in one version is named twice.
    """
    old = {member.id: member for member in before.members}
    new = {member.id: member for member in after.members}
    codes = {gone.id: gone.code for gone in after.removed}
    departures = [
        _departure(member, codes.get(member.id))
        for member in before.members
        if member.id not in new
    ]
    others = [
        change for member in after.members for change in _slot_changes(old.get(member.id), member)
    ]
    return (*departures, *others)


def changed_terms(before: RingTerms, after: RingTerms) -> tuple[str, ...]:
    """The names of the terms that differ."""
    names = (one.name for one in fields(RingTerms))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def automatic(before: Ring, after: Ring, proven: Proven, now: Millis) -> str:
    """ "" if a steward's server may sign `after` unasked, else why its operator has to look.

    `after` follows `before` (`chain.check_proposal`), both read with their members. Only what
    members may do by themselves, and the renewal of a version that expires within 30 days, needs
    nobody's decision.
    """
    for ring in (before, after):
        if ring.dropped or len(ring.members) != ring.member_count:
            return f"version {ring.sequence} has entries that this program could not read"
    return (
        _unlike_terms(before, after)
        or _unlike_order(before.members, after.members)
        or _unlike_slots(before, after, proven, now)
        or _unlike_removed(before, after)
    )


def was_taken_out(ring: Ring, member: str) -> RemovedMember | None:
    """The removal by which the stewards took a member out, while the ring names it."""
    found = (gone for gone in ring.removed if gone.id == member and gone.code not in _OWN_FAULT)
    return next(found, None)


def _departure(member: RingMember, code: Reason | None) -> MemberChange:
    kind = ChangeKind.LEAVE if code is Reason.LEFT else ChangeKind.REMOVE
    return MemberChange(kind, member, None, code)


def _slot_changes(old: RingMember | None, new: RingMember) -> Iterable[MemberChange]:
    if old is None:
        yield MemberChange(ChangeKind.JOIN, None, new)
        return
    if _place(old) != _place(new):
        yield MemberChange(ChangeKind.MOVE, old, new)
    if old.state is not new.state:
        kind = ChangeKind.SLEEP if new.state is SlotState.SLEEPING else ChangeKind.WAKE
        yield MemberChange(kind, old, new)
    if (old.joined_at, old.more) != (new.joined_at, new.more):
        yield MemberChange(ChangeKind.ALTER, old, new)


def _place(member: RingMember) -> tuple[object, ...]:
    return (member.kind, member.instance, member.community, member.url)


def _unlike_terms(before: Ring, after: Ring) -> str:
    names = changed_terms(before.terms, after.terms)
    if names:
        return f"it changes what the ring says of itself: {', '.join(names)}"
    if before.unknown != after.unknown:
        return "it changes fields that this program does not know"
    if after.expires_at != after.validity.issued_at + LIFE:
        return f"it does not hold for {LIFE // DAY} days"
    return ""


def _unlike_order(before: Sequence[RingMember], after: Sequence[RingMember]) -> str:
    """Slots keep their order, and new ones stand behind them."""
    old, new = {member.id for member in before}, {member.id for member in after}
    stayed = [member.id for member in before if member.id in new]
    if [member.id for member in after[: len(stayed)]] != stayed:
        return "it changes the order of the slots"
    return "" if len(stayed) == len(old & new) else "it names a slot twice"


def _unlike_slots(before: Ring, after: Ring, proven: Proven, now: Millis) -> str:
    changes = member_changes(before, after)
    left = before.expires_at - now
    if not changes and left > RENEWED_BEFORE:
        return f"it changes nothing, and the version before holds for {left // DAY} more days"
    whys = (_unproven(change, before, after, proven) for change in changes)
    return next((why for why in whys if why), "")


def _unproven(change: MemberChange, before: Ring, after: Ring, proven: Proven) -> str:
    if change.kind is ChangeKind.REMOVE:
        return f"it removes the member {change.id} ({change.code or 'for no reason given'})"
    if change.kind is ChangeKind.ALTER:
        return f"it changes more of the member {change.id} than a member may"
    if change.kind is ChangeKind.JOIN and change.after:
        why = _uninvited(change.after, before, after)
        if why:
            return why
    if not proven(change):
        return f"the member {change.id} was not seen to want this: {change.kind}"
    return ""


def _uninvited(member: RingMember, before: Ring, after: Ring) -> str:
    if before.terms.policy is not JoinPolicy.OPEN:
        return f"{member.url} joins, and the ring's policy is {before.terms.policy}"
    if was_taken_out(before, member.id):
        return f"{member.url} was removed before, and comes back"
    if member.id != _first_id(member, after.root):
        return f"{member.url} joins under an id that is not its own"
    if member.joined_at > after.validity.issued_at or member.state is not SlotState.ACTIVE:
        return f"{member.url} joins from the future, or asleep"
    return "its entry has fields that this program does not know" if member.more else ""


def _first_id(member: RingMember, root: str) -> str:
    if member.kind is MemberKind.COMMUNITY and member.instance and member.community:
        return community_member_id(root, member.instance, member.community)
    return site_member_id(root, member.url)


def _unlike_removed(before: Ring, after: Ring) -> str:
    """`removed` holds what it held, those who left, and nobody else."""
    issued_at, members = after.validity.issued_at, {member.id for member in before.members}
    new = [gone for gone in after.removed if gone.id in members]
    if any(gone.at > issued_at for gone in new):
        return "it names a departure of the future"
    if keep_removed((*before.removed, *new), after.members, issued_at) != after.removed:
        return "it names other departures than those that are known"
    return ""
