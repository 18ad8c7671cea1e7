"""Slugs: the ids of communities and interests, out of names in any script."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import hashlib
from typing import Final

import regex

from webring.names import MAX_SLUG
from webring.text.words import fold

HASHED: Final = 12
"""Hex digits that stand for a name of which no Latin letter can be made."""

_LATIN: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
        "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i",
        "є": "ye", "ґ": "g", "ў": "u", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "d",
        "џ": "dz", "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i",
        "θ": "th", "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o",
        "π": "p", "ρ": "r", "σ": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps",
        "ω": "o", "+": "-plus", "&": "-and-", "'": "",
    }
)  # fmt: skip
_GAP: Final = regex.compile(r"[^a-z0-9]+")


def slugify(text: str) -> str:
    """A slug (`webring.names.Slug`) of `text`, always the same one, never empty.

    Latin, Cyrillic and Greek are written in Latin letters; a name of which nothing can be written
    so (Japanese, Arabic, emoji) becomes "x-" and the beginning of its SHA-256.
    """
    slug = _GAP.sub("-", fold(text).translate(_LATIN)).strip("-")[:MAX_SLUG].rstrip("-")
    if slug:
        return slug
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"x-{digest[:HASHED]}"
