"""Searching whole: passes, rows from the database, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.listings import listing, room_id, store
from tests.integration.search.conftest import OpenIndex
from webring.directory.listing import Listing, Standing
from webring.search.index import SearchIndex
from webring.search.rebuild import rebuild
from webring.search.service import SearchRequest, SearchResult, SearchService
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def service(db: Database, index: SearchIndex) -> SearchService:
    return SearchService(index, db)


async def made_of(db: Database, index: SearchIndex, *listings: Listing) -> None:
    await store(db, *listings)
    await rebuild(db, index)


def names(result: SearchResult) -> list[str]:
    return [each.name for each in result.results]


async def ask(service: SearchService, text: str = "", **request: Any) -> SearchResult:
    return await service.search(SearchRequest(text=text, **request))


async def test_rows_come_whole_from_the_database(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    whole = listing("a", "Rust", topic="A language", alias="#rust:a.b", interests=("rust",))
    await made_of(db, index, whole)
    result = await ask(service, "rust")
    assert result == SearchResult(results=(whole,), total=1)


async def test_what_left_the_database_is_gone_at_once(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    await made_of(db, index, listing("a", "Rust one"), listing("b", "Rust two"))
    await store(db, gone=[room_id("a")])
    assert names(await ask(service, "rust")) == ["Rust two"]


async def test_a_page_is_filled_up_when_rows_of_it_are_gone(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    rooms = [listing(f"r{n}", f"Rust {n:02}", members=1_000 - n) for n in range(12)]
    await made_of(db, index, *rooms)
    await store(db, gone=[rooms[n].room_id for n in (0, 2, 3)])
    first = await ask(service, "rust", limit=5)
    second = await ask(service, "rust", limit=5, cursor=first.next)
    assert len(first.results) == 5
    assert {*names(first), *names(second)} == {rooms[n].name for n in (1, *range(4, 12))}
    assert second.next is None


async def test_typos_are_looked_for_only_when_too_little_is_found(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    near = [listing(f"n{n}", f"Gardening {n}") for n in range(5)]
    await made_of(db, index, *near, listing("g", "Gardenink"))
    exact = await ask(service, "gardening ")
    assert (exact.total, exact.corrected) == (5, None)
    wrong = await ask(service, "gardning")
    assert wrong.total == 6
    assert wrong.corrected == "gardening"
    rare = await ask(service, "gardenink ")
    assert names(rare)[0] == "Gardenink"
    assert (rare.total, rare.corrected) == (6, None)


async def test_any_word_is_looked_for_when_nothing_has_all(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    await made_of(db, index, listing("a", "Rust"), listing("b", "Zig"))
    result = await ask(service, "rust zig")
    assert set(names(result)) == {"Rust", "Zig"}
    assert result.corrected is None


async def test_found_rooms_are_counted_and_left_out(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    found = [listing(f"f{n}", "Rust found", standing=Standing.FOUND) for n in range(3)]
    await made_of(db, index, listing("a", "Rust"), *found)
    without = await ask(service, "rust")
    assert (without.total, without.hidden_found, names(without)) == (1, 3, ["Rust"])
    everything = await ask(service, "rust", found=True)
    assert (everything.total, everything.hidden_found) == (4, 0)
    assert names(everything)[0] == "Rust"


async def test_adult_rooms_are_neither_shown_nor_counted(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    await made_of(
        db,
        index,
        listing("a", "Rust", adult=True),
        listing("b", "Rust found", adult=True, standing=Standing.FOUND),
    )
    hidden = await ask(service, "rust")
    assert (hidden.total, hidden.hidden_found) == (0, 0)
    assert (await ask(service, "rust", adult=True)).total == 1


async def test_a_room_that_became_adult_is_hidden_before_the_index_knows(
    db: Database, index: SearchIndex, service: SearchService
) -> None:
    await made_of(db, index, listing("a", "Rust"), listing("b", "Rust two"))
    await store(db, listing("a", "Rust", adult=True))
    await store(db, listing("b", "Rust two", standing=Standing.FOUND))
    assert names(await ask(service, "rust")) == []


async def test_without_an_index_the_answer_is_empty_and_says_so(
    db: Database, open_index: OpenIndex
) -> None:
    result = await ask(SearchService(open_index(), db), "rust")
    assert result == SearchResult(partial=True)
