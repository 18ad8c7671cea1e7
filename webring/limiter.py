"""How much a client may ask (`docs/adr/0007-rate-limiter.md`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from webring.clock import MINUTE, Millis

MAX_CLIENTS: Final = 20_000
"""Clients that are remembered; the one unseen for longest is forgotten first."""
BURST: Final = 0.5
"""How much of a minute's requests may come at once, where nothing else is said."""


@dataclass
class RateLimiter:
    """A bucket of requests for each client, filled at an even pace; `burst` is its size."""

    per_minute: float
    clock: Callable[[], Millis]
    burst: float = 0
    _buckets: OrderedDict[str, tuple[float, Millis]] = field(default_factory=OrderedDict)

    def take(self, client: str) -> Millis:
        """Take one request; 0 where that is allowed, else how long to wait."""
        now = self.clock()
        size = self.burst or max(self.per_minute * BURST, 1)
        left, at = self._buckets.pop(client, (size, now))
        left = min(size, left + max(now - at, 0) * self.per_minute / MINUTE)
        wait = 0 if left >= 1 else int((1 - left) * MINUTE / self.per_minute) + 1
        self._buckets[client] = (left if wait else left - 1, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return wait
