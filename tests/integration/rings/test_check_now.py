"""Looks at people's wish: of a member's page, and of a site that wants to join."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.integration.rings import pledged
from tests.integration.rings.checked import (
    NOW,
    RING,
    ROOT,
    SETTINGS,
    Said,
    World,
    checking,
    community,
    world,
)
from tests.integration.rings.web import Time, fetcher_for, html, page
from webring.clock import DAY, HOUR, MINUTE, SECOND
from webring.documents.ring_parts import site_member_id
from webring.errors import BadRequest, NotFound, RateLimited, Unavailable
from webring.names import RingId
from webring.rings import previewing
from webring.rings.checking import BURST, PAUSE, Checking
from webring.rings.connectivity import Connectivity
from webring.rings.looking import SiteLooker
from webring.rings.pledges import Pledges
from webring.rings.previewing import FAILED_FOR
from webring.rings.rounds import LEASE
from webring.rings.site import ProofKind
from webring.rings.states import Finding, MemberState
from webring.storage import ring_members
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as opened:
        yield opened


async def test_a_report_tells_both_halves(here: World) -> None:
    member = await here.join()
    here.show(member)
    report = await here.checking.check_now(RING, member)
    assert report.is_complete
    assert report.is_fresh
    assert (report.listed, report.finding, report.code) == (True, Finding.SHOWN, "linked")
    assert (report.before, report.after) == (MemberState.PENDING, MemberState.ACTIVE)
    assert (report.proof, report.title, report.mend) == (ProofKind.LINK, "My garden", "")
    assert report.proof_url.endswith(f"/rings/{RING}/{member}/next")
    assert (report.at, report.next_at) == (NOW, NOW + 12 * HOUR)
    assert (await here.get(member)).state == "active"


async def test_a_report_says_how_to_mend_it(here: World) -> None:
    member = await here.join()
    here.web.serve("/", html("Hello"))
    report = await here.checking.check_now(RING, member)
    assert (report.finding, report.after, report.code) == (
        Finding.ABSENT,
        MemberState.ONE_SIDED,
        "no_link",
    )
    assert "/.well-known/webring.json" in report.mend
    assert not report.is_complete


async def test_a_member_is_not_looked_at_again_at_once(here: World) -> None:
    member = await here.join()
    here.web.serve("/", html("Hello"))
    first = await here.checking.check_now(RING, member)
    here.show(member)
    here.web.time.now += PAUSE - 1
    again = await here.checking.check_now(RING, member)
    assert again == replace(first, is_fresh=False, held_back=again.held_back)
    assert "less than 20 s ago" in again.held_back
    assert here.web.asked("/") == 1
    here.web.time.now += 1
    assert (await here.checking.check_now(RING, member)).after is MemberState.ACTIVE


async def test_what_another_process_saw_just_now_is_told(here: World, db: Database) -> None:
    member = await here.join()
    here.web.serve("/", html("Hello"))
    await checking(db, here.web, Said(), "other").check_now(RING, member)
    report = await here.checking.check_now(RING, member)
    assert (report.is_fresh, report.finding, report.after) == (
        False,
        Finding.ABSENT,
        MemberState.ONE_SIDED,
    )
    assert report.why == (await here.get(member)).reason


async def test_who_is_being_looked_at_is_not_looked_at_twice(here: World, db: Database) -> None:
    member = await here.join()
    here.show(member)
    async with db.transaction() as tx:
        await ring_members.claim(tx, "other", here.web.time.now, 10, LEASE)
    report = await here.checking.check_now(RING, member)
    assert (report.is_fresh, report.held_back) == (False, "it is being looked at just now")
    assert here.web.asked("/") == 0


async def test_both_ways_at_once_look_once(here: World) -> None:
    member = await here.join()
    here.show(member)
    await asyncio.gather(
        here.checking.check_due(), *(here.checking.check_now(RING, member) for _ in range(5))
    )
    assert here.web.asked("/") == 1
    assert (await here.get(member)).state == "active"


async def test_members_of_one_domain_take_turns(here: World) -> None:
    members = [await here.join(path=f"/{number}") for number in range(BURST + 1)]
    for number, member in enumerate(members):
        here.show(member, f"/{number}")
    found = [await here.checking.check_now(RING, member) for member in members]
    assert [report.is_fresh for report in found] == [True] * BURST + [False]
    assert here.web.asked(f"/{BURST}") == 0


async def test_a_community_is_read_without_any_network(here: World, db: Database) -> None:
    await here.put(community())
    await pledged.verified(db, [])
    await pledged.standing(db)
    report = await here.checking.check_now(RING, "c" * 20)
    assert (report.code, report.after) == ("not_named", MemberState.ONE_SIDED)
    assert here.web.listener.connections == 0


async def test_who_is_not_listed_is_not_looked_at(here: World) -> None:
    member = await here.join(listed=False, state="left", next_at=None)
    report = await here.checking.check_now(RING, member)
    assert (report.listed, report.after, report.is_fresh) == (False, MemberState.LEFT, False)
    assert here.web.listener.connections == 0


@pytest.mark.parametrize(
    ("ring", "member"),
    [(RING, "f" * 20), (RingId("books:commune.example"), "f" * 20), (RING, "'; --")],
)
async def test_there_is_no_such_member(here: World, ring: RingId, member: str) -> None:
    with pytest.raises(NotFound):
        await here.checking.check_now(ring, member)


async def test_a_look_that_is_cancelled_is_let_go(here: World, db: Database) -> None:
    member = await here.join()
    here.web.serve("/", None)
    task = asyncio.create_task(here.checking.check_now(RING, member))
    while not here.web.asked("/"):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with db.transaction() as tx:
        assert await ring_members.claim(tx, "other", here.web.time.now, 10, LEASE)


async def test_a_site_that_wants_to_join_is_looked_at(here: World) -> None:
    url = here.web.url()
    member = site_member_id(ROOT, url)
    here.show(member)
    found = await here.checking.preview(RING, f" {url}\n")
    assert (found.member, found.url, found.is_fresh) == (member, url, True)
    assert (found.check.finding, found.check.title) == (Finding.SHOWN, "My garden")
    assert await ring_members.of_ring(here.db.reader, RING) == []


async def test_what_was_found_is_remembered_for_a_minute(here: World) -> None:
    here.web.serve("/", html("Hello"))
    first = await here.checking.preview(RING, here.web.url())
    here.show(first.member)
    again = await here.checking.preview(RING, here.web.url())
    assert (again.is_fresh, again.check.finding) == (False, Finding.ABSENT)
    here.web.time.now += MINUTE + 1
    later = await here.checking.preview(RING, here.web.url())
    assert (later.is_fresh, later.check.finding) == (True, Finding.SHOWN)
    assert here.web.asked("/") == 2


async def test_a_host_that_failed_is_remembered_longer_whatever_the_address(here: World) -> None:
    here.web.cut("site.example")
    first = await here.checking.preview(RING, here.web.url(path="/1"))
    assert first.check.finding is Finding.FAILED
    here.web.mend("site.example")
    here.web.time.now += FAILED_FOR - MINUTE
    again = await here.checking.preview(RING, here.web.url(path="/2"))
    assert (again.is_fresh, again.check.finding) == (False, Finding.FAILED)
    assert (again.url, again.member) == (
        here.web.url(path="/2"),
        site_member_id(ROOT, here.web.url(path="/2")),
    )
    assert again.again_at == NOW + FAILED_FOR
    assert here.web.listener.connections == 0
    here.web.time.now += 2 * MINUTE
    assert (await here.checking.preview(RING, here.web.url(path="/2"))).is_fresh


async def test_a_clock_that_is_turned_back_remembers_nothing_for_ever(here: World) -> None:
    here.web.serve("/", html("Hello"))
    await here.checking.preview(RING, here.web.url())
    here.web.time.now -= DAY
    assert (await here.checking.preview(RING, here.web.url())).is_fresh


async def test_the_form_dials_no_domain_often(here: World) -> None:
    here.web.serve("/", html("Hello"))
    for number in range(previewing.BURST):
        await here.checking.preview(RING, here.web.url(path=f"/{number}"))
    with pytest.raises(RateLimited) as refused:
        await here.checking.preview(RING, here.web.url(path="/x"))
    assert refused.value.retry_after == previewing.GAP
    await here.checking.preview(RING, here.web.url("b.example"))


async def test_few_looks_are_under_way_at_once(db: Database) -> None:
    names = [f"{number}.example" for number in range(previewing.AT_ONCE + 1)]
    async with world(db, {"/": None}, *names) as here:
        tasks = [
            asyncio.create_task(here.checking.preview(RING, here.web.url(name)))
            for name in names[:-1]
        ]
        while here.web.asked("/") < len(tasks):
            await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await here.checking.preview(RING, here.web.url(names[-1]))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        here.web.serve("/", html("Hello"))
        assert (await here.checking.preview(RING, here.web.url(names[-1]))).is_fresh


async def test_a_ring_that_is_not_known_is_nobody_s_errand(here: World) -> None:
    with pytest.raises(NotFound):
        await here.checking.preview(RingId("books:commune.example"), here.web.url())
    assert here.web.listener.connections == 0


PRIVATE = {
    "inside.example": ("10.0.0.1",),
    "one-bad-answer.example": ("93.184.216.34", "192.168.1.1"),
    "metadata.example": ("169.254.169.254",),
    "loopback.example": ("127.0.0.1",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "localhost": ("127.0.0.1",),
    "127.0.0.1": ("127.0.0.1",),
    "169.254.169.254": ("169.254.169.254",),
    "[::1]": ("::1",),
    "[fd00::1]": ("fd00::1",),
}


async def strict(db: Database, port: int) -> Checking:
    """Whoever looks without any exception for tests."""
    time = Time(NOW)
    fetcher = fetcher_for(PRIVATE, time, port, exempt=False)
    return Checking(
        db=db,
        looker=SiteLooker(fetcher, time),
        pledges=Pledges(SETTINGS.instance.name),
        connectivity=Connectivity(fetcher, time),
        notes=Said(),
        settings=replace(SETTINGS, testing=type(SETTINGS.testing)()),
        clock=time,
        holder="strict",
        spread=lambda: 0.5,
    )


@pytest.mark.parametrize("host", PRIVATE)
async def test_an_address_inside_is_never_dialled(here: World, db: Database, host: str) -> None:
    checking = await strict(db, here.web.listener.port)
    url = f"https://{host}:{here.web.listener.port}/"
    found = (await checking.preview(RING, url)).check
    assert (found.finding, found.code) == (Finding.FAILED, "address")
    member = await here.join()
    await here.put(await here.get(member), url=url)
    report = await checking.check_now(RING, member)
    assert (report.finding, report.code) == (Finding.FAILED, "address")
    for why in (found.why, report.why):
        assert "10.0" not in why
        assert "192.168" not in why
    assert here.web.listener.connections == 0


ODD = {
    "plain http": "http://site.example/",
    "another scheme": "ftp://site.example/",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "no scheme": "site.example",
    "no host": "https:///x",
    "nothing": "",
    "white space": "https://site.example/ x",
    "a user": "https://me:secret@site.example/",
    "a user that looks like a host": "https://site.example@evil.example/",
    "a backslash": "https://site.example\\@evil.example/",
    "a decimal address": "https://2130706433/",
    "a short address": "https://127.1/",
    "a hexadecimal address": "https://0x7f000001/",
    "an octal address": "https://0177.0.0.1/",
    "a zone": "https://[fe80::1%25eth0]/",
    "mail's port": "https://site.example:25/",
    "ssh's port": "https://site.example:22/",
    "no such port": "https://site.example:99999/",
    "port zero": "https://site.example:0/",
    "a percent in the host": "https://site%2eexample/",
    "a fragment": "https://site.example/#top",
    "a line break": "https://site.example/\r\nHost: evil.example",
    "too long": "https://site.example/" + "x" * 3_000,
    "letters beyond ASCII": "https://sìte.example/",
}


@pytest.mark.parametrize("case", ODD)
async def test_an_address_of_no_site_is_refused_by_the_form(
    here: World, db: Database, case: str
) -> None:
    checking = await strict(db, here.web.listener.port)
    with pytest.raises(BadRequest) as refused:
        await checking.preview(RING, ODD[case])
    assert "url" in refused.value.sentence
    assert len(refused.value.sentence) < 300
    assert here.web.listener.connections == 0


@pytest.mark.parametrize("case", [case for case in ODD if case != "a fragment"])
async def test_an_odd_address_that_a_ring_lists_is_not_visited(
    here: World, db: Database, case: str
) -> None:
    checking = await strict(db, here.web.listener.port)
    member = await here.join()
    await here.put(await here.get(member), url=ODD[case])
    report = await checking.check_now(RING, member)
    assert report.finding is Finding.FAILED
    assert here.web.listener.connections == 0


LEAVING = {
    "to metadata": "http://169.254.169.254/latest",
    "to an address inside": "http://inside.example/",
    "to ourselves": "http://own.example:{port}/",
    "to another site": "http://b.example:{port}/there",
    "to an odd port": "http://site.example:25/",
    "to a script": "javascript:alert(1)",
    "to a user": "http://me@site.example:{port}/there",
}


@pytest.mark.parametrize("case", LEAVING)
async def test_a_redirect_astray_is_not_followed(here: World, case: str) -> None:
    location = LEAVING[case].format(port=here.web.listener.port)
    here.web.serve("/", html("", f"Location: {location}", status="302 Found"))
    here.web.serve("/there", page(RING, site_member_id(ROOT, here.web.url())))
    found = await here.checking.preview(RING, here.web.url())
    assert found.check.finding in {Finding.ABSENT, Finding.FAILED}
    assert here.web.asked("/there") == 0
    member = await here.join()
    here.web.time.now += 30 * SECOND
    report = await here.checking.check_now(RING, member)
    assert report.after is not MemberState.ACTIVE
    assert here.web.asked("/there") == 0
