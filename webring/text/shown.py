"""Text made harmless for eyes and terminals. Escaping for HTML, JSON or CSV stays the exit's duty.

What goes: control characters, everything that turns the writing direction around (Unicode UAX #9,
"Trojan source"), characters that nobody sees and that hide or smuggle text, and piles of combining
marks that paint over the neighbours. What stays: the joiners that scripts and emoji are written
with (U+200C in Persian, U+200D in emoji and Indic scripts), and flags made of tag characters.
"""

from __future__ import annotations

from typing import Final

import regex

MAX_MARKS: Final = 5
"""Combining marks kept on one letter. Vietnamese needs two, pointed Hebrew three."""
MAX_GRAPHEME: Final = 16
"""Code points that `cut` grants to one grapheme on average; a family emoji has at most eleven."""
ELLIPSIS: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_JOINING_SCRIPTS: Final = (
    "Arabic", "Syriac", "Mongolian", "Nko", "Mandaic", "Devanagari", "Bengali", "Gurmukhi",
    "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar",
    "Tibetan",
)  # fmt: skip
_JOINING: Final = "".join(rf"\p{{Script={script}}}" for script in _JOINING_SCRIPTS)
_VISIBLE_JOINER: Final = (
    rf"(?<=[{_JOINING}]\p{{M}}{{0,{MAX_MARKS}}})[\u200c\u200d](?=[{_JOINING}])"
    r"|(?<=\p{Extended_Pictographic}[\ufe0f\U0001f3fb-\U0001f3ff]?)\u200d"
    r"(?=\p{Extended_Pictographic})"
)
_FLAG: Final = r"\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{3,6}\U000e007f"
_VARIATION: Final = (
    r"(?<=[^\s\p{M}\p{C}\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<=\p{Han})[\U000e0100-\U000e01ef]"
)
_UNSEEN: Final = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls; tab and newline stay
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_KEEP_OR_DROP: Final = regex.compile(
    rf"({_FLAG}|{_VISIBLE_JOINER}|{_VARIATION})|{_UNSEEN}", flags=regex.VERSION1
)
_PILE: Final = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
_BROKEN: Final = regex.compile(r"[\ud800-\udfff]|\p{Noncharacter_Code_Point}")
_BREAK: Final = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_GRAPHEME: Final = regex.compile(r"\X")


def shown(text: str) -> str:
    """`text` without what hides, reorders or paints over; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _BREAK.sub("\n", text)
    text = _BROKEN.sub(REPLACEMENT, text)
    text = _KEEP_OR_DROP.sub(lambda match: match[1] or "", text)
    return _PILE.sub(r"\1", text)


def line(text: str) -> str:
    """`shown` on one line, white space collapsed: for names, titles and table cells."""
    return " ".join(shown(text).split())


def terminal(text: str) -> str:
    """One line that moves no cursor, sets no colour or title and rings no bell.

    Escape sequences lose their ESC (and C1 their CSI), so that what remains is plain letters.
    """
    return line(text)


def cut(text: str, graphemes: int) -> str:
    """At most `graphemes` user-perceived characters; what was cut off is said by an ellipsis.

    An ellipsis counts as one of them. No emoji, flag or accented letter is torn apart.
    """
    if len(text) <= graphemes:
        return text
    if graphemes <= 0:
        return ""
    kept: list[str] = []
    for match in _GRAPHEME.finditer(text[: (graphemes + 1) * MAX_GRAPHEME]):
        if len(kept) == graphemes:
            return "".join(kept[:-1]).rstrip() + ELLIPSIS
        kept.append(match[0])
    whole = "".join(kept)
    return whole if len(whole) == len(text) else "".join(kept[:-1]).rstrip() + ELLIPSIS
