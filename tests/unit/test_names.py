"""Names are parsed once, at the edge: what passes here is trusted everywhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.errors import InvalidName
from webring.names import CommunityId, MxcUri, PeerUrl, RoomAlias, RoomId, ServerName, Slug

SERVER_NAMES = {
    "a host": ("matrix.org", "matrix.org", None),
    "upper case is lowered": ("Matrix.ORG", "matrix.org", None),
    "a port": ("matrix.org:8448", "matrix.org", 8448),
    "one label": ("localhost", "localhost", None),
    "an IPv4 literal": ("127.0.0.1:8448", "127.0.0.1", 8448),
    "an IPv6 literal": ("[2001:db8::1]", "[2001:db8::1]", None),
    "an IPv6 literal with a port": ("[2001:db8::1]:443", "[2001:db8::1]", 443),
    "punycode": ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example", None),
}

NOT_SERVER_NAMES = {
    "nothing": "",
    "not text": 7,
    "a space": "matrix org",
    "a path": "matrix.org/x",
    "a user": "me@matrix.org",
    "port zero": "matrix.org:0",
    "port too high": "matrix.org:65536",
    "an empty port": "matrix.org:",
    "an empty label": "matrix..org",
    "a trailing dot": "matrix.org.",
    "all digits": "2130706433",
    "short dotted": "127.1",
    "hexadecimal dotted": "127.0.0.0x1",
    "an IPv6 zone": "[fe80::1%eth0]",
    "an unclosed bracket": "[::1",
    "text behind a bracket": "[::1]x",
    "not ASCII": "münchen.example",
    "too long": "a" * 231,
    "a newline": "matrix.org\n",
}


@pytest.mark.parametrize("case", SERVER_NAMES)
def test_server_names_are_read(case: str) -> None:
    text, host, port = SERVER_NAMES[case]
    name = ServerName.parse(text)
    assert (name.host, name.port) == (host, port)


@pytest.mark.parametrize("case", NOT_SERVER_NAMES)
def test_what_is_no_server_name_is_refused(case: str) -> None:
    with pytest.raises(InvalidName):
        ServerName.parse(NOT_SERVER_NAMES[case])


@given(st.text(max_size=40))
def test_a_read_server_name_reads_as_itself(text: str) -> None:
    try:
        name = ServerName.parse(text)
    except InvalidName:
        return
    assert ServerName.parse(name) == name


@pytest.mark.parametrize(
    "text", ["!abc:matrix.org", "!7dGQhMzy4fUcrjX0nGkHfkjq2jw5bY8v1Bc0Kx2AAAA", "!Ünicode:[::1]:1"]
)
def test_room_ids_are_read(text: str) -> None:
    assert RoomId.parse(text) == text


@pytest.mark.parametrize(
    "text", ["", "!", "#abc:matrix.org", "!a b:matrix.org", "!abc:", "!\x00:a", "!" + "a" * 255, 1]
)
def test_what_is_no_room_id_is_refused(text: object) -> None:
    with pytest.raises(InvalidName):
        RoomId.parse(text)


def test_an_alias_knows_its_server() -> None:
    alias = RoomAlias.parse("#café:Matrix.org:8448")
    assert (alias.local, alias.server) == ("café", "matrix.org:8448")


@pytest.mark.parametrize("text", ["#:matrix.org", "#abc", "#abc:", "#abc:a b", "abc", None])
def test_what_is_no_alias_is_refused(text: object) -> None:
    with pytest.raises(InvalidName):
        RoomAlias.parse(text)


def test_a_community_id_splits_at_the_first_colon() -> None:
    community = CommunityId.parse("gardening:127.0.0.1:8101")
    assert (community.slug, community.instance) == ("gardening", "127.0.0.1:8101")


@pytest.mark.parametrize("text", ["", "Gardening", "a_b", "a" * 65, "a:b"])
def test_what_is_no_slug_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        Slug.parse(text)


@pytest.mark.parametrize(
    "text",
    ["https://matrix.org/x", "mxc://matrix.org/", "mxc://matrix.org/a/b", "mxc://matrix.org/a?b"],
)
def test_what_is_no_content_uri_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        MxcUri.parse(text)


BASE_URLS = {
    "plain": ("https://Ring.example/", "https://ring.example", "ring.example"),
    "its own port": ("https://ring.example:443", "https://ring.example:443", "ring.example"),
    "another port": ("https://ring.example:8443", "https://ring.example:8443", "ring.example:8443"),
    "a path": ("https://ring.example/a/", "https://ring.example/a", "ring.example"),
    "IPv6": ("https://[2001:db8::1]/", "https://[2001:db8::1]", "[2001:db8::1]"),
}


@pytest.mark.parametrize("case", BASE_URLS)
def test_base_urls_are_read(case: str) -> None:
    text, url, name = BASE_URLS[case]
    read = PeerUrl.parse(text)
    assert (read, read.server_name) == (url, name)


@pytest.mark.parametrize(
    "text",
    [
        "http://ring.example",
        "https://me@ring.example",
        "https://ring.example/?q",
        "https://ring.example/#f",
        "https://ring.example\\@evil.example",
        "https://ring.example:99999",
        "https://",
        "ftp://ring.example",
        "https://ring.example/\n",
    ],
)
def test_what_is_no_base_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        PeerUrl.parse(text)


def test_plain_http_is_read_only_where_allowed() -> None:
    assert PeerUrl.parse("http://127.0.0.1:8101", allow_http=True) == "http://127.0.0.1:8101"


LOOPBACK = {
    "localhost": True,
    "ring.localhost:8101": True,
    "127.0.0.1": True,
    "127.9.9.9:80": True,
    "[::1]:8448": True,
    "localhost.evil.example": False,
    "notlocalhost": False,
    "10.0.0.1": False,
    "[::2]": False,
    "commune.example": False,
}


@pytest.mark.parametrize("name", LOOPBACK)
def test_a_name_of_the_very_machine_is_told(name: str) -> None:
    assert ServerName.parse(name).is_loopback is LOOPBACK[name]
