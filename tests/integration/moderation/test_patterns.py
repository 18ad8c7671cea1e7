"""Globs and words of the operator: gone at once, gone after the next crawl, and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.rooms import child, claim
from tests.integration.crawler.test_homeservers import NOW, listed, listing, room, visit
from webring.errors import BadRequest
from webring.moderation.desk import Target
from webring.moderation.patterns import Patterns
from webring.names import PeerUrl, RoomAlias, RoomId, ServerName
from webring.settings import HomeserverSettings, InstanceSettings, Settings
from webring.storage import blocks, communities, decisions, homeservers, listings, peers
from webring.storage.database import Database
from webring.storage.homeservers import Candidate

pytestmark = pytest.mark.anyio
FARM, KIND = ServerName("a.farm.example"), ServerName("kind.example")
OWN = Settings(
    InstanceSettings(ServerName("own.example"), PeerUrl("https://ring.own.example")),
    homeserver=HomeserverSettings(name="hs.own.example"),
)


def desk(db: Database) -> Patterns:
    return Patterns(db, lambda: NOW, OWN)


async def keep_out(db: Database, kind: Target, text: str) -> tuple[int, int]:
    swept = await desk(db).keep_out(kind, text, "spam", "tester")
    return swept.servers, swept.listings


async def test_a_glob_takes_servers_and_their_rooms(db: Database) -> None:
    await visit(db, listing(room("x", room_id=RoomId("!x:a.farm.example"))), KIND)
    await visit(db, listing(room("y", alias=None)), FARM)
    await visit(db, listing(room("z")), KIND)
    assert await listed(db) == ["y", "z"]
    async with db.transaction() as tx:
        await peers.add(tx, [Candidate(FARM, FARM, "named")], NOW, NOW)
    assert await keep_out(db, Target.GLOB, "*.FARM.example") == (1, 1)
    assert await listed(db) == ["z"]
    for states in (await homeservers.states(db.reader), await peers.states(db.reader)):
        assert states[FARM] == "blocked"
    await visit(db, listing(room("x", room_id=RoomId("!x:b.farm.example")), room("z")), KIND)
    assert await listed(db) == ["z"]
    assert [each.action for each in await decisions.all(db.reader)] == ["block_glob"]


async def test_and_gives_them_back(db: Database) -> None:
    await visit(db, listing(room("y", alias=None)), FARM)
    await keep_out(db, Target.GLOB, "*.farm.example")
    assert await desk(db).let_in(Target.GLOB, "*.farm.example", "tester")
    assert not await desk(db).let_in(Target.GLOB, "*.farm.example", "tester")
    assert (await homeservers.states(db.reader))[FARM] == "new"
    await visit(db, listing(room("y", alias=None)), FARM)
    assert await listed(db) == ["y"]


async def test_a_server_that_two_blocks_hit_stays_out(db: Database) -> None:
    await visit(db, listing(room("y", alias=None)), FARM)
    await keep_out(db, Target.GLOB, "*.farm.example")
    await keep_out(db, Target.GLOB, "a.*.example")
    await desk(db).let_in(Target.GLOB, "*.farm.example", "tester")
    assert (await homeservers.states(db.reader))[FARM] == "blocked"


async def test_a_glob_of_aliases_takes_what_its_directory_shows_so(db: Database) -> None:
    await visit(db, listing(room("big-giveaway"), room("z")), KIND)
    assert await keep_out(db, Target.GLOB, "#*-giveaway:*") == (0, 1)
    assert await listed(db) == ["z"]


async def test_a_word_takes_what_says_it(db: Database) -> None:
    shown = [room("z", topic="Double your coins"), room("coins"), room("CASINO")]
    await visit(db, listing(*shown), KIND)
    assert await keep_out(db, Target.WORD, "double your  Coins") == (0, 1)
    assert await keep_out(db, Target.WORD, "casino") == (0, 1)
    assert await listed(db) == ["coins"]
    await visit(db, listing(*shown), KIND)
    assert await listed(db) == ["coins"]
    await desk(db).let_in(Target.WORD, "DOUBLE your coins", "tester")
    await visit(db, listing(*shown), KIND)
    assert await listed(db) == ["coins", "z"]


async def test_a_word_takes_communities_and_rooms_of_others(db: Database) -> None:
    spam = claim("a:one.example", "!a:hs.example", topic="casino")
    held = claim(
        "b:two.example",
        "!b:hs.example",
        rooms=(child("!c:hs.example", name="The casino"), child("!d:hs.example", name="D")),
    )
    async with db.transaction() as tx:
        for each in (spam, held):
            await communities.apply(tx, each.id.instance, [(each, {}, NOW)], 0)
        rooms = [RoomId(f"!{name}:hs.example") for name in "abcd"]
        await listings.refresh(tx, rooms, NOW)
    assert await listings.count(db.reader) == 4
    assert await keep_out(db, Target.WORD, "casino") == (0, 2)
    left = await listings.page(db.reader, after=None, limit=9)
    assert [each.room_id for each in left] == ["!b:hs.example", "!d:hs.example"]


REFUSED = {
    "everything": (Target.GLOB, "*", "everything"),
    "everything with a dot": (Target.GLOB, "*.*", "everything"),
    "every room": (Target.GLOB, "!*", "everything"),
    "nothing": (Target.GLOB, " ", "1 to 255"),
    "what no server is called": (Target.GLOB, "*.a b", "is no glob"),
    "somebody": (Target.GLOB, "@spam*:x", "by user id"),
    "too much": (Target.GLOB, "a" * 300, "1 to 255"),
    "no word": (Target.WORD, "!!", "has letters"),
    "a page of words": (Target.WORD, "word " * 30, "at most 100"),
    "ourselves": (Target.GLOB, "own.*", "own.example, which is this instance's own"),
    "where we serve": (Target.GLOB, "ring.*", "ring.own.example, which"),
    "our homeserver": (Target.GLOB, "hs.*", "hs.own.example, which"),
    "a community of ours, by its alias": (Target.GLOB, "#garden*", "garden:own.example"),
    "a community of ours, by its id": (Target.GLOB, "!our*", "garden:own.example"),
    "a community of ours, by a word": (Target.WORD, "gardening", "garden:own.example"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_would_be_a_mistake_is_refused(db: Database, case: str) -> None:
    kind, text, words = REFUSED[case]
    own = claim("garden:own.example", "!our:hs", alias=RoomAlias("#garden:elsewhere.example"))
    async with db.transaction() as tx:
        await communities.apply(tx, own.id.instance, [(own, {}, NOW)], 0)
    with pytest.raises(BadRequest, match=words.replace(".", r"\.")):
        await desk(db).keep_out(kind, text, "", "tester", sure=True)
    assert await blocks.all(db.reader) == []


async def test_what_takes_a_large_share_is_asked_about(db: Database) -> None:
    many = [room(f"casino-{number}") for number in range(30)]
    await visit(db, listing(*many, replace(room("z"), name="other")), KIND)
    with pytest.raises(BadRequest, match="30 of 31 listings: add --yes"):
        await keep_out(db, Target.WORD, "casino")
    assert len(await listed(db)) == 31
    assert await blocks.all(db.reader) == []
    swept = await desk(db).keep_out(Target.WORD, "casino", "", "tester", sure=True)
    assert swept.listings == 30
    assert await listed(db) == ["other"]
