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
        Block("glob", "*.farm.example", "block", "spam", 1),
        Block("glob", "#*-giveaway:*", "block", "", 1),
        Block("glob", "!gone*", "block", "", 1),
        Block("word", "double your coins", "block", "scams", 1),
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
    "by a glob of servers, in its id": ("!x:a.farm.example", None, None, "The server a.farm.exam"),
    "by a glob of servers, at a port": ("!x:a.farm.example:8448", None, None, "The server a.farm"),
    "by a glob of servers, in its alias": ("!x", "#x:a.farm.example", None, "blocked by this"),
    "by a glob of aliases": ("!x", "#big-giveaway:hs.example", None, "This room is blocked"),
    "by a glob of ids": ("!goneforever", None, None, "This room is blocked"),
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
        ("!x:farm.example", "#giveaway:hs.example", None),
        ("!x:a.farm.example.org", "#x:notfarm.example", None),
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


SAYS = {
    "in its name": (("Double your coins", ""), None, False),
    "in its topic": (("", "here you DOUBLE YOUR COINS"), None, False),
    "in its alias": (("Nice", ""), "#double-your-coins:hs.example", False),
    "half in its name, half in its topic": (("double your", "coins"), None, True),
    "not at all": (("Coins", "double entry"), "#coins:hs.example", True),
}


@pytest.mark.parametrize("case", SAYS)
def test_a_word_keeps_out_what_says_it(case: str) -> None:
    says, alias, allowed = SAYS[case]
    verdict = LIST.room(RoomId("!x"), RoomAlias(alias) if alias else None, says=says)
    assert verdict.allowed is allowed
    assert "coins" not in verdict.why


def test_pages_go_with_a_glob_of_servers() -> None:
    assert LIST.has_servers
    assert not LIST.page("https://a.farm.example:8443/x").allowed
    assert Blocklist.of([Block("glob", "*.farm.example", "block", "", 1)]).has_servers
    assert not Blocklist.of([Block("glob", "#*:x", "block", "", 1)]).has_servers
