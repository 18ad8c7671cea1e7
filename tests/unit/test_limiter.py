"""How often a client may ask."""

from __future__ import annotations

from webring.clock import HOUR, MINUTE
from webring.limiter import MAX_CLIENTS, RateLimiter


def test_a_client_that_asks_too_often_waits_and_others_do_not() -> None:
    now = [0]
    limiter = RateLimiter(60, lambda: now[0])
    assert [limiter.take("a") for _ in range(30)] == [0] * 30
    wait = limiter.take("a")
    assert 0 < wait <= 1_001
    assert limiter.take("b") == 0
    now[0] += wait
    assert limiter.take("a") == 0
    now[0] -= MINUTE
    assert limiter.take("a") > 0


def test_the_memory_of_clients_is_bounded() -> None:
    limiter = RateLimiter(60, lambda: 0)
    for number in range(MAX_CLIENTS + 10):
        limiter.take(str(number))
    assert len(limiter._buckets) == MAX_CLIENTS


def test_a_bucket_may_be_larger_than_what_fills_it_in_a_minute() -> None:
    now = [0]
    limiter = RateLimiter(30 * MINUTE / HOUR, lambda: now[0], 10)
    assert [limiter.take("a") for _ in range(10)] == [0] * 10
    assert MINUTE < limiter.take("a") <= 2 * MINUTE + 1
    now[0] += HOUR
    assert [bool(limiter.take("a")) for _ in range(11)] == [False] * 10 + [True]
