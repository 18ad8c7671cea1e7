"""A sample homeserver believes only whom it can check."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webring.clock import HOUR
from webring.demo.homeserver import Unauthorised
from webring.demo.signatures import KeyRing
from webring.documents.keys import KeySet, SigningKey
from webring.errors import ConnectFailed
from webring.matrix.xmatrix import Request, authorization, key_document
from webring.names import ServerName

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
ASKER, US = ServerName.parse("127.0.0.1:8101"), ServerName.parse("meadow.localhost:8201")
URI = "/_matrix/federation/v1/publicRooms?limit=100"
KEYS = KeySet(SigningKey("ed25519:one", b"1" * 32))


class Asker:
    """Serves a key document, and counts how often it is asked for."""

    def __init__(self, keys: KeySet = KEYS, now: int = NOW) -> None:
        self.document: object = key_document(ASKER, keys, now)
        self.asked = 0

    async def fetch(self, server: ServerName) -> object:
        assert server == ASKER
        self.asked += 1
        if self.document is None:
            raise ConnectFailed(f"nobody answers at {server}", host=server)
        return self.document


def signed(key: SigningKey = KEYS.current, to: ServerName = US, uri: str = URI) -> str:
    return authorization(Request(ASKER, to, "GET", uri), key)


async def test_a_signed_request_is_believed_and_the_keys_are_fetched_once() -> None:
    asker = Asker()
    ring = KeyRing(asker.fetch, lambda: NOW)
    for _ in range(3):
        assert await ring.check(signed(), US, "GET", URI) == ASKER
    assert asker.asked == 1


async def test_keys_are_fetched_again_after_a_while() -> None:
    asker, now = Asker(), [NOW]
    ring = KeyRing(asker.fetch, lambda: now[0])
    await ring.check(signed(), US, "GET", URI)
    now[0] += HOUR
    await ring.check(signed(), US, "GET", URI)
    assert asker.asked == 2


async def test_a_body_is_part_of_what_is_signed() -> None:
    ring = KeyRing(Asker().fetch, lambda: NOW)
    body: dict[str, object] = {"limit": 100}
    header = authorization(Request(ASKER, US, "POST", URI, body), KEYS.current)
    assert await ring.check(header, US, "POST", URI, body) == ASKER
    with pytest.raises(Unauthorised):
        await ring.check(header, US, "POST", URI, {"limit": 99})


REFUSED = {
    "no header": lambda: "",
    "another scheme": lambda: "Bearer secret",
    "another path": lambda: signed(uri=URI + "0"),
    "for another server": lambda: signed(to=ServerName("harbour.localhost:8202")),
    "by another key of that id": lambda: signed(SigningKey("ed25519:one", b"2" * 32)),
    "by an unknown key": lambda: signed(SigningKey("ed25519:two", b"1" * 32)),
    "nonsense": lambda: 'X-Matrix origin="",key=1',
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_signature_is_refused(header: Callable[[], str]) -> None:
    ring = KeyRing(Asker().fetch, lambda: NOW)
    with pytest.raises(Unauthorised):
        await ring.check(header(), US, "GET", URI)


def _altered(**changes: object) -> object:
    return {**key_document(ASKER, KEYS, NOW), **changes}


DOCUMENTS = {
    "none to be had": None,
    "of another server": _altered(server_name="other.example"),
    "out of date": key_document(ASKER, KEYS, NOW - 8 * 24 * HOUR),
    "altered after signing": _altered(verify_keys={"ed25519:one": {"key": "A" * 43}}),
    "not signed": _altered(signatures={}),
    "no object": [],
    "keys of the wrong shape": _altered(verify_keys={"ed25519:one": "text"}),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
async def test_a_bad_key_document_lets_nobody_in(document: object) -> None:
    asker = Asker()
    asker.document = document
    with pytest.raises(Unauthorised):
        await KeyRing(asker.fetch, lambda: NOW).check(signed(), US, "GET", URI)


async def test_a_key_once_seen_is_never_replaced_under_its_id() -> None:
    asker, now = Asker(), [NOW]
    ring = KeyRing(asker.fetch, lambda: now[0])
    await ring.check(signed(), US, "GET", URI)
    thief = SigningKey("ed25519:one", b"3" * 32)
    asker.document = key_document(ASKER, KeySet(thief), NOW)
    now[0] += HOUR
    with pytest.raises(Unauthorised):
        await ring.check(signed(thief), US, "GET", URI)
