"""Who is asking, and in which language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.web.clients import Proxies
from webring.web.languages import choose, direction

PROXIES = Proxies.parse(["127.0.0.1", "10.0.0.0/8"])
CLIENTS = {
    "nobody between": ("203.0.113.9", [], "203.0.113.9"),
    "a stranger's word is not believed": ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
    "our proxy's word is": ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    "two proxies": ("127.0.0.1", ["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
    "what a client put before": ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
    "two headers": ("127.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
    "rubbish from our proxy": ("127.0.0.1", ["<script>"], "unknown"),
    "a huge address": ("127.0.0.1", ["1" * 60_000], "unknown"),
    "an IPv6 customer is a /64": ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
    "IPv4 in IPv6": ("::ffff:198.51.100.1", [], "198.51.100.1"),
}


@pytest.mark.parametrize("case", CLIENTS)
def test_the_client_is_found_from_the_right(case: str) -> None:
    peer, forwarded, client = CLIENTS[case]
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    assert PROXIES.client(peer, headers) == client


LANGUAGES = {
    "": "en",
    "de": "de",
    "de-AT,en;q=0.5": "de",
    "en;q=0.4, de;q=0.8": "de",
    "xx, de;q=0.1": "de",
    "de;q=0": "en",
    "de;q=x": "en",
    "*": "en",
}


@pytest.mark.parametrize("header", LANGUAGES)
def test_the_language_is_what_the_reader_prefers(header: str) -> None:
    assert choose(header) == LANGUAGES[header]


@given(st.text(max_size=400))
def test_any_header_gives_a_language(header: str) -> None:
    assert choose(header) in {"en", "de"}


def test_direction_follows_the_script() -> None:
    assert (direction("de"), direction("ar")) == ("ltr", "rtl")
