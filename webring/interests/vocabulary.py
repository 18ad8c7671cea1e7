"""The vocabulary of interests, from `vocabulary.json`.

One entry: `slug`; `names` by language ("en" always) and `aliases`, which count wherever they occur
in a text; `tags`, words too ambiguous for that ("rust", "mode"; names may be among them), which
count in the name of a room; `whole`, still more ambiguous ones ("home", "help"), which count only
as all of it, as do the shortest; `broader`, the wider interests; `related`, which works both ways.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from webring.text import is_spaced, slugify, words

FILE: Final = "vocabulary.json"
MAX_TAG: Final = 200
"""Characters of a tag that are read; a slug is shorter still."""

MIN_LETTERS: Final = 3
"""Letters of a word that is looked for inside of texts."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interest:
    """One interest that the vocabulary knows. `names` is by BCP 47 language."""

    slug: str
    names: Mapping[str, str]
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    whole: tuple[str, ...]
    broader: tuple[str, ...]
    related: tuple[str, ...]

    def name(self, language: str = "en") -> str:
        """Its name in `language`, or of its primary language, or in English."""
        primary = language.partition("-")[0].lower()
        return self.names.get(language) or self.names.get(primary) or self.names["en"]


class Vocabulary:
    """All interests, by slug, and every word or phrase that means one of them.

    `spoken` counts in any text, `named` in names.
    """

    def __init__(self, interests: list[Interest]) -> None:
        self._interests = {interest.slug: interest for interest in interests}
        spoken: dict[Words, str] = {}
        tagged: dict[Words, str] = {}
        whole: dict[Words, str] = {}
        slugs: dict[Words, str] = {}
        for each in interests:
            slugs[tuple(words(each.slug))] = each.slug
            texts = (*each.names.values(), *each.aliases)
            spoken |= {tuple(words(text)): each.slug for text in texts}
            tagged |= {tuple(words(text)): each.slug for text in each.tags}
            whole |= {tuple(words(text)): each.slug for text in each.whole}
        self._meant = slugs | spoken | tagged | whole
        clear = {phrase for phrase in self._meant.keys() - whole if _is_clear(phrase)}
        self.named = {phrase: self._meant[phrase] for phrase in clear}
        self.spoken = {phrase: spoken[phrase] for phrase in clear & spoken.keys() - tagged.keys()}

    def get(self, slug: str) -> Interest | None:
        """The interest of this slug, where the vocabulary knows it."""
        return self._interests.get(slug)

    def meaning(self, text: str) -> str | None:
        """The slug of the interest that the whole of `text` names, in any language."""
        return self._meant.get(tuple(words(text)))

    def __iter__(self) -> Iterator[Interest]:
        return iter(self._interests.values())

    def __len__(self) -> int:
        return len(self._interests)

    def __contains__(self, slug: object) -> bool:
        return slug in self._interests


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with the program, read once."""
    entries = json.loads((files("webring.interests") / FILE).read_text(encoding="utf-8"))
    return Vocabulary([_interest(entry) for entry in entries])


def normalise(tag: str) -> str:
    """The slug that `tag` means: the vocabulary's, or a free tag. Empty for a tag of no letters.

    "Gärtnern", "gardening" and "園芸" are one interest.
    """
    tag = tag[:MAX_TAG]
    if not words(tag):
        return ""
    slug = slugify(tag)
    return vocabulary().meaning(tag) or vocabulary().meaning(slug) or slug


def _is_clear(phrase: Words) -> bool:
    """Whether a phrase is more than two letters, or one character of a script without spaces."""
    return len("".join(phrase)) >= MIN_LETTERS or (len(phrase) > 1 and not is_spaced(phrase[0]))


def _interest(entry: Mapping[str, object]) -> Interest:
    def texts(name: str) -> tuple[str, ...]:
        found = entry.get(name, [])
        return tuple(found) if isinstance(found, list) else ()

    names = entry["names"]
    if not isinstance(names, dict):
        raise TypeError(f"{FILE}: the names of {entry['slug']} are no object")
    return Interest(
        slug=str(entry["slug"]),
        names=names,
        aliases=texts("aliases"),
        tags=texts("tags"),
        whole=texts("whole"),
        broader=texts("broader"),
        related=texts("related"),
    )
