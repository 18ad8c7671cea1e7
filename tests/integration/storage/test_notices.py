"""Notices: kept, found by what they concern, and settled once."""

from __future__ import annotations

import pytest

from webring.clock import DAY, Millis
from webring.names import RingId, Slug
from webring.storage import notices
from webring.storage.database import Database
from webring.storage.notices import KEPT, LISTED, NoticeDraft, RoomState, StoredNotice

pytestmark = pytest.mark.anyio
NOW: Millis = 1_790_000_000_000
SOIL, BEES = RingId("soil:garden.example"), RingId("bees:garden.example")
ONE, TWO = "1" * 20, "2" * 20
HERBS = Slug("herbs")
JOINED = NoticeDraft("join", "It has joined Soil.", SOIL, ONE, HERBS, RoomState.PENDING)
PUBLISHED = NoticeDraft(LISTED, "It is listed.", community=HERBS, room_state=RoomState.PENDING)


async def kept(db: Database, *drafts: NoticeDraft) -> list[int]:
    async with db.transaction() as tx:
        return [await notices.add(tx, each, NOW + at) for at, each in enumerate(drafts)]


def numbers(found: list[StoredNotice]) -> list[int]:
    return [each.id for each in found]


async def test_a_notice_is_kept_as_it_is(db: Database) -> None:
    strange = NoticeDraft("leave", "It has left \0 \ud800.", SOIL, ONE)
    one, two = await kept(db, JOINED, strange)
    assert await notices.get(db.reader, one) == StoredNotice(
        one, NOW, "join", JOINED.text, SOIL, ONE, HERBS, RoomState.PENDING, ""
    )
    found = await notices.get(db.reader, two)
    assert found is not None
    assert (found.text, found.community) == ("It has left \ufffd \ufffd.", None)
    assert await notices.get(db.reader, two + 1) is None


async def test_notices_are_found_by_what_they_concern(db: Database) -> None:
    other, elsewhere = NoticeDraft("sleep", "", SOIL, TWO), NoticeDraft("join", "", BEES, ONE)
    one, two, three, four = await kept(db, JOINED, other, elsewhere, PUBLISHED)
    conn = db.reader
    assert numbers(await notices.of_member(conn, SOIL, ONE)) == [one]
    assert numbers(await notices.of_ring(conn, SOIL)) == [two, one]
    assert numbers(await notices.of_ring(conn, SOIL, 1)) == [two]
    assert numbers(await notices.of_ring(conn, BEES)) == [three]
    assert numbers(await notices.of_community(conn, HERBS)) == [four, one]
    assert numbers(await notices.between(conn, one, NOW, NOW + 2, 9)) == [two, three]
    assert numbers(await notices.between(conn, 0, NOW + 1, NOW + 9, 2)) == [two, three]
    assert await notices.told(conn, LISTED) == {HERBS}
    assert await notices.told(conn, "sleep") == frozenset()


async def test_a_room_is_settled_once(db: Database) -> None:
    one, two, _ = await kept(db, JOINED, PUBLISHED, NoticeDraft("wake", "", SOIL, TWO))
    assert numbers(await notices.to_post(db.reader, 9)) == [one, two]
    assert numbers(await notices.to_post(db.reader, 1)) == [one]
    async with db.transaction() as tx:
        assert await notices.set_room_state(tx, one, RoomState.PENDING, "not yet: down")
        assert await notices.set_room_state(tx, one, RoomState.POSTED, "")
        assert not await notices.set_room_state(tx, one, RoomState.FAILED, "too late")
    assert numbers(await notices.to_post(db.reader, 9)) == [two]
    found = await notices.get(db.reader, one)
    assert found is not None
    assert (found.room_state, found.room_reason) == (RoomState.POSTED, "")


async def test_rooms_that_could_not_be_told_are_found(db: Database) -> None:
    one, two, three, _, late = await kept(
        db, JOINED, PUBLISHED, JOINED, NoticeDraft("wake", "", SOIL, TWO), JOINED
    )
    async with db.transaction() as tx:
        await notices.set_room_state(tx, one, RoomState.FAILED, "nobody answers")
        await notices.set_room_state(tx, two, RoomState.POSTED, "")
        await notices.set_room_state(tx, late, RoomState.PENDING, "not yet")
    assert numbers(await notices.not_told(db.reader, NOW, 9)) == [late, one]
    assert numbers(await notices.not_told(db.reader, NOW, 1)) == [late]
    assert numbers(await notices.not_told(db.reader, NOW + 1, 9)) == [late]
    assert three in numbers(await notices.to_post(db.reader, 9))


async def test_old_ones_are_forgotten_but_for_what_is_told_once(db: Database) -> None:
    _, listed = await kept(db, JOINED, PUBLISHED)
    async with db.transaction() as tx:
        assert await notices.prune(tx, NOW + KEPT - 1) == 0
        assert await notices.prune(tx, NOW + KEPT + DAY) == 1
    assert numbers(await notices.of_community(db.reader, HERBS)) == [listed]
