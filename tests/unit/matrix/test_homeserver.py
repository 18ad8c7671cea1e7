"""Where a homeserver says that its client API is."""

from __future__ import annotations

import pytest

from webring.errors import TypeRefused
from webring.matrix.homeserver import read_client_base
from webring.names import ServerName

SERVER = ServerName("a.example")


def test_the_base_url_is_read() -> None:
    content = {"m.homeserver": {"base_url": "https://matrix.a.example/"}}
    assert read_client_base(content, SERVER) == "https://matrix.a.example"


WRONG: dict[str, object] = {
    "a list": [],
    "nothing": {},
    "a homeserver of another type": {"m.homeserver": "https://a.example"},
    "no address": {"m.homeserver": {}},
    "a script": {"m.homeserver": {"base_url": "javascript:alert(1)"}},
    "plain HTTP": {"m.homeserver": {"base_url": "http://a.example"}},
    "a user": {"m.homeserver": {"base_url": "https://me@a.example"}},
    "a query": {"m.homeserver": {"base_url": "https://a.example/?x="}},
    "another type": {"m.homeserver": {"base_url": 7}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_base_url(case: str) -> None:
    with pytest.raises(TypeRefused, match=r"a\.example has no base_url"):
        read_client_base(WRONG[case], SERVER)


def test_plain_http_is_for_tests() -> None:
    content = {"m.homeserver": {"base_url": "http://127.0.0.1:8201"}}
    assert read_client_base(content, SERVER, allow_http=True) == "http://127.0.0.1:8201"
