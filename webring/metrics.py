"""What is counted while the program runs, all of it here: for the operator's Prometheus alone.

Every label takes its values from a short list that the program itself knows (a route, a state, the
reason of an error), never from what somebody sent: no name of a server, a room or a visitor is in
one. What is a state rather than an event is read when it is asked for; that, and the writing out,
is `webring.observing`. Everything is counted in the event loop's thread.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

NO_ROUTE: Final = "none"
"""The route of a request that leads nowhere, or was refused before it was looked up."""
OTHER: Final = "other"
"""Whatever method a client makes up."""
ANSWERED: Final = "answered"
"""The outcome of a request of ours that was answered, by whatever status."""
BOUNDS: Final = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
"""Seconds: the classes that durations are counted in, and one for what is longer."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Labels = tuple[str, ...]
"""The values of a series' labels."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers that only grow, one for each combination of labels."""

    name: str
    text: str
    labels: Labels
    values: dict[Labels, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, *labels: str) -> None:
        """Count one more."""
        self.values[labels] += 1

    def get(self, *labels: str) -> int:
        """How many were counted."""
        return self.values.get(labels, 0)


@dataclass(slots=True)
class Spread:
    """Durations of one kind: how many fell into each class, and their sum in seconds."""

    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.classes[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass(frozen=True, slots=True)
class Durations:
    """How long things took, one `Spread` for each label."""

    name: str
    text: str
    label: str
    values: dict[str, Spread] = field(default_factory=lambda: defaultdict(Spread))


REQUESTS: Final = Tally("webring_requests", "Requests answered.", ("route", "method", "status"))
ANSWERING: Final = Durations("webring_request_seconds", "How long an answer took.", "route")
FETCHES: Final = Tally(
    "webring_fetches", "Requests to others, by what became of them.", ("outcome",)
)
VISITS: Final = Tally(
    "webring_visits",
    "Visits to homeservers (by the state they led to), instances and rings (by outcome).",
    ("kind", "outcome"),
)
RING_CHECKS: Final = Tally(
    "webring_ring_checks", "Looks at members of rings, by what they showed.", ("finding",)
)
JOB_RUNS: Final = Tally("webring_job_runs", "Runs of jobs, by how they ended.", ("job", "outcome"))
JOB_TIMES: Final = Durations("webring_job_seconds", "How long runs of jobs took.", "job")
DATABASE_ERRORS: Final = Tally(
    "webring_database_errors",
    "What the database could not do: it was unavailable, or (a fault of ours) refused it.",
    ("kind",),
)
TALLIES: Final = (REQUESTS, FETCHES, VISITS, RING_CHECKS, JOB_RUNS, DATABASE_ERRORS)
DURATIONS: Final = (ANSWERING, JOB_TIMES)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request. `route` is as the program spells it, its parameters in braces."""
    REQUESTS.add(route, method if method in _METHODS else OTHER, str(status))
    ANSWERING.values[route].add(seconds)


def fetched(outcome: str) -> None:
    """Count a request of ours to somebody: `ANSWERED`, or the `reason` of a `FetchError`."""
    FETCHES.add(outcome)


def visited(kind: str, outcome: str) -> None:
    """Count a visit that was written down; `kind` is "homeserver", "instance" or "ring"."""
    VISITS.add(kind, outcome)


def ring_checked(finding: str) -> None:
    """Count a look at a member of a ring."""
    RING_CHECKS.add(finding)


def job_ran(job: str, outcome: str, seconds: float) -> None:
    """Count a run of a job; `outcome` is "done", "failed", "fault" or "overtaken"."""
    JOB_RUNS.add(job, outcome)
    JOB_TIMES.values[job].add(seconds)


def database_failed(kind: str) -> None:
    """Count what the database could not do; `kind` is "unavailable" or "refused"."""
    DATABASE_ERRORS.add(kind)
