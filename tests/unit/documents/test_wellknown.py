"""The document that says where an instance is served."""

from __future__ import annotations

import json

import pytest

from webring.documents import canonical, wellknown
from webring.errors import InvalidName, MalformedDocument, TrustError
from webring.names import PeerUrl, ServerName

NAME = ServerName("commune.example")
GOOD: dict[str, object] = {"instance": NAME, "base_url": "https://ring.commune.example"}


def data(content: object) -> bytes:
    return json.dumps(content).encode()


def test_it_says_where_the_instance_is_served() -> None:
    found = wellknown.find_instance(NAME, data({**GOOD, "later": [1]}))
    assert (found.instance, found.base_url) == (NAME, "https://ring.commune.example")
    assert canonical.decode(canonical.encode(found.to_json())) == GOOD


def test_a_server_may_name_the_instance_that_speaks_for_it() -> None:
    assert wellknown.read_well_known(data(GOOD)).instance == NAME
    with pytest.raises(TrustError) as refused:
        wellknown.find_instance(ServerName("matrix.example"), data(GOOD))
    assert refused.value.code == "wrong_instance"


WRONG: dict[str, object] = {
    "no instance": {"base_url": GOOD["base_url"]},
    "no address": {"instance": NAME},
    "plain http": {**GOOD, "base_url": "http://ring.commune.example"},
    "a script": {**GOOD, "base_url": "javascript:alert(1)"},
    "a user in the address": {**GOOD, "base_url": "https://a@ring.commune.example"},
    "a query in the address": {**GOOD, "base_url": "https://ring.commune.example?a"},
    "a name with a space": {**GOOD, "instance": "a b"},
    "a number": {**GOOD, "instance": 7},
    "a float somewhere": {**GOOD, "more": 0.5},
    "a list": [GOOD],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_document_is_a_failure(name: str) -> None:
    with pytest.raises(MalformedDocument):
        wellknown.read_well_known(data(WRONG[name]))


def test_more_than_50_kib_are_not_read() -> None:
    with pytest.raises(MalformedDocument):
        wellknown.read_well_known(data({**GOOD, "more": "x" * wellknown.MAX_BYTES}))


def test_http_is_for_tests_that_ask_for_it() -> None:
    content = {**GOOD, "base_url": "http://127.0.0.1:9001"}
    found = wellknown.read_well_known(data(content), allow_http=True)
    assert found.base_url == "http://127.0.0.1:9001"


def test_without_a_document_an_instance_serves_at_its_name() -> None:
    name = ServerName("commune.example:8443")
    assert wellknown.without_document(name).base_url == PeerUrl("https://commune.example:8443")
    assert wellknown.without_document(name, scheme="http").base_url.startswith("http://")
    with pytest.raises(InvalidName):
        wellknown.without_document(name, scheme="ftp")
