"""How a member of a ring stands, and what moves it from one state to another. Pure.

A member is navigated to while both halves of its consent are there: the ring's (the newest version
of the ring document lists it) and its own (its instance's signed manifest, or the site itself, says
so). A community's half is a signed statement, which is believed at once. A site's half is looked up
over the network, where a single look proves little, so bad looks are *strikes*:

- A look that fails is a strike, once in `FAILURE_GAP`; `STRIKES` of them make it unreachable. No
  outage of a day or two does, however often it is looked at.
- A page that answers without the link is a strike, once in `ABSENCE_GAP`; `ABSENCES` of them make
  it one-sided. An empty page in the middle of an update does not.
- What cannot be told (our own connection is down, the host asked for a pause) changes nothing.
- The first good look takes every strike back, and the member is in again.
- Who was never confirmed has nothing to lose: there the first look counts.
- Who sleeps may be closed: failing looks are no strikes then. Who wakes is looked at before anybody
  is sent there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from webring.clock import DAY, HOUR, Millis

STRIKES: Final = 3
"""Failing looks in a row that make a member unreachable."""
FAILURE_GAP: Final[Millis] = DAY
"""The least time between two of them that count: together they span two days."""
ABSENCES: Final = 2
"""Looks at an answering page without the link that make a member one-sided."""
ABSENCE_GAP: Final[Millis] = 6 * HOUR
"""The least time between two of them that count."""


class MemberState(StrEnum):
    """How a member stands here. Each instance finds out for itself."""

    PENDING = "pending"
    ACTIVE = "active"
    SLEEPING = "sleeping"
    UNREACHABLE = "unreachable"
    ONE_SIDED = "one_sided"
    LEFT = "left"
    REMOVED = "removed"

    @property
    def is_navigable(self) -> bool:
        """Whether anybody is sent there."""
        return self is MemberState.ACTIVE

    @property
    def is_listed(self) -> bool:
        """Whether the ring document lists the member."""
        return self not in _GONE


class Finding(StrEnum):
    """What a look at the member's own half came to."""

    SHOWN = "shown"
    ABSENT = "absent"
    FAILED = "failed"
    UNKNOWN = "unknown"


_GONE: Final = frozenset({MemberState.LEFT, MemberState.REMOVED})
_S: Final = MemberState
TRANSITIONS: Final[Mapping[MemberState, frozenset[MemberState]]] = MappingProxyType(
    {
        _S.PENDING: frozenset({_S.ACTIVE, _S.SLEEPING, _S.UNREACHABLE, _S.ONE_SIDED}) | _GONE,
        _S.ACTIVE: frozenset({_S.PENDING, _S.SLEEPING, _S.UNREACHABLE, _S.ONE_SIDED}) | _GONE,
        # No strikes while it sleeps; awake again, it is pending until it was looked at.
        _S.SLEEPING: frozenset({_S.PENDING, _S.ACTIVE, _S.UNREACHABLE, _S.ONE_SIDED}) | _GONE,
        _S.UNREACHABLE: frozenset({_S.PENDING, _S.ACTIVE, _S.SLEEPING, _S.ONE_SIDED}) | _GONE,
        _S.ONE_SIDED: frozenset({_S.PENDING, _S.ACTIVE, _S.SLEEPING, _S.UNREACHABLE}) | _GONE,
        # Whoever comes back begins anew; a version in between may have been missed.
        _S.LEFT: frozenset({_S.PENDING, _S.REMOVED}),
        _S.REMOVED: frozenset({_S.PENDING, _S.LEFT}),
    }
)
"""Which states may follow which in one step."""


def check_transitions(table: Mapping[MemberState, frozenset[MemberState]]) -> None:
    """Raise `ValueError` unless the table can be lived in.

    Every state has its row, none leads to itself, everybody may leave or be removed at any time,
    and from every state there is a way back to active.
    """
    if missing := set(MemberState) - table.keys():
        raise ValueError(f"the table lacks {sorted(missing)}")
    for state, targets in table.items():
        if state in targets:
            raise ValueError(f"{state} leads to itself")
        if not _GONE - {state} <= targets:
            raise ValueError(f"nobody can leave from {state}")
        if MemberState.ACTIVE not in _reached(table, state):
            raise ValueError(f"there is no way back to active from {state}")


def _reached(
    table: Mapping[MemberState, frozenset[MemberState]], start: MemberState
) -> set[MemberState]:
    """Every state that can be come to from `start`, itself included."""
    found, pending = {start}, [start]
    while pending:
        new = table[pending.pop()] - found
        found |= new
        pending += new
    return found


check_transitions(TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Strikes:
    """Bad looks since the last good one; `at` is when the last of them counted (0: none has)."""

    failures: int = 0
    absences: int = 0
    at: Millis = 0


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """What is known of a member. `confirmed` is its own half: None until it was proven either way.

    `since` is when `state` began.
    """

    state: MemberState
    since: Millis
    confirmed: bool | None = None
    strikes: Strikes = Strikes()


@dataclass(frozen=True, slots=True)
class Halves:
    """Both halves as they are now.

    The ring's: `listed`, `sleeping` its slot's state, `left` (where not listed) whether it went by
    itself. The member's: `finding`, `certain` where that is a signed statement, not a look.
    """

    listed: bool
    finding: Finding
    sleeping: bool = False
    left: bool = False
    certain: bool = False


NEW: Final = MemberStanding(MemberState.PENDING, 0)


def judge(before: MemberStanding, halves: Halves, now: Millis) -> MemberStanding:
    """How the member stands from `now` on. The result's state is `before`'s, or one that may follow
    it by `TRANSITIONS`.
    """
    if not halves.listed:
        gone = MemberState.LEFT if halves.left else MemberState.REMOVED
        return _moved(replace(before, confirmed=None, strikes=Strikes()), gone, now)
    if not before.state.is_listed:
        # A new membership, whose first look comes next: what was confirmed was another one.
        return MemberStanding(MemberState.PENDING, now)
    return _LISTED[halves.finding](before, halves, now)


def anew(before: MemberStanding, now: Millis) -> MemberStanding:
    """As if never looked at: the member has moved to another address."""
    return replace(_moved(before, MemberState.PENDING, now), confirmed=None, strikes=Strikes())


def _shown(before: MemberStanding, halves: Halves, now: Millis) -> MemberStanding:
    state = MemberState.SLEEPING if halves.sleeping else MemberState.ACTIVE
    return replace(_moved(before, state, now), confirmed=True, strikes=Strikes())


def _absent(before: MemberStanding, halves: Halves, now: Millis) -> MemberStanding:
    strikes = _struck(before.strikes, halves, now)
    after = replace(before, strikes=strikes)
    proven = halves.certain or not before.confirmed or strikes.absences >= ABSENCES
    if halves.sleeping:
        asleep = _moved(after, MemberState.SLEEPING, now)
        return replace(asleep, confirmed=False) if proven else asleep
    if proven or before.state is not MemberState.ACTIVE:
        return replace(_moved(after, MemberState.ONE_SIDED, now), confirmed=False)
    return after


def _failed(before: MemberStanding, halves: Halves, now: Millis) -> MemberStanding:
    if halves.sleeping:
        return _moved(before, MemberState.SLEEPING, now)
    after = replace(_awake(before, now), strikes=_struck(before.strikes, halves, now))
    if halves.certain or after.strikes.failures >= STRIKES:
        return _moved(after, MemberState.UNREACHABLE, now)
    return after


def _unknown(before: MemberStanding, halves: Halves, now: Millis) -> MemberStanding:
    if halves.sleeping:
        return _moved(before, MemberState.SLEEPING, now)
    return _awake(before, now)


_LISTED: Final = MappingProxyType(
    {
        Finding.SHOWN: _shown,
        Finding.ABSENT: _absent,
        Finding.FAILED: _failed,
        Finding.UNKNOWN: _unknown,
    }
)


def _awake(before: MemberStanding, now: Millis) -> MemberStanding:
    """Whoever slept is pending: nobody is sent to a door that was closed a moment ago."""
    if before.state is not MemberState.SLEEPING:
        return before
    return _moved(before, MemberState.PENDING, now)


def _struck(strikes: Strikes, halves: Halves, now: Millis) -> Strikes:
    """The strikes with one more, where enough time has passed since the last.

    A page that answers is reachable, so an absence takes failures back; not the other way round,
    or a page that fails every other time would stay for ever. A last strike in the future is a
    clock that was turned back: it counts from now on.
    """
    absent = halves.finding is Finding.ABSENT
    if absent:
        strikes = replace(strikes, failures=0)
    if strikes.at > now:
        return replace(strikes, at=now)
    if strikes.at and now - strikes.at < (ABSENCE_GAP if absent else FAILURE_GAP):
        return strikes
    if absent:
        return Strikes(strikes.failures, strikes.absences + 1, now)
    return Strikes(strikes.failures + 1, strikes.absences, now)


def _moved(before: MemberStanding, state: MemberState, now: Millis) -> MemberStanding:
    if state is before.state:
        return before
    if state not in TRANSITIONS[before.state]:
        raise ValueError(f"{before.state} cannot become {state}")
    return replace(before, state=state, since=now)
