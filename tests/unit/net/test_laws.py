"""What holds for every input, not for examples only."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.clock import Millis
from webring.errors import BudgetExceeded, UrlRefused
from webring.names import ServerName
from webring.net.addresses import is_public, unwrapped
from webring.net.decoding import BoundedBody
from webring.net.headers import MAX_RETRY_AFTER, MIN_RETRY_AFTER, max_age, retry_after
from webring.net.robots import MAX_RULES, for_us
from webring.net.urls import parse_url

NOW: Millis = 1_792_490_400_000
GLOBAL = IPv6Network("2000::/3")


@given(st.ip_addresses(v=6))
def test_no_address_outside_global_unicast_is_public(address: IPv6Address) -> None:
    found = unwrapped(address)
    assert isinstance(found, IPv4Address) or not is_public(found) or address in GLOBAL


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_one_inside(address: IPv4Address) -> None:
    assert is_public(unwrapped(IPv6Address(f"::ffff:{address}"))) == is_public(address)


EMBEDDINGS = {
    "compatible": lambda number: number,
    "6to4": lambda number: (0x2002 << 112) | (number << 80),
    "Teredo's server": lambda number: (0x20010000 << 96) | (number << 64),
    "Teredo's client": lambda number: (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    "NAT64": lambda number: (0x64FF9B << 96) | number,
    "translated": lambda number: (0xFFFF << 48) | number,
}


@pytest.mark.parametrize("case", EMBEDDINGS)
@given(st.ip_addresses(v=4))
def test_no_other_way_to_wrap_an_address_is_public(case: str, address: IPv4Address) -> None:
    assert not is_public(unwrapped(IPv6Address(EMBEDDINGS[case](int(address)))))


@given(st.text() | st.from_regex(r"https?://[a-z0-9.@:\[\]%\\]{1,30}(/[ -~]{0,20})?"))
def test_a_url_is_either_refused_or_clean(text: str) -> None:
    with suppress(UrlRefused):
        target = parse_url(text)
        assert target.scheme == "https"
        assert ServerName.parse(target.host) == target.host
        assert target.port in {443, 8448} or target.port >= 1024
        assert parse_url(target.url) == target
        assert target.target.startswith("/")
        assert target.target.isascii()
        assert target.target.isprintable()


@given(st.text(), st.integers() | st.text() | st.none())
def test_a_pause_is_always_within_bounds(header: str, body: object) -> None:
    asked = retry_after({"retry-after": header}, {"retry_after_ms": body}, NOW)
    assert asked is None or MIN_RETRY_AFTER <= asked <= MAX_RETRY_AFTER


@given(st.text())
def test_a_time_to_live_is_always_within_bounds(control: str) -> None:
    assert 10 <= max_age({"cache-control": control}, default=50, least=10, most=100) <= 100


LINES = st.lists(
    st.sampled_from(["User-agent: *", "User-agent: webring", "User-agent: x", "Disallow: /a"])
    | st.text(max_size=20)
)


@given(LINES)
def test_cutting_robots_twice_changes_nothing_more(lines: list[str]) -> None:
    once = for_us("\n".join(lines))
    assert len(once.split("\n")) <= MAX_RULES
    assert for_us(once) == once


@given(st.binary(max_size=2_000), st.sampled_from(["", "gzip", "deflate"]), st.data())
def test_a_body_is_the_same_however_it_arrives(
    body: bytes, encoding: str, data: st.DataObject
) -> None:
    packed = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    limit = data.draw(st.integers(0, 2_500))
    bounded = BoundedBody("a.example", encoding, wire=100_000, decoded=limit)
    try:
        while packed:
            size = data.draw(st.integers(1, len(packed)))
            bounded.feed(packed[:size])
            packed = packed[size:]
    except BudgetExceeded:
        assert len(body) > limit
        assert body.startswith(bounded.so_far())
    else:
        assert bounded.finish() == body
        assert len(body) <= limit
