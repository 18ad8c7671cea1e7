"""Visits to peers that really answer on loopback, judged and written down on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.listener import respond
from tests.integration.crawler.peer_world import DEFAULTS, NOW, draft, world
from tests.unit.documents.test_trust import DRAFT, FIRST, THIEF, community
from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.directory.listing import Standing
from webring.documents.keys import KeySet
from webring.documents.parts import Membership
from webring.names import RingId, RoomAlias, ServerName, Slug
from webring.storage import changes, communities, documents, homeservers, listings, peers, rings
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)


async def test_a_first_visit_pins_lists_and_discovers(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", "b"), KEYS, NOW)
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "accepted")
        assert len(await communities.of_instance(db.reader, here.name)) == 2
        assert await listings.count(db.reader) == 2
        known = {row.name for row in await peers.all(db.reader)}
        assert known == {here.name, "forest.example"}
        assert await homeservers.known(db.reader, [ServerName("garden.example")])


async def test_an_unchanged_manifest_costs_one_question_and_changes_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        before = await changes.latest(db.reader)
        here.listener.requests.clear()
        here.matrix.asked = 0
        here.listener.answers["/webring/v1/manifest"] = (
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"
        )
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "unchanged")
        assert len(here.listener.requests) == 1
        assert 'if-none-match: "x"' in here.listener.requests[0].lower()
        assert (await changes.latest(db.reader), here.matrix.asked) == (before, 0)


async def test_a_large_manifest_is_fetched_page_by_page_and_only_once(db: Database) -> None:
    async with world(db) as here:
        many = [replace(community(f"c{n}"), url="") for n in range(700)]
        large = replace(draft(), communities=many)
        issued = here.serve(large, KEYS, NOW)
        assert len(issued.pages) > 1
        await here.visit()
        assert await communities.count(db.reader, here.name) == 700
        here.serve(large, KEYS, NOW + 1)
        here.listener.requests.clear()
        assert (await here.visit()).outcome == "accepted"
        assert not [each for each in here.listener.requests if "/pages/" in each]


async def test_pages_that_do_not_fit_apply_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        many = [replace(community(f"c{n}"), url="") for n in range(700)]
        issued = here.serve(replace(draft(), communities=many), KEYS, NOW + 1)
        wrong = f"/webring/v1/pages/{list(issued.pages)[-1]}"
        here.listener.answers[wrong] = respond(b"{}")
        assert (await here.visit()).outcome == "mixed_pages"
        assert await communities.count(db.reader, here.name) == 1
        row = await peers.get(db.reader, here.name)
        assert row is not None
        assert (row.state, row.sequence) == ("verified", NOW)


OTHER = replace(DRAFT.profile, name="Another")
REFUSED = {
    "another key": (THIEF, NOW + 1, "unknown_key", "frozen", 1),
    "rolled back": (FIRST, NOW - 1, "rollback", "verified", 1),
    "two of one sequence": (FIRST, NOW, "equivocation", "verified", 2),
    "from the future": (FIRST, NOW + HOUR, "future_sequence", "verified", 0),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_manifest_keeps_the_last_good_one(db: Database, case: str) -> None:
    key, sequence, outcome, state, evidence = REFUSED[case]
    async with world(db) as here:
        good = here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.serve(replace(draft("b"), profile=OTHER), KeySet(key), sequence)
        visited = await here.visit()
        assert (visited.outcome, visited.state) == (outcome, state)
        row = await peers.get(db.reader, here.name)
        assert row is not None
        assert (row.manifest, row.outcome) == (good.body, outcome)
        assert row.why
        assert await _ids(db, here.name) == ["a"]
        assert len(await documents.evidence(db.reader, here.name)) == evidence


async def _ids(db: Database, name: ServerName) -> list[str]:
    return [claim.id.slug for claim in await communities.of_instance(db.reader, name)]


async def test_a_frozen_peer_thaws_with_a_good_manifest(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.serve(draft("b"), KeySet(THIEF), NOW + 1)
        assert (await here.visit()).state == "frozen"
        here.serve(draft("b"), KEYS, NOW + 2)
        assert (await here.visit()).state == "verified"
        assert await _ids(db, here.name) == ["b"]


async def test_a_peer_that_nobody_accepted_ranks_as_claimed_until_it_is(db: Database) -> None:
    async with world(db) as here:
        here.matrix.aliases = {f"#a:{here.name}": "!a:garden.example"}
        named = replace(community("a"), url="", alias=RoomAlias(f"#a:{here.name}"))
        here.serve(replace(draft(), communities=[named]), KEYS, NOW)
        await here.accept(False)
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert (claim.standing, "not accepted" in claim.why) == (Standing.CLAIMED, True)
        await here.accept()
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert claim.standing is Standing.UNCONFIRMED


STARTING = respond(b"{}", "Retry-After: 2", status="503 Not Yet")
BUSY = respond(b"{}", "Retry-After: 900", status="503 Busy")
BROKEN = respond(b"", status="500 No")
PAUSES: dict[str, tuple[bytes, bool, list[Millis]]] = {
    "it is only starting": (STARTING, True, [2 * SECOND]),
    "it wants a rest": (BUSY, True, [15 * MINUTE]),
    "it is broken": (BROKEN, True, [2 * MINUTE, 10 * MINUTE, HOUR, HOUR, HOUR]),
    "a stranger is only starting": (STARTING, False, [2 * MINUTE]),
    "a stranger is broken": (BROKEN, False, [2 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR]),
}


@pytest.mark.parametrize("case", PAUSES)
async def test_who_cannot_be_verified_at_first_is_asked_again(db: Database, case: str) -> None:
    answer, accepted, pauses = PAUSES[case]
    async with world(db) as here:
        await here.accept(accepted)
        here.listener.answers["/webring/v1/manifest"] = answer
        for pause in pauses:
            assert (await here.visit()).state == "unreachable"
            assert (await here.row()).next_at == here.times[0] + int(pause * 0.9)
            here.times[0] += DAY


async def test_nobody_there_is_tried_again_and_removes_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.listener.answers["/webring/v1/manifest"] = respond(b"", status="500 No")
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("unreachable", "status")
        assert await _ids(db, here.name) == ["a"]


async def test_an_expired_manifest_is_stale(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.times[0] = NOW + 15 * DAY
        assert (await here.visit()).state == "stale"


RING, ROOT = RingId("soil:garden.example"), "a" * 64


@pytest.mark.parametrize("quarantine", [False, True])
async def test_a_ring_that_a_peer_names_becomes_known(db: Database, quarantine: bool) -> None:
    async with world(db, replace(DEFAULTS, quarantine=quarantine)) as here:
        member = Membership(RING, ROOT, Slug("a"), NOW)
        here.serve(replace(draft("a"), memberships=[member]), KEYS, NOW)
        await here.accept(accepted=not quarantine)
        await here.visit()
        found = await rings.get(db.reader, RING)
        if quarantine:
            assert found is None
        else:
            assert found is not None
            assert (found.root, found.named_by, found.accepted) == (ROOT, here.name, True)
