"""What a snippet is asked for, read strictly from an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from webring.errors import BadRequest
from webring.web.embed.colours import Colours, chosen
from webring.web.embed.words import SPOKEN, Words, words_for

LEVELS: Final = (0, 2, 3, 4, 5, 6)
"""Heading levels; 0 is a paragraph. A page has its own first heading."""
SEEN: Final = 80
"""Characters of a refused value that an error repeats."""
MEMBER: Final = re.compile(r"[0-9a-f]{20}")
"""A member's id."""


class Form(StrEnum):
    """The shapes of an embed."""

    LINKS = "links"
    BUTTON = "button"
    ELEMENT = "element"
    FRAME = "frame"
    STATIC = "static"
    OWN = "own"


class Theme(StrEnum):
    """The colours of a frame: those that the visitor prefers, or always the same."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Picture(StrEnum):
    """The file formats of the button."""

    SVG = "svg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class Options:
    """What a snippet looks like. `level` is one of `LEVELS`; no `colours` are the ring's own."""

    form: Form = Form.LINKS
    words: Words = SPOKEN["en"]
    level: int = 0
    theme: Theme = Theme.AUTO
    picture: Picture = Picture.SVG
    colours: Colours | None = None


Word = TypeVar("Word", bound=StrEnum)


def read_options(values: Mapping[str, str]) -> Options:
    """The options that an address names; `BadRequest` for the first that is wrong."""
    return Options(
        form=read_word(values, "form", Form.LINKS),
        words=words_for(values.get("lang", "")),
        level=_level(values.get("level", "")),
        theme=read_word(values, "theme", Theme.AUTO),
        picture=read_word(values, "picture", Picture.SVG),
        colours=chosen(values),
    )


def read_member(text: str) -> str:
    """A member's id as an address names it."""
    if not MEMBER.fullmatch(text):
        raise BadRequest(f"a member's id is 20 of 0-9 and a-f, not {text[:SEEN]!a}")
    return text


def read_word(values: Mapping[str, str], name: str, default: Word) -> Word:
    """One word of the enumeration of `default`, which stands for an empty one."""
    text = values.get(name, "")
    kind = type(default)
    if not text:
        return default
    if text not in list(kind):
        raise BadRequest(f"{name} is one of {', '.join(kind)}, not {text[:SEEN]!a}")
    return kind(text)


def _level(text: str) -> int:
    known = {str(level): level for level in LEVELS}
    if text and text not in known:
        raise BadRequest(f"level is one of {', '.join(known)}, not {text[:SEEN]!a}")
    return known.get(text, 0)
