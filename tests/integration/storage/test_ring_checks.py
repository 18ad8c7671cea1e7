"""Who may check which member, and what makes a check due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.storage.test_ring_storage import BEES, MEMBER, NOW, ROOT, SOIL
from webring.clock import DAY, HOUR
from webring.documents.ring_parts import MemberKind
from webring.errors import LeaseLost
from webring.names import PeerUrl, ServerName, Slug
from webring.storage import homeservers, peers, ring_members, rings
from webring.storage.database import Database
from webring.storage.ring_members import MemberJob
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
A = ServerName("a.example")
HAY = replace(
    MEMBER, member="2" * 20, kind="community", instance=A, community=Slug("hay"), position=1
)


async def claimed(tx: Connection, at: int = NOW) -> list[MemberJob]:
    return await ring_members.claim(tx, "one", at, 10, HOUR)


async def test_members_are_taken_by_kind_and_by_whether_their_ring_is_wanted(db: Database) -> None:
    async with db.transaction() as tx:
        await rings.add(tx, SOIL, ROOT, "followed", NOW, accepted=True)
        await rings.add(tx, BEES, ROOT, "named", NOW)
        everybody = [replace(each, ring=ring) for ring in (SOIL, BEES) for each in (MEMBER, HAY)]
        await ring_members.put(tx, everybody)
        site, community = MemberKind.SITE, MemberKind.COMMUNITY
        wanted = await ring_members.claim(tx, "x", NOW, 10, HOUR, kind=site, wanted=True)
        others = await ring_members.claim(tx, "x", NOW, 10, HOUR, kind=site, wanted=False)
        rest = await ring_members.claim(tx, "x", NOW, 10, HOUR, kind=community)
        assert [job.member.ring for job in wanted] == [SOIL]
        assert [job.member.ring for job in others] == [BEES]
        assert {job.member.ring for job in rest} == {SOIL, BEES}
        assert {job.member.kind for job in rest} == {"community"}
        await ring_members.release(tx, rest)
        await rings.set_accepted(tx, SOIL, False)
        await rings.set_stewarded(tx, SOIL, True)
        (again,) = await ring_members.claim(tx, "x", NOW, 10, HOUR, kind=community, wanted=True)
        assert again.member.ring == SOIL


async def test_one_member_is_taken_due_or_not_but_never_twice(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [replace(MEMBER, next_at=NOW + DAY)])
        assert await claimed(tx) == []
        job = await ring_members.claim_one(tx, SOIL, MEMBER.member, "one", NOW, HOUR)
        assert job is not None
        assert await ring_members.claim_one(tx, SOIL, MEMBER.member, "two", NOW, HOUR) is None
        assert await ring_members.claim_one(tx, SOIL, "9" * 20, "two", NOW, HOUR) is None
        await ring_members.release(tx, [job])
        await ring_members.put(tx, [replace(MEMBER, listed=False, next_at=None)])
        assert await ring_members.claim_one(tx, SOIL, MEMBER.member, "two", NOW, HOUR) is None


async def test_a_check_is_put_off_by_who_holds_it_alone(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [MEMBER])
        (late,) = await claimed(tx)
        (job,) = await claimed(tx, NOW + HOUR)
        await ring_members.put_off(tx, late, NOW + 9 * DAY)
        await ring_members.put_off(tx, job, NOW + DAY)
        assert await claimed(tx, NOW + DAY - 1) == []
        assert len(await claimed(tx, NOW + DAY)) == 1


async def test_a_check_under_way_that_is_hastened_went_by_what_held_before(db: Database) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [HAY])
        (job,) = await claimed(tx)
        await ring_members.hasten_instance(tx, A, NOW)
    with pytest.raises(LeaseLost):
        async with db.transaction() as tx:
            await ring_members.finish(tx, job, {"next_at": NOW + DAY})
    async with db.transaction() as tx:
        assert len(await claimed(tx)) == 1


async def test_what_is_due_sooner_stays_so_and_who_is_gone_is_not_checked(db: Database) -> None:
    gone = replace(HAY, member="3" * 20, listed=False, next_at=None)
    async with db.transaction() as tx:
        await ring_members.put(tx, [replace(HAY, next_at=NOW - DAY), gone])
        await ring_members.hasten_instance(tx, A, NOW + DAY)
        await ring_members.hasten(tx, SOIL, [HAY.member, gone.member], NOW)
    assert await ring_members.get(db.reader, SOIL, HAY.member) == replace(HAY, next_at=NOW - DAY)
    assert await ring_members.get(db.reader, SOIL, gone.member) == gone


HOSTS = {
    "https://bees.example/": True,
    "https://bees.example": True,
    "https://BEES.example/honey": True,
    "https://bees.example:8448/": True,
    "https://bees.example?x": True,
    "https://www.bees.example/": False,
    "https://bees.example.evil.example/": False,
    "https://beesxexample/": False,
}


@pytest.mark.parametrize("url", HOSTS)
async def test_the_sites_of_a_host_are_hastened(db: Database, url: str) -> None:
    async with db.transaction() as tx:
        await ring_members.put(tx, [replace(MEMBER, url=url, next_at=NOW + DAY)])
        await ring_members.hasten_host(tx, ServerName("bees.example"), NOW)
        assert bool(await claimed(tx)) is HOSTS[url]


async def test_a_name_with_a_wild_card_is_taken_for_itself(db: Database) -> None:
    async with db.transaction() as tx:
        urls = ["https://a_b.example/", "https://axb.example/"]
        slots = [
            replace(MEMBER, member=f"{at}" * 20, url=url, next_at=NOW + DAY)
            for at, url in enumerate(urls)
        ]
        await ring_members.put(tx, slots)
        await ring_members.hasten_host(tx, ServerName("a_b.example"), NOW)
        assert [job.member.url for job in await claimed(tx)] == urls[:1]


async def test_where_peers_serve_is_known_of_those_that_were_visited(db: Database) -> None:
    names = [ServerName(f"{letter}.example") for letter in "abc"]
    async with db.transaction() as tx:
        known = [homeservers.Candidate(name, name, "named") for name in names[:2]]
        await peers.add(tx, known, NOW, NOW)
        job = await peers.claim_one(tx, names[0], "x", NOW, HOUR)
        assert job is not None
        url = PeerUrl("https://ring.a.example")
        result = peers.PeerResult("new", "", "", 0, NOW, answered=True, base_url=url)
        await peers.finish(tx, job, result, NOW)
    assert await peers.base_urls(db.reader, names) == {names[0]: url}
    assert await peers.base_urls(db.reader, []) == {}
