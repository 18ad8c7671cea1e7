"""Where aliases lead and what spaces hold, from servers that may say anything."""

from __future__ import annotations

import pytest

from webring.errors import TypeRefused
from webring.matrix.rooms import (
    MAX_CHILDREN,
    MAX_SERVERS,
    AliasAnswer,
    SpaceChild,
    read_alias,
    read_client_hierarchy,
    read_federation_hierarchy,
    read_servers,
)
from webring.names import RoomId, ServerName

SPACE = RoomId("!space:a.example")

ALIASES: dict[str, tuple[object, AliasAnswer | None]] = {
    "as Synapse answers": (
        {"room_id": "!r:a.example", "servers": ["a.example", "b.example"]},
        AliasAnswer(RoomId("!r:a.example"), (ServerName("a.example"), ServerName("b.example"))),
    ),
    "an id without a server": ({"room_id": "!r", "servers": []}, AliasAnswer(RoomId("!r"), ())),
    "no servers": ({"room_id": "!r"}, AliasAnswer(RoomId("!r"), ())),
    "servers that are none": ({"room_id": "!r", "servers": "a"}, AliasAnswer(RoomId("!r"), ())),
    "a list": ([], None),
    "no room id": ({"servers": []}, None),
    "a room id of another type": ({"room_id": 1}, None),
    "an alias for a room id": ({"room_id": "#r:a.example"}, None),
    "a lone surrogate": ({"room_id": "!\ud800"}, None),
}


@pytest.mark.parametrize("case", ALIASES)
def test_where_an_alias_leads(case: str) -> None:
    payload, expected = ALIASES[case]
    if expected is not None:
        assert read_alias(payload) == expected
        return
    with pytest.raises(TypeRefused):
        read_alias(payload)


def test_wrong_servers_are_left_out_and_the_rest_is_capped() -> None:
    assert read_servers(["A.example", "a.example", 7, "-", "b.example"]) == (
        "a.example",
        "b.example",
    )
    assert len(read_servers([f"s{n}.example" for n in range(1_000)])) == MAX_SERVERS


def room(room_id: str, *children: object) -> dict[str, object]:
    return {
        "room_id": room_id,
        "num_joined_members": 1,
        "world_readable": False,
        "guest_can_join": False,
        "children_state": list(children),
    }


def link(room_id: object, **content: object) -> dict[str, object]:
    return {
        "type": "m.space.child",
        "state_key": room_id,
        "content": {"via": ["a.example"], **content},
    }


LINKS: dict[str, tuple[object, bool]] = {
    "a child": (link("!c:a.example"), True),
    "one that was taken out": (
        {"type": "m.space.child", "state_key": "!c:a.example", "content": {}},
        False,
    ),
    "one with nobody to ask": (link("!c:a.example", via=[]), False),
    "one with wrong servers": (link("!c:a.example", via=[1]), False),
    "another type": ({**link("!c:a.example"), "type": "m.space.parent"}, False),
    "no id": (link("c"), False),
    "an id of another type": (link(None), False),
    "no content": ({"type": "m.space.child", "state_key": "!c:a.example"}, False),
    "no event": ("!c:a.example", False),
}


@pytest.mark.parametrize("case", LINKS)
def test_what_is_a_child(case: str) -> None:
    event, is_child = LINKS[case]
    found = read_federation_hierarchy({"room": room(SPACE, event), "children": []})
    assert bool(found.children) == is_child


def test_children_come_in_their_order_and_a_dangling_one_is_named() -> None:
    payload = {
        "room": room(
            SPACE,
            link("!z:a.example"),
            link("!b:a.example", order="2", suggested=True),
            link("!a:a.example", order="1", suggested="yes"),
        ),
        "children": [room("!a:a.example"), {"room_id": 7}, "nonsense"],
    }
    found = read_federation_hierarchy(payload)
    assert [child.room_id for child in found.children] == [
        "!a:a.example",
        "!b:a.example",
        "!z:a.example",
    ]
    assert found.children[1] == SpaceChild(
        RoomId("!b:a.example"), (ServerName("a.example"),), suggested=True, order="2"
    )
    assert not found.children[0].suggested
    assert [each.room_id for each in found.rooms] == [SPACE, "!a:a.example"]


def test_children_are_capped_and_named_once() -> None:
    many = [link(f"!{n}:a.example") for n in range(MAX_CHILDREN + 1)]
    found = read_federation_hierarchy({"room": room(SPACE, *many, *many)})
    assert len(found.children) == MAX_CHILDREN


def test_a_client_page_takes_children_of_the_space_alone() -> None:
    payload = {
        "rooms": [
            room(SPACE, link("!c:a.example")),
            room("!other:a.example", link("!d:a.example")),
        ],
        "next_batch": "p2",
    }
    found = read_client_hierarchy(payload, SPACE)
    assert [child.room_id for child in found.children] == ["!c:a.example"]
    assert found.next_batch == "p2"


WRONG: dict[str, object] = {
    "a list": [],
    "nothing": {},
    "a room of another type": {"room": [], "rooms": {}},
    "a token of another type": {"room": None, "rooms": [], "next_batch": 7},
    "a token with no end": {"room": None, "rooms": [], "next_batch": "x" * 100_000},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_hierarchy(case: str) -> None:
    with pytest.raises(TypeRefused):
        read_federation_hierarchy(WRONG[case])
    with pytest.raises(TypeRefused):
        read_client_hierarchy(WRONG[case], SPACE)
