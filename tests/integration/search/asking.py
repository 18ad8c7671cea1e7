"""Asking an index without a database: the passes of the service, and room names for answers."""

from __future__ import annotations

from typing import Any

from webring.search.finding import Hits
from webring.search.index import SearchIndex
from webring.search.planning import Pass, SearchRequest, plan
from webring.search.query import parse


def hits(index: SearchIndex, text: str, how: Pass = Pass.WORDS, **request: Any) -> Hits:
    """What one pass finds."""
    wanted = SearchRequest(text=text, **request)
    return index.find(plan(parse(text), wanted, how), wanted.limit)


def rooms(index: SearchIndex, text: str, how: Pass = Pass.WORDS, **request: Any) -> list[str]:
    """The rooms that one pass finds, best first, by the short name that `listing` was given."""
    found = hits(index, text, how, **request).ids
    return [room_id[1:].partition(":")[0] for room_id in found]
