"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much it matters."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and how to mend it where it is not `ok`."""

    subject: str
    level: Level
    seen: str
    mend: str = ""


def ok(subject: str, seen: str) -> Finding:
    """All is well."""
    return Finding(subject, Level.OK, seen)


def warn(subject: str, seen: str, mend: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(subject, Level.WARN, seen, mend)


def fail(subject: str, seen: str, mend: str) -> Finding:
    """It does not work for others."""
    return Finding(subject, Level.FAIL, seen, mend)
