"""What is kept out, and how that is explained."""

from __future__ import annotations

import pytest

from webring.moderation.blocklist import Blocklist
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage.blocks import Block

LIST = Blocklist.of(
    [
        Block("room", "!bad:hs.example", "block", "spam", 1),
        Block("room", "!v12", "optout", "", 1),
        Block("server", "evil.example", "block", "scams", 1),
        Block("space", "!space:hs.example", "optout", "", 1),
    ]
)

KEPT_OUT: dict[str, tuple[str, str | None, tuple[str, ...], str]] = {
    "by room id": ("!bad:hs.example", None, (), "blocked by this instance's operator: spam"),
    "by a room id without server": ("!v12", None, (), "This room is opted out."),
    "by the server in its id": ("!x:evil.example", None, (), "The server evil.example is blocked"),
    "by the server in its id, in capitals": ("!x:Evil.example", None, (), "The server evil"),
    "by its alias' server": ("!other", "#x:evil.example", (), "The server evil.example"),
    "as the space itself": ("!space:hs.example", None, (), "This room is opted out"),
    "as a space's child": ("!x:hs.example", None, ("!space:hs.example",), "A space that holds"),
}


def asked(room: str, alias: str | None, parents: tuple[str, ...]) -> tuple[bool, str]:
    verdict = LIST.room(
        RoomId.parse(room), RoomAlias.parse(alias) if alias else None, map(RoomId, parents)
    )
    return verdict.allowed, verdict.why


@pytest.mark.parametrize("case", KEPT_OUT)
def test_a_room_is_kept_out(case: str) -> None:
    room, alias, parents, words = KEPT_OUT[case]
    allowed, why = asked(room, alias, parents)
    assert not allowed
    assert words in why


@pytest.mark.parametrize(
    ("room", "alias"),
    [
        ("!x:hs.example", None),
        ("!bad", "#bad:hs.example"),
        ("!x:not-evil.example", "#evil.example:hs.example"),
    ],
)
def test_others_are_not(room: str, alias: str | None) -> None:
    assert asked(room, alias, ("!other:hs.example",)) == (True, "")


def test_a_server_is_kept_out_by_its_whole_name() -> None:
    assert not LIST.server(ServerName("evil.example")).allowed
    assert LIST.server(ServerName("evil.example:8448")).allowed
