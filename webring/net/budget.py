"""What one exchange may cost, counted where the bytes arrive."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from webring.clock import SECOND, Millis
from webring.errors import BudgetExceeded
from webring.net.place import Dial

KIB: Final = 1024
MIB: Final = 1024 * KIB
MAX_HEADER_BYTES: Final = 32 * KIB
"""Status line and headers of one answer, interim answers (1xx) included."""
FRAMING: Final = 64 * KIB
"""What chunked coding may add to a body, beyond a quarter of it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Milliseconds, bytes of body off the wire, bytes once unpacked, for one whole exchange.

    With `cut`, a body that is too long is read as far as the budget goes, instead of refused.
    """

    time: Millis
    wire: int
    decoded: int
    cut: bool = False


WELL_KNOWN: Final = Budget(10 * SECOND, 50 * KIB, 50 * KIB)
ROBOTS: Final = Budget(10 * SECOND, 500 * KIB, 500 * KIB, cut=True)
MANIFEST: Final = Budget(15 * SECOND, MIB, MIB)
DIRECTORY: Final = Budget(30 * SECOND, 5 * MIB, 5 * MIB)
AVATAR: Final = Budget(15 * SECOND, 4 * MIB, 4 * MIB)
SMALL: Final = Budget(15 * SECOND, 256 * KIB, 256 * KIB)
"""One question with a short answer: an alias, a room's summary, a message delivered."""


class Meter:
    """Counts one exchange's bytes, and says how it is dialled."""

    def __init__(self, host: str, budget: Budget, dial: Dial) -> None:
        self.dial = dial
        self.dialled = False
        self.taken = 0
        self._in_headers = True
        self._ended = False
        self._host = host
        self._budget = budget
        self._left = MAX_HEADER_BYTES
        self._what = "bytes of headers"

    def allowance(self, wanted: int) -> int:
        """How many of `wanted` bytes may be read now; `BudgetExceeded` where none is left."""
        if self._left <= 0:
            raise BudgetExceeded(f"{self._host} sends no end of {self._what}", host=self._host)
        return min(wanted, self._left)

    def took(self, data: bytes) -> None:
        """Count what was read; nothing means that the other side closed."""
        self._ended = not data
        self.taken += len(data)
        self._left -= len(data)

    @property
    def hung_up(self) -> bool:
        """Whether the other side closed before it said anything, or in the middle of a body."""
        return self._ended and not (self._in_headers and self.taken)

    def headers_read(self) -> None:
        """From here on the body's budget counts."""
        self._in_headers = False
        self._left = self._budget.wire + self._budget.wire // 4 + FRAMING
        self._what = "chunks"


METER: Final[ContextVar[Meter]] = ContextVar("METER")
"""The exchange that this task is in the middle of: a connection may serve several in turn."""
