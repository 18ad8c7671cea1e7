"""Canonical JSON: one way to write, and a reader that takes nothing doubtful."""

from __future__ import annotations

import json
from typing import Any

import canonicaljson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from webring.documents import canonical
from webring.errors import MalformedDocument

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INTEGER = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
VALUE = st.recursive(
    st.none() | st.booleans() | INTEGER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
DOCUMENT = st.dictionaries(TEXT, VALUE, max_size=6)

REFUSED = {
    "duplicate keys": b'{"a":1,"a":1}',
    "duplicate keys, escaped": b'{"a":1,"\\u0061":2}',
    "duplicate keys deep inside": b'{"a":[{"b":1,"b":2}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "a float": b'{"a":1.0}',
    "an exponent": b'{"a":1e3}',
    "minus zero": b'{"a":-0}',
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a lone surrogate as key": b'{"\\udfff":1}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "Latin-1": b'{"a":"\xe9"}',
    "an overlong encoding": b'{"a":"\xc0\x80"}',
    "an encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "an integer too large": b'{"a":9007199254740992}',
    "an integer too small": b'{"a":-9007199254740992}',
    "ten thousand digits": b'{"a":' + b"9" * 10_000 + b"}",
    "nesting of 33": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "nesting of 100,000": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "over 1 MiB": b'{"a":"' + b"x" * canonical.MAX_DOCUMENT + b'"}',
    "an array": b"[]",
    "text": b'"a"',
    "nothing": b"",
    "two documents": b"{}{}",
    "a comment": b"{/* */}",
    "a trailing comma": b'{"a":1,}',
    "a raw newline in text": b'{"a":"\n"}',
    "NUL behind it": b"{}\x00",
}


@pytest.mark.parametrize("case", REFUSED)
def test_doubtful_documents_are_refused(case: str) -> None:
    with pytest.raises(MalformedDocument):
        canonical.decode(REFUSED[case])


READ: dict[str, tuple[bytes, dict[str, Any]]] = {
    "white space": (b' { "a" :\n1 } ', {"a": 1}),
    "unsorted keys": (b'{"b":1,"a":2}', {"a": 2, "b": 1}),
    "a surrogate pair": (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    "the largest integer": (b'{"a":9007199254740991}', {"a": 2**53 - 1}),
    "the smallest integer": (b'{"a":-9007199254740991}', {"a": 1 - 2**53}),
    "an escaped NUL": (b'{"a":"\\u0000"}', {"a": "\0"}),
    "nesting of 32": (b'{"a":' + b"[" * 31 + b"]" * 31 + b"}", {}),
}


@pytest.mark.parametrize("case", READ)
def test_sound_documents_are_read(case: str) -> None:
    data, expected = READ[case]
    read = canonical.decode(data)
    assert read == (expected or json.loads(data))


UNWRITABLE: dict[str, object] = {
    "a float": {"a": 0.5},
    "bytes": {"a": b"x"},
    "a set": {"a": {1}},
    "a number as key": {1: "a"},
    "a lone surrogate": {"a": "\ud800"},
    "an integer too large": {"a": 2**53},
    "a huge integer": {"a": 10**5_000},
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_canonical_json_cannot_hold_is_not_written(case: str) -> None:
    with pytest.raises(MalformedDocument):
        canonical.encode(UNWRITABLE[case])


def test_keys_sort_by_code_point_and_not_by_utf_16() -> None:
    assert (
        canonical.encode({"\U0001f600": 1, "\uff61": 2}) == '{"\uff61":2,"\U0001f600":1}'.encode()
    )


@given(DOCUMENT)
def test_it_writes_as_canonicaljson_does(document: dict[str, object]) -> None:
    assert canonical.encode(document) == canonicaljson.encode_canonical_json(document)


@given(DOCUMENT)
def test_what_is_written_reads_back(document: dict[str, object]) -> None:
    assert canonical.decode(canonical.encode(document)) == document


def _decode_or_refuse(data: bytes) -> None:
    try:
        read = canonical.decode(data)
    except MalformedDocument:
        return
    assert canonical.decode(canonical.encode(read)) == read


@given(st.binary(max_size=200) | DOCUMENT.map(lambda d: json.dumps(d).encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _decode_or_refuse(data)


@pytest.mark.slow
@tries(5_000)
@given(st.binary(max_size=2_000) | st.text('{}[]":,\\u0d8aeE+-.19 ', max_size=300).map(str.encode))
def test_many_more_bytes_are_read_or_refused(data: bytes) -> None:
    _decode_or_refuse(data)


def test_a_key_that_repeats_at_the_end_of_a_long_object_is_found_at_once() -> None:
    keys = ",".join(f'"{n:06}":1' for n in range(80_000))
    with pytest.raises(MalformedDocument, match="twice"):
        canonical.decode(f'{{{keys},"079999":1}}'.encode())
