"""What is counted, and that nobody from outside can add a series."""

from __future__ import annotations

import pytest

from webring import metrics
from webring.metrics import BOUNDS, Spread


def test_a_request_is_counted_by_route_method_and_status() -> None:
    before = metrics.REQUESTS.get("/unit", "GET", "200")
    metrics.answered("/unit", "GET", 200, 0.01)
    assert metrics.REQUESTS.get("/unit", "GET", "200") == before + 1
    assert sum(metrics.ANSWERING.values["/unit"].classes) >= 1


@pytest.mark.parametrize("method", ["get", "BREW", "G" * 4_000, "\x1b[2J", ""])
def test_a_method_that_somebody_made_up_adds_no_series(method: str) -> None:
    metrics.answered("/unit", "BREW", 405, 0.01)
    before = set(metrics.REQUESTS.values)
    metrics.answered("/unit", method, 405, 0.01)
    assert set(metrics.REQUESTS.values) == before


def test_what_was_never_counted_is_nought_and_adds_no_series() -> None:
    assert metrics.VISITS.get("homeserver", "never") == 0
    assert ("homeserver", "never") not in metrics.VISITS.values


@pytest.mark.parametrize(
    ("seconds", "place"),
    {
        "nothing": (0.0, 0),
        "a bound belongs to its class": (BOUNDS[1], 1),
        "just above a bound": (BOUNDS[1] + 1e-9, 2),
        "longer than any bound": (3_600.0, len(BOUNDS)),
    }.values(),
)
def test_durations_are_counted_in_classes(seconds: float, place: int) -> None:
    spread = Spread()
    spread.add(seconds)
    assert spread.classes == [int(at == place) for at in range(len(BOUNDS) + 1)]
    assert spread.total == seconds


def test_no_two_have_one_name() -> None:
    names = [each.name for each in (*metrics.TALLIES, *metrics.DURATIONS)]
    assert len(set(names)) == len(names)
