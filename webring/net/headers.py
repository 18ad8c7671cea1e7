"""What an answer's headers say about time, clamped: a stranger decides nothing for long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from webring.clock import DAY, SECOND, Millis

MIN_RETRY_AFTER: Final[Millis] = SECOND
MAX_RETRY_AFTER: Final[Millis] = DAY

_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_MAX_AGE: Final = re.compile(r"[\s,]max-age\s*=\s*\"?([0-9]{1,12})", re.IGNORECASE)
_UNCACHED: Final = re.compile(r"[\s,](no-store|no-cache)\b", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], body: object, now: Millis) -> Millis | None:
    """How long an answer asks us to stay away, between a second and a day; None where it doesn't.

    `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), else Matrix's
    `retry_after_ms` in the body. `headers` have names in lower case.
    """
    asked = _retry_header(headers.get("retry-after", "").strip(), now)
    if asked is None and isinstance(body, dict):
        value = body.get("retry_after_ms")
        asked = value if isinstance(value, int) and not isinstance(value, bool) else None
    return None if asked is None else clamp(asked, MIN_RETRY_AFTER, MAX_RETRY_AFTER)


def max_age(headers: Mapping[str, str], *, default: Millis, least: Millis, most: Millis) -> Millis:
    """How long an answer may be kept by its Cache-Control (RFC 9111, section 5.2), clamped."""
    control = " " + headers.get("cache-control", "")
    if _UNCACHED.search(control):
        return least
    found = _MAX_AGE.search(control)
    return clamp(int(found[1]) * SECOND if found else default, least, most)


def clamp(value: int, least: int, most: int) -> int:
    """`value`, moved into `least` to `most`."""
    return max(least, min(most, value))


def _retry_header(text: str, now: Millis) -> Millis | None:
    if _SECONDS.fullmatch(text):
        return int(text) * SECOND
    try:
        date = parsedate_to_datetime(text)
        moment = date if date.tzinfo else date.replace(tzinfo=UTC)
        return int(moment.timestamp() * SECOND) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
