"""Turns with hosts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webring.clock import DAY, SECOND, Millis
from webring.rings.host_turns import REMEMBERED, HostTurns

NOW: Millis = 1_790_000_000_000
GAP: Millis = 30 * SECOND


def turns(burst: int = 3) -> HostTurns:
    return HostTurns(burst, GAP)


def test_a_rested_host_gives_some_at_once_and_then_one_by_one() -> None:
    here = turns()
    assert [here.take("a.example", NOW) for _ in range(3)] == [NOW] * 3
    assert [here.take("a.example", NOW) - NOW for _ in range(3)] == [GAP, 2 * GAP, 3 * GAP]
    assert here.take("a.example", NOW + GAP) == NOW + GAP


def test_one_host_keeps_no_other_waiting() -> None:
    here = turns()
    for _ in range(10):
        here.take("a.example", NOW)
    assert here.take("b.example", NOW) == NOW


def test_after_a_rest_there_are_some_at_once_again() -> None:
    here = turns()
    for _ in range(3):
        here.take("a.example", NOW)
    assert [here.take("a.example", NOW + DAY) for _ in range(3)] == [NOW + DAY] * 3


def test_a_clock_that_is_turned_back_stops_nobody() -> None:
    here = turns()
    for _ in range(5):
        here.take("a.example", NOW + 365 * DAY)
    assert here.take("a.example", NOW) == NOW


def test_hosts_are_forgotten_in_the_end() -> None:
    here = turns(1)
    here.take("a.example", NOW)
    for number in range(REMEMBERED):
        here.take(f"{number}.example", NOW)
    assert here.take("a.example", NOW) == NOW


@given(st.integers(1, 5), st.integers(1, 60))
def test_whoever_comes_back_when_told_to_gets_a_turn_in_the_end(burst: int, askers: int) -> None:
    here, waiting, given_at = HostTurns(burst, GAP), [NOW] * askers, list[Millis]()
    while waiting:
        now = min(waiting)
        waiting.remove(now)
        at = here.take("a.example", now)
        (given_at if at == now else waiting).append(at)
    assert len(given_at) == askers
    later = given_at[burst:]
    assert all(at - NOW == GAP * number for number, at in enumerate(later, 1))
