"""A site leaves by its own word: whoever looks sees it, and nobody else can say it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.rings.checked import OWN, RING, SETTINGS, World, world
from tests.integration.rings.web import HOST, html
from tests.unit.documents import ring_world
from webring.clock import HOUR, MINUTE
from webring.documents.ring_changes import ChangeKind, MemberChange
from webring.documents.ring_parts import MemberKind, RingMember
from webring.rings import drafting, wanting
from webring.rings.checking import PAUSE
from webring.rings.moving import Moves
from webring.rings.proving import MemberProver
from webring.rings.states import Finding
from webring.storage import ring_wishes, rings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
FILE = "/.well-known/webring.json"


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    """A ring that we steward, at a site that was shown."""
    async with world(db) as opened:
        async with db.transaction() as tx:
            await rings.set_stewarded(tx, RING, True)
        yield opened


async def member_of(here: World) -> str:
    """A site that is in the ring."""
    member = await here.join()
    here.show(member)
    await here.check()
    assert (await here.get(member)).state == "active"
    here.said.notes.clear()
    return member


def says_left(here: World, member: str) -> None:
    here.web.serve("/", html(f'<link rel="webring-left" href="{HOST}/rings/{RING}/{member}">Bye'))


async def wanted(here: World) -> list[drafting.Wanted]:
    return [wish.wanted for wish in await ring_wishes.of_ring(here.db.reader, RING)]


def leaving(here: World, member: str) -> MemberChange:
    site = RingMember(member, MemberKind.SITE, None, None, here.web.url(), 0)
    return MemberChange(ChangeKind.LEAVE, site, None)


async def test_its_word_is_done_at_once(here: World) -> None:
    member = await member_of(here)
    says_left(here, member)
    here.web.time.now += PAUSE
    report = await here.checking.check_now(RING, member)
    assert (report.finding, report.code, report.after) == (Finding.ABSENT, "left", "one_sided")
    stored = await here.get(member)
    assert stored.reason.startswith("the page says that the site has left the ring. To be in")
    assert await wanted(here) == [drafting.leave(member)]
    assert await wanting.is_leaving(here.db.reader, RING, member)


async def test_said_again_it_is_wanted_since_the_first_time(here: World) -> None:
    member = await member_of(here)
    says_left(here, member)
    await here.check(12 * HOUR)
    first = await ring_wishes.of_ring(here.db.reader, RING)
    await here.check(12 * HOUR)
    assert await ring_wishes.of_ring(here.db.reader, RING) == first


async def test_who_only_takes_the_snippet_off_has_not_left(here: World) -> None:
    member = await member_of(here)
    here.web.serve("/", html("Under construction"))
    await here.check(12 * HOUR)
    assert (await here.get(member)).state == "active"
    assert await wanted(here) == []


async def test_who_puts_the_snippet_back_stays(here: World) -> None:
    member = await member_of(here)
    says_left(here, member)
    await here.check(12 * HOUR)
    here.show(member)
    here.web.time.now += MINUTE
    await here.checking.check_now(RING, member)
    assert (await here.get(member)).state == "active"
    assert await wanted(here) == []


async def test_who_is_no_steward_sends_nobody_there_and_wants_nothing(
    here: World, db: Database
) -> None:
    member = await member_of(here)
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, RING, False)
    says_left(here, member)
    await here.check(12 * HOUR)
    assert (await here.get(member)).state == "one_sided"
    assert await wanted(here) == []


async def test_another_member_s_word_ends_nothing(here: World) -> None:
    member = await member_of(here)
    says_left(here, "f" * 20)
    await here.check(12 * HOUR)
    assert (await here.get(member)).state == "active"
    assert await wanted(here) == []


async def test_a_steward_that_nobody_told_sees_it_for_itself(here: World, db: Database) -> None:
    member = await member_of(here)
    eyes = here.checking.eyes
    moves = Moves(here.web.fetcher, eyes)
    base = SETTINGS.instance.base_url
    prover = MemberProver(db, eyes, moves, OWN, base, here.web.time)
    before = ring_world.first(ring_id=RING)
    assert await prover.prove(before, [leaving(here, member)]) == set()
    says_left(here, member)
    here.web.time.now += MINUTE
    assert await prover.prove(before, [leaving(here, member)]) == {member}
