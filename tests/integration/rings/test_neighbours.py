"""The rings that a community stands in, and the rooms that it shares."""

from __future__ import annotations

import pytest

from tests.integration.rings.neighbourhood import Here, member, place, shared_space
from tests.unit.documents import ring_world as w
from webring.directory.listing import Standing
from webring.moderation.desk import Action, Desk, Target
from webring.rings.neighbours import MOST_SHARED, MOST_SHARERS, RingStanding
from webring.rings.states import MemberState
from webring.storage import ring_members
from webring.storage.database import Database

pytestmark = pytest.mark.anyio

BEES, MOSS, HAY = "bees:own.example", "moss:forest.example", "hay:meadow.example"
ART, CODE = "!art:own.example", "!code:own.example"
SITE = w.site(1, w.first().sha256)


@pytest.fixture
def here(db: Database) -> Here:
    return Here(db)


def beside(standing: RingStanding) -> tuple[str | None, str | None]:
    """The addresses of its neighbours."""
    before, after = standing.previous, standing.next
    return before.url if before else None, after.url if after else None


async def test_a_ring_is_shown_with_who_is_beside(here: Here) -> None:
    await here.know(place(BEES))
    await here.circle(member(MOSS), member(BEES), SITE)
    (standing,) = (await here.look(BEES)).rings
    assert (standing.circle.label, standing.slot.state) == ("Soil", MemberState.ACTIVE)
    assert beside(standing) == (member(MOSS).url, SITE.url)


async def test_who_is_alone_has_nobody_beside(here: Here) -> None:
    await here.know(place(BEES))
    await here.circle(member(BEES))
    (standing,) = (await here.look(BEES)).rings
    assert beside(standing) == (None, None)


SHOWN = {
    MemberState.SLEEPING: 1,
    MemberState.UNREACHABLE: 1,
    MemberState.PENDING: 0,
    MemberState.ONE_SIDED: 0,
}


@pytest.mark.parametrize("state", SHOWN)
async def test_a_ring_is_shown_where_the_community_says_that_it_is_in_it(
    here: Here, state: MemberState
) -> None:
    await here.know(place(BEES))
    await here.circle(member(BEES), member(MOSS), states={member(BEES).id: state})
    rings = (await here.look(BEES)).rings
    assert len(rings) == SHOWN[state]
    assert all(beside(each) == (None, None) for each in rings), "nobody is sent there or from there"


async def test_a_ring_that_lists_a_community_unasked_is_not_shown(here: Here) -> None:
    await here.know(place(BEES))
    await here.circle(member(BEES))
    (slot,) = await ring_members.of_ring(here.db.reader, w.ID)
    async with here.db.transaction() as tx:
        await tx.execute_query("UPDATE ring_member SET consents = NULL")
    assert (await here.look(BEES)).rings == ()
    assert slot.consents


async def test_a_shared_room_is_shown_on_both_sides(here: Here) -> None:
    await here.know(shared_space(BEES, ART, CODE), shared_space(MOSS, ART), place(HAY))
    for one, other in ((BEES, MOSS), (MOSS, BEES)):
        (shared,) = (await here.look(one)).shared
        assert (shared.room.room_id, [each.id for each in shared.communities]) == (ART, [other])
    assert (await here.look(HAY)).shared == ()


@pytest.mark.parametrize("standing", [Standing.CLAIMED, Standing.DISPUTED])
async def test_who_is_not_spoken_for_shares_nothing(here: Here, standing: Standing) -> None:
    await here.know(shared_space(BEES, ART), shared_space(MOSS, ART, standing=standing))
    assert (await here.look(BEES)).shared == ()
    assert (await here.look(MOSS)).shared == ()


async def test_rooms_of_many_come_first_and_a_crowd_hides_nobody(here: Here) -> None:
    crowd = [f"a{at}:crowd.example" for at in range(MOST_SHARERS + 3)]
    many = [f"!many{at}" for at in range(MOST_SHARED + 2)]
    await here.know(
        shared_space(BEES, ART, *many),
        shared_space(MOSS, ART, *many),
        *(shared_space(name, ART) for name in crowd),
    )
    found = await here.look(BEES)
    assert (len(found.shared), found.more_shared) == (MOST_SHARED, 3)
    first = found.shared[0]
    assert (first.room.room_id, first.more) == (ART, 4)
    assert [each.id for each in first.communities][:2] == [crowd[0], MOSS]


async def test_what_is_for_adults_is_not_named_elsewhere(here: Here) -> None:
    await here.know(shared_space(BEES, ART), shared_space(MOSS, ART, adult=True))
    assert (await here.look(BEES)).shared == ()
    assert len((await here.look(BEES, adult=True)).shared) == 1


async def test_a_room_that_is_kept_out_is_shared_by_nobody(here: Here) -> None:
    await here.know(shared_space(BEES, ART), shared_space(MOSS, ART))
    await Desk(here.db, lambda: w.NOW).keep_out(Action.BLOCK, Target.ROOM, ART, "", "test")
    assert (await here.look(BEES)).shared == ()
