"""What verified manifests say of rings: what becomes known, and what is hastened."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, NOW, A, B, C, after, community, first
from webring.clock import DAY
from webring.documents.parts import Membership, RingHead
from webring.names import RingId, ServerName, Slug
from webring.rings.naming import CAPS, MENTIONED, NAMED, note_rings
from webring.storage import blocks, ring_members, rings
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.rings import StoredRing

pytestmark = pytest.mark.anyio
ROOT = first()
HEAD = after(ROOT, members=[community(1, ROOT.sha256)])
LATER = NOW + 7 * DAY
OTHER = "f" * 64


@dataclass(frozen=True)
class Says:
    """What a manifest says of rings."""

    instance: ServerName
    rings: tuple[RingHead, ...] = ()
    memberships: tuple[Membership, ...] = ()


def heads(by: ServerName, *claims: tuple[RingId, str, int, str]) -> Says:
    return Says(by, tuple(RingHead(*claim) for claim in claims))


def member(by: ServerName, ring: RingId, root: str) -> Says:
    return Says(by, memberships=(Membership(ring, root, Slug("plot-1"), NOW),))


async def note(db: Database, says: Says, *, accepted: bool = True, discover: bool = True) -> None:
    async with db.transaction() as tx:
        await note_rings(tx, says, LATER, accepted=accepted, discover=discover)


async def stored(db: Database, ring: RingId = ID) -> StoredRing:
    found = await rings.get(db.reader, ring)
    assert found is not None
    return found


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_ring_that_is_named_becomes_known(db: Database, accepted: bool) -> None:
    await note(db, member(B, ID, ROOT.sha256), accepted=accepted)
    ring = await stored(db)
    assert (ring.root, ring.named_by, ring.accepted) == (ROOT.sha256, B, accepted)
    assert (ring.origin, ring.next_at) == (NAMED if accepted else MENTIONED, LATER)


async def test_nothing_becomes_known_where_nothing_is_to_be_discovered(db: Database) -> None:
    await note(db, member(B, ID, ROOT.sha256), discover=False)
    assert await rings.all(db.reader) == []


async def test_a_founder_that_is_kept_out_founds_nothing_here(db: Database) -> None:
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", A, "block", "spam", NOW))
    await note(db, member(B, ID, ROOT.sha256))
    assert await rings.all(db.reader) == []


def many(by: ServerName, number: int, founder: str) -> Says:
    names = [RingId(f"r{at}:{founder.format(at)}") for at in range(number)]
    return heads(by, *((ring, OTHER, 1, OTHER) for ring in names))


CROWDS = {
    "one stranger": (False, [many(B, 20, "a{}.example")], CAPS[False].per_peer),
    "one accepted": (True, [many(B, 300, "a{}.example")], CAPS[True].per_peer),
    "strangers, one domain": (
        False,
        [many(ServerName(f"s{n}.example"), 4, f"s{n}.founder.example") for n in range(4)],
        CAPS[False].per_domain,
    ),
}


@pytest.mark.parametrize("case", CROWDS)
async def test_naming_is_bounded(db: Database, case: str) -> None:
    accepted, said, expected = CROWDS[case]
    for says in (*said, *said):
        await note(db, says, accepted=accepted)
    assert len(await rings.all(db.reader)) == expected


CLAIMS = {
    "a newer version": (B, ROOT.sha256, 3, OTHER, True),
    "another one of ours": (B, ROOT.sha256, 2, OTHER, True),
    "ours": (B, ROOT.sha256, 2, HEAD.sha256, False),
    "an older one": (B, ROOT.sha256, 1, ROOT.sha256, False),
    "of another root": (A, OTHER, 9, OTHER, False),
}


@pytest.mark.parametrize("case", CLAIMS)
async def test_who_claims_another_version_hastens_the_ring(db: Database, case: str) -> None:
    by, root, sequence, sha256, hastened = CLAIMS[case]
    await keep(db, HEAD)
    async with db.transaction() as tx:
        job = await rings.claim_one(tx, ID, "test", NOW, DAY)
        assert job is not None
        result = rings.RingResult("unchanged", "", 0, LATER + DAY, answered=True)
        await rings.finish(tx, job, result, NOW)
    await note(db, heads(by, (ID, root, sequence, sha256)))
    ring = await stored(db)
    assert (ring.next_at == LATER) is hastened
    assert (ring.root, ring.sha256) == (ROOT.sha256, HEAD.sha256)


async def test_whoever_speaks_for_members_has_their_consent_looked_at_again(db: Database) -> None:
    await keep(db, HEAD)
    for by, hastened in ((C, False), (B, True)):
        async with db.transaction() as tx:
            (job,) = await ring_members.of_ring(tx, ID)
        await note(db, Says(by))
        (job,) = await ring_members.of_ring(db.reader, ID)
        assert (job.next_at == LATER) is hastened


ROOTS = {
    "a stranger, after another": ([(B, False, OTHER), (C, False, ROOT.sha256)], OTHER),
    "an accepted one, after a stranger": ([(B, False, OTHER), (C, True, ROOT.sha256)], ROOT.sha256),
    "an accepted one, after another": ([(B, True, OTHER), (C, True, ROOT.sha256)], OTHER),
    "the founder, after others": (
        [(B, True, OTHER), (A, False, ROOT.sha256)],
        ROOT.sha256,
    ),
    "anybody, after the founder": ([(A, True, ROOT.sha256), (B, True, OTHER)], ROOT.sha256),
}


@pytest.mark.parametrize("case", ROOTS)
async def test_whose_root_is_looked_for_until_one_was_verified(db: Database, case: str) -> None:
    said, expected = ROOTS[case]
    for by, accepted, root in said:
        await note(db, member(by, ID, root), accepted=accepted)
    assert (await stored(db)).root == expected


async def test_a_ring_that_an_accepted_instance_names_too_is_shown(db: Database) -> None:
    await note(db, member(B, ID, ROOT.sha256), accepted=False)
    await note(db, member(C, ID, ROOT.sha256), accepted=True)
    ring = await stored(db)
    assert (ring.origin, ring.accepted) == (NAMED, True)


async def test_a_root_that_was_verified_is_pinned(db: Database) -> None:
    await keep(db, HEAD)
    await note(db, heads(A, (ID, OTHER, 5, OTHER)))
    assert (await stored(db)).root == ROOT.sha256
