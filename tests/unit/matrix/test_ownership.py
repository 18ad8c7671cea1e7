"""Whether a key document lets us sign as the server that it answers for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from webring.clock import DAY
from webring.documents import envelope
from webring.documents.keys import KeySet, SigningKey
from webring.matrix.ownership import why_not
from webring.matrix.xmatrix import key_document
from webring.names import ServerName

NOW = 1_790_000_000_000
NAME = ServerName("ring.example")
KEYS, OTHERS = KeySet.generate(), KeySet.generate()
DOCUMENT = key_document(NAME, KEYS, NOW)


def resigned(changes: Mapping[str, object]) -> dict[str, object]:
    content = {key: value for key, value in DOCUMENT.items() if key != "signatures"}
    return envelope.sign({**content, **changes}, NAME, [KEYS.current])


@dataclass(frozen=True)
class Case:
    document: object
    words: str


WRONG = {
    "no object": Case([], "answers for another server"),
    "another server": Case(resigned({"server_name": "b.example"}), "answers for another server"),
    "another's keys": Case(key_document(NAME, OTHERS, NOW), "does not show our key"),
    "keys of a wrong type": Case(resigned({"verify_keys": []}), "does not show our key"),
    "unsigned": Case({**DOCUMENT, "signatures": {}}, "is not signed by our key"),
    "altered": Case({**DOCUMENT, "valid_until_ts": NOW + 2 * DAY}, "is not signed by our key"),
    "malformed signatures": Case({**DOCUMENT, "signatures": 1}, "key document of ring.example"),
    "out of date": Case(resigned({"valid_until_ts": NOW}), "is out of date"),
    "without a time": Case(resigned({"valid_until_ts": "soon"}), "is out of date"),
}


def test_our_own_document_is_ours() -> None:
    assert why_not(NAME, KEYS, DOCUMENT, NOW) == ""


def test_a_rotated_key_is_ours_too() -> None:
    rotated = KEYS.rotate(SigningKey.generate(), NOW)
    assert why_not(NAME, rotated, key_document(NAME, rotated, NOW), NOW) == ""


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_ours_is_named(case: str) -> None:
    assert WRONG[case].words in why_not(NAME, KEYS, WRONG[case].document, NOW)
