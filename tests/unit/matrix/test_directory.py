"""Directories as real, foreign and hostile servers answer them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.directory.listing import JoinRule, Kind
from webring.errors import ConnectFailed, TimedOut, TypeRefused
from webring.matrix.directory import MAX_MEMBERS, DirectoryPage, read_all, read_page

pytestmark = pytest.mark.anyio

ENTRY: dict[str, object] = {
    "room_id": "!a:hs.example",
    "num_joined_members": 3,
    "world_readable": True,
    "guest_can_join": False,
    "join_rule": "public",
}


def test_a_minimal_entry_is_read() -> None:
    (room,) = read_page({"chunk": [ENTRY]}).rooms
    assert (room.name, room.topic, room.alias, room.kind) == ("", "", None, Kind.ROOM)
    assert (room.members, room.join_rule, room.world_readable) == (3, JoinRule.PUBLIC, True)


KEPT: dict[str, tuple[dict[str, object], str, object]] = {
    "a space": ({"room_type": "m.space"}, "kind", Kind.SPACE),
    "an unknown room type": ({"room_type": "org.example.blog"}, "kind", Kind.ROOM),
    "a room id without server": ({"room_id": "!7dGQhMzy4f"}, "room_id", "!7dGQhMzy4f"),
    "no join rule": ({"join_rule": "public"}, "join_rule", JoinRule.PUBLIC),
    "world-readable by invitation": ({"join_rule": "invite"}, "join_rule", JoinRule.INVITE),
    "HTML stays raw": ({"name": "<script>"}, "name", "<script>"),
    "a long name is cut": ({"name": "a" * 2_000}, "name", "a" * 255),
    "NUL is replaced": ({"topic": "a\0b"}, "topic", "a\ufffdb"),
    "a lone surrogate is replaced": ({"topic": "a\ud800b"}, "topic", "a\ufffdb"),
    "emoji stay": ({"name": "\U0001f600"}, "name", "\U0001f600"),
    "absurd members are clamped": ({"num_joined_members": 10**30}, "members", MAX_MEMBERS),
    "a script as avatar": ({"avatar_url": "javascript:alert(1)"}, "avatar", None),
    "a malformed alias": ({"canonical_alias": "nope"}, "alias", None),
    "a null name": ({"name": None}, "name", ""),
}


@pytest.mark.parametrize("case", KEPT)
def test_odd_entries_are_kept_harmless(case: str) -> None:
    change, field, expected = KEPT[case]
    page = read_page({"chunk": [{**ENTRY, **change}]})
    assert getattr(page.rooms[0], field) == expected


DROPPED: dict[str, tuple[object, str]] = {
    "not an object": (7, "not an object"),
    "no room id": ({**ENTRY, "room_id": None}, "room_id"),
    "an alias as room id": ({**ENTRY, "room_id": "#a:b"}, "room_id"),
    "a name that is a list": ({**ENTRY, "name": []}, "name"),
    "a topic that is a number": ({**ENTRY, "topic": 1}, "topic"),
    "members as text": ({**ENTRY, "num_joined_members": "3"}, "num_joined_members"),
    "negative members": ({**ENTRY, "num_joined_members": -1}, "num_joined_members"),
    "an unknown join rule": ({**ENTRY, "join_rule": "whim"}, "join_rule"),
    "a room type that is a list": ({**ENTRY, "room_type": []}, "room_type"),
    "a flag as text": ({**ENTRY, "world_readable": "yes"}, "world_readable"),
}


@pytest.mark.parametrize("case", DROPPED)
def test_a_wrong_entry_is_dropped_alone(case: str) -> None:
    entry, reason = DROPPED[case]
    page = read_page({"chunk": [ENTRY, entry, {**ENTRY, "room_id": "!b:hs.example"}]})
    assert [room.room_id for room in page.rooms] == ["!a:hs.example", "!b:hs.example"]
    assert page.dropped == {reason: 1}


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"chunk": {}}, {"chunk": [], "next_batch": 7}, {"rooms": []}]
)
def test_what_is_no_page_is_refused(payload: object) -> None:
    with pytest.raises(TypeRefused):
        read_page(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ENTRY, "name", "topic", "room_type"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_any_entries_are_read_or_dropped(entries: list[object]) -> None:
    page = read_page({"chunk": entries})
    assert len(page.rooms) + sum(page.dropped.values()) == len(entries)
    for room in page.rooms:
        (room.name + room.topic).encode()


def page(*ids: str, then: str | None = None) -> DirectoryPage:
    return read_page({"chunk": [{**ENTRY, "room_id": name} for name in ids], "next_batch": then})


def pages(*answers: DirectoryPage | Exception) -> Callable[[str | None], object]:
    left = list(answers)

    async def fetch(_token: str | None) -> DirectoryPage:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fetch


BROKEN = ConnectFailed("nobody answers")
LISTINGS: dict[str, tuple[tuple[DirectoryPage | Exception, ...], list[str], bool]] = {
    "one page": ((page("!a", "!b"),), ["!a", "!b"], True),
    "two pages, one room in both": (
        (page("!a", "!b", then="1"), page("!b", "!c")),
        ["!a", "!b", "!c"],
        True,
    ),
    "empty": ((page(),), [], True),
    "a page fails later": ((page("!a", then="1"), BROKEN), ["!a"], False),
    "the pages go round": ((page("!a", then="1"),), ["!a"], False),
    "more rooms than allowed": (
        (page("!a", "!b", "!c", "!d", then="1"), page("!e")),
        ["!a", "!b", "!c"],
        False,
    ),
}


@pytest.mark.parametrize("case", LISTINGS)
async def test_a_listing_says_whether_it_is_complete(case: str) -> None:
    answers, expected, complete = LISTINGS[case]
    listing = await read_all(pages(*answers), room_cap=3)  # type: ignore[arg-type]
    assert [room.room_id for room in listing.rooms] == expected
    assert listing.complete is complete
    assert bool(listing.why_incomplete) is not complete


async def test_a_directory_that_ends_at_the_cap_is_complete() -> None:
    listing = await read_all(pages(page("!a", "!b", "!c")), room_cap=3)  # type: ignore[arg-type]
    assert listing.complete


async def test_a_single_page_over_the_cap_is_not_complete() -> None:
    four = page("!a", "!b", "!c", "!d")
    listing = await read_all(pages(four), room_cap=3)  # type: ignore[arg-type]
    assert (len(listing.rooms), listing.complete) == (3, False)


def tarpit(*first: DirectoryPage) -> Callable[[str | None], Awaitable[DirectoryPage]]:
    """A server that answers these pages, and never another."""
    left = list(first)

    async def fetch(_token: str | None) -> DirectoryPage:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return fetch


async def test_the_time_for_a_directory_ends_it_with_what_was_read() -> None:
    fetch = tarpit(page("!a", then="1"))
    listing = await read_all(fetch, room_cap=3, longest=50)
    assert ([room.room_id for room in listing.rooms], listing.complete) == (["!a"], False)
    assert "the time for one directory is over" in listing.why_incomplete


async def test_a_first_page_that_never_comes_is_an_error() -> None:
    with pytest.raises(TimedOut):
        await read_all(tarpit(), room_cap=3, longest=50)


async def test_a_directory_that_never_answers_is_an_error() -> None:
    with pytest.raises(ConnectFailed):
        await read_all(pages(BROKEN), room_cap=3)  # type: ignore[arg-type]
