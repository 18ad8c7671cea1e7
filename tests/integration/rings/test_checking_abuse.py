"""Checks by several processes, interrupted ones, and sites that mean harm."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes import hostile as fakes
from tests.fakes.hostile import Behaviour, hostile
from tests.integration.conftest import OpenDatabase
from tests.integration.rings.checked import RING, Said, checking, community, world
from tests.integration.rings.web import HOST, html
from webring.clock import HOUR, SECOND
from webring.rings.rounds import BURST, GAP, LEASE
from webring.storage import ring_members
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
LINKED = f'<a href="{HOST}/rings/{RING}/{{member}}">Ring</a>'


async def test_two_processes_look_at_nobody_twice(open_database: OpenDatabase) -> None:
    first, second = await open_database(), await open_database()
    async with world(first) as here:
        other = checking(second, here.web, Said(), holder="other")
        members = [await here.join("site.example", f"/{n}") for n in range(8)]
        for number, member in enumerate(members):
            here.show(member, f"/{number}")
        done = await asyncio.gather(here.checking.check_due(), other.check_due())
        assert sum(done) == 8
        assert [here.web.asked(f"/{n}") for n in range(8)] == [1] * 8
        assert {(await here.get(member)).state for member in members} == {"active"}


async def test_a_process_that_died_is_followed_by_another(db: Database) -> None:
    async with world(db) as here:
        member = await here.join()
        here.show(member)
        async with db.transaction() as tx:
            await ring_members.claim(tx, "dead", here.web.time.now, 10, LEASE)
        assert await here.check() == 0
        assert await here.check(LEASE) == 1
        assert (await here.get(member)).state == "active"


async def test_a_round_that_is_cancelled_leaves_what_was_due_due(db: Database) -> None:
    silent = asyncio.Event()

    async def wait(_: asyncio.StreamWriter) -> None:
        await silent.wait()

    async with world(db) as here, hostile(wait) as slow:
        await here.put(replace(community(), instance=None))
        member = await here.join()
        url = f"http://site.example:{slow.port}/"
        await here.put(await here.get(member), url=url)
        task = asyncio.create_task(here.checking.check_due())
        while not slow.connections:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await here.put(await here.get(member), url=here.web.url())
        here.show(member)
        assert await here.check() == 1
        assert (await here.get(member)).state == "active"


async def test_a_holder_that_was_paused_cannot_write(open_database: OpenDatabase) -> None:
    first, second = await open_database(), await open_database()
    go_on = asyncio.Event()

    async def pause(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n")

    async with world(first) as here, hostile(pause) as slow:
        member = await here.join()
        await here.put(await here.get(member), url=f"http://site.example:{slow.port}/")
        late = asyncio.create_task(here.checking.check_due())
        while not slow.connections:
            await asyncio.sleep(0.01)
        here.web.time.now += LEASE
        other = checking(second, here.web, Said(), holder="other")
        again = asyncio.create_task(other.check_due())
        while slow.connections < 2:
            await asyncio.sleep(0.01)
        go_on.set()
        assert [await late, await again] == [0, 1]
        assert (await here.get(member)).state == "pending"


async def test_a_new_version_fences_off_the_look_at_the_old_address(db: Database) -> None:
    go_on = asyncio.Event()

    async with world(db) as here:
        member = await here.join()
        here.show(member)

        async def pause(writer: asyncio.StreamWriter) -> None:
            await go_on.wait()
            writer.write(here.web.listener.answers["/"] or b"")

        async with hostile(pause) as slow:
            await here.put(await here.get(member), url=f"http://site.example:{slow.port}/")
            task = asyncio.create_task(here.checking.check_due())
            while not slow.connections:
                await asyncio.sleep(0.01)
            here.web.serve("/", html("nothing here"))
            await here.put(await here.get(member), url=here.web.url())
            go_on.set()
            await task
        stored = await here.get(member)
        assert (stored.state, here.web.asked("/")) == ("one_sided", 1)


async def test_a_slow_site_delays_no_other(db: Database) -> None:
    silent = asyncio.Event()

    async def wait(_: asyncio.StreamWriter) -> None:
        await silent.wait()

    async with world(db) as here, hostile(wait) as slow:
        tarpit, other = await here.join("b.example"), await here.join()
        await here.put(await here.get(tarpit), url=f"http://b.example:{slow.port}/")
        here.show(other)
        task = asyncio.create_task(here.checking.check_due())
        while (await here.get(other)).state != "active":
            await asyncio.sleep(0.01)
        late = await here.join("c.example", "/late")
        here.show(late, "/late")
        while (await here.get(late)).state != "active":
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_whoever_lists_many_addresses_of_one_site_sends_few_people_there(
    db: Database,
) -> None:
    names = [f"n{number}.site.example" for number in range(30)]
    async with world(db, {}, *names, "else.example") as here:
        members = [await here.join(name, f"/{number}") for number, name in enumerate(names)]
        for number, member in enumerate(members):
            here.show(member, f"/{number}")
        alone = await here.join("else.example", "/alone")
        here.show(alone, "/alone")
        assert await here.check() == BURST + 1
        assert (await here.get(alone)).state == "active"
        for _ in range(20):
            assert await here.check(GAP + SECOND) <= 2
        assert {(await here.get(member)).state for member in members} == {"active"}
        assert all(here.web.asked(f"/{number}") == 1 for number in range(30))


BEHAVIOURS: dict[str, Behaviour] = {
    "endless headers": fakes.endless_headers,
    "one endless header": fakes.one_endless_header,
    "endless interim answers": fakes.endless_interim_answers,
    "endless chunks": fakes.endless_chunks,
    "hanging up": fakes.hanging_up,
    "another protocol": fakes.another_protocol,
}


@pytest.mark.parametrize("case", BEHAVIOURS)
async def test_a_hostile_site_lets_nobody_in_and_ends_no_round(db: Database, case: str) -> None:
    async with world(db) as here, hostile(BEHAVIOURS[case]) as server:
        evil, good = await here.join("b.example"), await here.join()
        await here.put(await here.get(evil), url=f"http://b.example:{server.port}/")
        here.show(good)
        assert await here.check() == 2
        assert (await here.get(evil)).state in {"pending", "one_sided"}
        assert (await here.get(good)).state == "active"


PAGES = {
    "a hundred thousand elements deep": "<div>" * 100_000 + LINKED,
    "an attribute without end": '<a href="' + "x" * 900_000,
    "many links elsewhere": '<a href="https://ring.commune.example/">x</a>' * 20_000,
    "NUL and lone surrogates": "\0<title>\0&#xD800;&#0;</title>" + "&#xDFFF;" * 1_000,
    "nothing": "",
    "a link in a comment": f"<!-- {LINKED} -->",
    "a link in a script": f"<script>'{LINKED}'</script>",
    "a guestbook's link": LINKED.replace("<a ", '<a rel="ugc" '),
    "a host that only begins so": LINKED.replace("commune.example", "commune.example.evil.example"),
    "another member's link": LINKED.replace("{member}", "f" * 20),
    "a link with a user": LINKED.replace("https://", "https://ring@"),
}
DEEP = "a hundred thousand elements deep"


@pytest.mark.parametrize("case", PAGES)
async def test_hostile_pages(db: Database, case: str) -> None:
    async with world(db) as here:
        member = await here.join()
        here.web.serve("/", html(PAGES[case].replace("{member}", member)))
        assert await here.check() == 1
        stored = await here.get(member)
        assert stored.state == ("active" if case == DEEP else "one_sided")


async def test_a_title_is_made_harmless_and_cut(db: Database) -> None:
    async with world(db) as here:
        member = await here.join()
        here.show(member, title="\u202egarden <b>&lt;script&gt;" + "x" * 5_000)
        await here.check()
        title = (await here.get(member)).title
        assert "\u202e" not in title
        assert len(title) <= 120


async def test_a_look_that_fails_by_our_own_fault_ends_no_other(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(db) as here:
        bad, good = await here.join("b.example", "/bad"), await here.join()
        here.show(good)
        await here.put(community())
        eyes = here.checking.eyes
        see = eyes.see

        async def fail(conn: object, member: ring_members.StoredMember) -> object:
            if member.member in {bad, "c" * 20}:
                raise ZeroDivisionError
            return await see(conn, member)  # type: ignore[arg-type]

        monkeypatch.setattr(eyes, "see", fail)
        assert await here.check() == 1
        assert (await here.get(good)).state == "active"
        assert caplog.text.count("The look at") == 2
        monkeypatch.undo()
        assert await here.check() == 0
        assert await here.check(LEASE + HOUR) == 2
