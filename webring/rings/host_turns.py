"""Turns with hosts: whoever lists ten thousand addresses of one site sends nobody there at once.

Pure. A leaky bucket for each host; who has to wait is told until when, each later than the last.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis

REMEMBERED: Final = 4_096
"""Hosts whose turns are kept in mind."""


@dataclass(slots=True)
class _Bucket:
    """`full_until`: when all turns that were taken are paid for. `promised`: the last one given
    away for later.
    """

    full_until: Millis = 0
    promised: Millis = 0


class HostTurns:
    """Gives a rested host `burst` turns at once, then one every `gap` milliseconds."""

    def __init__(self, burst: int, gap: Millis) -> None:
        self._slack = (burst - 1) * gap
        self._gap = gap
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, host: str, now: Millis) -> Millis:
        """Take a turn: `now` where it is given, else the time at which to ask again."""
        bucket = self._bucket(host)
        if bucket.full_until > now + self._slack + self._gap:  # the clock was turned back
            bucket.full_until = bucket.promised = now
        paid = max(bucket.full_until, now)
        if paid - now <= self._slack:
            bucket.full_until = paid + self._gap
            return now
        bucket.promised = max(bucket.promised + self._gap, paid - self._slack)
        return bucket.promised

    def _bucket(self, host: str) -> _Bucket:
        bucket = self._buckets.setdefault(host, _Bucket())
        self._buckets.move_to_end(host)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket
