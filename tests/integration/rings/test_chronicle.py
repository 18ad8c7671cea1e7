"""Histories out of what is stored: by chapters, with names of today, and made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import (
    ID,
    NOW,
    B,
    after,
    community,
    first,
    pages_of,
    site,
)
from webring.clock import DAY
from webring.documents.ring import Reason, RemovedMember, Ring, RingMember
from webring.moderation.desk import Action, Desk, Target
from webring.names import RingId
from webring.rings import chronicle as module
from webring.rings.chronicle import Chapter, Chronicle
from webring.rings.circles import Circles
from webring.rings.shelf import Shelf
from webring.rings.states import MemberState
from webring.rings.telling import sentence
from webring.storage import ring_versions
from webring.storage.database import Database

pytestmark = pytest.mark.anyio

V1 = first()
ONE, TWO = site(1, V1.root), site(2, V1.root)
PLOT = community(3, V1.root)
V2 = after(V1, members=[ONE, TWO])
V3 = after(V2, members=[ONE, TWO, PLOT])
V4 = after(V3, members=[ONE, PLOT], removed=[RemovedMember(TWO.id, Reason.LEFT, NOW + DAY)])
CHAIN = (V1, V2, V3, V4)
TITLE = f"Title of {ONE.url}"


@dataclass
class World:
    """Stored rings and who tells their history."""

    db: Database
    circles: Circles
    chronicle: Chronicle

    async def hold(self, versions: Sequence[Ring]) -> None:
        for version in versions:
            async with self.db.transaction() as tx:
                await ring_versions.put_pages(tx, version.id, pages_of(version))
            await keep(self.db, version)
        await self.circles.refresh()

    async def chapter(self, before: int | None = None) -> Chapter:
        chapter = await self.chronicle.chapter(ID, before)
        assert chapter is not None
        return chapter

    async def told(self, before: int | None = None) -> list[str]:
        return [sentence(event) for event in (await self.chapter(before)).events]


@pytest.fixture
def world(db: Database) -> World:
    circles = Circles(db, lambda: V4.validity.issued_at)
    return World(db, circles, Chronicle(db, circles, Shelf()))


async def test_a_history_is_told_from_the_newest_on(world: World) -> None:
    await world.hold(CHAIN)
    assert await world.told() == [
        "A former member left.",
        f"Title of {PLOT.url} joined.",
        f"{TITLE} joined.",
        "A former member joined.",
        "The ring was founded. Stewards: a.example, b.example, c.example.",
    ]
    assert (await world.chapter()).older is None


async def test_erased_pages_leave_what_heads_tell(world: World) -> None:
    await world.hold(CHAIN)
    async with world.db.transaction() as tx:
        await ring_versions.erase_pages(tx, ID, {**pages_of(V2), **pages_of(V3)})
    assert (await world.told())[0] == "A former member left."
    assert sum(event.count for event in (await world.chapter()).events) == 5


async def test_an_unknown_ring_has_none(world: World) -> None:
    await world.hold(CHAIN)
    assert await world.chronicle.chapter(RingId("sand:a.example")) is None


async def test_chapters_follow_one_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_VERSIONS", 2)
    await world.hold(CHAIN)
    newest = await world.chapter()
    assert [event.sequence for event in newest.events] == [4, 3]
    assert newest.older == 3
    older = await world.chapter(newest.older)
    assert [event.sequence for event in older.events] == [2, 2, 1]
    assert older.older is None


@pytest.mark.parametrize("before", [1, 0, -5])
async def test_before_the_beginning_there_is_nothing(world: World, before: int) -> None:
    await world.hold(CHAIN)
    assert await world.chapter(before) == Chapter((), None)


async def test_beyond_the_newest_is_the_newest(world: World) -> None:
    await world.hold(CHAIN)
    assert (await world.chapter(10**15)).events == (await world.chapter()).events


async def test_large_rings_have_chapters_of_fewer_versions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORK", 3)
    await world.hold(CHAIN)
    assert {event.sequence for event in (await world.chapter()).events} == {4}
    monkeypatch.setattr(module, "WORK", 0)
    assert {event.sequence for event in (await world.chapter(4)).events} == {3}


async def test_chapters_have_whole_versions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 3)
    await world.hold(CHAIN)
    chapter = await world.chapter()
    assert ([event.sequence for event in chapter.events], chapter.older) == ([4, 3], 3)
    assert chapter.left_out == 0


async def test_one_large_version_says_how_much_it_leaves_out(world: World) -> None:
    many = [site(number, V1.root) for number in range(10, 260)]
    await world.hold([V1, after(V1, members=many)])
    chapter = await world.chapter()
    assert (len(chapter.events), chapter.left_out, chapter.older) == (200, 50, 2)
    assert (await world.told(chapter.older))[0].startswith("The ring was founded.")


class Counting(Shelf):
    """A shelf that counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_of: list[int] = []

    async def read(self, conn: object, stored: ring_versions.StoredVersion) -> Ring:
        self.read_of.append(stored.sequence)
        return await super().read(conn, stored)  # type: ignore[arg-type]


async def test_what_was_made_is_kept_until_the_ring_changes(world: World) -> None:
    shelf = Counting()
    world.chronicle = Chronicle(world.db, world.circles, shelf)
    await world.hold(CHAIN[:3])
    await world.told()
    await world.told()
    assert shelf.read_of == [1, 2, 3]
    await world.hold([V4])
    assert (await world.told())[0] == "A former member left."
    assert shelf.read_of == [1, 2, 3, 1, 2, 3, 4]


STANDING: dict[MemberState, str] = {
    MemberState.ACTIVE: TITLE,
    MemberState.SLEEPING: TITLE,
    MemberState.UNREACHABLE: TITLE,
    MemberState.PENDING: "site1.example",
    MemberState.ONE_SIDED: "site1.example",
}


@pytest.mark.parametrize("state", STANDING)
async def test_who_does_not_consent_has_no_title(world: World, state: MemberState) -> None:
    await world.hold(CHAIN)
    await keep(world.db, V4, {ONE.id: state})
    await world.circles.refresh()
    assert f"{STANDING[state]} joined." in await world.told()


BLOCKED: dict[str, tuple[str, RingMember]] = {
    "a site's host": ("site1.example", ONE),
    "a community's instance": (B, PLOT),
}


@pytest.mark.parametrize("name", BLOCKED)
async def test_who_is_kept_out_has_no_name(world: World, name: str) -> None:
    server, member = BLOCKED[name]
    await world.hold(CHAIN)
    assert any(member.url in text for text in await world.told())
    desk = Desk(world.db, lambda: NOW)
    await desk.keep_out(Action.BLOCK, Target.SERVER, server, "spam", "operator")
    await world.circles.refresh()
    assert not any(member.url in text or server in text for text in (await world.told())[:4])
