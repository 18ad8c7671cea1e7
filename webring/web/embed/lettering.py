"""Names fitted into pictures: which letters our font has, how wide they are, where lines break.

The font is DejaVu Sans Condensed Bold (`fonts/`): Latin, Cyrillic, Greek, Arabic, Hebrew and more.
What it cannot write (Chinese, Japanese and Korean would need fonts of many megabytes) is left to
the fonts of whoever looks at an SVG; in a PNG the ring's slug stands for such a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import regex
from PIL import ImageFont, features

from webring.text.shown import ELLIPSIS

FONT: Final = Path(__file__).parent / "fonts" / "DejaVuSansCondensed-Bold.ttf"
LETTERS: Final = 4_096
"""Letters of which is remembered whether the font has them."""
_MISSING: Final = "\uffff"
_MEASURED: Final = 100
"""The size at which letters are measured."""
_SHAPED: Final = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
"""Letters that are ordered and joined by more than a table of glyphs."""
_STRONG: Final = regex.compile(r"[\p{Bidi_Class=L}\p{Bidi_Class=R}\p{Bidi_Class=AL}]")
"""Letters that say which way a line runs."""
_GRAPHEME: Final = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines of one size, in pixels, that fit where they were to."""

    lines: tuple[str, ...]
    size: int


def fitted(text: str, width: int, most_lines: int, sizes: Sequence[int]) -> Fitted:
    """`text` in the largest of `sizes` in which it fits; in the smallest it is broken and cut."""
    for size in sizes:
        lines = _wrapped(text.split(), width, size)
        if len(lines) <= most_lines and all(measured(each, size) <= width for each in lines):
            return Fitted(tuple(lines), size)
    smallest = sizes[-1]
    pieces = [piece for word in text.split() for piece in _broken(word, width, smallest)]
    lines = _wrapped(pieces, width, smallest)
    if len(lines) > most_lines:
        rest = " ".join(lines[most_lines - 1 :])
        lines = [*lines[: most_lines - 1], _shortened(rest, width, smallest)]
    return Fitted(tuple(lines), smallest)


def measured(text: str, size: int) -> float:
    """The width of a line in pixels; a letter that the font lacks is taken for a square."""
    return sum(_width(letter) for letter in text) * size / _MEASURED


def runs_left(text: str) -> bool:
    """Whether a line begins at its right end: by its first letter (Unicode UAX #9, rule P2)."""
    first = _STRONG.search(text)
    return first is not None and _SHAPED.match(first[0]) is not None


def can_write(text: str) -> bool:
    """Whether a PNG can show `text` as it is read."""
    if _SHAPED.search(text) and not features.check("raqm"):
        return False
    return all(letter.isspace() or _is_there(letter) for letter in text)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font in one size. Letters are joined and ordered where the system can (raqm)."""
    return ImageFont.truetype(FONT, size)


def _wrapped(words: Sequence[str], width: int, size: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measured(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]


def _broken(word: str, width: int, size: int) -> list[str]:
    """A word in pieces that fit, as Japanese is written anyway."""
    pieces = [""]
    for grapheme in _graphemes(word):
        if pieces[-1] and measured(pieces[-1] + grapheme, size) > width:
            pieces.append("")
        pieces[-1] += grapheme
    return pieces


def _shortened(text: str, width: int, size: int) -> str:
    """A line, ended by an ellipsis: more follows that does not fit."""
    graphemes = _graphemes(text)
    while graphemes and measured("".join(graphemes) + ELLIPSIS, size) > width:
        graphemes.pop()
    return "".join(graphemes).rstrip() + ELLIPSIS


def _graphemes(text: str) -> list[str]:
    found: list[str] = _GRAPHEME.findall(text)
    return found


@cache
def _measuring() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, _MEASURED, layout_engine=ImageFont.Layout.BASIC)


@cache
def _missing() -> bytes:
    return bytes(_measuring().getmask(_MISSING))


@lru_cache(LETTERS)
def _is_there(letter: str) -> bool:
    return letter != _MISSING and bytes(_measuring().getmask(letter)) != _missing()


def _width(letter: str) -> float:
    return _measuring().getlength(letter) if letter.isspace() or _is_there(letter) else _MEASURED
