"""How members move from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.rings.states import (
    ABSENCE_GAP,
    ABSENCES,
    FAILURE_GAP,
    NEW,
    STRIKES,
    TRANSITIONS,
    Finding,
    Halves,
    MemberStanding,
    MemberState,
    Strikes,
    anew,
    check_transitions,
    judge,
)

NOW: Millis = 1_790_000_000_000
ACTIVE = MemberStanding(MemberState.ACTIVE, NOW - 30 * DAY, confirmed=True)
SHOWN, ABSENT = Halves(True, Finding.SHOWN), Halves(True, Finding.ABSENT)
FAILED, UNKNOWN = Halves(True, Finding.FAILED), Halves(True, Finding.UNKNOWN)


def asleep(halves: Halves) -> Halves:
    return replace(halves, sleeping=True)


def certain(halves: Halves) -> Halves:
    return replace(halves, certain=True)


def became(before: MemberState) -> MemberStanding:
    confirmed = {MemberState.ACTIVE: True, MemberState.ONE_SIDED: False}
    return MemberStanding(before, NOW - DAY, confirmed.get(before))


S = MemberState
STEPS: dict[str, tuple[MemberStanding, Halves, MemberState]] = {
    "the first good look lets it in": (NEW, SHOWN, S.ACTIVE),
    "a first look that fails leaves it waiting": (NEW, FAILED, S.PENDING),
    "a first look without the link says so": (NEW, ABSENT, S.ONE_SIDED),
    "what cannot be told leaves it waiting": (NEW, UNKNOWN, S.PENDING),
    "one failing look changes nothing": (ACTIVE, FAILED, S.ACTIVE),
    "one look without the link changes nothing": (ACTIVE, ABSENT, S.ACTIVE),
    "our own trouble changes nothing": (ACTIVE, UNKNOWN, S.ACTIVE),
    "a signed no counts at once": (ACTIVE, certain(ABSENT), S.ONE_SIDED),
    "a signed statement that lapsed counts at once": (ACTIVE, certain(FAILED), S.UNREACHABLE),
    "it goes to sleep": (ACTIVE, asleep(SHOWN), S.SLEEPING),
    "it goes to sleep and closes its door": (ACTIVE, asleep(FAILED), S.SLEEPING),
    "asleep without the link": (ACTIVE, asleep(ABSENT), S.SLEEPING),
    "it wakes and is there": (became(S.SLEEPING), SHOWN, S.ACTIVE),
    "it wakes and is not there yet": (became(S.SLEEPING), FAILED, S.PENDING),
    "it wakes and was not looked at": (became(S.SLEEPING), UNKNOWN, S.PENDING),
    "it wakes without the link": (became(S.SLEEPING), ABSENT, S.ONE_SIDED),
    "unreachable, then there": (became(S.UNREACHABLE), SHOWN, S.ACTIVE),
    "unreachable, then there without the link": (became(S.UNREACHABLE), ABSENT, S.ONE_SIDED),
    "unreachable still": (became(S.UNREACHABLE), FAILED, S.UNREACHABLE),
    "unreachable, and goes to sleep": (became(S.UNREACHABLE), asleep(FAILED), S.SLEEPING),
    "one-sided, then linked": (became(S.ONE_SIDED), SHOWN, S.ACTIVE),
    "one-sided, and a look fails": (became(S.ONE_SIDED), FAILED, S.ONE_SIDED),
    "it left": (ACTIVE, Halves(False, Finding.SHOWN, left=True), S.LEFT),
    "it was removed": (ACTIVE, Halves(False, Finding.SHOWN), S.REMOVED),
    "it left, and a missed version removed it": (
        became(S.LEFT),
        Halves(False, Finding.UNKNOWN),
        S.REMOVED,
    ),
    "it came back": (became(S.LEFT), SHOWN, S.PENDING),
    "it was taken in again": (became(S.REMOVED), UNKNOWN, S.PENDING),
}


@pytest.mark.parametrize("case", STEPS)
def test_a_step(case: str) -> None:
    before, halves, state = STEPS[case]
    after = judge(before, halves, NOW)
    assert after.state is state
    assert after.since == (before.since if before.state is state else NOW)


def looks(
    *each: tuple[Finding, Millis], before: MemberStanding = ACTIVE
) -> list[tuple[MemberState, Strikes]]:
    """What came of looks at these times after `NOW`, one after another."""
    found = []
    for finding, at in each:
        before = judge(before, Halves(True, finding), NOW + at)
        found.append((before.state, before.strikes))
    return found


F, A, G, U = Finding.FAILED, Finding.ABSENT, Finding.SHOWN, Finding.UNKNOWN
COURSES: dict[str, tuple[list[tuple[Finding, Millis]], MemberState]] = {
    "three failing looks, a day apart": ([(F, 0), (F, DAY), (F, 2 * DAY)], S.UNREACHABLE),
    "a thousand within a day": ([(F, at * MINUTE) for at in range(1000)], S.ACTIVE),
    "an hour before the third counts": ([(F, 0), (F, DAY), (F, 2 * DAY - HOUR)], S.ACTIVE),
    "good in between": ([(F, 0), (F, DAY), (G, DAY + HOUR), (F, 2 * DAY)], S.ACTIVE),
    "our own trouble in between": ([(F, 0), (U, DAY), (U, 2 * DAY), (U, 9 * DAY)], S.ACTIVE),
    "twice without the link": ([(A, 0), (A, 6 * HOUR)], S.ONE_SIDED),
    "twice without the link in an hour": ([(A, 0), (A, HOUR)], S.ACTIVE),
    "without the link every other time": (
        [(A, 0), (F, HOUR), (F, DAY), (A, 2 * DAY)],
        S.ONE_SIDED,
    ),
    "an answer takes failures back": (
        [(F, 0), (F, DAY), (A, DAY + HOUR), (F, 2 * DAY), (F, 3 * DAY)],
        S.ACTIVE,
    ),
    "unreachable, then back at once": ([(F, 0), (F, DAY), (F, 2 * DAY), (G, 3 * DAY)], S.ACTIVE),
    "one-sided, then dead": (
        [(A, 0), (A, DAY), (F, 2 * DAY), (F, 3 * DAY), (F, 4 * DAY)],
        S.UNREACHABLE,
    ),
    "a clock two years ahead, and back": (
        [(F, 0), (F, 730 * DAY), (F, DAY), (F, DAY + HOUR)],
        S.ACTIVE,
    ),
}


@pytest.mark.parametrize("case", COURSES)
def test_a_course(case: str) -> None:
    course, state = COURSES[case]
    assert looks(*course)[-1][0] is state


def test_strikes_are_counted_and_taken_back() -> None:
    found = looks((F, 0), (F, HOUR), (F, DAY), (G, DAY + HOUR))
    assert [strikes.failures for _, strikes in found] == [1, 1, 2, 0]
    assert found[-1][1] == Strikes()


def test_who_sleeps_is_not_struck() -> None:
    course = ACTIVE
    for day in range(30):
        course = judge(course, asleep(FAILED), NOW + day * DAY)
    assert (course.state, course.strikes) == (S.SLEEPING, Strikes())


def test_who_took_the_link_away_asleep_is_one_sided_when_awake() -> None:
    course = judge(ACTIVE, asleep(ABSENT), NOW)
    course = judge(course, asleep(ABSENT), NOW + DAY)
    assert (course.state, course.confirmed) == (S.SLEEPING, False)
    assert judge(course, ABSENT, NOW + 2 * DAY).state is S.ONE_SIDED


def test_a_new_address_is_looked_at_anew() -> None:
    moved = anew(replace(ACTIVE, strikes=Strikes(2, 1, NOW)), NOW)
    assert moved == MemberStanding(S.PENDING, NOW)


ONE = st.builds(
    Halves,
    listed=st.integers(0, 9).map(bool),
    finding=st.sampled_from(Finding),
    sleeping=st.booleans(),
    left=st.booleans(),
    certain=st.integers(0, 9).map(lambda number: number == 0),
)
COURSE = st.lists(st.tuples(ONE, st.integers(0, 3 * DAY)), max_size=40)


@given(COURSE)
def test_only_both_halves_and_wakefulness_make_a_member_navigable(
    course: list[tuple[Halves, Millis]],
) -> None:
    at, stands = NOW, NEW
    for halves, passed in course:
        at += passed
        before, stands = stands, judge(stands, halves, at)
        assert stands.state is before.state or stands.state in TRANSITIONS[before.state]
        assert stands.state.is_listed == halves.listed
        if stands.state.is_navigable:
            assert halves.listed
            assert not halves.sleeping
            assert stands.confirmed
        if halves.listed and halves.finding is Finding.SHOWN and before.state.is_listed:
            wanted = S.SLEEPING if halves.sleeping else S.ACTIVE
            assert (stands.state, stands.strikes) == (wanted, Strikes())


LOOKS = st.lists(st.tuples(st.sampled_from(Finding), st.integers(0, 2 * DAY)), max_size=40)


@given(LOOKS)
def test_a_member_is_lost_only_by_looks_spread_over_time(
    course: list[tuple[Finding, Millis]],
) -> None:
    at, stands = NOW, ACTIVE
    failed: list[Millis] = []
    absent: list[Millis] = []
    for finding, passed in course:
        at += passed
        stands = judge(stands, Halves(True, finding), at)
        if finding is Finding.SHOWN:
            failed, absent = [], []
        failed += [at] * (finding is Finding.FAILED)
        absent += [at] * (finding is Finding.ABSENT)
        if stands.state is S.UNREACHABLE:
            assert len(failed) >= STRIKES
            assert failed[-1] - failed[0] >= (STRIKES - 1) * FAILURE_GAP
        elif stands.state is S.ONE_SIDED:
            assert len(absent) >= ABSENCES
            assert absent[-1] - absent[0] >= (ABSENCES - 1) * ABSENCE_GAP
        if stands.state is not S.ACTIVE:
            return


def without(state: MemberState, *targets: MemberState) -> Mapping[MemberState, frozenset[S]]:
    return {**TRANSITIONS, state: TRANSITIONS[state] - set(targets)}


BROKEN: dict[str, tuple[Mapping[MemberState, frozenset[S]], str]] = {
    "a state without a row": ({S.ACTIVE: frozenset()}, "lacks"),
    "a state that leads to itself": (
        {**TRANSITIONS, S.ACTIVE: TRANSITIONS[S.ACTIVE] | {S.ACTIVE}},
        "leads to itself",
    ),
    "a state that nobody can leave from": (without(S.SLEEPING, S.LEFT), "nobody can leave"),
    "a state without a way back": (
        {state: frozenset({S.LEFT, S.REMOVED} - {state}) for state in S},
        "no way back",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_table_that_cannot_be_lived_in_is_refused(case: str) -> None:
    table, why = BROKEN[case]
    with pytest.raises(ValueError, match=why):
        check_transitions(table)
