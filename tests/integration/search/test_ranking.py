"""What comes first."""

from __future__ import annotations

from tests.fakes.listings import listing
from tests.integration.search.asking import hits, rooms
from tests.integration.search.conftest import fill
from webring.directory.listing import Listing, Standing
from webring.search.index import SearchIndex
from webring.search.planning import Pass


def test_the_room_that_was_named_comes_before_all(index: SearchIndex) -> None:
    others = [listing(f"r{n}", "Rust", members=90_000) for n in range(20)]
    named = listing("x", "Something", alias="#rust:a.b", members=0, standing=Standing.CLAIMED)
    fill(index, [*others, named])
    assert rooms(index, "#rust:a.b")[0] == "x"
    assert rooms(index, "!x:hs.example rust")[0] == "x"


def test_the_exact_name_or_alias_comes_before_partial_ones(index: SearchIndex) -> None:
    fill(
        index,
        [
            listing("big", "Linux gaming", topic="linux linux linux", members=90_000),
            listing("exact", "Linux", members=1, standing=Standing.CLAIMED),
            listing("alias", "Pinguins", alias="#linux:a.b", members=1, standing=Standing.CLAIMED),
        ],
    )
    assert set(rooms(index, "linux")[:2]) == {"exact", "alias"}


def test_the_name_weighs_more_than_the_topic(index: SearchIndex) -> None:
    fill(
        index,
        [
            listing("topic", "A room", topic="chess and more"),
            listing("name", "Chess friends", topic="and more"),
            listing("alias", "Friends of it", alias="#chess-friends:a.b", topic="and more"),
        ],
    )
    assert rooms(index, "chess") == ["name", "alias", "topic"]


def test_a_whole_word_weighs_more_than_a_beginning_and_that_more_than_a_typo(
    index: SearchIndex,
) -> None:
    fill(
        index,
        [listing("typo", "My rast"), listing("start", "My rusty"), listing("word", "My rust")],
    )
    assert rooms(index, "rust", Pass.TYPOS) == ["word", "start", "typo"]


def test_better_standing_comes_first_whatever_is_claimed(index: SearchIndex) -> None:
    sizes = {
        Standing.SPOKEN_FOR: 0,
        Standing.UNCONFIRMED: 900,
        Standing.CLAIMED: 90_000,
        Standing.FOUND: 2**53,
    }
    fill(
        index,
        [
            listing(standing.value, "Chess friends", standing=standing, members=members)
            for standing, members in sizes.items()
        ],
    )
    best_first = [standing.value for standing in sizes]
    for text in ("chess", "chess friends", ""):
        assert rooms(index, text, found=True) == best_first


def test_an_absurd_number_of_members_wins_nothing(index: SearchIndex) -> None:
    fill(
        index,
        [
            listing("liar", "Chess friends", members=2**53),
            listing("large", "Chess friends", members=5_000),
            listing("small", "Chess friends", members=5),
        ],
    )
    assert rooms(index, "chess") == ["large", "small", "liar"]
    assert rooms(index, "chess", sort="members") == ["large", "small", "liar"]


def test_equals_keep_their_order_when_the_index_is_rebuilt(index: SearchIndex) -> None:
    equals: list[Listing] = [listing(f"r{n}", "Chess friends") for n in range(40)]
    fill(index, equals)
    before = hits(index, "chess", limit=40).ids
    fill(index, reversed(equals))
    assert hits(index, "chess", limit=40).ids == before
    assert hits(index, "", limit=40).ids == before
