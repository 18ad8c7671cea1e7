"""Server names for eyes: international names in their own letters, look-alikes in punycode.

The rules follow browsers' (Unicode UTS #39, "highly restrictive" profile): one script a label, or
the mixtures that Chinese, Japanese and Korean are written in; and no label of another script of
which every letter passes for a Latin one.
"""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import unicodedata
from typing import Final

import regex

PREFIX: Final = "xn--"
MAX_LABEL: Final = 63
"""Characters between two dots (RFC 1035); what is longer is no name, and stays unread."""

_ALONE: Final = (
    "Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek",
    "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya",
    "Sinhala", "Tamil", "Telugu", "Thai",
)  # fmt: skip
_SCRIPTS: Final = tuple(
    regex.compile(rf"(?:[0-9\-]|{letters})+", regex.VERSION1)
    for letters in (
        r"[\p{Script=Latin}&&\p{Ll}]",
        *(rf"[\p{{Script={name}}}\p{{Mn}}]" for name in _ALONE),
        r"[\p{Han}\p{Hiragana}\p{Katakana}a-zー々]",
        r"[\p{Han}\p{Hangul}a-z]",
        r"[\p{Han}\p{Bopomofo}a-z]",
    )
)
_LATIN_LOOKING: Final = regex.compile(
    r"[0-9\-асԁеһіјӏорԛѕԝхуъьёпгвкмнтɑαινορυωκτօոսհցզո]+", regex.VERSION1
)
"""Letters of Cyrillic, Greek and Armenian that a hurried eye reads as Latin ones."""
_LATIN_LIKE_SIGNS: Final = regex.compile(r"[ıſɩɡʟɪȷƅɑɓɗǃ·ʹʻʼˈ̸̷̵̶]")
_LETTERS: Final = regex.compile(r"[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}\-]+", regex.VERSION1)


def shown_server(name: str) -> str:
    """`name` with its international labels readable where they cannot be taken for others.

    Labels that mix scripts, imitate Latin or decode to nothing proper stay (or become) punycode.
    """
    return ".".join(_label(label) for label in name.split("."))


def _label(label: str) -> str:
    if len(label) > MAX_LABEL:
        return label.encode("ascii", "replace").decode()
    if label.isascii() and not label.lower().startswith(PREFIX):
        return label
    if not label.isascii():
        return label if _is_honest(label) else _punycode(label)
    decoded = _decoded(label.lower())
    return decoded if decoded and _is_honest(decoded) else label


def _decoded(label: str) -> str | None:
    try:
        text = label.removeprefix(PREFIX).encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None
    return text if not text.isascii() and _punycode(text) == label else None


def _punycode(label: str) -> str:
    return PREFIX + label.encode("punycode").decode("ascii").strip("-")


def _is_honest(label: str) -> bool:
    return (
        unicodedata.normalize("NFKC", label).casefold() == label
        and _LETTERS.fullmatch(label) is not None
        and not _LATIN_LIKE_SIGNS.search(label)
        and not _LATIN_LOOKING.fullmatch(label)
        and any(script.fullmatch(label) for script in _SCRIPTS)
    )
