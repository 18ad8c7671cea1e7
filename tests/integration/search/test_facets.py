"""Facets: every count is what its filter would leave."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.listings import listing, store
from webring.directory.listing import Activity, JoinRule, Kind, Listing, Standing
from webring.names import CommunityId, ServerName
from webring.search.index import SearchIndex
from webring.search.rebuild import rebuild
from webring.search.schema import FACET_FIELDS
from webring.search.service import SearchRequest, SearchService
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


def rooms() -> list[Listing]:
    """Rooms of every kind, the same in every run."""
    chance = random.Random(5)
    return [
        listing(
            f"r{n}",
            f"Room {chance.choice(['rust', 'rust', 'rusty', 'lion'])}",
            kind=chance.choice(list(Kind)),
            interests=tuple(chance.sample(["music", "tea", "gardening"], chance.randrange(3))),
            languages=tuple(chance.sample(["en", "pt-BR", "de"], chance.randrange(3))),
            servers=(ServerName(f"hs{chance.randrange(3)}.example"),),
            community=CommunityId.parse(f"c{n}:i{chance.randrange(2)}.example"),
            activity=chance.choice([None, *Activity]),
            join_rule=chance.choice(list(JoinRule)),
            world_readable=chance.random() < 0.4,
            adult=chance.random() < 0.2,
            standing=chance.choice([Standing.SPOKEN_FOR, Standing.FOUND]),
        )
        for n in range(60)
    ]


@pytest.fixture
async def service(db: Database, index: SearchIndex) -> SearchService:
    await store(db, *rooms())
    await rebuild(db, index)
    return SearchService(index, db)


def narrowed(request: SearchRequest, field: str, value: str) -> SearchRequest:
    """The request with one more filter."""
    change: dict[str, Any] = {field: value}
    if field == "world_readable":
        change = {field: value == "1"}
    if field == "adult":
        change = {"adult_only": True} if value == "1" else {"adult": False}
    return replace(request, **change)


REQUESTS = {
    "everything": SearchRequest(found=True, adult=True),
    "what is shown unasked": SearchRequest(),
    "a word": SearchRequest("rust", found=True),
    "a typo": SearchRequest("lionn ", found=True),
    "any of two words": SearchRequest("rust lion"),
    "a filter": SearchRequest("room", kind="space", found=True),
    "a filter that is typed": SearchRequest("room lang:de"),
}


@pytest.mark.parametrize("case", REQUESTS)
async def test_every_count_is_what_its_filter_leaves(service: SearchService, case: str) -> None:
    request = replace(REQUESTS[case], facets=FACET_FIELDS)
    found = await service.search(request)
    assert found.total
    assert set(found.facets) == set(FACET_FIELDS)
    for field, values in found.facets.items():
        for each in values:
            assert await service.count(narrowed(request, field, each.value)) == each.count
        counts = [each.count for each in values]
        assert counts == sorted(counts, reverse=True)


async def test_what_is_for_adults_is_counted_only_where_it_is_asked_for(
    service: SearchService,
) -> None:
    unasked = await service.search(SearchRequest(found=True, facets=("adult",)))
    assert [each.value for each in unasked.facets["adult"]] == ["0"]
    asked = await service.search(SearchRequest(found=True, adult=True, facets=("adult",)))
    assert [each.value for each in asked.facets["adult"]] == ["0", "1"]
    alone = await service.search(SearchRequest(found=True, adult_only=True, limit=50))
    assert alone.total == len(alone.results) == asked.facets["adult"][1].count


async def test_who_was_active_this_week_was_so_this_month(service: SearchService) -> None:
    activity = dict.fromkeys(Activity, 0)
    for each in rooms():
        if each.activity:
            activity[each.activity] += 1
    for band, count in {
        "week": activity[Activity.WEEK],
        "month": activity[Activity.WEEK] + activity[Activity.MONTH],
        "quiet": activity[Activity.QUIET],
    }.items():
        request = SearchRequest(activity=band, found=True, adult=True)
        assert await service.count(request) == count


async def test_a_filter_narrows_what_was_found_and_never_finds_something_else(
    service: SearchService,
) -> None:
    """ "rusty" is a typo away from "rust": with enough of those, no filter brings them in."""
    everything = await service.search(SearchRequest("rust ", found=True, limit=50))
    names = {each.name for each in everything.results}
    for interest in ("music", "tea", "gardening", "nothing"):
        request = SearchRequest("rust ", found=True, interest=interest, kind="space", limit=50)
        assert {each.name for each in (await service.search(request)).results} <= names
