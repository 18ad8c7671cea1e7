"""Words as search and the vocabulary compare them: one analysis for what is stored and asked.

`fold` takes away what people leave out when typing (case, accents, width); `words` splits by
Unicode's idea of a word. Scripts written without spaces give one word a character, so that any
part of a name is found as a phrase of neighbours.
"""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import unicodedata
from typing import Final

import regex

MAX_WORD: Final = 64
"""Characters of one word; what is longer is cut, on both sides alike."""

_MARKS: Final = regex.compile(
    r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\u00ad\u200b-\u200f\u2060\ufeff]+"
)
"""Accents of European scripts, vowel points of Hebrew and Arabic, and the unseen. Marks that are
letters in their script (Devanagari, Thai, kana's voicing) stay."""
_LETTERS: Final = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "æ": "ae",
        "œ": "oe", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ə": "e", "ѐ": "е", "ё": "е", "أ": "ا",
        "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ς": "σ",
        "’": "'", "ʼ": "'", "`": "'",
    }
)  # fmt: skip
"""Letters that do not decompose, and letters of Arabic that are typed for each other."""

_UNSPACED: Final = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Bopomofo}ー々"
)
_WORD: Final = regex.compile(
    rf"[{_UNSPACED}]\p{{M}}*"
    r"|(?<![\p{L}\p{N}])[a-z](?:\+\+|\#)(?![\p{L}\p{N}])"  # c++, c#, f#
    rf"|[\p{{L}}\p{{N}}--[{_UNSPACED}]][\p{{L}}\p{{N}}\p{{M}}--[{_UNSPACED}]]*"
    r"|\p{Extended_Pictographic}|\p{Regional_Indicator}{2}",
    flags=regex.VERSION1,
)
_ASCII_WORD: Final = regex.compile(r"(?<![a-z0-9])[a-z](?:\+\+|#)(?![a-z0-9])|[a-z0-9]+")
_SPACED: Final = regex.compile(rf"[^{_UNSPACED}]", flags=regex.VERSION1)


def fold(text: str) -> str:
    """`text` for comparing: compatibility forms, case, accents and vowel points taken away."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold()
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text.translate(_LETTERS))


def words(text: str) -> list[str]:
    """The folded words of `text`, in order. No word is empty, has white space or is very long."""
    folded = fold(text)
    pattern = _ASCII_WORD if folded.isascii() else _WORD
    return [word[:MAX_WORD] for word in pattern.findall(folded)]


def squash(text: str) -> str:
    """All words in one: "Peer Tube", "peer-tube" and "PeerTube" are the same name."""
    return "".join(words(text))


def is_spaced(word: str) -> bool:
    """Whether a word of `words` is of a script that puts spaces between words."""
    return _SPACED.search(word) is not None
