"""Work taken from the database: homeservers and peers, by any number of processes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.integration.conftest import OpenDatabase
from webring.clock import HOUR, MINUTE
from webring.errors import LeaseLost
from webring.names import PeerUrl, ServerName
from webring.storage import homeservers, peers
from webring.storage.database import Database
from webring.storage.homeservers import Candidate, HomeserverResult
from webring.storage.peers import GoodManifest, PeerResult

pytestmark = pytest.mark.anyio
NOW = 1_700_000_000_000

OPEN = HomeserverResult(
    state="open",
    way="client",
    reasons={"federation": "403: we do not publish"},
    dropped={"room_id": 2},
    rooms=7,
    complete=True,
    failures=0,
    interval=HOUR,
    next_at=NOW + HOUR,
    answered=True,
    changed=True,
)
GOOD = PeerResult(
    state="verified",
    outcome="accepted",
    why="signed by the pinned key",
    failures=0,
    next_at=NOW + HOUR,
    answered=True,
    base_url=PeerUrl("https://ring.one.example"),
    etag='"abc"',
    good=GoodManifest({"pins": ["ed25519:a"]}, b"{}", 5, "ab" * 32, NOW + 100 * HOUR),
)


def candidates(*names: str, origin: str = "seed", domain: str = "") -> list[Candidate]:
    return [Candidate(ServerName(name), domain or name, origin) for name in names]


async def known(db: Database, *names: str) -> None:
    async with db.transaction() as tx:
        await homeservers.add(tx, candidates(*names), NOW, NOW)
        await peers.add(tx, candidates(*names), NOW, NOW)


async def test_only_what_is_new_is_added(db: Database) -> None:
    async with db.transaction() as tx:
        assert await homeservers.add(tx, candidates("a.example", "b.example"), NOW, NOW) == 2
        again = candidates("b.example", "c.example", "c.example", origin="via")
        assert await homeservers.add(tx, again, NOW + 5, NOW + HOUR) == 1
    b = await homeservers.get(db.reader, ServerName("b.example"))
    assert b is not None
    assert (b.origin, b.added_at, b.state) == ("seed", NOW, "new")
    assert [each.name for each in await homeservers.all(db.reader)] == [
        "a.example", "b.example", "c.example",
    ]  # fmt: skip
    assert [each.name for each in await homeservers.all(db.reader, 1, 1)] == ["b.example"]


async def test_caps_hold_in_all_and_for_each_domain(db: Database) -> None:
    async with db.transaction() as tx:
        many = candidates(*(f"s{n}.evil.example" for n in range(9)), domain="evil.example")
        assert await peers.add(tx, many[:3], NOW, NOW, per_domain=5) == 3
        assert await peers.add(tx, many, NOW, NOW, per_domain=5) == 2
        assert await peers.add(tx, candidates("a.example", "b.example"), NOW, NOW, cap=6) == 1
        assert await peers.add(tx, candidates("c.example"), NOW, NOW, cap=6) == 0
    assert await peers.count(db.reader) == 6


async def test_what_is_due_is_taken_once(open_database: OpenDatabase) -> None:
    databases = [await open_database() for _ in range(3)]
    names = [f"s{n}.example" for n in range(30)]
    await known(databases[0], *names)

    async def work(number: int) -> list[ServerName]:
        taken: list[ServerName] = []
        while True:
            async with databases[number % 3].transaction() as tx:
                jobs = await homeservers.claim(tx, f"worker{number}", NOW, 4, MINUTE)
            if not jobs:
                return taken
            taken += [job.name for job in jobs]

    taken = [name for each in await asyncio.gather(*map(work, range(6))) for name in each]
    assert sorted(taken) == sorted(names)


async def test_the_longest_due_is_taken_first(db: Database) -> None:
    async with db.transaction() as tx:
        for at, name in ((3, "c.example"), (1, "a.example"), (2, "b.example"), (9, "d.example")):
            await homeservers.add(tx, candidates(name), NOW, NOW + at)
        jobs = await homeservers.claim(tx, "one", NOW + 5, 2, MINUTE)
        assert [job.name for job in jobs] == ["a.example", "b.example"]
        assert await homeservers.due(tx, NOW + 5) == 1
        assert await homeservers.due_soonest(tx) == NOW + 1


async def test_what_a_visit_came_to_is_written_down(db: Database) -> None:
    await known(db, "a.example")
    async with db.transaction() as tx:
        (job,) = await homeservers.claim(tx, "one", NOW, 5, MINUTE)
        await homeservers.check(tx, job)
        await homeservers.renew(tx, job, NOW, MINUTE)
        await homeservers.finish(tx, job, OPEN, NOW + 1)
    row = await homeservers.get(db.reader, job.name)
    assert row is not None
    assert (row.state, row.way, row.reasons, row.dropped) == (
        "open", "client", OPEN.reasons, OPEN.dropped,
    )  # fmt: skip
    assert (row.tried_at, row.answered_at, row.holder) == (NOW + 1, NOW + 1, None)
    async with db.transaction() as tx:
        job = (await homeservers.claim(tx, "one", NOW + HOUR, 5, MINUTE))[0]
        assert (job.way, job.rooms, job.interval) == ("client", 7, HOUR)
        worse = replace(OPEN, state="unreachable", answered=False, changed=False, failures=1)
        await homeservers.finish(tx, job, worse, NOW + HOUR)
    row = await homeservers.get(db.reader, job.name)
    assert row is not None
    assert (row.answered_at, row.changed_at, row.tried_at) == (NOW + 1, NOW + 1, NOW + HOUR)
    assert await homeservers.counts(db.reader) == {"unreachable": 1}


async def test_who_was_overtaken_cannot_write(db: Database) -> None:
    await known(db, "a.example")
    async with db.transaction() as tx:
        (slow,) = await homeservers.claim(tx, "slow", NOW, 1, MINUTE)
        assert await homeservers.claim(tx, "other", NOW + 1, 1, MINUTE) == []
        (quick,) = await homeservers.claim(tx, "quick", NOW + MINUTE, 1, MINUTE)
        for attempt in (
            homeservers.check(tx, slow),
            homeservers.renew(tx, slow, NOW, MINUTE),
            homeservers.finish(tx, slow, OPEN, NOW),
        ):
            with pytest.raises(LeaseLost, match=r"a\.example"):
                await attempt
        await homeservers.release(tx, [slow])
        await homeservers.finish(tx, quick, OPEN, NOW + MINUTE)


async def test_what_was_not_visited_is_let_go(db: Database) -> None:
    await known(db, "a.example")
    async with db.transaction() as tx:
        await homeservers.release(tx, await homeservers.claim(tx, "one", NOW, 1, MINUTE))
        assert len(await homeservers.claim(tx, "two", NOW, 1, MINUTE)) == 1
        assert await homeservers.claim_one(tx, ServerName("a.example"), "x", NOW, MINUTE) is None
        assert await homeservers.remove(tx, ServerName("a.example"))
        assert not await homeservers.remove(tx, ServerName("a.example"))


async def test_blocked_ones_are_not_visited_and_their_visits_are_fenced_off(db: Database) -> None:
    await known(db, "a.example")
    name = ServerName("a.example")
    async with db.transaction() as tx:
        (job,) = await homeservers.claim(tx, "one", NOW, 1, MINUTE)
        assert await homeservers.set_state(tx, name, "blocked", NOW)
        with pytest.raises(LeaseLost):
            await homeservers.finish(tx, job, OPEN, NOW)
        assert await homeservers.claim(tx, "one", NOW + HOUR, 1, MINUTE) == []
        assert not await homeservers.set_state(tx, ServerName("no.such"), "blocked", NOW)
        await homeservers.set_state(tx, name, "new", NOW + HOUR)
        await homeservers.hasten(tx, [name], NOW)
        assert len(await homeservers.claim(tx, "one", NOW, 1, MINUTE)) == 1


async def test_the_last_good_manifest_of_a_peer_is_kept(db: Database) -> None:
    await known(db, "a.example")
    name = ServerName("a.example")
    async with db.transaction() as tx:
        (job,) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        assert (job.trust, job.base_url, job.accepted) == (None, None, False)
        await peers.finish(tx, job, GOOD, NOW)
        job = (await peers.claim(tx, "one", NOW + HOUR, 1, MINUTE, accepted=False))[0]
        assert (job.trust, job.sequence, job.etag) == ({"pins": ["ed25519:a"]}, 5, '"abc"')
        bad = replace(
            GOOD, state="frozen", outcome="unknown_key", good=None, etag="x", answered=False
        )
        await peers.finish(tx, job, bad, NOW + HOUR)
    row = await peers.get(db.reader, name)
    assert row is not None
    assert (row.state, row.outcome, row.manifest, row.sequence) == (
        "frozen", "unknown_key", b"{}", 5,
    )  # fmt: skip
    assert (row.etag, row.answered_at) == ('"abc"', NOW)


async def test_an_operators_word_on_a_peer(db: Database) -> None:
    await known(db, "a.example")
    name = ServerName("a.example")
    async with db.transaction() as tx:
        (job,) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        await peers.finish(tx, job, GOOD, NOW)
        assert await peers.set_accepted(tx, name, True, NOW)
        assert await peers.repin(tx, name, None, "the operator said so", NOW)
        (job,) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=True)
        assert (job.accepted, job.trust, job.etag, job.sequence) == (True, None, None, 5)
        assert await peers.remove(tx, name)
        for change in (
            peers.set_accepted(tx, name, True, NOW),
            peers.repin(tx, name, None, "", NOW),
            peers.set_state(tx, name, "blocked", "", NOW),
        ):
            assert not await change


async def test_a_useless_etag_is_not_kept(db: Database) -> None:
    await known(db, "a.example")
    async with db.transaction() as tx:
        (job,) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        await peers.finish(tx, job, replace(GOOD, etag="x" * 10_000), NOW)
    row = await peers.get(db.reader, ServerName("a.example"))
    assert row is not None
    assert row.etag is None


async def test_an_operators_word_fences_off_a_visit_that_went_by_another(db: Database) -> None:
    await known(db, "a.example")
    async with db.transaction() as tx:
        (job,) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        await peers.set_accepted(tx, ServerName("a.example"), True, NOW)
        with pytest.raises(LeaseLost):
            await peers.finish(tx, job, GOOD, NOW)
        assert not await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        assert await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=True)


async def test_strangers_that_never_verified_are_forgotten(db: Database) -> None:
    await known(db, "a.example", "b.example", "c.example")
    async with db.transaction() as tx:
        (job, *_) = await peers.claim(tx, "one", NOW, 1, MINUTE, accepted=False)
        await peers.finish(tx, job, GOOD, NOW)
        await peers.set_accepted(tx, ServerName("b.example"), True, NOW)
        assert await peers.prune_strangers(tx, NOW) == 0
        assert await peers.prune_strangers(tx, NOW + 1) == 1
    assert [row.name for row in await peers.all(db.reader)] == ["a.example", "b.example"]
