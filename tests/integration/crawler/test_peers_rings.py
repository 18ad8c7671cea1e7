"""What visits to peers mean for their communities' places in rings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.crawler.peer_world import NOW, OWN, World, draft, world
from tests.integration.rings import checked
from tests.unit.documents.test_trust import FIRST, community
from webring.clock import DAY
from webring.crawler.claims import UNACCEPTED_PER_DOMAIN
from webring.directory.listing import Standing
from webring.documents.keys import KeySet
from webring.names import RoomAlias, ServerName, Slug
from webring.storage import blocks, peers, ring_members, rings
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.homeservers import Candidate
from webring.storage.ring_members import StoredMember

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)
MANIFEST = "/webring/v1/manifest"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"


async def settled(here: World) -> None:
    """The peer was visited, and its community is a member that is looked at next year."""
    here.matrix.aliases = {f"#a:{here.name}": "!a:garden.example"}
    named = replace(community("a"), url="", alias=RoomAlias(f"#a:{here.name}"))
    here.serve(replace(draft(), communities=[named]), KEYS, here.times[0])
    await here.visit()
    member = replace(checked.community(), instance=here.name, next_at=NOW + 365 * DAY)
    async with here.db.transaction() as tx:
        await ring_members.put(tx, [member])


async def is_due(here: World) -> bool:
    async with here.db.transaction() as tx:
        return bool(await ring_members.claim(tx, "test", here.times[0], 10, 1))


async def test_a_manifest_that_is_the_same_hastens_nothing(db: Database) -> None:
    async with world(db) as here:
        await settled(here)
        here.listener.answers[MANIFEST] = NOT_MODIFIED
        here.times[0] += DAY // 2
        await here.visit()
        assert not await is_due(here)


async def test_a_new_manifest_has_its_members_looked_at(db: Database) -> None:
    async with world(db) as here:
        await settled(here)
        here.times[0] += 1
        here.serve(draft("b"), KEYS, here.times[0])
        await here.visit()
        assert await is_due(here)


async def test_so_does_a_community_that_is_not_spoken_for_any_more(db: Database) -> None:
    async with world(db) as here:
        await settled(here)
        here.listener.answers[MANIFEST] = NOT_MODIFIED
        here.matrix.aliases = {}
        here.times[0] += 2 * DAY
        await here.visit()
        assert await is_due(here)


async def test_so_does_a_block(db: Database) -> None:
    async with world(db) as here:
        await settled(here)
        async with db.transaction() as tx:
            await blocks.add(tx, Block("server", here.name, "block", "spam", NOW))
        await here.visit()
        assert await is_due(here)


FRIEND = ServerName("friend.example")
"""An instance that the operator accepted."""
PLACES: dict[str, tuple[ServerName, dict[str, object], dict[str, object], Standing]] = {
    "an accepted instance stands there too": (FRIEND, {}, {}, Standing.UNCONFIRMED),
    "so do we": (OWN, {}, {}, Standing.UNCONFIRMED),
    "it sleeps there": (FRIEND, {"state": "sleeping"}, {}, Standing.UNCONFIRMED),
    "only strangers stand there": (ServerName("other.example"), {}, {}, Standing.CLAIMED),
    "the accepted one never agreed": (
        FRIEND,
        {},
        {"consents": False, "state": "one_sided"},
        Standing.CLAIMED,
    ),
    "it never agreed itself": (
        FRIEND,
        {"consents": False, "state": "one_sided"},
        {},
        Standing.CLAIMED,
    ),
    "the accepted one left": (FRIEND, {}, {"listed": False, "state": "left"}, Standing.CLAIMED),
}


@pytest.mark.parametrize("case", PLACES)
async def test_sharing_a_ring_with_an_accepted_instance_ranks(db: Database, case: str) -> None:
    other, its, theirs, standing = PLACES[case]
    async with world(db) as here:
        await here.accept(False)
        await settled(here)
        assert await here.listed() == {"a": Standing.CLAIMED}
        await stand(here, other, its, theirs)
        await here.visit()
        assert await here.listed() == {"a": standing}


async def test_in_a_ring_that_we_steward_everybody_ranks(db: Database) -> None:
    async with world(db) as here:
        await here.accept(False)
        await settled(here)
        await stand(here, ServerName("other.example"), {}, {})
        async with db.transaction() as tx:
            await rings.set_stewarded(tx, checked.RING, True)
        await here.visit()
        assert await here.listed() == {"a": Standing.UNCONFIRMED}


async def test_a_blocked_friend_lends_no_rank_and_neither_does_one_let_go(db: Database) -> None:
    async with world(db) as here:
        await here.accept(False)
        await settled(here)
        await stand(here, FRIEND, {}, {})
        await here.visit()
        assert await here.listed() == {"a": Standing.UNCONFIRMED}
        async with db.transaction() as tx:
            await peers.set_state(tx, FRIEND, "blocked", "spam", NOW)
        await here.visit()
        assert await here.listed() == {"a": Standing.CLAIMED}


async def test_who_shares_a_ring_may_list_as_much_as_any_neighbour(db: Database) -> None:
    async with world(db) as here:
        await here.accept(False)
        await settled(here)
        many = [f"c{number}" for number in range(UNACCEPTED_PER_DOMAIN + 5)]
        here.serve(draft("a", *many), KEYS, NOW + 1)
        await here.visit()
        assert len(await here.listed()) == UNACCEPTED_PER_DOMAIN
        await stand(here, FRIEND, {}, {})
        here.serve(draft("a", *many), KEYS, NOW + 2)
        await here.visit()
        assert len(await here.listed()) == len(many) + 1


async def stand(
    here: World, other: ServerName, its: dict[str, object], theirs: dict[str, object]
) -> None:
    """Our peer and another instance are members of one ring, changed so."""
    active = replace(checked.community(), state="active", consents=True)
    beside = replace(active, member="9" * 20, instance=other, community=Slug("bees"), position=1)
    async with here.db.transaction() as tx:
        friend = [Candidate(FRIEND, "friend.example", "accepted")]
        await peers.add(tx, friend, NOW, NOW + 365 * DAY)
        await rings.add(tx, checked.RING, "a" * 64, "followed", NOW)
        members: list[StoredMember] = [
            replace(active, instance=here.name, **its),  # type: ignore[arg-type]
            replace(beside, **theirs),  # type: ignore[arg-type]
        ]
        await ring_members.put(tx, members)
