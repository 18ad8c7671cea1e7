"""Circles follow the database: what changed there, what time changes, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.rings.kept import keep, visited
from tests.unit.documents.ring_world import ID, TERMS, A, B, C, after, community, first, site
from tests.unit.rings.stored import stored_member, stored_version
from webring.clock import DAY, Millis
from webring.documents.chain import STALE_FOR
from webring.documents.ring import Order, Ring
from webring.documents.trust import SKEW
from webring.errors import StorageUnavailable
from webring.moderation.desk import Action, Desk, Target
from webring.names import RingId
from webring.rings.circle import Circle
from webring.rings.circles import Circles
from webring.rings.states import MemberState
from webring.storage import ring_members, ring_versions, rings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio

MOSS = RingId(f"moss:{A}")


def ring(ring_id: RingId = ID, **terms: Any) -> Ring:
    """A ring with a community and two sites."""
    root = first(replace(TERMS, **terms), ring_id=ring_id)
    made = (site(1, root.sha256), community(1, root.sha256), site(2, root.sha256))
    return after(root, members=made)


SOIL = ring()
ONE, PLOT, TWO = (member.id for member in SOIL.members)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now: Millis = SOIL.validity.issued_at + 1

    def __call__(self) -> Millis:
        return self.now


def circle(circles: Circles, name: str = SOIL.id) -> Circle:
    found = circles.get(name)
    assert found is not None
    return found


async def test_nothing_is_known_before_the_first_reading(db: Database) -> None:
    circles = Circles(db, Time())
    loaded = [circles.loaded]
    assert circles.rings() == ()
    await circles.refresh()
    assert [*loaded, circles.loaded] == [False, True]
    assert circles.get(SOIL.id) is None


async def test_rings_are_read_once_and_again_only_when_they_change(db: Database) -> None:
    await keep(db, SOIL)
    await keep(db, ring(MOSS))
    circles = Circles(db, Time())
    await circles.refresh()
    before, moss = circle(circles), circle(circles, MOSS)
    assert [each.ring for each in circles.rings()] == [MOSS, SOIL.id]
    assert [slot.id for slot in before.slots] == [ONE, PLOT, TWO]
    await circles.refresh()
    assert circle(circles) is before
    await keep(db, after(SOIL, members=SOIL.members[:2]))
    await circles.refresh()
    assert len(circle(circles)) == 2
    assert circle(circles, MOSS) is moss


async def test_a_member_s_state_is_followed(db: Database) -> None:
    await keep(db, SOIL, {ONE: MemberState.UNREACHABLE})
    circles = Circles(db, Time())
    await circles.refresh()
    assert circle(circles).next(TWO) == circle(circles).get(PLOT)
    await keep(db, SOIL)
    await circles.refresh()
    assert circle(circles).next(TWO) == circle(circles).get(ONE)


async def test_whoever_has_left_still_leads_on(db: Database) -> None:
    nine = site(9, SOIL.root)
    await keep(db, SOIL, gone=[stored_member(SOIL, nine, 0, 5, MemberState.LEFT, after=ONE)])
    circles = Circles(db, Time())
    await circles.refresh()
    assert circle(circles).get(nine.id) is None
    assert circle(circles).next(nine.id) == circle(circles).get(PLOT)


async def test_a_ring_that_is_gone_is_forgotten_and_one_without_a_version_is_none(
    db: Database,
) -> None:
    await keep(db, SOIL)
    async with db.transaction() as tx:
        await rings.add(tx, MOSS, "b" * 64, "followed", 0)
    circles = Circles(db, Time())
    await circles.refresh()
    assert [each.ring for each in circles.rings()] == [SOIL.id]
    async with db.transaction() as tx:
        await rings.remove(tx, SOIL.id)
    await circles.refresh()
    assert circles.rings() == ()
    assert await circles.topic("gardening") is None


async def test_a_head_that_cannot_be_read_takes_no_other_ring_with_it(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(db, SOIL)
    broken = ring(MOSS)
    await keep(db, broken)
    async with db.transaction() as tx:
        await ring_versions.put(tx, replace(stored_version(broken, 0), body=b"{"))
    circles = Circles(db, Time())
    await circles.refresh()
    await circles.refresh()
    assert circles.get(MOSS) is None
    assert len(circle(circles)) == 3
    assert caplog.text.count(f"{MOSS} cannot be walked") == 1


async def test_days_go_by(db: Database) -> None:
    time = Time()
    await keep(db, SOIL)
    await keep(db, ring(MOSS, order=Order.DAILY))
    circles = Circles(db, time)
    await circles.refresh()
    soil, orders = circle(circles), set()
    for _ in range(20):
        orders.add(tuple(slot.id for slot in circle(circles, MOSS).slots))
        time.now += DAY
        await circles.refresh()
    assert len(orders) > 1
    assert circle(circles) is soil
    today = circle(circles, MOSS)
    time.now -= 3 * DAY
    await circles.refresh()
    assert circle(circles, MOSS) is not today


async def test_time_makes_a_ring_stale_and_ends_it(db: Database) -> None:
    time = Time()
    await keep(db, SOIL)
    circles = Circles(db, time)
    found = []
    for now in (time.now, SOIL.expires_at + SKEW, SOIL.expires_at + STALE_FOR):
        time.now = now
        await circles.refresh()
        found.append((circle(circles).stale, circle(circles).lapsed))
    assert found == [(False, False), (True, False), (True, True)]


async def test_a_copy_that_is_behind_is_stale_until_it_is_not(db: Database) -> None:
    await keep(db, SOIL)
    circles = Circles(db, Time())
    for behind in (True, False):
        await visited(db, SOIL.id, behind=behind)
        await circles.refresh()
        assert circle(circles).stale is behind


BLOCKS = {"the instance of a community": (B, PLOT), "the host of a site": ("site2.example", TWO)}


@pytest.mark.parametrize("case", BLOCKS)
async def test_whom_the_operator_keeps_out_is_passed_over_at_once(db: Database, case: str) -> None:
    name, member = BLOCKS[case]
    time = Time()
    await keep(db, SOIL)
    circles, desk = Circles(db, time), Desk(db, time)
    await circles.refresh()
    for kept_out in (True, False):
        if kept_out:
            await desk.keep_out(Action.BLOCK, Target.SERVER, name, "spam", "operator")
        else:
            await desk.let_in(Target.SERVER, name, "operator")
        await circles.refresh()
        stops = {circle(circles).next(each) for each in (ONE, PLOT, TWO)}
        assert (circle(circles).get(member) in stops) is not kept_out
    before = circle(circles)
    await desk.keep_out(Action.BLOCK, Target.ROOM, "!some:room.example", "spam", "operator")
    await circles.refresh()
    assert circle(circles) is before


async def test_rings_of_those_who_are_all_kept_out_are_gone(db: Database) -> None:
    time = Time()
    await keep(db, SOIL)
    circles, desk = Circles(db, time), Desk(db, time)
    for name in (A, B, C):
        await desk.keep_out(Action.BLOCK, Target.SERVER, name, "spam", "operator")
    await circles.refresh()
    assert circles.get(SOIL.id) is None
    await desk.let_in(Target.SERVER, C, "operator")
    await circles.refresh()
    assert circles.get(SOIL.id) is not None


async def test_an_interest_is_walked_across_rings(db: Database) -> None:
    await keep(db, SOIL)
    await keep(db, ring(MOSS, interests=("Gärtnern", "moss")))
    circles = Circles(db, Time())
    await circles.refresh()
    walk = await circles.topic("gardening")
    assert walk is not None
    assert [slot.url for slot in walk.slots] == [member.url for member in SOIL.members]
    assert walk.find(ONE) == ONE
    assert await circles.topic("Gärtnern") is walk
    assert await circles.topic("moss") is not walk
    assert await circles.topic("") is await circles.topic("castles") is None
    await keep(db, after(SOIL, members=SOIL.members[:1]))
    await circles.refresh()
    new = await circles.topic("gardening")
    assert new is not None
    assert new is not walk


async def test_a_walk_is_made_once_however_many_ask_and_kept_while_its_rings_are(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(db, SOIL)
    await keep(db, ring(MOSS, interests=("moss",)))
    circles = Circles(db, Time())
    await circles.refresh()
    walks = await asyncio.gather(*(circles.topic("gardening") for _ in range(20)))
    assert len(set(map(id, walks))) == 1
    await keep(db, ring(MOSS, interests=("moss", "stones")))
    await circles.refresh()
    assert await circles.topic("gardening") is walks[0]
    monkeypatch.setattr("webring.rings.circles.MAX_WALKS", 1)
    await circles.topic("moss")
    assert await circles.topic("gardening") is not walks[0]


@asynccontextmanager
async def counted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Callable[..., object]]]:
    """Count how often the database is asked what there is."""
    asked: list[Callable[..., object]] = []
    ask = rings.revisions

    async def asking(*arguments: Any) -> Any:
        asked.append(ask)
        await asyncio.sleep(0)
        return await ask(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(rings, "revisions", asking)
        yield asked


async def test_requests_share_a_reading(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await keep(db, SOIL)
    circles = Circles(db, Time())
    async with counted(monkeypatch) as asked:
        await asyncio.gather(*(circles.refresh() for _ in range(200)))
    assert len(asked) <= 2
    assert len(circle(circles)) == 3


async def test_whoever_asks_during_a_reading_gets_what_was_written_before(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(db, SOIL)
    circles = Circles(db, Time())
    async with counted(monkeypatch):
        under_way = asyncio.create_task(circles.refresh())
        await asyncio.sleep(0)
        await keep(db, after(SOIL, members=SOIL.members[:1]))
        await circles.refresh()
        assert len(circle(circles)) == 1
        await under_way


async def test_what_fails_or_is_cancelled_leaves_everything_as_it_was(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(db, SOIL)
    circles = Circles(db, Time())
    await circles.refresh()
    before = circle(circles)
    await keep(db, after(SOIL, members=SOIL.members[:1]))
    with monkeypatch.context() as patched:

        async def gone(*_: object) -> None:
            raise StorageUnavailable("the database is gone")

        patched.setattr(ring_members, "slots", gone)
        with pytest.raises(StorageUnavailable):
            await circles.refresh()
    assert circle(circles) is before
    cancelled = asyncio.create_task(circles.refresh())
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await circles.refresh()
    assert len(circle(circles)) == 1
