"""Pages of a result: each shows what follows the one before, whatever happens in between."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.listings import listing, room_id, store
from webring.directory.listing import Activity, Listing
from webring.search.finding import Order
from webring.search.follower import Follower
from webring.search.index import SearchIndex
from webring.search.rebuild import rebuild
from webring.search.service import MAX_DEPTH, MAX_LIMIT, SearchRequest, SearchResult, SearchService
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
Between = Callable[[], Awaitable[None]]
WORDS = ("rust", "lion", "tea", "boat", "moss")


@pytest.fixture
def service(db: Database, index: SearchIndex) -> SearchService:
    return SearchService(index, db)


async def made_of(db: Database, index: SearchIndex, *listings: Listing) -> None:
    await store(db, *listings)
    await rebuild(db, index)


def rooms(count: int) -> list[Listing]:
    """Rooms of different worth, and different text."""
    chance = random.Random(count)
    return [
        listing(
            f"r{n}",
            f"Rust {' '.join(chance.choices(WORDS, k=3))}",
            members=chance.randrange(5),
            activity=chance.choice([None, *Activity]),
        )
        for n in range(count)
    ]


async def pages(
    service: SearchService, request: SearchRequest, between: Between | None = None
) -> AsyncIterator[SearchResult]:
    """Every page of a result; `between` is awaited before each but the first."""
    while True:
        result = await service.search(request)
        yield result
        if result.next is None:
            return
        if between:
            await between()
        request = replace(request, cursor=result.next)


async def walked(
    service: SearchService, between: Between | None = None, **wanted: Any
) -> list[str]:
    """The rooms on all pages, in order."""
    request = SearchRequest(limit=5, **wanted)
    return [
        each.room_id async for page in pages(service, request, between) for each in page.results
    ]


@pytest.mark.parametrize("sort", Order)
async def test_paging_shows_each_once_in_one_order(
    db: Database, index: SearchIndex, service: SearchService, sort: Order
) -> None:
    await made_of(db, index, *rooms(23))
    for text in ("rust", "rsut", "", "rust zebra"):
        seen = await walked(service, text=text, sort=sort)
        assert len(seen) == len(set(seen)) == 23
        whole = await service.search(SearchRequest(text, sort=sort, limit=MAX_LIMIT))
        assert [each.room_id for each in whole.results] == seen


@pytest.mark.parametrize("sort", Order)
async def test_what_comes_and_goes_meanwhile_neither_repeats_nor_hides_anything(
    db: Database, index: SearchIndex, service: SearchService, sort: Order
) -> None:
    there = rooms(40)
    await made_of(db, index, *there)
    before = [each.room_id for each in await everything(service, sort)]
    chance, follower, step = random.Random(7), Follower(db, index), iter(range(100))
    gone: set[str] = set()

    async def between() -> None:
        number = next(step)
        leaving = chance.sample(before, 3)
        gone.update(leaving)
        big = {"members": 900_000, "activity": Activity.WEEK}
        coming = [listing(f"new{number}-{n}", "Rust", **big) for n in range(4)]
        await store(db, *coming, gone=[each.room_id for each in there if each.room_id in leaving])
        await follower.catch_up()

    seen = await walked(service, between, text="rust", sort=sort)
    assert len(seen) == len(set(seen))
    stayed = [each for each in before if each not in gone]
    assert [each for each in seen if each in stayed] == stayed


async def everything(service: SearchService, sort: Order) -> tuple[Listing, ...]:
    return (await service.search(SearchRequest("rust", sort=sort, limit=MAX_LIMIT))).results


async def test_a_page_follows_also_where_the_last_results_are_gone(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    there = [listing(f"r{n}", "Rust", members=n * 1_000) for n in range(12)]
    await made_of(db, index, *there)
    first = await service.search(SearchRequest("rust", sort="members", limit=5))
    await store(db, gone=[each.room_id for each in first.results])
    await Follower(db, index).catch_up()
    following = SearchRequest("rust", sort="members", limit=5, cursor=first.next or "")
    second = await service.search(following)
    assert [each.members for each in second.results] == [6_000, 5_000, 4_000, 3_000, 2_000]


async def test_a_result_that_rose_to_the_top_does_not_take_the_page_along(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    there = [listing(f"r{n}", "Rust", members=n * 100) for n in range(60)]
    await made_of(db, index, *there)
    request = SearchRequest("rust", sort="members", limit=20)
    first = await service.search(request)
    await store(db, replace(first.results[-1], members=90_000))
    await Follower(db, index).catch_up()
    second = await service.search(replace(request, cursor=first.next or ""))
    assert second.results[0].members == first.results[-1].members - 100


CURSORS = ["nonsense", "w20", "x5", "\x00", "5", "=", "A" * 66, "a" * 5_000, "\u00e4", "\ud800"]


@pytest.mark.parametrize("cursor", CURSORS, ids=ascii)
async def test_a_cursor_of_nowhere_is_the_beginning_and_says_so(
    db: Database, index: SearchIndex, service: SearchService, cursor: str
) -> None:
    await made_of(db, index, listing("a", "Rust"))
    result = await service.search(SearchRequest("rust", cursor=cursor))
    assert [each.name for each in result.results] == ["Rust"]
    assert result.restarted
    assert not (await service.search(SearchRequest("rust"))).restarted


OTHERS: dict[str, dict[str, Any]] = {
    "other words": {"text": "rust "},
    "another order": {"sort": "members"},
    "a filter more": {"kind": "room"},
    "what was found as well": {"found": True},
    "readable ones alone": {"world_readable": True},
}


@pytest.mark.parametrize("case", OTHERS)
async def test_a_cursor_of_another_search_is_none_of_this_one(
    db: Database, index: SearchIndex, service: SearchService, case: str
) -> None:
    await made_of(db, index, *rooms(12))
    request = SearchRequest("rust", limit=5)
    following = replace(request, cursor=(await service.search(request)).next or "")
    assert not (await service.search(following)).restarted
    assert not (await service.search(replace(following, limit=7, facets=("kind",)))).restarted
    assert (await service.search(replace(following, **OTHERS[case]))).restarted


async def test_pages_and_depth_are_bounded(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    await made_of(db, index, *[listing(f"r{n}", "Rust") for n in range(MAX_DEPTH + 20)])
    assert len((await service.search(SearchRequest("rust", limit=10_000))).results) == MAX_LIMIT
    assert len((await service.search(SearchRequest("rust", limit=-5))).results) == 1
    request = SearchRequest("rust", limit=MAX_LIMIT)
    shown = [len(page.results) async for page in pages(service, request)]
    assert sum(shown) == MAX_DEPTH


async def test_a_page_is_filled_up_when_rows_of_it_are_gone(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    there = [listing(f"r{n}", f"Rust {n:02}", members=1_000 - n) for n in range(12)]
    await made_of(db, index, *there)
    await store(db, gone=[there[n].room_id for n in (0, 2, 3)])
    found = [page.results async for page in pages(service, SearchRequest("rust", limit=5))]
    assert len(found[0]) == 5
    seen = [each.room_id for page in found for each in page]
    assert sorted(seen) == sorted(room_id(f"r{n}") for n in (1, *range(4, 12)))
