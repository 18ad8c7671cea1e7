"""Lengths of time as people write them: "90s", "10m", "1h", "7d"."""

from __future__ import annotations

import re
from typing import Final, Self

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.errors import InvalidName

_UNITS: Final[dict[str, Millis]] = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,8})([smhd])")


class Duration(int):
    """A length of time in milliseconds."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number and a unit; `InvalidName` for anything else."""
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise InvalidName(f'a length of time is like "90s", "10m", "1h" or "7d", not {text!a}')
        return cls(int(match[1]) * _UNITS[match[2]])

    def __str__(self) -> str:
        """As `parse` reads it, in the largest unit that fits."""
        unit = next((u for u in "dhms" if self % _UNITS[u] == 0), "s")
        return f"{int(self) // _UNITS[unit]}{unit}"
