"""What is kept out, and how that is explained."""

from __future__ import annotations

import pytest

from webring.moderation.blocklist import Blocklist
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage.blocks import Block
from webring.storage.space_rooms import SpaceRoom

LIST = Blocklist.of(
    [
        Block("room", "!bad:hs.example", "block", "spam", 1),
        Block("room", "!v12", "optout", "", 1),
        Block("server", "evil.example", "block", "scams", 1),
        Block("space", "!space:hs.example", "optout", "", 1),
    ],
    [
        SpaceRoom(RoomId(space), RoomId(room), ServerName("hs.example"), decided=False)
        for space, room in [("!space:hs.example", "!held:hs.example"), ("!let-in", "!free:hs")]
    ],
)

KEPT_OUT: dict[str, tuple[str, str | None, str | None, str]] = {
    "by room id": ("!bad:hs.example", None, None, "blocked by this instance's operator: spam"),
    "by room id, whoever speaks": ("!bad:hs.example", None, "two.example", "spam"),
    "by a room id without server": ("!v12", None, None, "This room is opted out."),
    "by the server in its id": ("!x:evil.example", None, None, "The server evil.example is block"),
    "by the server in its id, in capitals": ("!x:Evil.example", None, None, "The server evil"),
    "by its alias' server": ("!other", "#x:evil.example", None, "The server evil.example"),
    "as the space itself": ("!space:hs.example", None, None, "This room is opted out"),
    "with a space": ("!held:hs.example", None, None, "A space that holds this room is opted out"),
    "with a space, by whom it was told": ("!held:hs.example", None, "hs.example", "A space that"),
}


def asked(room: str, alias: str | None, speaker: str | None) -> tuple[bool, str]:
    verdict = LIST.room(
        RoomId.parse(room),
        RoomAlias.parse(alias) if alias else None,
        ServerName(speaker) if speaker else None,
    )
    return verdict.allowed, verdict.why


@pytest.mark.parametrize("case", KEPT_OUT)
def test_a_room_is_kept_out(case: str) -> None:
    room, alias, speaker, words = KEPT_OUT[case]
    allowed, why = asked(room, alias, speaker)
    assert not allowed
    assert words in why


@pytest.mark.parametrize(
    ("room", "alias", "speaker"),
    [
        ("!x:hs.example", None, None),
        ("!bad", "#bad:hs.example", None),
        ("!x:not-evil.example", "#evil.example:hs.example", None),
        ("!held:hs.example", None, "two.example"),
        ("!free:hs", None, None),
    ],
)
def test_others_are_not(room: str, alias: str | None, speaker: str | None) -> None:
    assert asked(room, alias, speaker) == (True, "")


def test_a_server_is_kept_out_by_its_whole_name() -> None:
    assert not LIST.server(ServerName("evil.example")).allowed
    assert LIST.server(ServerName("evil.example:8448")).allowed


PAGES = {
    "a page of a blocked server": ("https://evil.example/garden", False),
    "in capitals, at a port": ("https://Evil.example:8443/", False),
    "another host that ends like it": ("https://not-evil.example/", True),
    "its name in a path": ("https://hs.example/evil.example", True),
    "no page at all": ("", True),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_goes_with_its_server(case: str) -> None:
    url, allowed = PAGES[case]
    assert LIST.page(url).allowed is allowed
    assert Blocklist().page(url).allowed
