"""Somebody says that a site has moved: both ends decide, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.integration.rings.asked import World, world
from tests.unit.documents.ring_world import B, community, site
from webring.clock import MINUTE
from webring.errors import BadRequest, Conflict, NotFound, RateLimited, RequestError
from webring.names import RingId
from webring.rings import drafting
from webring.rings.moving import MoveProof
from webring.rings.site_moving import BURST, SiteMoving
from webring.storage import rings
from webring.storage.database import Database
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
NEW = "https://new.example/"
UNKNOWN = RingId("bees:garden.example")


@dataclass
class Ends:
    """Both ends of every move, as they would be seen."""

    proof: MoveProof = field(default=MoveProof(True, "the old address leads there"))
    looked_at: list[tuple[str, str]] = field(default_factory=list)

    async def site_moved(
        self, conn: Connection, ring: RingId, member: str, old: str, new: str
    ) -> MoveProof:
        self.looked_at.append((old, new))
        return self.proof


async def opened(db: Database) -> tuple[World, Ends, SiteMoving]:
    here, ends = await world(db), Ends()
    await here.next(members=[site(1, here.ring.root), community(1, here.ring.root)])
    moving = SiteMoving(db, here.shelf, ends, lambda: here.now)  # type: ignore[arg-type]
    return here, ends, moving


async def test_where_both_ends_say_so_the_next_version_has_it(db: Database) -> None:
    here, ends, moving = await opened(db)
    member = site(1, here.ring.root)
    proof = await moving.move(here.ring.id, member.id, " new.example ")
    assert proof.proven
    assert ends.looked_at == [(member.url, NEW)]
    (wish,) = await here.wishes()
    assert (wish.wanted, wish.decider) == (drafting.move(member.id, NEW, None), "")


async def test_where_one_end_does_not_nothing_is_kept(db: Database) -> None:
    here, ends, moving = await opened(db)
    ends.proof = MoveProof(False, "the old address does not say so")
    assert await moving.move(here.ring.id, site(1, here.ring.root).id, NEW) == ends.proof
    assert await here.wishes() == []


BAD: dict[str, tuple[str, str, str, type[RequestError]]] = {
    "in a ring that nobody knows": (UNKNOWN, "site", NEW, NotFound),
    "of nobody": ("", "0" * 20, NEW, NotFound),
    "of a community": ("", "community", NEW, NotFound),
    "to where it stands": ("", "site", "https://site1.example/", Conflict),
    "to a member's address": ("", "site", f"https://{B}/plot/1", Conflict),
    "to a plain address": ("", "site", "http://new.example/", BadRequest),
    "to an address inside": ("", "site", "https://127.0.0.1/", BadRequest),
    "to a script": ("", "site", "javascript:alert(1)", BadRequest),
    "to nothing": ("", "site", "", BadRequest),
}


@pytest.mark.parametrize("case", BAD)
async def test_moves_that_are_none(db: Database, case: str) -> None:
    ring, whom, url, error = BAD[case]
    here, ends, moving = await opened(db)
    ids = {"site": site(1, here.ring.root).id, "community": community(1, here.ring.root).id}
    with pytest.raises(error):
        await moving.move(RingId(ring or here.ring.id), ids.get(whom, whom), url)
    assert (ends.looked_at, await here.wishes()) == ([], [])


async def test_who_is_no_steward_moves_nobody(db: Database) -> None:
    here, _, moving = await opened(db)
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, here.ring.id, False)
    with pytest.raises(NotFound, match="is no steward"):
        await moving.move(here.ring.id, site(1, here.ring.root).id, NEW)


async def test_one_domain_is_not_looked_at_often(db: Database) -> None:
    here, ends, moving = await opened(db)
    ends.proof = MoveProof(False, "no")
    member = site(1, here.ring.root).id
    for number in range(BURST):
        await moving.move(here.ring.id, member, f"https://new.example/{number}")
    with pytest.raises(RateLimited):
        await moving.move(here.ring.id, member, NEW)
    here.now += MINUTE
    await moving.move(here.ring.id, member, NEW)
    assert len(ends.looked_at) == BURST + 1
