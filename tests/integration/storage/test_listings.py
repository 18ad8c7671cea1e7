"""Sightings, claims and the listings that follow from them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes.rooms import child, claim, directory_room
from tests.integration.conftest import OpenDatabase
from webring.clock import HOUR
from webring.directory.listing import Claim, DirectoryRoom, Listing, Standing
from webring.names import CommunityId, RoomAlias, RoomId, ServerName
from webring.storage import changes, communities, listings, sightings
from webring.storage.database import Connection, Database

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000_000
ONE, TWO = ServerName("one.example"), ServerName("two.example")


async def crawl(
    db: Database,
    server: ServerName,
    rooms: Sequence[DirectoryRoom],
    *,
    complete: bool = True,
    lived: int = 0,
) -> tuple[sightings.SightingDiff, listings.Refreshed]:
    async with db.transaction() as tx:
        diff = await sightings.record(tx, server, rooms, complete=complete, now=NOW, lived=lived)
        return diff, await listings.refresh(tx, diff.touched, NOW)


async def present(db: Database, instance: ServerName, claims: Sequence[Claim]) -> None:
    async with db.transaction() as tx:
        touched = await communities.apply(tx, instance, [(each, {}, NOW) for each in claims], 0)
        await listings.refresh(tx, touched, NOW)


async def everything(conn: Connection) -> list[Listing]:
    return await listings.page(conn, after=None, limit=100)


async def test_a_directory_is_read_and_read_again(db: Database) -> None:
    rooms = [directory_room(f"!{n}:one.example") for n in range(5)]
    diff, refreshed = await crawl(db, ONE, rooms)
    assert (diff.added, len(diff.touched), refreshed.added) == (5, 5, 5)
    diff, refreshed = await crawl(db, ONE, rooms)
    assert diff == sightings.SightingDiff(frozenset(), 0, 0, 0, 5)
    assert await changes.latest(db.reader) == 5
    rooms[0] = directory_room("!0:one.example", topic="New")
    diff, refreshed = await crawl(db, ONE, rooms[:4])
    assert (diff.changed, diff.removed, diff.unchanged) == (1, 1, 3)
    assert (refreshed.changed, refreshed.removed) == (1, 1)
    news = await changes.after(db.reader, 5)
    assert [(each.room_id, each.removed) for each in news] == [
        ("!0:one.example", False),
        ("!4:one.example", True),
    ]
    assert await listings.get(db.reader, RoomId("!4:one.example")) is None


async def test_what_is_not_complete_removes_nothing(db: Database) -> None:
    rooms = [directory_room(f"!{n}:one.example") for n in range(5)]
    await crawl(db, ONE, rooms)
    diff, _ = await crawl(db, ONE, rooms[:2], complete=False)
    assert (diff.removed, diff.unchanged) == (0, 2)
    assert await listings.count(db.reader) == 5


async def test_a_room_that_appears_twice_in_one_directory_is_one_room(db: Database) -> None:
    rooms = [directory_room(topic="First"), directory_room(topic="Second")]
    diff, _ = await crawl(db, ONE, rooms)
    assert diff.added == 1
    (listing,) = await everything(db.reader)
    assert listing.topic == "Second"


async def test_two_servers_publish_one_room(db: Database) -> None:
    await crawl(db, ONE, [directory_room()])
    await crawl(db, TWO, [directory_room()])
    (listing,) = await everything(db.reader)
    assert listing.servers == (ONE, TWO)
    assert [each.room_id for each in await listings.by_server(db.reader, TWO, 10)] == [
        "!room:hs.example"
    ]
    async with db.transaction() as tx:
        await listings.refresh(tx, await sightings.drop_server(tx, ONE), NOW)
    (listing,) = await everything(db.reader)
    assert listing.servers == (TWO,)


async def test_what_nothing_confirms_expires_by_lived_time(db: Database) -> None:
    await crawl(db, ONE, [directory_room("!old:one.example"), directory_room("!new:one.example")])
    await crawl(db, ONE, [directory_room("!new:one.example")], complete=False, lived=2 * HOUR)
    async with db.transaction() as tx:
        assert await sightings.expire(tx, HOUR, 10) == {"!old:one.example"}
        assert await sightings.expire(tx, HOUR, 10) == frozenset()


async def test_text_that_no_database_takes_is_stored_harmlessly(db: Database) -> None:
    nasty = directory_room(name="a\0b\ud800c", topic="\U0001f331\u202e")
    await crawl(db, ONE, [nasty])
    await crawl(db, ONE, [nasty])
    await present(
        db, ONE, [claim(name="x\0y", interests=("\udfff",), rooms=(child("!c:x", name="\0"),))]
    )
    await present(
        db, ONE, [claim(name="x\0y", interests=("\udfff",), rooms=(child("!c:x", name="\0"),))]
    )
    (seen,) = await sightings.of_room(db.reader, nasty.room_id)
    assert (seen.room.name, seen.room.topic) == ("a\ufffdb\ufffdc", "\U0001f331\u202e")
    assert await changes.latest(db.reader) == 3


async def test_a_listing_survives_the_way_through_the_database(db: Database) -> None:
    full = claim(
        activity=None,
        avatar=None,
        interests=("gardening", "beekeeping"),
        via=(ONE, TWO),
        adult=True,
    )
    await present(db, ONE, [full])
    (listing,) = await everything(db.reader)
    assert (listing.community, listing.instance) == (full.id, ONE)
    assert (listing.interests[:2], listing.via, listing.adult) == (
        ("gardening", "beekeeping"),
        (ONE, TWO),
        True,
    )
    assert await communities.get(db.reader, full.id) == full


async def test_claims_of_an_instance_are_replaced_whole(db: Database) -> None:
    first = claim("a:one.example", "!a:one.example", rooms=(child("!x:one.example"),))
    await present(db, ONE, [first, claim("b:one.example", "!b:one.example")])
    assert {each.room_id for each in await everything(db.reader)} == {
        "!a:one.example", "!b:one.example", "!x:one.example",
    }  # fmt: skip
    before = await changes.latest(db.reader)
    await present(db, ONE, [first, claim("b:one.example", "!b:one.example")])
    assert await changes.latest(db.reader) == before
    await present(db, ONE, [claim("a:one.example", "!moved:one.example")])
    assert {each.room_id for each in await everything(db.reader)} == {"!moved:one.example"}
    assert await listings.children(db.reader, first.id) == []


async def test_an_instance_claims_under_its_own_name_only(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(ValueError, match=r"not a community of two\.example"):
            await communities.apply(tx, TWO, [(claim("a:one.example"), {}, NOW)], 0)


async def test_children_stand_as_their_community_does(db: Database) -> None:
    parent = claim(room_id="!space:one.example", rooms=(child("!x:one.example"),))
    await present(db, ONE, [parent])
    (room,) = await listings.children(db.reader, parent.id)
    assert (room.standing, room.parents) == (Standing.SPOKEN_FOR, (parent.id,))
    async with db.transaction() as tx:
        touched = await communities.restand(tx, {parent.id: (Standing.CLAIMED, "because")})
        refreshed = await listings.refresh(tx, touched, NOW)
    assert (refreshed.changed, refreshed.removed) == (1, 1)
    listing = await listings.by_community(db.reader, parent.id)
    assert listing is not None
    assert (listing.standing, listing.why) == (Standing.CLAIMED, "because")


async def test_dropped_rooms_leave_their_spaces_too(db: Database) -> None:
    x, y = RoomId("!x:one.example"), RoomId("!y:one.example")
    parent = claim(room_id="!space:one.example", rooms=(child(x), child(y)))
    await present(db, ONE, [parent])
    async with db.transaction() as tx:
        touched = await communities.drop_rooms(tx, [x])
        assert x in touched
        await listings.refresh(tx, touched, NOW)
    assert [each.room_id for each in await listings.children(db.reader, parent.id)] == [y]
    stored = await communities.get(db.reader, parent.id)
    assert stored is not None
    assert [each.room_id for each in stored.rooms] == [y]
    async with db.transaction() as tx:
        await listings.refresh(tx, await communities.drop_rooms(tx, [parent.room_id]), NOW)
    assert await everything(db.reader) == []


async def test_what_one_instance_withdraws_is_not_anothers(db: Database) -> None:
    await present(db, ONE, [claim("a:one.example", "!r:x.example")])
    await present(db, TWO, [claim("a:two.example", "!r:x.example")])
    async with db.transaction() as tx:
        await communities.drop_rooms(tx, [RoomId("!r:x.example")], ONE)
    assert [each.id for each in await communities.of_room(db.reader, RoomId("!r:x.example"))] == [
        CommunityId("a:two.example")
    ]


async def test_pages_and_counts(db: Database) -> None:
    await crawl(db, ONE, [directory_room(f"!{n}:one.example", members=n) for n in range(4)])
    await present(
        db,
        TWO,
        [
            claim(
                "a:two.example", "!a:two.example", interests=("beekeeping", "gardening"), members=5
            ),
            claim(
                "b:two.example",
                "!b:two.example",
                interests=("beekeeping",),
                members=6,
                alias=RoomAlias("#b:two.example"),
            ),
        ],
    )
    conn = db.reader
    assert await listings.count(conn) == 6
    assert (await listings.by_standing(conn))[Standing.FOUND] == 4
    assert (await listings.by_standing(conn))[Standing.DISPUTED] == 0
    assert [each.members for each in await listings.spoken_for(conn, 10)] == [6, 5]
    assert [each.members for each in await listings.found(conn, 2, 1)] == [2, 1]
    assert (await listings.interests(conn, 10))[0] == ("beekeeping", 2)
    assert len(await listings.by_instance(conn, TWO)) == 2
    listing = await listings.by_alias(conn, RoomAlias("#b:two.example"))
    assert listing is not None
    assert listing.community == "b:two.example"
    walked: list[RoomId] = []
    while page := await listings.page(conn, after=walked[-1] if walked else None, limit=4):
        walked += [each.room_id for each in page]
    assert walked == sorted(walked)
    assert len(walked) == 6
    async with db.transaction() as tx:
        assert await listings.remove(tx, [*walked[:2], RoomId("!no:such")], NOW) == 2
    assert await listings.count(conn) == 4


async def test_what_is_for_adults_is_left_out_where_it_is_not_asked_for(db: Database) -> None:
    claims = [
        claim(f"{slug}:two.example", f"!{slug}:two.example", interests=(slug,), adult=slug == "art")
        for slug in ("art", "tea")
    ]
    await present(db, TWO, claims)
    conn = db.reader
    assert await listings.count_spoken_for(conn) == 2
    assert await listings.count_spoken_for(conn, adult=False) == 1
    assert [each.adult for each in await listings.spoken_for(conn, 9, adult=False)] == [False]
    about = dict(await listings.interests(conn, 9))
    assert ("art" in about, about["tea"]) == (False, 1)


async def test_two_processes_that_learn_of_one_room_at_once_lose_nothing(
    open_database: OpenDatabase,
) -> None:

    one, two = await open_database(), await open_database()
    await asyncio.gather(crawl(one, ONE, [directory_room()]), crawl(two, TWO, [directory_room()]))
    (listing,) = await everything(one.reader)
    assert listing.servers == (ONE, TWO)


async def test_ten_thousand_rooms_cost_a_few_statements(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = [directory_room(f"!{n:05}:one.example") for n in range(10_000)]
    async with db.transaction() as tx:
        statements = 0
        for name in ("execute_query", "execute_many", "execute_query_dict"):
            real = getattr(tx, name)

            async def counted(*args: object, real: object = real) -> object:
                nonlocal statements
                statements += 1
                return await real(*args)  # type: ignore[operator]

            monkeypatch.setattr(tx, name, counted)
        diff = await sightings.record(tx, ONE, rooms, complete=True, now=NOW, lived=1)
        assert (diff.added, statements) == (10_000, 3)
        await listings.refresh(tx, diff.touched, NOW)
        assert statements <= 3 + 10 * len(rooms) // 500
        statements = 0
        diff = await sightings.record(tx, ONE, rooms, complete=True, now=NOW, lived=2)
        await listings.refresh(tx, diff.touched, NOW)
        assert (diff.unchanged, statements) == (10_000, 2)


async def test_two_confirmed_claims_on_one_room_are_disputed_until_one_ends(db: Database) -> None:
    room = RoomId("!a:one.example")
    ours = claim("garden:one.example", room_id=room)
    theirs = claim("plot:two.example", room_id=room)
    await present(db, ServerName("one.example"), [ours])
    (listed,) = await everything(db.reader)
    assert listed.standing is Standing.SPOKEN_FOR
    await present(db, ServerName("two.example"), [theirs])
    found = {each.id: each for each in await communities.of_room(db.reader, room)}
    assert {each.standing for each in found.values()} == {Standing.DISPUTED}
    assert "two.example" in found[ours.id].why
    (listed,) = await everything(db.reader)
    assert listed.standing is Standing.DISPUTED
    await present(db, ServerName("two.example"), [replace(theirs, standing=Standing.UNCONFIRMED)])
    kept = await communities.get(db.reader, ours.id)
    other = await communities.get(db.reader, theirs.id)
    assert kept is not None
    assert other is not None
    assert (kept.standing, other.standing) == (Standing.SPOKEN_FOR, Standing.CLAIMED)
    await present(db, ServerName("two.example"), [])
    (listed,) = await everything(db.reader)
    assert (listed.standing, listed.community) == (Standing.SPOKEN_FOR, ours.id)
