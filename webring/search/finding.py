"""Running a plan on what is open: hits in their order, from a place on, and counts of facets.

A place is told by the results that were shown last, not by their number: what was added or removed
above them meanwhile moves nothing, and so no page repeats what the one before showed.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import tantivy

from webring.names import RoomId

MAX_DEPTH: Final = 1_000
"""Results that can be paged through; whoever wants more asks more precisely."""
FACET_VALUES: Final = 30
"""Values counted of one facet."""
ANCHORS: Final = 4
"""Results that tell a place."""
NEAR: Final = 8
"""Results by which anchors may have moved apart; one that is farther off was ranked anew."""


class Order(StrEnum):
    """How hits are sorted."""

    RELEVANCE = "relevance"
    MEMBERS = "members"
    ACTIVE = "active"
    NEW = "new"


ORDER_FIELDS: Final = {
    Order.MEMBERS: "by_members",
    Order.ACTIVE: "by_activity",
    Order.NEW: "by_age",
}
"""The fast field of every order but relevance; each holds a number that no other room has."""

_Hit = tuple[float, tantivy.DocAddress]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready to be run: what to match, and how to sort."""

    query: tantivy.Query
    order: Order = Order.RELEVANCE


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of all hits have `value`."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: how many were shown, how the last one ranked, and the last ones' keys.

    `keys` are those of the index, the last result's first; at most `ANCHORS`.
    """

    shown: int
    rank: float
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """Room ids, best first; `total` counts all matches; `end` is where to go on, if anywhere."""

    ids: tuple[RoomId, ...] = ()
    total: int = 0
    end: Place | None = None


def find(searcher: tantivy.Searcher, plan: Plan, limit: int, after: Place | None = None) -> Hits:
    """Up to `limit` hits from the beginning, or those that follow a place."""
    result = _ranked(searcher, plan, limit if after is None else MAX_DEPTH)
    start = 0 if after is None else _start(searcher, result.hits, after)
    hits = result.hits[start : start + limit]
    ids = [RoomId(searcher.doc(address).get_first("id")) for _, address in hits]
    total: int = result.count  # type: ignore[attr-defined]  # its stub forgot it
    shown = start + len(hits)
    more = hits and shown < min(total, MAX_DEPTH)
    end = Place(shown, float(hits[-1][0]), _keys(searcher, hits)) if more else None
    return Hits(tuple(ids), total, end)


def count_facets(
    searcher: tantivy.Searcher, plan: Plan, fields: Sequence[str]
) -> Mapping[str, tuple[Facet, ...]]:
    """How many hits have each value of these fields, the most frequent `FACET_VALUES` first."""
    wanted = {name: {"terms": {"field": name, "size": FACET_VALUES}} for name in fields}
    counted = searcher.aggregate(plan.query, wanted) if wanted else {}
    return {
        name: tuple(Facet(_value(each["key"]), each["doc_count"]) for each in buckets["buckets"])
        for name, buckets in counted.items()
    }


def _ranked(searcher: tantivy.Searcher, plan: Plan, limit: int) -> tantivy.SearchResult:
    field = ORDER_FIELDS.get(plan.order)
    if field:
        return searcher.search(plan.query, limit, order_by_field=field)
    return searcher.search(plan.query, limit, weight_by_field="weight")


def _start(searcher: tantivy.Searcher, hits: Sequence[_Hit], after: Place) -> int:
    """The number of the first hit that was not shown.

    Where none of the anchors is left, what ranks below the last of them counts as not shown.
    """
    there = {key: number for number, key in enumerate(_all_keys(searcher, hits))}
    found = [there[key] for key in after.keys if key in there]
    if found:
        middle = statistics.median_low(sorted(found))
        return max(number for number in found if abs(number - middle) <= NEAR) + 1
    below = (number for number, (rank, _) in enumerate(hits) if rank < after.rank)
    return next(below, len(hits))


def _keys(searcher: tantivy.Searcher, hits: Sequence[_Hit]) -> tuple[int, ...]:
    return tuple(_all_keys(searcher, hits[-ANCHORS:]))[::-1]


def _all_keys(searcher: tantivy.Searcher, hits: Sequence[_Hit]) -> list[Any]:
    return searcher.fast_field_values("key", [address for _, address in hits])


def _value(key: object) -> str:
    """A text as it is; booleans come as 0 and 1, and those of some versions as floats."""
    return key if isinstance(key, str) else str(int(float(str(key))))
