"""What is kept out has its places in rings looked at again, at once."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.integration.rings.kept import keep
from tests.integration.rings.pledged import HERBS, PEER, standing
from tests.unit.documents.ring_world import NOW, C, after, community, first, site
from webring.clock import DAY
from webring.documents.ring import Ring
from webring.moderation.desk import Action, Desk, Target
from webring.names import CommunityId
from webring.storage import communities, ring_members
from webring.storage.database import Database

pytestmark = pytest.mark.anyio

ROOT = first()
OURS = replace(community(1, ROOT.sha256), instance=PEER, community=HERBS)
SITE = site(1, ROOT.sha256)
SOIL: Ring = after(ROOT, members=(OURS, community(2, ROOT.sha256, instance=C), SITE))


@pytest.fixture
async def desk(db: Database) -> Desk:
    """A desk beside a ring whose members are looked at tomorrow."""
    await standing(db)
    await keep(db, SOIL)
    async with db.transaction() as tx:
        rows = await ring_members.of_ring(tx, SOIL.id)
        await ring_members.put(tx, [replace(row, next_at=NOW + DAY) for row in rows])
    return Desk(db, lambda: NOW)


async def due(db: Database) -> set[str]:
    """The members that are looked at now."""
    rows = await ring_members.of_ring(db.reader, SOIL.id)
    return {row.member for row in rows if row.next_at == NOW}


async def of_room(db: Database) -> str:
    claim = await communities.get(db.reader, CommunityId(f"{HERBS}:{PEER}"))
    assert claim is not None
    return claim.room_id


TARGETS: dict[str, tuple[Target, str | None, set[str]]] = {
    "its room": (Target.ROOM, None, {OURS.id}),
    "its space": (Target.SPACE, None, {OURS.id}),
    "its instance": (Target.SERVER, PEER, {OURS.id}),
    "another's instance": (Target.SERVER, C, {SOIL.members[1].id}),
    "a site's host": (Target.SERVER, urlsplit(SITE.url).netloc, {SITE.id}),
    "another room": (Target.ROOM, "!other:garden.example", set()),
    "another server": (Target.SERVER, "other.example", set()),
}


@pytest.mark.parametrize("case", TARGETS)
async def test_whoever_is_kept_out_is_looked_at_again(db: Database, desk: Desk, case: str) -> None:
    kind, name, expected = TARGETS[case]
    target = name or await of_room(db)
    await desk.keep_out(Action.OPTOUT, kind, target, "it asked", "tester")
    assert await due(db) == expected


async def test_whoever_is_let_in_again_too(db: Database, desk: Desk) -> None:
    await desk.keep_out(Action.BLOCK, Target.SERVER, PEER, "spam", "tester")
    async with db.transaction() as tx:
        rows = await ring_members.of_ring(tx, SOIL.id)
        await ring_members.put(tx, [replace(row, next_at=NOW + DAY) for row in rows])
    await desk.let_in(Target.SERVER, PEER, "tester")
    assert await due(db) == {OURS.id}
