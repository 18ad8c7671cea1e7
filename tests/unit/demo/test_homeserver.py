"""The sample homeserver answers as a real one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.demo.samples import LISTED, federation, homeserver
from webring.demo.homeserver import Homeserver, MissingToken, Page, Unauthorised, Unreached
from webring.errors import BadRequest, Forbidden, NotFound, RequestError

TOKEN = "Bearer secret"


def ids(answer: dict[str, object]) -> list[str]:
    chunk = answer["chunk"]
    assert isinstance(chunk, list)
    return [room["room_id"] for room in chunk]


def test_a_directory_is_paged_to_its_end_without_repeating() -> None:
    server, page, seen = homeserver("meadow"), Page(limit=7), list[str]()
    while True:
        answer = server.federation_directory(page)
        seen += ids(answer)
        if "next_batch" not in answer:
            break
        page = Page(since=str(answer["next_batch"]), limit=7)
    assert len(seen) == len(set(seen)) == LISTED["meadow"]


@pytest.mark.parametrize(
    ("limit", "size"), [(0, 1), (-4, 1), (5, 5), (100, 100), (100_000, 100)], ids=str
)
def test_the_limit_of_a_page_is_capped(limit: int, size: int) -> None:
    assert Page(limit=limit).size == size


@pytest.mark.parametrize("since", ["x", "p", "p-1", "p1.5", "1"])
def test_a_foreign_token_is_refused(since: str) -> None:
    with pytest.raises(BadRequest):
        homeserver("meadow").directory(Page(since=since))


def test_what_nobody_could_enter_or_read_is_not_listed() -> None:
    listed = {room.key for room in federation().published_by(homeserver("harbour").name)}
    assert "lighthouse-keepers" not in listed


def test_a_shared_room_is_in_two_directories_under_one_id() -> None:
    shared = next(r for r in federation().rooms.values() if r.key == "repair-cafe")
    for key in ("meadow", "lantern"):
        assert shared.room_id in ids(homeserver(key).directory(Page()))


@pytest.mark.parametrize(
    ("page", "keys"),
    [
        pytest.param(Page(term="BREAD"), {"slow-bread"}, id="a word in any case"),
        pytest.param(
            Page(types=("m.space",)),
            {"kitchen-garden", "slow-bread", "stoff-und-faden"},
            id="spaces only",
        ),
        pytest.param(Page(term="nothing of the kind"), set(), id="no match"),
    ],
)
def test_a_directory_is_filtered(page: Page, keys: set[str]) -> None:
    rooms = {room.room_id: room.key for room in federation().rooms.values()}
    assert {rooms[i] for i in ids(homeserver("meadow").directory(page))} == keys  # type: ignore[index]


def _as_client(server: Homeserver) -> Callable[[Page], object]:
    return lambda page: server.client_directory(page, "")


CLOSED: list[object] = [
    pytest.param("lantern", "federation", Forbidden, id="federation closed"),
    pytest.param("harbour", "client", MissingToken, id="clients need a token"),
    pytest.param("cellar", "federation", Forbidden, id="closed: federation"),
    pytest.param("cellar", "client", MissingToken, id="closed: clients"),
]


@pytest.mark.parametrize(("key", "way", "error"), CLOSED)
def test_closed_directories_say_so(key: str, way: str, error: type[RequestError]) -> None:
    server = homeserver(key)
    ask = server.federation_directory if way == "federation" else _as_client(server)
    with pytest.raises(error):
        ask(Page())


def test_our_own_homeserver_reads_another_for_us_if_that_one_is_open() -> None:
    harbour, meadow = homeserver("harbour"), homeserver("meadow")
    assert len(ids(harbour.proxied_directory(meadow.name, Page(), TOKEN))) == LISTED["meadow"]
    with pytest.raises(Unreached):
        harbour.proxied_directory(homeserver("cellar").name, Page(), TOKEN)
    with pytest.raises(MissingToken):
        harbour.proxied_directory(meadow.name, Page(), "")


def test_only_our_tokens_open_and_a_guest_gets_one() -> None:
    server = homeserver("harbour")
    with pytest.raises(Unauthorised):
        server.client_directory(Page(), "Bearer guess")
    guest = server.guest()["access_token"]
    assert ids(server.client_directory(Page(), f"Bearer {guest}"))


def test_aliases_resolve_and_belong_to_their_server() -> None:
    meadow, harbour = homeserver("meadow"), homeserver("harbour")
    alias = f"#bees:{meadow.name}"
    assert meadow.own_alias(alias) == harbour.resolve(alias)
    with pytest.raises(BadRequest):
        harbour.own_alias(alias)
    with pytest.raises(NotFound):
        meadow.own_alias(f"#wasps:{meadow.name}")
    with pytest.raises(BadRequest):
        meadow.own_alias("bees")


def test_a_hierarchy_names_children_and_how_to_reach_them() -> None:
    meadow = homeserver("meadow")
    garden = next(r for r in meadow.server.rooms if r.key == "kitchen-garden")
    answer = meadow.hierarchy(garden.room_id)
    children = answer["children"]
    assert isinstance(children, list)
    assert [child["room_id"] for child in children] == list(garden.children)
    room = answer["room"]
    assert isinstance(room, dict)
    assert all(event["content"]["via"] for event in room["children_state"])


def test_a_walk_pages_through_a_space_and_ends() -> None:
    meadow = homeserver("meadow")
    garden = next(r for r in meadow.server.rooms if r.key == "kitchen-garden")
    seen: list[object] = []
    since = ""
    while True:
        answer = meadow.walk(garden.room_id, since, 2)
        rooms = answer["rooms"]
        assert isinstance(rooms, list)
        seen += [room["room_id"] for room in rooms]
        if "next_batch" not in answer:
            break
        since = str(answer["next_batch"])
    assert seen == [garden.room_id, *garden.children]


def test_summaries_show_unlisted_rooms_but_not_private_ones() -> None:
    rooms = {room.key: room for room in federation().rooms.values()}
    assert homeserver("meadow").summary(rooms["unlisted-shed"].room_id)["num_joined_members"] == 5
    with pytest.raises(NotFound):
        homeserver("harbour").summary(rooms["lighthouse-keepers"].room_id)


def test_state_is_read_of_world_readable_rooms_that_the_server_is_in() -> None:
    rooms = {room.key: room for room in federation().rooms.values()}
    shared = rooms["repair-cafe"].room_id
    for key in ("meadow", "lantern"):
        content = homeserver(key).state_content(shared, "m.room.name", "")
        assert content == {"name": "Repair Café"}
    with pytest.raises(Forbidden):
        homeserver("harbour").state(shared)
    with pytest.raises(Forbidden):
        homeserver("meadow").state(rooms["compost-corner"].room_id)
    with pytest.raises(NotFound):
        homeserver("meadow").state_content(shared, "m.room.encryption", "")
