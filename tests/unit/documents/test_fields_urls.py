"""Which text is a web address that a document may carry."""

from __future__ import annotations

import pytest

from webring.documents.fields import is_loopback_url, is_web_url

ADDRESSES = {
    "https": ("https://garden.example/", True),
    "https with a port": ("https://garden.example:8443/a?b#c", True),
    "plain http": ("http://garden.example/", False),
    "plain http on this machine": ("http://127.0.0.1:8101/communities/a", True),
    "plain http on this machine, by name": ("http://meadow.localhost:8101/", True),
    "plain http on what looks like this machine": ("http://localhost.evil.example/", False),
    "plain http in a private network": ("http://192.168.1.1/", False),
    "another scheme": ("ftp://localhost/", False),
    "a script": ("javascript://localhost/%0aalert(1)", False),
    "capitals": ("HTTPS://garden.example/", False),
    "a user": ("http://a@localhost/", False),
    "white space": ("https://garden.example/a b", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_a_web_address_is_told_from_what_is_none(case: str) -> None:
    text, is_one = ADDRESSES[case]
    assert is_web_url(text) is is_one


def test_what_leads_to_the_reader_s_own_machine_is_told() -> None:
    assert is_loopback_url("https://localhost/")
    assert is_loopback_url("http://[::1]:80/")
    assert not is_loopback_url("https://garden.example/")
    assert not is_loopback_url("https://[broken")
