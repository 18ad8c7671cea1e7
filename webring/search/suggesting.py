"""Suggestions while somebody types: interests of the vocabulary, and names of what is listed."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import Final

from webring.directory.listing import Listing
from webring.interests.vocabulary import vocabulary
from webring.search.finding import Plan
from webring.search.index import SearchIndex
from webring.search.planning import MIN_PREFIX, Pass, SearchRequest, plan, plan_names
from webring.search.query import Query, parse
from webring.text import is_spaced, words

INTERESTS: Final = 3
"""Interests suggested at once."""
NAMES: Final = 6
"""Names suggested at once."""
_TRIED: Final = 12
"""Interests of which it is asked whether anything is about them."""


@dataclass(frozen=True, slots=True)
class SuggestedInterest:
    """An interest that something here is about; `name` is in the reader's language."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What may be meant. `names` are listings, the weightiest first."""

    interests: tuple[SuggestedInterest, ...] = ()
    names: tuple[Listing, ...] = ()


def wanted_names(text: str) -> Plan | None:
    """How to find the names that `text` may be the beginning of; None for too little."""
    query = parse(text)
    return plan_names(query) if _is_enough(query) else None


def suggested_interests(
    index: SearchIndex, text: str, language: str
) -> tuple[SuggestedInterest, ...]:
    """Interests whose name, in whatever language, begins with `text`, and which lead somewhere."""
    typed = " ".join(words(text))
    if len(typed) < MIN_PREFIX and is_spaced(typed or "a"):
        return ()
    leading = [slug for slug in _beginning(typed)[:_TRIED] if _leads_somewhere(index, slug)]
    known = [interest for slug in leading if (interest := vocabulary().get(slug))]
    return tuple(SuggestedInterest(each.slug, each.name(language)) for each in known[:INTERESTS])


def _is_enough(query: Query) -> bool:
    if not query.terms or query.alias or query.room_id:
        return False
    first = query.terms[0][0]
    return len(first) >= MIN_PREFIX or not is_spaced(first)


def _leads_somewhere(index: SearchIndex, slug: str) -> bool:
    request = SearchRequest(interest=slug)
    return index.find(plan(parse(""), request, Pass.WORDS), 1).total > 0


def _beginning(typed: str) -> list[str]:
    """Slugs of the interests that have a name which begins so, the shortest name first."""
    named = _names()
    found: list[tuple[int, str]] = []
    for name, slug in named[bisect_left(named, (typed, "")) :]:
        if not name.startswith(typed):
            break
        found.append((len(name), slug))
    return list(dict.fromkeys(slug for _, slug in sorted(found)))


@cache
def _names() -> list[tuple[str, str]]:
    return sorted(
        {
            (" ".join(words(name)), interest.slug)
            for interest in vocabulary()
            for name in (*interest.names.values(), *interest.aliases)
        }
    )
