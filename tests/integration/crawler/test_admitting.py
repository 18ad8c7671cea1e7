"""Whose word in a directory silences whom: a room's moderators everybody, a stranger itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.rooms import claim, directory_room
from tests.integration.crawler.peer_world import world
from tests.integration.crawler.test_homeservers import A, B, listed, listing, visit
from tests.integration.crawler.test_homeservers import room as at_a
from tests.integration.moderation.test_spaces import SPACE, space, visited
from webring.clock import HOUR
from webring.directory.listing import DirectoryRoom, Standing
from webring.matrix.directory import DirectoryListing
from webring.moderation.roster import Roster
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks, communities, listings, sightings
from webring.storage.blocks import Block
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
EVIL, ELSEWHERE = ServerName("evil.example"), ServerName("elsewhere.example")
OPAQUE = RoomId("!opaque")
OFF = ("Welcome! [webring:off]", "(MRS-noindex:true-MRS)")


def opaque(topic: str = "", at: ServerName = A) -> DirectoryRoom:
    """A room whose id names no server, with an alias of the one given."""
    return directory_room(OPAQUE, name="opaque", topic=topic, alias=RoomAlias(f"#opaque:{at}"))


async def says(
    db: Database, server: ServerName, *rooms: DirectoryRoom, whole: bool = True
) -> list[str]:
    """A directory lists these rooms; the names of what is listed then."""
    await visit(db, said(rooms, whole), server, NOW)
    return await listed(db)


def said(rooms: tuple[DirectoryRoom, ...], whole: bool) -> DirectoryListing:
    return listing(*rooms, complete=whole)


async def seen_at(db: Database, room: RoomId) -> set[str]:
    return {each.server for each in await sightings.of_room(db.reader, room)}


@pytest.mark.parametrize("topic", OFF)
@pytest.mark.parametrize("whole", [True, False])
async def test_a_strangers_marker_silences_itself_alone(
    db: Database, topic: str, whole: bool
) -> None:
    theirs = at_a("x")
    await says(db, A, theirs)
    await says(db, EVIL, theirs)
    assert await seen_at(db, theirs.room_id) == {A, EVIL}
    evil = replace(theirs, topic=topic, alias=RoomAlias("#x:evil.example"))
    assert await says(db, EVIL, evil, whole=whole) == ["x"]
    assert await seen_at(db, theirs.room_id) == {A}


async def test_nor_does_an_alias_that_it_invents_for_a_room_without_a_server(db: Database) -> None:
    await says(db, A, opaque())
    assert await says(db, EVIL, opaque(OFF[0], EVIL)) == ["opaque"]
    await says(db, ServerName("also.evil.example"), opaque("", EVIL))
    assert await says(db, EVIL, opaque(OFF[0], EVIL)) == ["opaque"]
    assert A in await seen_at(db, OPAQUE)


@pytest.mark.parametrize("topic", OFF)
async def test_the_server_of_its_id_speaks_for_a_room_until_it_says_otherwise(
    db: Database, topic: str
) -> None:
    room = at_a("x", alias=None)
    await says(db, B, room)
    assert await says(db, A, replace(room, topic=topic), whole=False) == []
    assert await says(db, B, room) == []
    assert await says(db, A, at_a("y"), whole=False) == ["y"]
    assert await says(db, B, room) == ["y"]
    assert await says(db, A, room) == ["x"]
    assert await says(db, B, room) == ["x"]
    assert await seen_at(db, room.room_id) == {A, B}


async def test_so_does_the_server_of_the_alias_that_all_others_show(db: Database) -> None:
    await says(db, B, opaque())
    await says(db, ELSEWHERE, opaque())
    assert await says(db, A, opaque(OFF[0])) == []
    assert await says(db, B, opaque()) == []


async def test_so_does_our_own_homeserver(db: Database) -> None:
    await says(db, B, opaque())
    await visit(db, listing(opaque(OFF[0])), ELSEWHERE, NOW, home=ELSEWHERE)
    assert await listed(db) == []
    assert await says(db, B, opaque()) == []


async def test_what_leaves_a_whole_directory_declines_no_longer_by_it(db: Database) -> None:
    room = at_a("x")
    await says(db, A, replace(room, topic=OFF[0]))
    await says(db, A)
    assert await says(db, B, room) == ["x"]


async def test_a_server_that_is_removed_takes_its_words_along(db: Database) -> None:
    room = at_a("x")
    await says(db, A, replace(room, topic=OFF[0]))
    await Roster(db, lambda: NOW, "test").remove_server(A)
    assert await says(db, B, room) == ["x"]


async def test_an_entry_under_a_blocked_servers_alias_silences_itself_alone(db: Database) -> None:
    await says(db, A, opaque())
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", "blocked.example", "block", "", NOW))
    wrong = opaque(at=ServerName("blocked.example"))
    assert await says(db, EVIL, wrong) == ["opaque"]


SPOKEN: dict[str, tuple[ServerName, bool]] = {
    "the alias's server": (B, False),
    "the server of its id": (A, True),
    "a stranger": (EVIL, True),
}


@pytest.mark.parametrize("case", SPOKEN)
async def test_a_room_that_is_spoken_for_hears_the_server_of_its_alias(
    db: Database, case: str
) -> None:
    server, stays = SPOKEN[case]
    room = at_a("x")
    one = claim("x:one.example", room.room_id, alias=RoomAlias(f"#x:{B}"), name="x")
    async with db.transaction() as tx:
        await communities.apply(tx, one.id.instance, [(one, {}, NOW)], 0)
        await listings.refresh(tx, [room.room_id], NOW)
    assert await says(db, server, replace(room, topic=OFF[0])) == (["x"] if stays else [])


async def test_no_claim_and_no_space_lists_what_declines(db: Database) -> None:
    inside = at_a("x")
    async with world(db) as here:
        await here.accept()
        await visited(here, space(here, inside.room_id))
        assert await listings.get(db.reader, inside.room_id) is not None
        await says(db, A, replace(inside, topic=OFF[0]))
        (shown,) = await communities.of_instance(db.reader, here.name)
        assert shown.rooms == ()
        assert await listings.get(db.reader, inside.room_id) is None
        here.times[0] += HOUR
        await visited(here, space(here, inside.room_id))
        assert await listings.get(db.reader, inside.room_id) is None
        # The space itself declines, by its alias's server and by the one of its id.
        assert await here.listed() == {"a": Standing.UNCONFIRMED}
        unwilling = directory_room(SPACE, topic=OFF[0])
        for server in (ServerName("garden.example"), here.name):
            await says(db, server, unwilling)
        assert await here.listed() == {}
        await visited(here, space(here))
        assert await here.listed() == {}


async def test_a_mere_claim_does_not_list_what_the_server_of_its_id_declines(db: Database) -> None:
    async with world(db) as here:
        await visited(here, space(here, ours=False))
        assert await here.listed() == {"a": Standing.CLAIMED}
        unwilling = directory_room(SPACE, topic=OFF[0])
        await says(db, ServerName("garden.example"), unwilling)
        assert await here.listed() == {}
        await visited(here, space(here, ours=False))
        assert await here.listed() == {}
