"""Federation requests are signed so that real servers accept them, and checked strictly."""

from __future__ import annotations

import pytest
import signedjson.key
import signedjson.sign

from webring.documents.keys import KeySet, SigningKey, VerifyKey
from webring.errors import DocumentError, MalformedDocument
from webring.matrix import xmatrix
from webring.matrix.xmatrix import Request
from webring.names import ServerName

KEY = SigningKey("ed25519:p1", b"\1" * 32)
OTHER = SigningKey("ed25519:p1", b"\2" * 32)
US, THEM = ServerName("127.0.0.99:19448"), ServerName("localhost")
ASK = Request(US, THEM, "GET", "/_matrix/federation/v1/publicRooms?limit=100&since=a%2Fb")
NOW = 1_790_000_000_000


def test_what_we_sign_verifies_and_names_all_four_parts() -> None:
    header = xmatrix.authorization(ASK, KEY)
    assert header.startswith('X-Matrix origin="127.0.0.99:19448",destination="localhost",')
    xmatrix.verify(header, ASK, {KEY.id: KEY.verify_key})


def test_a_body_is_signed_too() -> None:
    post = Request(US, THEM, "POST", "/x", {"limit": 1})
    header = xmatrix.authorization(post, KEY)
    xmatrix.verify(header, post, {KEY.id: KEY.verify_key})
    with pytest.raises(DocumentError):
        xmatrix.verify(header, Request(US, THEM, "POST", "/x", {"limit": 2}), _keys())


def _keys(key: SigningKey = KEY) -> dict[str, VerifyKey]:
    return {key.id: key.verify_key}


FORGED = {
    "another method": Request(US, THEM, "POST", ASK.uri),
    "another path": Request(US, THEM, "GET", "/_matrix/federation/v1/version"),
    "a re-encoded query": Request(US, THEM, "GET", ASK.uri.replace("%2F", "/")),
    "another destination": Request(US, ServerName("b.example"), "GET", ASK.uri),
    "another origin": Request(ServerName("b.example"), THEM, "GET", ASK.uri),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_header_signs_one_request_only(case: str) -> None:
    header = xmatrix.authorization(ASK, KEY)
    with pytest.raises(DocumentError):
        xmatrix.verify(header, FORGED[case], _keys())


def test_another_key_under_the_same_id_is_refused() -> None:
    with pytest.raises(DocumentError):
        xmatrix.verify(xmatrix.authorization(ASK, OTHER), ASK, _keys())


MALFORMED = {
    "nothing": "",
    "another scheme": "Bearer abc",
    "no parameters": "X-Matrix ",
    "no signature": 'X-Matrix origin="a.example",key="ed25519:a"',
    "a name twice": 'X-Matrix origin="a.example",origin="b.example",key="k",sig="s"',
    "an unclosed quote": 'X-Matrix origin="a.example,key="k",sig="s"',
    "a wrong server name": 'X-Matrix origin="a b",key="k",sig="s"',
    "too long": "X-Matrix origin=" + "a" * 5_000,
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_headers_are_refused(case: str) -> None:
    with pytest.raises(MalformedDocument):
        xmatrix.parse(MALFORMED[case])


@pytest.mark.parametrize(
    "header",
    [
        'X-Matrix origin="a.example",destination="b.example",key="ed25519:k",sig="a+/="',
        "x-matrix origin=a.example,destination=b.example,key=ed25519:k,sig=a+/=",
        'X-Matrix  sig="a+/=" , key="ed25519:k",\torigin=a.example, destination="b.exampl\\e"',
        'X-Matrix origin=a.example,more="x,y=z",destination=b.example,key=ed25519:k,sig="a+/="',
    ],
)
def test_the_header_is_parsed_by_its_grammar(header: str) -> None:
    read = xmatrix.parse(header)
    assert (read.origin, read.destination) == ("a.example", "b.example")
    assert (read.key, read.signature) == ("ed25519:k", "a+/=")


def test_a_header_without_destination_signs_nothing() -> None:
    header = xmatrix.authorization(ASK, KEY).replace('destination="localhost",', "")
    with pytest.raises(DocumentError):
        xmatrix.verify(header, ASK, _keys())


def test_the_key_document_verifies_with_signedjson_and_names_old_keys() -> None:
    keys = KeySet(KEY).rotate(SigningKey("ed25519:p2", b"\3" * 32), NOW)
    document = xmatrix.key_document(US, keys, NOW)
    public = signedjson.key.decode_verify_key_bytes("ed25519:p2", keys.current.verify_key.raw)
    signedjson.sign.verify_signed_json(document, US, public)
    assert document["old_verify_keys"] == {
        "ed25519:p1": {"key": KEY.verify_key.b64, "expired_ts": NOW}
    }
    assert document["valid_until_ts"] == NOW + 7 * 86_400_000


def test_the_key_document_does_not_name_a_compromised_key() -> None:
    new = SigningKey("ed25519:p2", b"\3" * 32)
    document = xmatrix.key_document(US, KeySet(KEY).rotate(new, NOW, compromised=True), NOW)
    assert document["old_verify_keys"] == {}
