"""Measuring: the best of several rounds, so that what else the machine does counts little."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 5
ROUND_SECONDS: Final = 0.4


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: how long ours takes, in seconds, beside the bare part."""

    what: str
    ours: float
    bare: float
    beside: str

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the bare part's time."""
        return self.ours / self.bare

    def __str__(self) -> str:
        return f"{self.what:<44} {self.ratio:>7.2f} x  {_time(self.ours):>10}  {self.beside}"


def best(call: Callable[[], object]) -> float:
    """Seconds for one call: the best round's mean."""
    began = time.perf_counter()
    call()
    once = max(time.perf_counter() - began, 1e-9)
    number = max(1, int(ROUND_SECONDS / once))
    rounds = []
    gc.collect()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(number):
            call()
        rounds.append((time.perf_counter() - began) / number)
    return min(rounds)


async def best_of(call: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Seconds for one asynchronous call; it is told the number of its round."""
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        await call(number)
        taken.append(time.perf_counter() - began)
    return min(taken)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-6:.1f} us"
