"""Searching, whole: read the query, run its passes, fetch the rows from the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import regex

from webring.directory.listing import Listing, Standing
from webring.names import RoomId
from webring.search.corrections import corrected
from webring.search.index import Facet, Hits, SearchIndex
from webring.search.planning import Pass, SearchRequest, passes, plan
from webring.search.query import Query, parse
from webring.storage import listings
from webring.storage.database import Database

__all__ = ["MAX_DEPTH", "MAX_LIMIT", "SearchRequest", "SearchResult", "SearchService", "is_cursor"]

MAX_LIMIT: Final = 50
"""Results of one page."""
MAX_DEPTH: Final = 1_000
"""Results that can be paged through; whoever wants more asks more precisely."""
FEW: Final = 3
"""With fewer hits than this, the next pass is tried."""
REFILLS: Final = 3
"""How often a page is filled up when rows of it are gone."""

_CURSOR: Final = regex.compile(r"([wta])([0-9]{1,6})")

Hydrate = Callable[[Sequence[RoomId]], Awaitable[Mapping[RoomId, Listing]]]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page. `total` counts every match that may be shown, `hidden_found` those left out.

    `corrected` is the query as its typos were read; `next` the cursor of the following page;
    `partial` says that the index is being rebuilt; `some_words` that too few had all of the words,
    so that those with some of them are shown as well.
    """

    results: tuple[Listing, ...] = ()
    total: int = 0
    hidden_found: int = 0
    corrected: str | None = None
    next: str | None = None
    facets: Mapping[str, tuple[Facet, ...]] = field(default_factory=dict)
    partial: bool = False
    some_words: bool = False


class SearchService:
    """Answers searches from an index and the database that it was made of."""

    def __init__(self, index: SearchIndex, db: Database) -> None:
        self._index = index
        self._db = db

    async def search(self, request: SearchRequest) -> SearchResult:
        """Answer any request; no text in it is an error."""
        query = parse(request.text)
        at, offset = _place(request.cursor)
        limit = max(1, min(request.limit, MAX_LIMIT, MAX_DEPTH - offset))
        how, hits, hidden = await asyncio.to_thread(self._run, query, request, at, limit, offset)
        rows, read = await self._rows(query, request, how, hits, limit, offset)
        end = offset + read
        more = end < min(hits.total, MAX_DEPTH)
        return SearchResult(
            results=rows,
            total=hits.total,
            hidden_found=hidden,
            corrected=corrected(request.text, query, rows) if how is Pass.TYPOS else None,
            next=f"{how}{end}" if more else None,
            facets=hits.facets,
            partial=self._index.needs_rebuild,
            some_words=how is Pass.ANY,
        )

    def _run(
        self, query: Query, request: SearchRequest, how: Pass | None, limit: int, offset: int
    ) -> tuple[Pass, Hits, int]:
        """The pass that found enough (a cursor's own, on later pages), its hits, what it hid."""
        best = how or Pass.WORDS
        hits = self._index.find(plan(query, request, best), limit, offset)
        for each in () if how else passes(query)[1:]:
            if hits.total >= FEW:
                break
            wider = self._index.find(plan(query, request, each), limit, offset)
            if wider.total > hits.total:
                best, hits = each, wider
        if request.found or request.standing:
            return best, hits, 0
        hidden = self._index.find(plan(query, request, best, hidden_found=True), 1)
        return best, hits, hidden.total

    async def _rows(
        self, query: Query, request: SearchRequest, how: Pass, hits: Hits, limit: int, offset: int
    ) -> tuple[tuple[Listing, ...], int]:
        """The rows of a page, and how many hits it took: rows gone are passed by."""
        rows: list[Listing] = []
        read = 0
        for _ in range(REFILLS):
            there = await listings.many(self._db.reader, hits.ids)
            known = [there[room_id] for room_id in hits.ids if room_id in there]
            rows += [each for each in known if _is_asked_for(each, query, request)]
            read += len(hits.ids)
            if len(rows) >= limit or not hits.ids or offset + read >= hits.total:
                break
            wanted = plan(query, request, how)
            hits = await asyncio.to_thread(
                self._index.find, wanted, limit - len(rows), offset + read
            )
        return tuple(rows), read


def _is_asked_for(listing: Listing, query: Query, request: SearchRequest) -> bool:
    """Whether a row may be shown, by what the database says of it now: the index may be late."""
    if listing.adult and not request.adult:
        return False
    if listing.standing is not Standing.FOUND or request.found or request.standing:
        return True
    return listing.room_id == query.room_id or (
        query.alias is not None and listing.alias == query.alias
    )


def is_cursor(text: str) -> bool:
    """Whether `text` is a cursor that a result could have named."""
    return _place(text)[0] is not None


def _place(cursor: str) -> tuple[Pass | None, int]:
    """The pass and offset that a cursor names; the beginning for what is no cursor."""
    match = _CURSOR.fullmatch(cursor)
    if not match or int(match[2]) >= MAX_DEPTH:
        return None, 0
    return Pass(match[1]), int(match[2])
