"""When a homeserver is visited again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.clock import DAY, HOUR, MINUTE
from webring.crawler.schedule import Bounds, jittered, next_interval, pause

BOUNDS = Bounds(HOUR, DAY)


def test_a_lively_server_is_seen_hourly_and_a_calm_one_daily() -> None:
    interval = DAY
    for _ in range(10):
        interval = next_interval(interval, changed=True, bounds=BOUNDS)
    assert interval == HOUR
    for _ in range(10):
        interval = next_interval(interval, changed=False, bounds=BOUNDS)
    assert interval == DAY


@given(st.integers(0, 10 * DAY), st.booleans())
def test_an_interval_stays_within_its_bounds(interval: int, changed: bool) -> None:
    assert HOUR <= next_interval(interval, changed=changed, bounds=BOUNDS) <= DAY


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(1, 2 * MINUTE), (2, 10 * MINUTE), (3, HOUR), (4, 2 * HOUR), (7, 16 * HOUR), (8, DAY)],
)
def test_failures_are_retried_soon_and_then_ever_later(failures: int, expected: int) -> None:
    assert pause(failures, BOUNDS) == expected


@given(st.integers(1, 10**9), st.integers(0, 10**15))
def test_a_pause_never_shrinks_and_honours_what_was_asked(failures: int, asked: int) -> None:
    waited = pause(failures, BOUNDS, asked=asked)
    assert min(asked, DAY) <= waited <= DAY
    assert waited <= pause(failures + 1, BOUNDS, asked=asked)


@given(st.integers(0, DAY), st.floats(0, 1))
def test_jitter_moves_by_a_tenth_at_most(interval: int, spread: float) -> None:
    assert interval * 0.9 - 1 <= jittered(interval, spread) <= interval * 1.1 + 1
