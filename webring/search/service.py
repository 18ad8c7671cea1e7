"""Searching, whole: read the query, run its passes, fetch the rows from the database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from webring.directory.listing import Listing, Standing
from webring.names import RoomId
from webring.search import cursors
from webring.search.corrections import corrected
from webring.search.finding import MAX_DEPTH, Facet, Hits, Place
from webring.search.index import SearchIndex
from webring.search.planning import Pass, SearchRequest, passes, plan
from webring.search.query import Query, parse
from webring.search.schema import FACET_FIELDS
from webring.search.suggesting import (
    NAMES,
    SuggestedInterest,
    Suggestions,
    suggested_interests,
    wanted_names,
)
from webring.storage import listings
from webring.storage.database import Database

__all__ = ["MAX_DEPTH", "MAX_LIMIT", "SearchRequest", "SearchResult", "SearchService"]

MAX_LIMIT: Final = 50
"""Results of one page."""
FEW: Final = 3
"""With fewer hits than this, the next pass is tried."""
REFILLS: Final = 3
"""How often a page is filled up when rows of it are gone."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page. `total` counts every match that may be shown, `hidden_found` those left out.

    `corrected` is the query as its typos were read; `next` the cursor of the following page;
    `partial` says that the index is being rebuilt; `some_words` that too few had all of the words,
    so that those with some of them are shown as well; `restarted` that the cursor was not of this
    search, so that this is its first page.
    """

    results: tuple[Listing, ...] = ()
    total: int = 0
    hidden_found: int = 0
    corrected: str | None = None
    next: str | None = None
    facets: Mapping[str, tuple[Facet, ...]] = field(default_factory=dict)
    partial: bool = False
    some_words: bool = False
    restarted: bool = False


class SearchService:
    """Answers searches from an index and the database that it was made of."""

    def __init__(self, index: SearchIndex, db: Database) -> None:
        self._index = index
        self._db = db

    async def search(self, request: SearchRequest) -> SearchResult:
        """Answer any request; no text in it is an error."""
        query = parse(request.text)
        told = cursors.read(request) if request.cursor else None
        how, place = told or (None, None)
        shown = place.shown if place else 0
        limit = max(1, min(request.limit, MAX_LIMIT, MAX_DEPTH - shown))
        found = await asyncio.to_thread(self._run, query, request, how, limit, place)
        rows, end = await self._rows(query, request, found, limit)
        return SearchResult(
            results=rows,
            total=found.hits.total,
            hidden_found=found.hidden,
            corrected=corrected(request.text, query, rows) if found.how is Pass.TYPOS else None,
            next=cursors.write(request, found.how, end) if end else None,
            facets=found.facets,
            partial=self._index.needs_rebuild,
            some_words=found.how is Pass.ANY,
            restarted=bool(request.cursor) and told is None,
        )

    async def count(self, request: SearchRequest) -> int:
        """How many results a request has, by the index alone."""
        query = parse(request.text)
        found = await asyncio.to_thread(self._run, query, request, None, 1, None)
        return found.hits.total

    async def suggest(self, text: str, language: str = "en") -> Suggestions:
        """What `text` may become: interests, named in `language`, and names of what is listed."""
        interests, ids = await asyncio.to_thread(self._suggested, text, language)
        there = await listings.many(self._db.reader, ids)
        shown = [there[room_id] for room_id in ids if room_id in there]
        names = [each for each in shown if _is_asked_for(each, Query(), SearchRequest())]
        return Suggestions(interests, tuple(names))

    def _suggested(
        self, text: str, language: str
    ) -> tuple[tuple[SuggestedInterest, ...], tuple[RoomId, ...]]:
        names = wanted_names(text)
        ids = self._index.find(names, NAMES).ids if names else ()
        return suggested_interests(self._index, text, language), ids

    def _run(
        self,
        query: Query,
        request: SearchRequest,
        how: Pass | None,
        limit: int,
        place: Place | None,
    ) -> _Found:
        """The pass that finds enough (a cursor's own, on later pages), its hits, what it hid."""
        best = how or Pass.WORDS
        wanted = plan(query, request, best)
        hits = self._index.find(wanted, limit, place)
        if how is None and hits.total < FEW:
            best = self._pass(query, request.unfiltered)
            wanted = plan(query, request, best)
            hits = self._index.find(wanted, limit)
        facets = self._index.facets(wanted, [f for f in request.facets if f in FACET_FIELDS])
        if request.found or request.standing:
            return _Found(best, hits, 0, facets)
        hidden = self._index.find(plan(query, request, best, hidden_found=True), 1)
        return _Found(best, hits, hidden.total, facets)

    def _pass(self, query: Query, request: SearchRequest) -> Pass:
        """The pass that is generous enough for the text.

        Filters have no say, so that each narrows what was found, and never finds something else.
        """
        best, most = Pass.WORDS, -1
        for each in passes(query):
            total = self._index.find(plan(query, request, each), 1).total
            if total > most:
                best, most = each, total
            if most >= FEW:
                break
        return best

    async def _rows(
        self, query: Query, request: SearchRequest, found: _Found, limit: int
    ) -> tuple[tuple[Listing, ...], Place | None]:
        """The rows of a page, and where it ends: rows gone are passed by."""
        rows: list[Listing] = []
        hits = found.hits
        for _ in range(REFILLS):
            there = await listings.many(self._db.reader, hits.ids)
            known = [there[room_id] for room_id in hits.ids if room_id in there]
            rows += [each for each in known if _is_asked_for(each, query, request)]
            if len(rows) >= limit or hits.end is None:
                break
            wanted = plan(query, request, found.how)
            hits = await asyncio.to_thread(self._index.find, wanted, limit - len(rows), hits.end)
        return tuple(rows), hits.end


@dataclass(frozen=True, slots=True)
class _Found:
    """What one pass finds, and how many found rooms it leaves out."""

    how: Pass
    hits: Hits
    hidden: int
    facets: Mapping[str, tuple[Facet, ...]]


def _is_asked_for(listing: Listing, query: Query, request: SearchRequest) -> bool:
    """Whether a row may be shown, by what the database says of it now: the index may be late."""
    if listing.adult and not (request.adult or request.adult_only):
        return False
    if listing.standing is not Standing.FOUND or request.found or request.standing:
        return True
    return listing.room_id == query.room_id or (
        query.alias is not None and listing.alias == query.alias
    )
