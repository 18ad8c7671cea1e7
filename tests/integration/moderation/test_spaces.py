"""What a space that is kept out takes with it: on whose word, for how long, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.rooms import child, directory_room
from tests.integration.crawler.peer_world import NOW, World, draft, world
from tests.integration.crawler.test_homeservers import listing
from tests.integration.crawler.test_homeservers import visit as crawled
from tests.unit.documents.test_trust import FIRST, community
from webring.directory.listing import Standing
from webring.documents.keys import KeySet
from webring.documents.manifest import ManifestDraft
from webring.moderation.desk import Action, Desk, Kept, Target
from webring.moderation.roster import Roster
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks, communities, listings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)
SPACE, INSIDE, LATER = RoomId("!a:garden.example"), RoomId("!inside:x.example"), RoomId("!later")


def space(here: World, *rooms: RoomId, ours: bool = True) -> ManifestDraft:
    """A space with rooms; its alias is the instance's own, or else one that proves nothing."""
    plain = replace(community("a"), url="", rooms=tuple(child(room) for room in rooms))
    if ours:
        here.matrix.aliases[f"#a:{here.name}"] = SPACE
        plain = replace(plain, alias=RoomAlias(f"#a:{here.name}"))
    return replace(draft(), communities=[plain])


async def visited(here: World, said: ManifestDraft) -> None:
    """A later manifest says this, and is read."""
    here.times[0] += 1
    here.serve(said, KEYS, here.times[0])
    await here.visit()


async def kept_out(here: World, action: Action = Action.OPTOUT) -> Kept:
    desk = Desk(here.db, lambda: here.times[0])
    return await desk.keep_out(action, Target.SPACE, SPACE, "", "test")


async def is_listed(here: World, room: RoomId) -> bool:
    """Whether the room stands in the directory after another crawl of one that publishes it."""
    await crawled(here.db, listing(directory_room(room)), ServerName("elsewhere.example"))
    return await listings.get(here.db.reader, room) is not None


async def test_a_stranger_that_lists_such_a_space_removes_nothing(db: Database) -> None:
    async with world(db) as here:
        await here.found(INSIDE)
        await kept_out(here)
        await here.accept(False)
        await visited(here, space(here, INSIDE))
        assert await listings.get(db.reader, INSIDE) is not None
        assert [(each.kind, each.target) for each in await blocks.all(db.reader)] == [
            ("space", SPACE)
        ]


async def test_nor_does_an_accepted_one_that_only_claims_it(db: Database) -> None:
    async with world(db) as here:
        await here.found(INSIDE)
        await kept_out(here)
        await here.accept()
        await visited(here, space(here, INSIDE, ours=False))
        assert await listings.get(db.reader, INSIDE) is not None


async def test_a_decision_takes_along_no_rooms_of_one_that_only_claims_the_space(
    db: Database,
) -> None:
    async with world(db) as here:
        await here.found(INSIDE)
        await here.accept(False)
        await visited(here, space(here, INSIDE))
        assert (await kept_out(here)).removed == 1
        assert await is_listed(here, INSIDE)


@pytest.mark.parametrize("action", Action)
async def test_a_space_takes_its_rooms_along_and_brings_them_back(
    db: Database, action: Action
) -> None:
    async with world(db) as here:
        await here.found(INSIDE)
        await here.accept()
        await visited(here, space(here, INSIDE))
        assert (await kept_out(here, action)).removed == 2
        await visited(here, space(here, INSIDE))
        assert not await is_listed(here, INSIDE)
        await Desk(db, lambda: NOW).let_in(Target.SPACE, SPACE, "test")
        assert await blocks.all(db.reader) == []
        await visited(here, space(here, INSIDE))
        assert await is_listed(here, INSIDE)
        shown = await listings.get(db.reader, INSIDE)
        assert shown is not None
        assert shown.standing is Standing.UNCONFIRMED


async def test_what_is_added_to_it_later_goes_too_until_it_leaves_the_space(db: Database) -> None:
    async with world(db) as here:
        await here.found(LATER)
        await here.accept()
        await visited(here, space(here, INSIDE))
        await kept_out(here)
        await visited(here, space(here, INSIDE, LATER))
        assert await listings.get(db.reader, LATER) is None
        assert not await is_listed(here, LATER)
        await visited(here, space(here))
        assert await is_listed(here, LATER)
        assert not await is_listed(here, INSIDE)


@pytest.mark.parametrize("how", ["unaccepted", "blocked", "removed"])
async def test_later_additions_count_while_their_instance_is_trusted(
    db: Database, how: str
) -> None:
    async with world(db) as here:
        await here.accept()
        await visited(here, space(here, INSIDE))
        await kept_out(here)
        await visited(here, space(here, INSIDE, LATER))
        roster = Roster(db, lambda: here.times[0], "test")
        if how == "unaccepted":
            await roster.unaccept_peer(here.name)
        elif how == "removed":
            await roster.remove_peer(here.name)
        else:
            desk = Desk(db, lambda: here.times[0])
            await desk.keep_out(Action.BLOCK, Target.SERVER, here.name, "", "test")
        assert await is_listed(here, LATER)
        assert not await is_listed(here, INSIDE)


async def test_a_room_that_another_instance_speaks_for_stays(db: Database) -> None:
    async with world(db) as here:
        await here.found(INSIDE)
        await here.accept()
        await visited(here, space(here, INSIDE))
        other = ServerName("x.example")
        claim = (await communities.of_instance(db.reader, here.name))[0]
        theirs = replace(claim, id=type(claim.id)(f"inside:{other}"), room_id=INSIDE, rooms=())
        async with db.transaction() as tx:
            await communities.apply(tx, other, [(theirs, {}, NOW)], 0)
        assert (await kept_out(here)).removed == 1
        assert await is_listed(here, INSIDE)
        assert [each.id for each in await communities.of_room(db.reader, INSIDE)] == [theirs.id]
        async with db.transaction() as tx:
            await communities.drop_instance(tx, other)
        await visited(here, space(here, INSIDE))
        assert not await is_listed(here, INSIDE)


async def test_it_goes_as_a_community_of_the_instance_that_holds_it_in_its_space(
    db: Database,
) -> None:
    async with world(db) as here:
        await here.accept()
        both = space(here, INSIDE)
        here.matrix.aliases[f"#inside:{here.name}"] = INSIDE
        alias = RoomAlias(f"#inside:{here.name}")
        inside = replace(community("inside"), url="", room_id=INSIDE, alias=alias)
        both = replace(both, communities=[*both.communities, inside])
        await visited(here, both)
        assert await here.listed() == {"a": Standing.UNCONFIRMED, "inside": Standing.UNCONFIRMED}
        await kept_out(here)
        assert await here.listed() == {}
        await visited(here, both)
        assert await here.listed() == {}
