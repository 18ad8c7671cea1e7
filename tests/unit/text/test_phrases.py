"""Words that are looked for: whole ones, however they are written."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import pytest

from webring.text import Phrases

LIST = Phrases(["casino", "double your coins", "Glücksspiel", "赌博", "казино"])
FOUND = {
    "in capitals": ("The CASINO room", "casino"),
    "between signs": ("~casino~ (new)", "casino"),
    "as a phrase": ("We double your coins!", "double your coins"),
    "as a phrase with hyphens": ("double-your-coins", "double your coins"),
    "without accents": ("glucksspiel", "Glücksspiel"),
    "in a script without spaces": ("线上赌博网站", "赌博"),
    "in Cyrillic": ("Онлайн-казино", "казино"),
    "in wide letters": ("ｃａｓｉｎｏ", "casino"),
    "with something unseen within": ("cas\u200bino", "casino"),
}
MISSED = {
    "a longer word": "Casinos of the world",
    "a part of a word": "occasinot",
    "half of a phrase": "double your fun",
    "the words of a phrase apart": "double all your coins",
    "nothing": "",
}


@pytest.mark.parametrize("case", FOUND)
def test_it_is_found(case: str) -> None:
    text, phrase = FOUND[case]
    assert LIST.find(text) == phrase


@pytest.mark.parametrize("case", MISSED)
def test_it_is_not(case: str) -> None:
    assert LIST.find(MISSED[case]) is None


def test_what_has_no_letters_is_no_phrase() -> None:
    assert not Phrases(["!!", ""])
    assert Phrases(["!!"]).find("!!") is None
