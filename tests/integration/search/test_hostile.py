"""Whatever is typed, the index answers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.listings import listing
from tests.integration.search.asking import hits
from tests.integration.search.conftest import fill
from webring.search.index import SearchIndex
from webring.search.planning import Pass, passes
from webring.search.query import parse

TYPED = {
    "nothing": "",
    "lone quote": '"',
    "lone single quote": "'",
    "three quotes": '"""',
    "operator at the end": "a AND",
    "operators alone": "AND OR NOT",
    "field with a lone quote": 'name:"',
    "unknown field": "weight:1",
    "field of the index": "standing:found",
    "only minus": "-x",
    "only minuses": "-a -b -c",
    "minus alone": "-",
    "minus everything": '-"',
    "NUL": "\x00",
    "NUL in a word": "ru\x00st",
    "10,000 characters": "a" * 10_000,
    "10,000 words": "word " * 10_000,
    "10,000 quotes": '"' * 10_000,
    "10,000 minuses": "-" * 10_000,
    "10,000 Chinese characters": "音" * 10_000,
    "right to left": "شبكة \u202eمفتوحة",
    "emoji": "🐈🐈‍⬛👩‍👩‍👧",
    "lone surrogate": "\ud800",
    "combining marks": "a" + "\u0301" * 500,
    "brackets": "((([[[{{{",
    "range": "members:[1 TO *]",
    "boost": "rust^999999999999",
    "fuzzy": "rust~99999",
    "wildcards": "*?* r*st",
    "regular expression": "/(a+)+$/",
    "escapes": '\\\\\\"',
    "SQL": "'; DROP TABLE listing; --",
    "HTML": "<script>alert(1)</script>",
    "URL": "https://matrix.to/#/",
    "URL of nothing": "https://matrix.to/#/%00%ff",
    "alias of nothing": "#:",
    "room id of nothing": "!:",
    "long field": "server:" + "a" * 5_000,
    "long alias": "#" + "a" * 5_000 + ":b.c",
    "many fields": "lang:a " * 500,
    "white space": "\u3000\u2003\u00a0\t",
    "byte order mark": "\ufeffrust",
    "noncharacter": "\uffff\U0010ffff",
}


@pytest.fixture
def index(index: SearchIndex) -> SearchIndex:
    fill(index, [listing("a", "Rust 音楽 🐈"), listing("b", "Word and \x00 more", topic='"x" -y')])
    return index


@pytest.mark.parametrize("text", TYPED.values(), ids=TYPED)
def test_anything_typed_is_answered(index: SearchIndex, text: str) -> None:
    for how in Pass:
        assert hits(index, text, how).total <= 2
    assert not index.needs_rebuild


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(st.characters(), max_size=200),
    st.text(st.characters(), max_size=20),
    st.text(st.characters(), max_size=20),
)
def test_any_text_in_any_field_is_answered(
    index: SearchIndex, text: str, value: str, other: str
) -> None:
    for how in passes(parse(text)):
        found = hits(
            index, text, how, interest=value, language=other, kind=value, server=other, sort=value
        )
        assert len(found.ids) <= found.total
    assert not index.needs_rebuild


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
@given(st.text(st.characters(), max_size=100), st.text(st.characters(), max_size=300))
def test_any_listing_is_found_by_its_own_name(index: SearchIndex, name: str, topic: str) -> None:
    index.apply([listing("it", name, topic=topic)], [], index.sequence + 1)
    found = hits(index, "!it:hs.example").ids
    assert len(found) == 1
