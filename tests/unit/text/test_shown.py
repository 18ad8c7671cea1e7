"""What is taken away before a stranger's text is shown, and what has to stay."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.text import cut, line, shown, terminal

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"

TAKEN_AWAY = {
    "right-to-left override": ("abc\u202etxt.exe", "abctxt.exe"),
    "isolates": ("\u2066a\u2067b\u2068c\u2069", "abc"),
    "direction marks": ("a\u200eb\u200fc\u061cd", "abcd"),
    "zero-width space": ("ad\u200bmin", "admin"),
    "byte order mark": ("\ufeffroom", "room"),
    "word joiner": ("ro\u2060om", "room"),
    "soft hyphen": ("ro\u00adom", "room"),
    "invisible operators": ("a\u2062\u2063\u2064b", "ab"),
    "Hangul fillers": ("a\u3164\uffa0\u115fb", "ab"),
    "joiner between Latin letters": ("ad\u200dmi\u200cn", "admin"),
    "joiners in a row": ("\u0645\u06cc\u200c\u200c\u200cx", "\u0645\u06ccx"),
    "message in tags": ("hi\U000e0068\U000e0069\U000e007f", "hi"),
    "message in variation selectors": ("hi\U000e0101\U000e0102", "hi"),
    "variation selectors in a row": ("\N{HEAVY BLACK HEART}\ufe0f\ufe0f\ufe0e", "\u2764\ufe0f"),
    "controls": ("a\x00b\x07c\x1bd\x7fe\x9bf", "abcdef"),
    "annotation": ("a\ufff9b\ufffac\ufffbd", "abcd"),
    "lone surrogate": ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
    "noncharacter": ("a\uffffb", "a\N{REPLACEMENT CHARACTER}b"),
    "marks piled up": ("a" + "\u0301" * 200, "a" + "\u0301" * 5),
    "every line ending": ("a\r\nb\rc\u2028d\u2029e\x0bf\x85g", "a\nb\nc\nd\ne\nf\ng"),
    "nothing but unseen": ("\u200b\u2060\ufeff", ""),
}

KEPT = {
    "plain": "Rust & <b>friends</b>",
    "empty": "",
    "umlauts": "Gärtnern für Anfänger",
    "decomposed accent": "cafe\u0301",
    "Vietnamese": unicodedata.normalize("NFD", "Tiếng Việt"),
    "Persian with its non-joiner": "می\u200cخواهم",
    "Hindi with its joiner": "क्\u200dष",
    "Sinhala with its joiner": "ශ්\u200dරී",
    "family emoji": FAMILY,
    "profession with skin": "\N{WOMAN}\U0001f3fd\u200d\N{PERSONAL COMPUTER}",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "flag of England": ENGLAND,
    "flag of a country": "\U0001f1e9\U0001f1ea",
    "heart with its selector": "\u2764\ufe0f",
    "keycap": "1\ufe0f\u20e3",
    "pointed Hebrew": "שָׁלוֹם",
    "Arabic": "مُحَمَّد",
    "Thai": "ภาษาไทย",
    "Japanese": "プログラミング、東京",
    "lines and tabs": "one\ntwo\tthree",
}


@pytest.mark.parametrize(("text", "expected"), TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_what_hides_or_reorders_is_taken_away(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_scripts_and_emoji_are_written_with_stays(text: str) -> None:
    assert shown(text) == text


ANY_TEXT = st.text(st.characters(), max_size=60)
HARMFUL = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u200b\ufeff")


@given(ANY_TEXT)
def test_nothing_harmful_is_left(text: str) -> None:
    left = shown(text)
    assert not HARMFUL & set(left)
    assert all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"} for c in left)


@given(ANY_TEXT)
def test_showing_twice_is_showing_once(text: str) -> None:
    assert shown(shown(text)) == shown(text)


@given(ANY_TEXT)
def test_a_line_is_one_line_that_encodes(text: str) -> None:
    for made in (line(text), terminal(text)):
        assert made == " ".join(made.split())
        made.encode()


ESCAPES = {
    "colour": ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    "title": ("\x1b]0;owned\x07", "]0;owned"),
    "clear": ("\x1b[2J\x1b[H", "[2J[H"),
    "C1 introducer": ("\x9b31m", "31m"),
    "carriage return": ("ok\rrm", "ok rm"),
    "bell and backspace": ("a\x07\x08b", "ab"),
    "lines": ("one\ntwo", "one two"),
}


@pytest.mark.parametrize(("text", "expected"), ESCAPES.values(), ids=ESCAPES)
def test_a_terminal_gets_no_escape(text: str, expected: str) -> None:
    assert terminal(text) == expected


CUTS = {
    "short enough": ("abc", 3, "abc"),
    "one too many": ("abcd", 3, "ab…"),
    "families count once": (FAMILY * 3, 3, FAMILY * 3),
    "families are not torn apart": (FAMILY * 4, 3, FAMILY * 2 + "…"),
    "accents stay on their letters": ("e\u0301" * 4, 3, "e\u0301e\u0301…"),
    "flags stay whole": ("\U0001f1e9\U0001f1ea" * 3, 2, "\U0001f1e9\U0001f1ea…"),
    "no space before the ellipsis": ("one two", 5, "one…"),
    "to nothing": ("abc", 0, ""),
    "to one": ("abc", 1, "…"),
    "empty": ("", 5, ""),
}


@pytest.mark.parametrize(("text", "size", "expected"), CUTS.values(), ids=CUTS)
def test_cutting_by_grapheme(text: str, size: int, expected: str) -> None:
    assert cut(text, size) == expected


@given(ANY_TEXT, st.integers(0, 80))
def test_a_cut_is_never_longer_and_leaves_short_text_alone(text: str, size: int) -> None:
    assert len(cut(text, size)) <= max(size * 17, 0)
    assert cut(text, len(text)) == text


def test_one_endless_grapheme_is_cut_as_well() -> None:
    assert len(cut("a" + "\u0301" * 100_000, 10)) <= 10 * 17
