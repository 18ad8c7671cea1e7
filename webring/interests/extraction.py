"""Interests read off a name and a topic: a walk along their words through a tree of phrases.

Cheap enough for every room of a crawl: one dictionary look-up a word, no search per interest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Final

import regex

from webring.interests.vocabulary import vocabulary
from webring.text import without_markers, words

MAX_EXTRACTED: Final = 6
"""Interests of one text; a topic that names everything is about nothing."""
MAX_TOPIC: Final = 1_000
"""Characters of a topic that are read: what a room is about stands at its beginning."""
NAME_SCORE: Final = 4
ONCE_SCORE: Final = 1

DENYING: Final = frozenset(
    {"no", "not", "non", "never", "without", "anti", "kein", "keine", "keinen", "ohne", "pas"}
    | {"sans", "sin", "sem", "nada", "нет", "без", "не"}
)
"""Words after which the next ones are what a place is not about: "no politics"."""
DENIED: Final = 2
"""Words after a denying one that it may mean."""

_ADDRESS: Final = regex.compile(
    r"(?:https?|matrix|mailto|mxc):\S+|(?<!\S)[^\s@]++@\S+|(?<![#!@])[#!@][^\s:]++:\S+|www\.\S+"
)


class _Node:
    """A place in a tree of phrases: what may follow, and what has been named on the way here."""

    __slots__ = ("follow", "slug")

    def __init__(self) -> None:
        self.follow: dict[str, _Node] = {}
        self.slug: str | None = None


def extract(name: str, topic: str) -> tuple[str, ...]:
    """Slugs of the vocabulary that `name` and `topic` speak of, the surest first."""
    scores: Counter[str] = Counter()
    meant = vocabulary().meaning(name)
    if meant:
        scores[meant] += 2 * NAME_SCORE
    for slug in _found(_named(), name[:MAX_TOPIC]):
        scores[slug] += NAME_SCORE
    for slug in _found(_spoken(), without_markers(topic[:MAX_TOPIC])):
        scores[slug] += ONCE_SCORE
    return tuple(slug for slug, _ in scores.most_common(MAX_EXTRACTED))


def _found(tree: _Node, text: str) -> list[str]:
    """The interests named in `text`, in order; of overlapping phrases the longest."""
    read, found, here, denied = words(_ADDRESS.sub(" ", text)), [], 0, -1
    while here < len(read):
        slug, length = _longest(tree, read, here)
        if read[here] in DENYING:
            denied = here + DENIED
        elif slug and here <= denied:
            denied = here + length + DENIED  # "no politics or religion": the list goes on
        elif slug:
            found.append(slug)
        here += length
    return found


def _longest(tree: _Node, read: list[str], start: int) -> tuple[str | None, int]:
    slug, length, node = None, 1, tree
    for here in range(start, len(read)):
        following = node.follow.get(read[here])
        if following is None:
            break
        node = following
        if node.slug is not None:
            slug, length = node.slug, here - start + 1
    return slug, length


@cache
def _named() -> _Node:
    return _tree(vocabulary().named)


@cache
def _spoken() -> _Node:
    return _tree(vocabulary().spoken)


def _tree(phrases: Mapping[tuple[str, ...], str]) -> _Node:
    root = _Node()
    for phrase, slug in phrases.items():
        node = root
        for word in phrase:
            node = node.follow.setdefault(word, _Node())
        node.slug = slug
    return root
