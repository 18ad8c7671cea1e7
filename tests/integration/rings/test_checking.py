"""Members that are checked over days, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.integration.rings import pledged
from tests.integration.rings.checked import NOW, OTHERS, RING, World, community, world
from tests.integration.rings.pledged import membership
from tests.integration.rings.web import html
from tests.unit.documents.ring_world import first
from webring.clock import DAY, HOUR, MINUTE
from webring.documents.ring_parts import MemberKind, RingMember
from webring.names import RingId, ServerName
from webring.rings.slots import renewed
from webring.rings.states import ABSENCE_GAP
from webring.storage import blocks, peers, ring_members, rings
from webring.storage.blocks import Block
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as opened:
        yield opened


async def active(here: World) -> str:
    """A site that is in, and that its page shows; others of the ring are there as well."""
    member = await here.join()
    here.show(member)
    for number, host in enumerate(OTHERS):
        other = await here.join(host, f"/{number}")
        here.show(other, f"/{number}")
    await here.check()
    assert (await here.get(member)).state == "active"
    here.said.notes.clear()
    return member


async def test_a_site_that_says_so_becomes_active(here: World) -> None:
    member = await here.join()
    here.show(member)
    before = await here.revision()
    assert await here.check() == 1
    stored = await here.get(member)
    assert (stored.state, stored.consents, stored.title) == ("active", True, "My garden")
    assert stored.reason == "the page links to the ring"
    assert (stored.checked_at, stored.next_at) == (here.web.time.now, here.web.time.now + 12 * HOUR)
    assert await here.revision() > before
    assert here.said.notes == []


async def test_a_look_that_changes_nothing_shown_raises_no_revision(here: World) -> None:
    await active(here)
    before = await here.revision()
    assert await here.check(12 * HOUR) == 1 + len(OTHERS)
    assert await here.revision() == before
    assert await here.check() == 0


async def test_another_title_is_shown(here: World) -> None:
    member = await active(here)
    here.show(member, title="Our garden")
    before = await here.revision()
    await here.check(12 * HOUR)
    assert (await here.get(member)).title == "Our garden"
    assert await here.revision() > before


async def test_a_page_without_the_link_is_told_how_to_mend_it(here: World) -> None:
    member = await here.join()
    here.web.serve("/", html("<title>Elsewhere</title>Hello"))
    await here.check()
    stored = await here.get(member)
    assert (stored.state, stored.consents, stored.title) == ("one_sided", False, "")
    assert "the page has no link to ring.commune.example. Put the ring's links" in stored.reason
    ((_, kind, text, _),) = here.said.notes
    assert kind == "one_sided"
    assert text.startswith("Gardens does not lead to it any more: the page has no link")


async def test_a_page_that_loses_the_link_has_six_hours(here: World) -> None:
    member = await active(here)
    here.web.serve("/", html("<title>My garden</title>Under construction"))
    await here.check(12 * HOUR)
    lost_at = here.web.time.now
    stored = await here.get(member)
    assert (stored.state, stored.absences, stored.title) == ("active", 1, "My garden")
    while (await here.get(member)).state == "active":
        await here.check(30 * MINUTE)
    assert ABSENCE_GAP <= here.web.time.now - lost_at <= 12 * HOUR
    stored = await here.get(member)
    assert (stored.state, stored.consents, stored.title) == ("one_sided", False, "")
    assert here.said.kinds == ["one_sided"]


async def test_a_page_that_has_the_link_again_soon_never_goes(here: World) -> None:
    member = await active(here)
    here.web.serve("/", html("Under construction"))
    await here.check(12 * HOUR)
    here.show(member)
    await here.live(1, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.absences, here.said.notes) == ("active", 0, [])


async def test_a_host_that_is_down_has_two_days(here: World) -> None:
    member = await active(here)
    here.web.cut("site.example")
    down_at = here.web.time.now
    await here.live(2, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures, stored.title) == ("active", 2, "My garden")
    await here.live(1, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures) == ("unreachable", 3)
    assert 2 * DAY <= stored.since - down_at <= 3 * DAY
    assert stored.reason.startswith("site.example has no public address. Give site.example a")
    assert here.said.kinds == ["unreachable"]


async def test_it_comes_back_by_itself(here: World) -> None:
    member = await active(here)
    here.web.cut("site.example")
    await here.live(10, HOUR)
    here.web.mend("site.example")
    before = await here.revision()
    await here.live(1, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures, stored.absences) == ("active", 0, 0)
    assert here.said.kinds == ["unreachable", "active"]
    assert here.said.notes[-1][2] == "It is shown in Gardens now."
    assert await here.revision() > before


async def test_a_server_error_is_a_strike_and_a_pause_is_none(here: World) -> None:
    member = await active(here)
    busy = html("", "Retry-After: 86400", status="503 Busy")
    here.web.serve("/", busy)
    await here.check(12 * HOUR)
    assert (await here.get(member)).failures == 1
    await here.live(0.9, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures) == ("active", 1)
    assert "left alone for" in stored.reason


async def test_our_own_line_that_is_cut_strikes_nobody(here: World) -> None:
    member = await active(here)
    before = await here.revision()
    here.web.cut()
    await here.live(4, 3 * HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures) == ("active", 0)
    assert any(why in stored.reason for why in ("nobody could be reached", "is left alone"))
    assert await here.revision() == before
    here.web.mend("site.example", *OTHERS)
    await here.live(0.1, 15 * MINUTE)
    assert (await here.get(member)).reason == "the page links to the ring"
    assert here.said.notes == []


async def test_who_sleeps_may_close(here: World) -> None:
    member = await active(here)
    await here.put(await here.get(member), slot="sleeping", state="sleeping", next_at=0)
    here.web.cut("site.example")
    await here.live(7, 6 * HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.failures) == ("sleeping", 0)
    assert stored.checked_at is not None
    assert stored.next_at == stored.checked_at + DAY
    assert here.said.notes == []


async def test_who_wakes_is_looked_at_before_anybody_is_sent_there(here: World) -> None:
    member = await active(here)
    now = here.web.time.now
    await here.put(await here.get(member), slot="active", state="pending", since=now, next_at=now)
    here.web.cut("site.example")
    await here.check()
    assert (await here.get(member)).state == "pending"
    here.web.mend("site.example")
    await here.live(0.5, HOUR)
    assert (await here.get(member)).state == "active"


async def test_who_never_answers_is_unreachable_in_the_end(here: World) -> None:
    member = await here.join("nowhere.example")
    await active(here)
    await here.live(1.5, HOUR)
    assert (await here.get(member)).state == "pending"
    await here.live(2, HOUR)
    assert (await here.get(member)).state == "unreachable"


async def test_a_community_is_in_by_its_manifest(here: World, db: Database) -> None:
    await here.put(community())
    assert await here.check() == 1
    stored = await here.get("c" * 20)
    assert (stored.state, stored.consents) == ("pending", None)
    await pledged.verified(db)
    await pledged.standing(db)
    await here.check(2 * MINUTE)
    stored = await here.get("c" * 20)
    assert (stored.state, stored.title) == ("active", "The herbs")
    assert here.web.listener.connections == 0


async def test_a_pledge_that_is_withdrawn_counts_at_once(here: World, db: Database) -> None:
    await here.put(community())
    await pledged.verified(db)
    await pledged.standing(db)
    await here.check()
    await pledged.verified(db, [], here.web.time.now + 1)
    async with db.transaction() as tx:
        await ring_members.hasten_instance(tx, pledged.PEER, here.web.time.now)
    await here.check(1)
    stored = await here.get("c" * 20)
    assert (stored.state, stored.title) == ("one_sided", "")
    assert "webring ring join" in stored.reason
    assert here.said.kinds == ["one_sided"]


async def test_our_own_communities_are_told_in_their_room(here: World, db: Database) -> None:
    await pledged.published(db, [membership()])
    await pledged.standing(db, instance=pledged.OWN)
    await here.put(community(), instance=pledged.OWN)
    await here.check()
    assert (await here.get("c" * 20)).state == "active"
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", pledged.OWN, "optout", "moving", 0))
        await ring_members.hasten_instance(tx, pledged.OWN, here.web.time.now)
    await here.check()
    ((_, kind, text, slug),) = here.said.notes
    assert (kind, slug) == ("one_sided", pledged.HERBS)
    assert "The server commune.example is opted out: moving" in text


BLOCKED = {
    "a site's host": "site.example",
    "a site's host and port": "site.example:{port}",
}


@pytest.mark.parametrize("case", BLOCKED)
async def test_a_site_that_the_operator_keeps_out_is_not_even_asked(
    here: World, db: Database, case: str
) -> None:
    member = await active(here)
    target = BLOCKED[case].format(port=here.web.listener.port)
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", target, "block", "spam", 0))
        await ring_members.hasten_host(tx, ServerName("site.example"), 0)
    asked = here.web.asked("/")
    await here.check()
    stored = await here.get(member)
    assert (stored.state, stored.consents, stored.title) == ("one_sided", False, "")
    assert "is blocked by this instance's operator: spam" in stored.reason
    assert here.web.asked("/") == asked
    async with db.transaction() as tx:
        await blocks.remove(tx, "server", target)
    await here.live(0.5, HOUR)
    assert (await here.get(member)).state == "active"


async def test_an_instance_that_is_kept_out_takes_its_communities_along(
    here: World, db: Database
) -> None:
    await here.put(community())
    await pledged.verified(db)
    await pledged.standing(db)
    await here.check()
    async with db.transaction() as tx:
        await peers.set_state(tx, pledged.PEER, "blocked", "spam", 2**53 - 1)
        await ring_members.hasten_instance(tx, pledged.PEER, 0)
    await here.check()
    stored = await here.get("c" * 20)
    assert (stored.state, stored.reason) == (
        "one_sided",
        "the operator here keeps garden.example out",
    )


async def test_rings_that_are_only_known_are_checked_as_well(here: World, db: Database) -> None:
    ring = RingId("books:garden.example")
    async with db.transaction() as tx:
        await rings.add(tx, ring, "b" * 64, "named", here.web.time.now)
    member = await here.join(ring=ring)
    here.web.serve("/", html(""))
    assert await here.check() == 1
    assert (await here.get(member, ring)).state == "one_sided"


async def test_a_member_whose_ring_is_gone_is_looked_at_no_more(here: World, db: Database) -> None:
    await here.join()
    async with db.transaction() as tx:
        await rings.remove(tx, RING)
    assert await here.check() == 0


async def test_whoever_moved_is_looked_at_anew(here: World) -> None:
    member = await active(here)
    stored = await here.get(member)
    entry = RingMember(member, MemberKind.SITE, None, None, here.web.url("b.example", "/new"), NOW)
    head = replace(first(ring_id=RING), members=(entry,))
    moved = next(each for each in renewed([stored], head, here.web.time.now) if each.listed)
    await here.put(moved)
    here.web.serve("/new", html("Boxes everywhere"))
    await here.check()
    assert (await here.get(member)).state == "one_sided"
    here.show(member, "/new", title="Our new garden")
    await here.live(0.5, HOUR)
    stored = await here.get(member)
    assert (stored.state, stored.title, stored.url) == ("active", "Our new garden", entry.url)
