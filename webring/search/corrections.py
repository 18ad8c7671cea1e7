"""What a person probably meant: the words that a search with typos did find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import regex

from webring.directory.listing import Listing
from webring.search.planning import typo_distance
from webring.search.query import Query
from webring.text import words

NAME_COUNTS: Final = 3
"""A word in a name counts as often as so many in a topic."""


def corrected(text: str, query: Query, results: Sequence[Listing]) -> str | None:
    """`text` with its misspelt words as `results` spell them; None where none is misspelt."""
    seen = _vocabulary(results)
    changes = {
        word: better
        for term in query.terms
        if len(term) == 1 and not _occurs(word := term[0], seen, query)
        for better in [_nearest(word, seen)]
        if better
    }
    return _replaced(text, changes) if changes else None


def distance(a: str, b: str, most: int) -> int:
    """Typing errors between two words (a swap of neighbours is one), or `most` + 1 for more.

    Optimal string alignment, the measure of tantivy's fuzzy terms.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before_that, before, row = before, row, [i] + [0] * len(b)
        for j, other in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], before_that[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _vocabulary(results: Iterable[Listing]) -> Counter[str]:
    seen: Counter[str] = Counter()
    for listing in results:
        named = words(f"{listing.name} {listing.alias.local if listing.alias else ''}")
        seen.update(dict.fromkeys(named, NAME_COUNTS))
        seen.update(set(words(listing.topic)))
        seen.update(words(" ".join(listing.interests)))
    return seen


def _occurs(word: str, seen: Counter[str], query: Query) -> bool:
    last = query.prefix and query.terms[-1] == (word,)
    return word in seen or (last and any(each.startswith(word) for each in seen))


def _nearest(word: str, seen: Counter[str]) -> str | None:
    most = typo_distance(word)
    if not most:
        return None
    away = {other: distance(word, other, most) for other in seen if other[:1].isalnum()}
    near = [other for other, steps in away.items() if steps <= most]
    return min(near, key=lambda other: (away[other], -seen[other], other), default=None)


def _replaced(text: str, changes: dict[str, str]) -> str | None:
    def better(match: regex.Match[str]) -> str:
        folded = words(match[0])
        return changes.get(folded[0], match[0]) if len(folded) == 1 else match[0]

    new = regex.sub(r"[\p{L}\p{N}\p{M}]+", better, text)
    return new if new != text else None
