"""When members are looked at again."""

from __future__ import annotations

import pytest

from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.rings.states import Finding, MemberStanding, MemberState, Strikes
from webring.rings.timetable import pause

NOW: Millis = 1_790_000_000_000
INTERVAL: Millis = 12 * HOUR
S, F = MemberState, Finding


def standing(state: MemberState, ago: Millis = 0, struck: Millis | None = None) -> MemberStanding:
    strikes = Strikes() if struck is None else Strikes(failures=1, at=NOW - struck)
    return MemberStanding(state, NOW - ago, strikes=strikes)


CASES: dict[str, tuple[MemberStanding, Finding, Millis]] = {
    "a good member": (standing(S.ACTIVE, 90 * DAY), F.SHOWN, INTERVAL),
    "a good member that could not be told of": (standing(S.ACTIVE), F.UNKNOWN, 15 * MINUTE),
    "its first look failed": (standing(S.ACTIVE, DAY, struck=0), F.FAILED, HOUR),
    "it failed for three hours": (standing(S.ACTIVE, DAY, struck=3 * HOUR), F.FAILED, 3 * HOUR),
    "it failed for a day": (standing(S.ACTIVE, DAY, struck=23 * HOUR), F.FAILED, 6 * HOUR),
    "its page lost the link": (standing(S.ACTIVE, DAY, struck=0), F.ABSENT, HOUR),
    "it waits for its first look": (standing(S.PENDING), F.FAILED, 2 * MINUTE),
    "it waits for ten minutes": (standing(S.PENDING, 10 * MINUTE), F.FAILED, 10 * MINUTE),
    "it waits for a week": (standing(S.PENDING, 7 * DAY), F.UNKNOWN, 6 * HOUR),
    "it sleeps": (standing(S.SLEEPING, DAY), F.FAILED, DAY),
    "unreachable since now": (standing(S.UNREACHABLE), F.FAILED, HOUR),
    "unreachable for a year": (standing(S.UNREACHABLE, 365 * DAY), F.FAILED, INTERVAL),
    "one-sided since now": (standing(S.ONE_SIDED), F.ABSENT, HOUR),
    "one-sided for five hours": (standing(S.ONE_SIDED, 5 * HOUR), F.ABSENT, 5 * HOUR),
    "the clock was turned back": (standing(S.UNREACHABLE, -DAY), F.FAILED, HOUR),
}


@pytest.mark.parametrize("case", CASES)
def test_pauses(case: str) -> None:
    after, finding, expected = CASES[case]
    assert pause(after, finding, INTERVAL, NOW) == expected


@pytest.mark.parametrize("case", CASES)
def test_nobody_awake_waits_longer_than_a_good_member(case: str) -> None:
    after, finding, _ = CASES[case]
    if after.state is not S.SLEEPING:
        assert pause(after, finding, MINUTE, NOW) <= MINUTE


def test_an_absence_counts_again_within_half_a_day() -> None:
    at, struck = NOW, NOW
    while at - struck < 6 * HOUR:
        member = MemberStanding(S.ACTIVE, NOW - DAY, strikes=Strikes(absences=1, at=struck))
        at += pause(member, F.ABSENT, INTERVAL, at)
    assert at - struck <= 12 * HOUR
