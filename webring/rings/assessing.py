"""What a look at a member comes to: how it stands, in which words, and until when."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from webring.clock import Millis
from webring.documents.ring_parts import SlotState
from webring.rings.seeing import Seen
from webring.rings.slots import standing, with_standing
from webring.rings.states import Finding, Halves, MemberState, judge
from webring.rings.timetable import pause
from webring.storage.ring_members import StoredMember

CHANGED: Final = (
    "state", "since", "consents", "failures", "absences", "struck_at", "title", "reason",
    "checked_at", "next_at",
)  # fmt: skip
"""What a check writes down; all else is the ring document's."""
_TROUBLE: Final = frozenset({MemberState.UNREACHABLE, MemberState.ONE_SIDED})


def assessed(member: StoredMember, seen: Seen, interval: Millis, now: Millis) -> StoredMember:
    """The member as it is from now on; its `next_at` is without jitter."""
    halves = Halves(
        listed=member.listed,
        finding=seen.finding,
        sleeping=member.slot == SlotState.SLEEPING,
        left=member.state == MemberState.LEFT,
        certain=seen.certain,
    )
    after = judge(standing(member), halves, now)
    checked = with_standing(member, after)
    wait = pause(after, seen.finding, interval, now)
    return replace(
        checked,
        title=_title(checked, seen),
        reason=_sentence(seen),
        checked_at=now,
        next_at=now + wait if member.listed else None,
    )


def is_seen(before: StoredMember, after: StoredMember) -> bool:
    """Whether a circle or a list of members shows the difference."""
    return (before.state, before.title) != (after.state, after.title)


def news(before: StoredMember, after: StoredMember, ring: str) -> str:
    """What a member's people are told about a change of its state; "" where nothing is.

    `ring` is the ring's name. That it joined, left, sleeps or woke is told by the ring's versions.
    """
    if before.state == after.state:
        return ""
    if after.state in _TROUBLE:
        return f"{ring} does not lead to it any more: {after.reason}"
    if after.state == MemberState.ACTIVE and before.state in _TROUBLE:
        return f"It is shown in {ring} now."
    return ""


def _title(checked: StoredMember, seen: Seen) -> str:
    """The newest that is known of who consents. What a member takes back is gone."""
    if seen.title is not None:
        return seen.title
    return "" if checked.consents is False else checked.title


def _sentence(seen: Seen) -> str:
    if seen.finding is Finding.SHOWN or not seen.mend:
        return seen.why
    return f"{seen.why}. {seen.mend}"
