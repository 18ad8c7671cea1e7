"""When a homeserver is visited again: pure rules over what the last visit came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import HOUR, MINUTE, Millis

FIRST_RETRIES: Final[tuple[Millis, ...]] = (2 * MINUTE, 10 * MINUTE, HOUR)
"""Pauses after the first failures: a server that refuses for a second is not gone for a day."""
JITTER: Final = 0.1
"""Pauses differ by up to this share, so that servers met together are not always met together."""
CALMER: Final = 1.5
"""How much longer the next interval is where nothing had changed."""
LIVELIER: Final = 0.5
"""How much shorter where something had."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest interval, in milliseconds."""

    shortest: Millis
    longest: Millis

    def clamp(self, interval: float) -> Millis:
        """The nearest interval within the bounds."""
        return int(min(max(interval, self.shortest), self.longest))


def next_interval(interval: Millis, *, changed: bool, bounds: Bounds) -> Millis:
    """The interval after a visit that answered: half where something changed, else longer."""
    return bounds.clamp(interval * (LIVELIER if changed else CALMER))


def pause(failures: int, bounds: Bounds, *, asked: Millis = 0) -> Millis:
    """How long to wait after the `failures`-th failure in a row (from 1), before any jitter.

    Quick at first, then doubling up to the longest interval. `asked` is what the server itself
    asked for (Retry-After): never less than that, nor more than the longest interval.
    """
    if failures <= len(FIRST_RETRIES):
        wanted = FIRST_RETRIES[max(failures, 1) - 1]
    else:
        # Past 2^10 hours the bound decides; a large count must not make a huge number.
        wanted = HOUR * 2 ** min(failures - len(FIRST_RETRIES), 10)
    return min(max(wanted, asked), bounds.longest)


def jittered(interval: Millis, spread: float) -> Millis:
    """`interval`, moved by up to `JITTER` of itself; `spread` is a number from 0 to 1."""
    return int(interval * (1 - JITTER + 2 * JITTER * spread))
