"""How text is folded and split, for search and for the vocabulary alike."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.names import Slug
from webring.text import fold, slugify, squash, words
from webring.text.words import MAX_WORD

WORDS = {
    "plain": ("Hello, World!", ["hello", "world"]),
    "nothing": (" \t\n…—", []),
    "accents": ("Café Ñandú Çağrı", ["cafe", "nandu", "cagri"]),
    "letters that do not decompose": ("Øł Þór Straße Œuvre", ["ol", "thor", "strasse", "oeuvre"]),
    "decomposed is composed": ("cafe\u0301", ["cafe"]),
    "full width": ("\uff32\uff35\uff33\uff34", ["rust"]),
    "names of languages": ("C++ and C# and F#", ["c++", "and", "c#", "and", "f#"]),
    "hyphens and underscores": (
        "rust-lang foo_bar node.js",
        ["rust", "lang", "foo", "bar", "node", "js"],
    ),
    "Cyrillic without its dots": ("Ёлка и йод", ["елка", "и", "иод"]),
    "Greek without its accents": ("Ελλάδα Όσος", ["ελλαδα", "οσοσ"]),
    "Arabic without vowels": ("مُحَمَّد إيران", ["محمد", "ايران"]),
    "Arabic and Persian letters": ("فارسی كتاب", ["فارسي", "كتاب"]),
    "Hebrew without points": ("שָׁלוֹם", ["שלום"]),
    "Hindi keeps its vowels": ("सिनेमा", ["सिनेमा"]),
    "Chinese": ("北京音乐", ["北", "京", "音", "乐"]),
    "Japanese": ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
    "voiced kana stay voiced": ("が", ["が"]),
    "half-width kana": ("ﾊﾞｲｸ", ["バ", "イ", "ク"]),
    "Korean": ("한국 음악", ["한", "국", "음", "악"]),
    "mixed": ("東京Rust会", ["東", "京", "rust", "会"]),
    "emoji": ("cats 🐈 🇩🇪", ["cats", "🐈", "🇩🇪"]),
    "unseen inside a word": ("ga\u200brd\u00aden", ["garden"]),
    "very long": ("a" * 500, ["a" * MAX_WORD]),
    "NUL": ("a\x00b", ["a", "b"]),
    "lone surrogate": ("a\ud800b", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_thai_is_split_into_characters_that_make_it_up_again() -> None:
    assert "".join(words("ภาษาไทย")) == "ภาษาไทย"
    assert len(words("ภาษาไทย")) > 1


def test_names_written_together_or_apart_squash_alike() -> None:
    assert squash("Peer Tube") == squash("PeerTube") == squash("peer-tube!") == "peertube"


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(), max_size=80))
def test_words_are_stable_bounded_and_without_space(text: str) -> None:
    found = words(text)
    assert all(word and len(word) <= MAX_WORD and not word.isspace() for word in found)
    assert words(" ".join(found)) == found


SLUGS = {
    "plain": ("Gardening", "gardening"),
    "accents": ("Größe & Co.", "grosse-and-co"),
    "plus": ("C++", "c-plus-plus"),
    "Cyrillic": ("Москва, привет", "moskva-privet"),
    "Greek": ("Αθήνα", "athina"),
    "long": ("a" * 100, "a" * 64),
    "cut at a dash": ("a" * 63 + " b", "a" * 63),
    "apostrophe": ("Writer's room", "writers-room"),
}


@pytest.mark.parametrize(("text", "expected"), SLUGS.values(), ids=SLUGS)
def test_slugs(text: str, expected: str) -> None:
    assert slugify(text) == expected


@given(st.text(st.characters(), max_size=80))
def test_every_text_has_a_slug(text: str) -> None:
    assert slugify(text) == Slug.parse(slugify(text))


def test_names_without_latin_letters_get_different_slugs() -> None:
    assert len({slugify(text) for text in ("東京", "大阪", "القاهرة", "🐈", "")}) == 5
