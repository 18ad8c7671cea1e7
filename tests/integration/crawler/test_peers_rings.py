"""What visits to peers mean for their communities' places in rings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.crawler.peer_world import NOW, World, draft, world
from tests.integration.rings import checked
from tests.unit.documents.test_trust import FIRST, community
from webring.clock import DAY
from webring.documents.keys import KeySet
from webring.names import RoomAlias
from webring.storage import blocks, ring_members
from webring.storage.blocks import Block
from webring.storage.database import Database

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
