"""Reading queries: everything a person or an attacker can type means something."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.names import RoomAlias, RoomId
from webring.search.query import MAX_WORDS, Filter, Query, parse

OPAQUE = "!7dGQxk0J6nVb3mFh1yTzWcRsLpEaUoIq4K8XN2vDjBM"

READ = {
    "nothing": ("", Query()),
    "white space": (" \t\n ", Query()),
    "one word": ("Rust", Query(terms=(("rust",),), prefix=True, plain="Rust")),
    "two words": (
        "rust async",
        Query(terms=(("rust",), ("async",)), prefix=True, plain="rust async"),
    ),
    "finished word": ("rust ", Query(terms=(("rust",),), plain="rust")),
    "phrase": ('"open source"', Query(terms=(("open", "source"),), plain="open source")),
    "phrase in typographic quotes": (
        "„open source“",
        Query(terms=(("open", "source"),), plain="open source"),
    ),
    "phrase, then a word": (
        '"open source" mus',
        Query(terms=(("open", "source"), ("mus",)), prefix=True, plain="open source mus"),
    ),
    "minus": (
        "linux -windows",
        Query(terms=(("linux",),), excluded=(("windows",),), prefix=True, plain="linux"),
    ),
    "minus, typographic": (
        "linux −windows",
        Query(terms=(("linux",),), excluded=(("windows",),), prefix=True, plain="linux"),
    ),
    "minus phrase": (
        '-"a b" c',
        Query(terms=(("c",),), excluded=(("a", "b"),), prefix=True, plain="c"),
    ),
    "only minus": ("-x", Query(excluded=(("x",),))),
    "minus with a dash inside": ("-rust-lang", Query(excluded=(("rust", "lang"),))),
    "dash inside": (
        "rust-lang",
        Query(terms=(("rust",), ("lang",)), prefix=True, plain="rust-lang"),
    ),
    "server": ("server:Matrix.org", Query(filters=(Filter("server", "matrix.org"),))),
    "server with port": ("server:a.b:8448", Query(filters=(Filter("server", "a.b:8448"),))),
    "not that server": ("-server:a.b", Query(filters=(Filter("server", "a.b", excluded=True),))),
    "language": ("lang:pt_BR", Query(filters=(Filter("language", "pt-br"),))),
    "interest in German": ("interest:Gärtnern", Query(filters=(Filter("interest", "gardening"),))),
    "interest of two words": (
        'interest:"machine learning"',
        Query(filters=(Filter("interest", "machine-learning"),)),
    ),
    "in an instance": ("in:commune.example", Query(filters=(Filter("within", "commune.example"),))),
    "in a community": ("in:garden:a.b", Query(filters=(Filter("within", "garden:a.b"),))),
    "field in capitals": ("SERVER:a.b", Query(filters=(Filter("server", "a.b"),))),
    "field without a value": ("server:", Query(terms=(("server",),), prefix=True, plain="server:")),
    "field that is none": ("name:x", Query(terms=(("name",), ("x",)), prefix=True, plain="name:x")),
    "field with a lone quote": ('name:"', Query(terms=(("name",),), plain="name:")),
    "alias": (
        "#rust-lang:matrix.org",
        Query(
            terms=(("rust",), ("lang",)),
            alias=RoomAlias("#rust-lang:matrix.org"),
            plain="rust-lang",
        ),
    ),
    "room id": ("!abc:matrix.org", Query(room_id=RoomId("!abc:matrix.org"))),
    "room id without server": (OPAQUE, Query(room_id=RoomId(OPAQUE))),
    "link": (
        "https://matrix.to/#/#rust:a.b?via=c.d",
        Query(terms=(("rust",),), alias=RoomAlias("#rust:a.b"), plain="rust"),
    ),
    "link, encoded": (
        "https://matrix.to/#/%23rust%3Aa.b",
        Query(terms=(("rust",),), alias=RoomAlias("#rust:a.b"), plain="rust"),
    ),
    "URI": (
        "matrix:r/rust:a.b?action=join",
        Query(terms=(("rust",),), alias=RoomAlias("#rust:a.b"), plain="rust"),
    ),
    "URI of an id": ("matrix:roomid/abc:a.b", Query(room_id=RoomId("!abc:a.b"))),
    "hash without a server": ("#rust", Query(terms=(("rust",),), prefix=True, plain="#rust")),
    "AND": ("a AND b", Query(terms=(("a",), ("b",)), prefix=True, plain="a b")),
    "AND at the end": ("a AND", Query(terms=(("a",), ("and",)), prefix=True, plain="a AND")),
    "NOT": ("a NOT b", Query(terms=(("a",),), excluded=(("b",),), prefix=True, plain="a")),
    "NOT alone": ("NOT", Query(terms=(("not",),), prefix=True, plain="NOT")),
    "Chinese": ("音乐会", Query(terms=(("音", "乐", "会"),), prefix=True, plain="音乐会")),
    "Japanese and Latin": (
        "東京rust",
        Query(terms=(("東", "京"), ("rust",)), prefix=True, plain="東京rust"),
    ),
    "lone quote": ('"', Query()),
    "two quotes": ('""', Query()),
    "quote inside": (
        'rust"lang',
        Query(terms=(("rust",), ("lang",)), prefix=True, plain="rust lang"),
    ),
    "minus alone": ("-", Query()),
    "many minuses": ("---", Query()),
    "NUL": ("\x00", Query()),
    "NUL inside": ("ru\x00st", Query(terms=(("ru",), ("st",)), prefix=True, plain="ru st")),
    "lone surrogate": ("\ud800", Query()),
    "override": ("\u202eabc", Query(terms=(("abc",),), prefix=True, plain="abc")),
    "Arabic": ("موسيقى", Query(terms=(("موسيقي",),), prefix=True, plain="موسيقى")),
    "emoji": ("🐈", Query(terms=(("🐈",),), prefix=True, plain="🐈")),
    "punctuation": ("!?()[]{}^~*\\/|&+", Query()),
    "range": ("[a TO z]", Query(terms=(("a",), ("to",), ("z",)), prefix=True, plain="[a TO z]")),
    "wildcard": ("*", Query()),
    "regular expression": ("/.*/", Query()),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_reading(text: str, expected: Query) -> None:
    assert parse(text) == expected


def test_an_endless_query_is_read_to_a_point() -> None:
    query = parse("word " * 10_000 + '"' * 10_000)
    assert len(query.terms) == MAX_WORDS
    assert not query.prefix
    assert parse("a" * 10_000).terms == (("a" * 64,),)


PARTS = st.sampled_from(
    ['"', "-", " ", ":", "#", "!", "server:", "in:", "lang:", "a", "AND", "NOT", "\x00", "é", "音"]
)


@given(st.one_of(st.text(st.characters(), max_size=600), st.lists(PARTS, max_size=40).map("".join)))
def test_every_text_is_a_query(text: str) -> None:
    query = parse(text)
    for term in (*query.terms, *query.excluded):
        assert 0 < len(term) <= MAX_WORDS
        assert all(word and not word.isspace() for word in term)
    assert max(len(query.terms), len(query.excluded), len(query.filters)) <= MAX_WORDS
    assert query.prefix <= bool(query.terms)
    assert "\x00" not in query.plain


@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=100))
def test_plain_words_exclude_and_filter_nothing(text: str) -> None:
    query = parse(text)
    assert not query.excluded
    assert not query.filters
