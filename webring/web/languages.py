"""The page's language: catalogues of gettext, chosen by what the browser asks for."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE: Final = "en"
"""The language that the templates are written in."""
MAX_HEADER: Final = 256
"""Characters read of an Accept-Language header."""


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into `language`; the source language has none."""
    if language == SOURCE:
        return NullTranslations()
    file = files("webring.web") / "locale" / language / "LC_MESSAGES" / "webring.po"
    compiled = io.BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def available() -> tuple[str, ...]:
    """The languages there are, the source language first."""
    folder = files("webring.web") / "locale"
    found = (
        sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    )
    return (SOURCE, *found)


def choose(accept_language: str) -> str:
    """The best language for an Accept-Language header (RFC 9110, section 12.5.4)."""
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:MAX_HEADER].split(",")):
        tag, _, weight = part.strip().partition(";")
        quality = _quality(weight)
        if tag and quality > 0:
            wanted.append((-quality, position, tag.lower().partition("-")[0]))
    return next((tag for _, _, tag in sorted(wanted) if tag in available()), SOURCE)


def direction(language: str) -> str:
    """The direction of a language's script: ltr or rtl."""
    return Locale.parse(language).text_direction


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
