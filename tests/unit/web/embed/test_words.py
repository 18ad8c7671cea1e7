"""Eight languages, whole, and tags of all sorts."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from babel import Locale

from webring.errors import BadRequest
from webring.web.embed.words import RING, SPOKEN, words_for


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_has_every_word_and_its_direction(language: str) -> None:
    words = SPOKEN[language]
    assert all(asdict(words).values())
    assert words.member_of.count(RING) == 1
    assert words.direction == Locale.parse(language).text_direction
    assert words.name.lower() == (Locale.parse(language).display_name or "").lower()


def test_no_language_borrows_another_s_words() -> None:
    for word in ("previous", "next", "random", "all_members", "name"):
        said = [getattr(words, word) for words in SPOKEN.values()]
        allowed = 1 if word in {"previous", "random"} else 0  # Anterior; Al azar, Ao acaso
        assert len(said) - len(set(said)) <= allowed, word


TAGS = {"de": "de", "pt-BR": "pt", "PT-br": "pt", "ja-JP": "ja", "": "en", "ar-EG-u-nu-arab": "ar"}


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_speaks_its_language(tag: str) -> None:
    assert words_for(tag).language == TAGS[tag]


REFUSED = {
    "a language that is not spoken": "tlh",
    "a path": "../../etc/passwd",
    "markup": "<script>",
    "a NUL": "de\x00",
    "letters that look alike": "dе",  # noqa: RUF001
    "a full-width letter": "\uff44\uff45",
    "an endless tag": "de-" + "a" * 10_000,
    "a list": "de,en",
    "white space": " de",
    "one hyphen": "-",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_language_of_ours_is_named(case: str) -> None:
    with pytest.raises(BadRequest, match="lang is one of en, de") as refused:
        words_for(REFUSED[case])
    assert len(str(refused.value)) < 300
    assert str(refused.value).isascii()
