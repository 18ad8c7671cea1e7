"""What time settles of rings that we steward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.integration.rings.asked import ADA, World, world
from tests.unit.documents.ring_world import B, community, site
from webring.clock import DAY
from webring.documents.ring import JoinPolicy, Reason, RingMember
from webring.names import Slug
from webring.rings import drafting
from webring.rings.clearing import GONE_AFTER
from webring.rings.drafting import Wanted
from webring.storage import ring_members, ring_requests, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.ring_requests import KEPT

pytestmark = pytest.mark.anyio


async def member(db: Database, state: str = "one_sided") -> tuple[World, RingMember]:
    """A ring with a member that stands so."""
    here = await world(db)
    one = community(1, here.ring.root)
    await here.next(members=[one, site(2, here.ring.root)])
    await stands(here, one, state)
    return here, one


async def stands(here: World, one: RingMember, state: str) -> None:
    slot = await ring_members.get(here.db.reader, here.ring.id, one.id)
    assert slot is not None
    async with here.db.transaction() as tx:
        await ring_members.put(tx, [replace(slot, state=state, since=here.now)])


async def wanted(here: World) -> list[Wanted]:
    return [each.wanted for each in await here.wishes()]


async def test_whoever_takes_its_half_back_for_good_has_left(db: Database) -> None:
    here, one = await member(db)
    here.now += GONE_AFTER - 1
    await here.clear()
    assert await wanted(here) == []
    here.now += 1
    for _ in range(2):
        await here.clear()
    (wish,) = await here.wishes()
    assert (wish.wanted, wish.decider) == (drafting.departed(one.id), "")


async def test_whoever_is_back_stays(db: Database) -> None:
    here, one = await member(db)
    here.now += GONE_AFTER
    await here.clear()
    await stands(here, one, "active")
    await here.clear()
    assert await wanted(here) == []


@pytest.mark.parametrize("state", ["active", "pending", "sleeping", "unreachable"])
async def test_everybody_else_keeps_their_slot(db: Database, state: str) -> None:
    here, _ = await member(db, state)
    here.now += 2 * GONE_AFTER
    await here.clear()
    assert await wanted(here) == []


WISHES: dict[str, Callable[[str], Wanted]] = {
    "its own leave": drafting.leave,
    "a removal": lambda one: drafting.remove(one, Reason.RULES),
}


@pytest.mark.parametrize("case", WISHES)
async def test_whose_departure_is_wanted_already_is_not_wanted_twice(
    db: Database, case: str
) -> None:
    here, one = await member(db)
    wish = WISHES[case](one.id)
    async with db.transaction() as tx:
        await ring_wishes.add(tx, here.ring.id, wish, "", here.now)
    here.now += GONE_AFTER
    await here.clear()
    assert await wanted(here) == [wish]
    await stands(here, one, "active")
    await here.clear()
    assert await wanted(here) == [wish]


async def test_of_rings_of_others_nothing_is_wanted(db: Database) -> None:
    here, _ = await member(db)
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, here.ring.id, False)
    here.now += GONE_AFTER
    await here.clear()
    assert await wanted(here) == []


async def test_wishes_that_nothing_came_of_are_forgotten(db: Database) -> None:
    here, one = await member(db, "active")
    joins = drafting.join(site(3, here.ring.root))
    decided = drafting.join(site(4, here.ring.root))
    async with db.transaction() as tx:
        move = drafting.move(one.id, "https://b.example/n", (B, Slug("plot-1")))
        for wish in (move, drafting.sleep(one.id), joins):
            await ring_wishes.add(tx, here.ring.id, wish, "", here.now)
        await ring_wishes.add(tx, here.ring.id, decided, ADA, here.now)
    here.now += 7 * DAY - 1
    await here.clear()
    assert len(await here.wishes()) == 4
    here.now += 1
    await here.clear()
    assert await wanted(here) == [drafting.sleep(one.id), decided]


async def test_requests_are_forgotten_a_year_after_they_were_decided(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.looked_at()
    async with db.transaction() as tx:
        await here.deciding.decline(tx, asked.id, Reason.RULES, "", ADA, here.now)
    here.now += KEPT - 1
    await here.clear()
    assert await ring_requests.get(db.reader, asked.id) is not None
    here.now += 1
    await here.clear()
    assert await ring_requests.get(db.reader, asked.id) is None
