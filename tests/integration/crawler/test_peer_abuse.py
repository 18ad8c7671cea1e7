"""Peers that are slow, vast, forgetful or unwanted: each visit is bounded, and delays no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.listener import listening, respond
from tests.integration.crawler.peer_world import NOW, World, draft, world
from tests.unit.documents.test_trust import FIRST, THIEF, community, recovered
from webring.clock import DAY
from webring.crawler import applying, frontier
from webring.crawler import peers as visiting
from webring.crawler.claims import UNACCEPTED_PER_DOMAIN
from webring.directory.listing import Standing
from webring.documents.keys import KeySet
from webring.documents.manifest import ManifestDraft
from webring.errors import ConnectFailed
from webring.moderation.desk import Action, Desk, Target
from webring.moderation.roster import Roster
from webring.names import RoomAlias, RoomId, ServerName
from webring.settings import PeersSettings
from webring.storage import communities, homeservers, listings, peers
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)
MANIFEST = "/webring/v1/manifest"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"


def many(count: int) -> ManifestDraft:
    listed = [replace(community(f"c{n}"), url="") for n in range(count)]
    return replace(draft(), communities=listed)


def own(here: World, *slugs: str) -> ManifestDraft:
    """Communities with aliases of the instance itself: it may speak for them."""
    here.matrix.aliases |= {f"#{slug}:{here.name}": f"!{slug}:garden.example" for slug in slugs}
    listed = [
        replace(community(slug), url="", alias=RoomAlias(f"#{slug}:{here.name}")) for slug in slugs
    ]
    return replace(draft(), communities=listed)


async def test_an_unchanged_manifest_expires_all_the_same(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.listener.answers[MANIFEST] = NOT_MODIFIED
        here.times[0] = NOW + 15 * DAY
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("stale", "expired")
        assert list(await here.listed()) == ["a"]


async def test_a_page_that_is_missing_refuses_the_whole(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        issued = here.serve(many(700), KEYS, NOW + 1)
        del here.listener.answers[f"/webring/v1/pages/{list(issued.pages)[-1]}"]
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "mixed_pages")
        assert list(await here.listed()) == ["a"]
        assert (await here.row()).sequence == NOW


async def test_pages_that_never_come_end_the_visit(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "READING", 200)
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        issued = here.serve(many(700), KEYS, NOW + 1)
        here.listener.answers[f"/webring/v1/pages/{list(issued.pages)[-1]}"] = None
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("unreachable", "timeout")
        assert list(await here.listed()) == ["a"]


async def test_a_recovery_and_a_repinning_have_their_own_outcomes(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        recovery = recovered(THIEF, name=here.name)
        here.serve(replace(draft("b"), recovery=recovery.recovery), KeySet(THIEF), NOW + 1)
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("frozen", "bad_recovery")
        await Roster(db, lambda: NOW, "test").repin_peer(here.name)
        here.serve(draft("b"), KeySet(THIEF), NOW + 2)
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "repinned")
        assert list(await here.listed()) == ["b"]


async def test_a_slow_peer_delays_no_other_and_is_let_go_at_the_end(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "LOOK_AGAIN", 20)
    async with world(db) as here, listening({}) as second:
        here.listener.answers[MANIFEST] = None
        visits = asyncio.create_task(here.visitor.visit_due())
        while not here.listener.requests:
            await asyncio.sleep(0.01)
        other = ServerName(f"127.0.0.1:{second.port}")
        async with db.transaction() as tx:
            await peers.add(tx, frontier.candidates([other], "configured"), NOW, NOW)
        async with asyncio.timeout(10):
            while not (row := await peers.get(db.reader, other)) or row.tried_at is None:
                await asyncio.sleep(0.02)
        visits.cancel()
        await asyncio.gather(visits, return_exceptions=True)
        row = await here.row()
        assert (row.tried_at, row.holder) == (None, None)


async def test_a_fault_of_ours_ends_no_other_visit(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> bool:
        raise ValueError("a fault")

    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        monkeypatch.setattr(applying, "write", broken)
        assert await here.visitor.visit_due() == []
        assert f"The visit to {here.name} failed" in caplog.text


async def test_of_a_stranger_no_more_is_asked_about_than_could_be_listed(db: Database) -> None:
    async with world(db) as here:
        here.serve(many(300), KEYS, NOW)
        await here.accept(False)
        await here.visit()
        assert here.matrix.asked == UNACCEPTED_PER_DOMAIN
        assert len(await here.listed()) == UNACCEPTED_PER_DOMAIN


async def test_asking_ends_and_goes_on_at_the_next_visit(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(db) as here:
        here.serve(own(here, "a"), KEYS, NOW)
        await here.visit()
        monkeypatch.setattr(visiting, "ASKING", 100)
        here.matrix.pause = 60
        here.serve(own(here, "a", "b"), KEYS, NOW + 1)
        assert (await here.visit()).outcome == "accepted"
        assert await here.listed() == {"a": Standing.UNCONFIRMED}
        here.matrix.pause = 0
        here.listener.answers[MANIFEST] = NOT_MODIFIED
        await here.visit()
        assert list(await here.listed()) == ["a", "b"]


async def test_an_acceptance_taken_back_holds_although_nobody_can_be_asked(db: Database) -> None:
    async with world(db) as here:
        here.serve(own(here, "a"), KEYS, NOW)
        await here.accept()
        await here.visit()
        assert await here.listed() == {"a": Standing.UNCONFIRMED}
        here.matrix.error = ConnectFailed("nobody answers")
        await here.accept(False)
        await here.visit()
        assert await here.listed() == {"a": Standing.CLAIMED}


async def test_in_quarantine_a_stranger_is_verified_and_kept_but_not_shown(db: Database) -> None:
    async with world(db, PeersSettings(quarantine=True)) as here:
        here.serve(own(here, "a"), KEYS, NOW)
        await here.accept(False)
        visited = await here.visit()
        row = await here.row()
        assert (visited.state, visited.outcome, row.sequence) == ("verified", "accepted", NOW)
        assert "peers accept" in row.why
        assert row.manifest
        assert (await here.listed(), await listings.count(db.reader)) == ({}, 0)
        assert not await homeservers.known(db.reader, [ServerName("garden.example")])
        assert here.matrix.asked == 0
        await here.accept()
        await here.visit()
        assert await here.listed() == {"a": Standing.UNCONFIRMED}
        assert "peers accept" not in (await here.row()).why
        here.listener.answers[MANIFEST] = respond(b"", status="500 No")
        await here.accept(False)
        await here.visit()
        assert (await here.listed(), await listings.count(db.reader)) == ({}, 0)


async def test_what_one_peer_names_is_bounded_over_all_its_manifests(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "PER_PEER", 3)
    async with world(db, PeersSettings(per_peer=2)) as here:
        for turn in range(3):
            names = tuple(ServerName(f"n{turn}-{n}.n{turn}{n}.example") for n in range(2))
            named = replace(draft(), peers=names, homeservers=names)
            here.serve(named, KEYS, NOW + turn)
            await here.visit()
        assert await peers.named_by(db.reader, here.name) == 2
        assert await homeservers.named_by(db.reader, here.name) == 3
        assert await communities.count(db.reader) == 0


async def test_a_room_that_is_kept_out_does_not_return_as_a_room_of_a_space(db: Database) -> None:
    async with world(db) as here:
        kept_out, space = (
            "!child:garden.example",
            draft("a", children={"a": "!child:garden.example"}),
        )
        here.serve(space, KEYS, NOW)
        await here.accept()
        await here.visit()
        desk = Desk(db, lambda: NOW)
        await desk.keep_out(Action.OPTOUT, Target.ROOM, kept_out, "", "test")
        here.serve(space, KEYS, NOW + 1)
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert claim.rooms == ()
        assert await listings.get(db.reader, RoomId(kept_out)) is None


async def test_a_stranger_neither_hides_nor_lifts_what_a_directory_publishes(db: Database) -> None:
    async with world(db) as here:
        room = RoomId("!a:garden.example")
        await here.found(room)
        before = await listings.get(db.reader, room)
        evil = replace(community("a"), url="", nsfw=True, name="Something else")
        here.serve(replace(draft(), communities=[evil]), KEYS, NOW)
        await here.accept(False)
        await here.visit()
        assert await here.listed() == {"a": Standing.CLAIMED}
        assert await listings.get(db.reader, room) == before
