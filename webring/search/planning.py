"""From what was asked to what tantivy runs: matching, field weights, passes.

Three passes, each only when the one before found too little: every word as it is (the last one
also as a beginning); every word or one that is a typo away; any of the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import tantivy
from tantivy import Occur

from webring.directory.listing import Standing
from webring.interests import normalise, vocabulary
from webring.search.finding import Order, Plan
from webring.search.query import Filter, Query, Term
from webring.search.schema import SCHEMA
from webring.search.schema import term as stored
from webring.text import is_spaced, squash

FIELD_WEIGHTS: Final = {
    "name": 4.0,
    "alias_words": 3.0,
    "interest_words": 2.0,
    "topic": 1.0,
    "server_words": 0.5,
}
OTHER_FIELDS: Final = 0.15
"""The share that a word's lesser fields add to its best one."""
NAMED_ROOM: Final = 1_000_000.0
"""The score of the very room whose alias or id was typed."""
EXACT_NAME: Final = 1_000.0
"""The score of a name or alias that is the whole query."""
MISTYPED_NAME: Final = 2.0
"""The score of a name or alias that is a typo away from the query."""
BEGUN_NAME: Final = 1.0
"""The score of a name or alias that begins with the query."""
MEANT_INTEREST: Final = 3.0
"""The score of a room with the interest that the whole query names, in whatever language."""
PREFIX_WEIGHT: Final = 0.7
TYPO_WEIGHT: Final = 0.3
MIN_PREFIX: Final = 2
"""Letters from which on the last word may be the beginning of another."""
ONE_TYPO: Final = 4
"""Letters from which on a word may have one typo."""
TWO_TYPOS: Final = 8
"""Letters from which on a word may have two."""
PAIR: Final = 2
"""Characters of Chinese, Japanese or Thai that are mostly a word, or the half of one."""
FUZZY_FIELDS: Final = ("name", "alias_words", "interest_words", "topic")
NAME_FIELDS: Final = ("name", "alias_words")
MAX_FUZZY: Final = 6
"""Words of one query in which typos are looked for."""


class Pass(StrEnum):
    """How generously words are matched."""

    WORDS = "w"
    TYPOS = "t"
    ANY = "a"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is asked for. Filters that are empty do not filter; unknown values match nothing.

    `found` takes in rooms that only directories know, `adult` what is for adults; `adult_only`
    leaves out all else. `world_readable` None does not filter. `within` is a community id or an
    instance. `cursor` is a `SearchResult.next`, `facets` the fields whose values are counted.
    """

    text: str = ""
    interest: str = ""
    language: str = ""
    kind: str = ""
    server: str = ""
    instance: str = ""
    within: str = ""
    standing: str = ""
    activity: str = ""
    join_rule: str = ""
    world_readable: bool | None = None
    found: bool = False
    adult: bool = False
    adult_only: bool = False
    sort: str = Order.RELEVANCE.value
    limit: int = 20
    cursor: str = ""
    facets: tuple[str, ...] = ()

    @property
    def unfiltered(self) -> SearchRequest:
        """The same, without the filters that are not part of the text."""
        return SearchRequest(
            text=self.text,
            standing=self.standing,
            found=self.found,
            adult=self.adult or self.adult_only,
        )


def plan(query: Query, request: SearchRequest, how: Pass, *, hidden_found: bool = False) -> Plan:
    """The plan of one pass. `hidden_found`: only the found rooms that the request leaves out."""
    matched: list[tuple[Occur, tantivy.Query]] = []
    if query.terms or not _named(query):
        matched.append((Occur.Should, _standing(_terms(query, how), request, hidden_found)))
    if not hidden_found:
        matched += [(Occur.Should, each) for each in _named(query)]
    must = [(Occur.Must, tantivy.Query.boolean_query(matched))]
    must += [(_occur(each), _silent(each)) for each in _filters(query, request)]
    must += [(Occur.MustNot, _anywhere(term)) for term in query.excluded]
    must += _switches(request)
    return Plan(tantivy.Query.boolean_query(must), _order(request.sort))


def plan_names(query: Query) -> Plan:
    """The plan that finds names which begin with what was typed, by weight alone."""
    whole = _beginning("exact", squash(query.plain))
    matched = [_const(whole, BEGUN_NAME), _const(_in_names(query), 1.0)]
    request = SearchRequest()
    must = [
        (Occur.Must, tantivy.Query.boolean_query([(Occur.Should, each) for each in matched])),
        (Occur.MustNot, _const(_term("standing", Standing.FOUND.value), 0.0)),
        *_switches(request),
    ]
    return Plan(tantivy.Query.boolean_query(must))


def _in_names(query: Query) -> tantivy.Query:
    """Each word in the name or alias, the last one also as a beginning."""
    each = [
        tantivy.Query.disjunction_max_query(
            [
                option
                for field in NAME_FIELDS
                for option in _ways(field, term, begun=number == len(query.terms) - 1)
            ]
        )
        for number, term in enumerate(query.terms)
    ]
    return tantivy.Query.boolean_query([(Occur.Must, one) for one in each])


def _ways(field: str, term: Term, *, begun: bool) -> list[tantivy.Query]:
    begins = begun and len(term) == 1 and len(term[0]) >= MIN_PREFIX
    return [_phrase(field, term), *([_beginning(field, term[0])] if begins else [])]


def passes(query: Query) -> tuple[Pass, ...]:
    """The passes that make sense for a query, in order."""
    if not query.terms:
        return (Pass.WORDS,)
    typos = any(typo_distance(word) for term in query.terms if len(term) == 1 for word in term)
    several = len(query.terms) > 1 or any(len(term) > 1 for term in query.terms)
    return (Pass.WORDS, *((Pass.TYPOS,) if typos else ()), *((Pass.ANY,) if several else ()))


def typo_distance(word: str) -> int:
    """How many typos are looked for in a word."""
    if not is_spaced(word) or len(word) < ONE_TYPO or word.isdigit():
        return 0
    return 2 if len(word) >= TWO_TYPOS else 1


def _named(query: Query) -> list[tantivy.Query]:
    """The room whose alias or id was typed: naming it is asking for it, also when found."""
    names = [("alias", query.alias.lower())] if query.alias else []
    names += [("id", str(query.room_id))] if query.room_id else []
    return [_const(_term(field, value), NAMED_ROOM) for field, value in names]


def _standing(text: tantivy.Query, request: SearchRequest, hidden_found: bool) -> tantivy.Query:
    found = _const(_term("standing", Standing.FOUND.value), 0.0)
    if hidden_found:
        return tantivy.Query.boolean_query([(Occur.Must, text), (Occur.Must, found)])
    if request.found or request.standing == Standing.FOUND:
        return text
    return tantivy.Query.boolean_query([(Occur.Must, text), (Occur.MustNot, found)])


def _terms(query: Query, how: Pass) -> tantivy.Query:
    if not query.terms:
        return tantivy.Query.all_query()
    last = len(query.terms) - 1
    each = [
        _one(term, how, prefix=query.prefix and number == last, fuzzy=number < MAX_FUZZY)
        for number, term in enumerate(query.terms)
    ]
    occur = Occur.Should if how is Pass.ANY else Occur.Must
    options = [tantivy.Query.boolean_query([(occur, one) for one in each])]
    options += _whole_names(squash(query.plain), query, how)
    meant = vocabulary().meaning(query.plain)
    if meant:
        options.append(_const(_term("interest", meant), MEANT_INTEREST))
    return tantivy.Query.boolean_query([(Occur.Should, option) for option in options])


def _whole_names(name: str, query: Query, how: Pass) -> list[tantivy.Query]:
    """Rooms whose name or alias is the query, begins with it, or is a typo away from it."""
    if not name:
        return []
    options = [_const(_term("exact", name), EXACT_NAME)]
    if query.prefix and len(name) >= MIN_PREFIX:
        options.append(_const(_beginning("exact", name), BEGUN_NAME))
    if how is Pass.TYPOS and typo_distance(name):
        options.append(_const(_typo("exact", name), MISTYPED_NAME))
    return options


def _one(term: Term, how: Pass, *, prefix: bool, fuzzy: bool) -> tantivy.Query:
    if len(term) > 1:
        return _pairs(term) if how is Pass.ANY else _anywhere(term)
    word = term[0]
    options = [_anywhere(term)]
    if prefix and len(word) >= MIN_PREFIX and is_spaced(word):
        options.append(_best(_beginning, word, PREFIX_WEIGHT))
    if how is not Pass.WORDS and fuzzy and typo_distance(word):
        options.append(_best(_typo, word, TYPO_WEIGHT))
    return tantivy.Query.disjunction_max_query(options, OTHER_FIELDS)


def _pairs(term: Term) -> tantivy.Query:
    """A phrase, or where it is of an unspaced script, any two neighbours in it."""
    if is_spaced(term[0]) or len(term) <= PAIR:
        return _anywhere(term)
    pairs = [term[start : start + PAIR] for start in range(len(term) - PAIR + 1)]
    return tantivy.Query.boolean_query([(Occur.Should, _anywhere(pair)) for pair in pairs])


def _anywhere(term: Term) -> tantivy.Query:
    """One word or phrase, in whichever field it weighs most."""
    return tantivy.Query.disjunction_max_query(
        [_boost(_phrase(field, term), weight) for field, weight in FIELD_WEIGHTS.items()],
        OTHER_FIELDS,
    )


def _best(make: Callable[[str, str], tantivy.Query], word: str, weight: float) -> tantivy.Query:
    return tantivy.Query.disjunction_max_query(
        [_boost(make(field, word), FIELD_WEIGHTS[field] * weight) for field in FUZZY_FIELDS]
    )


def _phrase(field: str, term: Term) -> tantivy.Query:
    if len(term) == 1:
        return tantivy.Query.term_query(SCHEMA, field, term[0], "freq")
    return tantivy.Query.phrase_query(SCHEMA, field, list(term))


def _beginning(field: str, word: str) -> tantivy.Query:
    return tantivy.Query.fuzzy_term_query(SCHEMA, field, word, 0, prefix=True)


def _typo(field: str, word: str) -> tantivy.Query:
    return tantivy.Query.fuzzy_term_query(SCHEMA, field, word, typo_distance(word))


def _filters(query: Query, request: SearchRequest) -> Iterable[Filter]:
    yield from query.filters
    asked = {
        "interest": normalise(request.interest),
        "language": request.language.lower().replace("_", "-"),
        "kind": request.kind.lower(),
        "server": request.server.lower(),
        "instance": request.instance.lower(),
        "within": request.within.lower(),
        "standing": request.standing.lower(),
        "activity": request.activity.lower(),
        "join_rule": request.join_rule.lower(),
    }
    for field, value in asked.items():
        if value:
            yield Filter(field, value)


def _switches(request: SearchRequest) -> list[tuple[Occur, tantivy.Query]]:
    must: list[tuple[Occur, tantivy.Query]] = []
    if request.adult_only:
        must.append((Occur.Must, _is("adult", value=True)))
    elif not request.adult:
        must.append((Occur.MustNot, _is("adult", value=True)))
    if request.world_readable is not None:
        must.append((Occur.Must, _is("world_readable", value=request.world_readable)))
    return must


def _order(sort: str) -> Order:
    return Order(sort) if sort in list(Order) else Order.RELEVANCE


def _is(field: str, *, value: bool) -> tantivy.Query:
    return _const(tantivy.Query.term_query(SCHEMA, field, value), 0.0)


def _occur(each: Filter) -> Occur:
    return Occur.MustNot if each.excluded else Occur.Must


def _silent(each: Filter) -> tantivy.Query:
    """A filter says yes or no; it adds nothing to the score."""
    return _const(_term(each.field, each.value), 0.0)


def _term(field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(SCHEMA, field, stored(value), "basic")


def _const(query: tantivy.Query, score: float) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, score)


def _boost(query: tantivy.Query, weight: float) -> tantivy.Query:
    return tantivy.Query.boost_query(query, weight)
