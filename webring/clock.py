"""The one place that reads the wall clock. Everything else takes `now` as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Millis = int
"""A point in time: milliseconds since the Unix epoch, UTC. Or a length of time in milliseconds."""

Clock = Callable[[], Millis]
"""Anything that tells the time; tests pass their own."""

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR


def now_ms() -> Millis:
    """The time now, in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
