"""How long an answer may make us wait, or may be kept."""

from __future__ import annotations

import pytest

from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.net.headers import max_age, retry_after

NOW: Millis = 1_792_490_400_000
"""2026-10-20 10:00:00 UTC."""

RETRIES: dict[str, tuple[dict[str, str], object, Millis | None]] = {
    "nothing said": ({}, {}, None),
    "seconds": ({"retry-after": "120"}, {}, 2 * MINUTE),
    "a date": ({"retry-after": "Tue, 20 Oct 2026 10:30:00 GMT"}, {}, 30 * MINUTE),
    "a date without a zone": ({"retry-after": "Tue, 20 Oct 2026 10:30:00"}, {}, 30 * MINUTE),
    "a date gone by": ({"retry-after": "Tue, 20 Oct 2020 10:30:00 GMT"}, {}, SECOND),
    "zero": ({"retry-after": "0"}, {}, SECOND),
    "a year": ({"retry-after": "31536000"}, {}, DAY),
    "a date far ahead": ({"retry-after": "Tue, 20 Oct 9026 10:30:00 GMT"}, {}, DAY),
    "a number with no end": ({"retry-after": "9" * 400}, {}, None),
    "negative": ({"retry-after": "-5"}, {}, None),
    "words": ({"retry-after": "soon"}, {}, None),
    "an impossible date": ({"retry-after": "Tue, 99 Oct 2026 99:30:00 GMT"}, {}, None),
    "Matrix's milliseconds": ({}, {"retry_after_ms": 2_500}, 2_500),
    "Matrix's, negative": ({}, {"retry_after_ms": -1}, SECOND),
    "Matrix's, of another type": ({}, {"retry_after_ms": "1"}, None),
    "Matrix's, true": ({}, {"retry_after_ms": True}, None),
    "the header before the body": ({"retry-after": "60"}, {"retry_after_ms": 1}, MINUTE),
    "a body that is no object": ({}, [1], None),
}


@pytest.mark.parametrize("name", RETRIES)
def test_retry_after(name: str) -> None:
    headers, body, expected = RETRIES[name]
    assert retry_after(headers, body, NOW) == expected


AGES: dict[str, tuple[str, Millis]] = {
    "nothing said": ("", DAY),
    "an hour": ("public, max-age=3600", HOUR),
    "quoted": ('max-age="3600"', HOUR),
    "in capitals": ("Max-Age=3600", HOUR),
    "too short": ("max-age=1", 5 * MINUTE),
    "too long": ("max-age=999999999", 2 * DAY),
    "never": ("no-store", 5 * MINUTE),
    "never, and an hour": ("no-cache, max-age=3600", 5 * MINUTE),
    "for shared caches only": ("s-max-age=60", DAY),
    "nonsense": ("max-age=soon", DAY),
}


@pytest.mark.parametrize("name", AGES)
def test_max_age(name: str) -> None:
    control, expected = AGES[name]
    headers = {"cache-control": control}
    assert max_age(headers, default=DAY, least=5 * MINUTE, most=2 * DAY) == expected
