"""Siblings and forks: whoever follows ends where everybody does, and the operator may choose."""

from __future__ import annotations

import pytest

from tests.integration.rings.ring_peers import LATER, PATH, RingWorld, ring_world
from tests.unit.documents.ring_world import ID, A, B, C, after, community, first, site, unlike
from webring.clock import DAY
from webring.documents.ring import Ring
from webring.errors import BadRequest, InvalidName
from webring.names import ServerName
from webring.storage import decisions
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
V1 = first()
V2 = after(V1, members=[community(1, V1.root), site(2, V1.root)])
SMALLER, LARGER = sorted(
    (unlike(V2, word=f"sibling {number}") for number in range(2)), key=lambda one: one.sha256
)
NEXT_SMALLER, NEXT_LARGER = after(SMALLER), after(LARGER)
BRANCH = (V1, V2, LARGER, NEXT_LARGER)
FORK = (V1, V2, SMALLER, NEXT_SMALLER)


async def claimed(here: RingWorld, name: ServerName, *versions: Ring) -> None:
    here.instances[name].serve(*versions)
    await here.claim(name, newest=versions[-1])


@pytest.mark.parametrize("order", [(SMALLER, LARGER), (LARGER, SMALLER)])
async def test_whoever_sees_two_siblings_ends_on_the_smaller(
    db: Database, order: tuple[Ring, Ring]
) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        for name, version in zip((A, B), order, strict=True):
            await claimed(here, name, V1, V2, version)
            ring = await here.visit()
        won = order[1] is SMALLER
        assert ring.outcome == ("sibling_won" if won else "sibling_lost")
        assert (ring.sha256, ring.behind_since) == (SMALLER.sha256, None)
        assert await here.branch() == [V1.sha256, V2.sha256, SMALLER.sha256]
        assert await here.evidence() == {LARGER.sha256: ring.outcome}


async def test_both_are_seen_in_one_visit(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        await claimed(here, A, V1, V2, LARGER)
        await claimed(here, B, V1, V2, SMALLER)
        ring = await here.visit()
        assert ring.sha256 == SMALLER.sha256


async def test_a_smaller_sibling_comes_with_what_follows_it(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2, LARGER)
        await claimed(here, B, *FORK)
        ring = await here.visit()
        assert (ring.outcome, ring.sha256) == ("sibling_won", NEXT_SMALLER.sha256)
        assert await here.branch() == [each.sha256 for each in FORK]


async def test_a_sibling_that_lost_is_not_fetched_again(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2, SMALLER)
        await claimed(here, B, *BRANCH)
        assert (await here.visit()).outcome == "sibling_lost"
        here.instances[B].listener.requests.clear()
        ring = await here.visit()
        assert (ring.outcome, ring.sha256, here.asked) == ("sibling_lost", SMALLER.sha256, [])
        assert f"webring ring choose {ID} {NEXT_LARGER.sha256}" in ring.why
        assert (ring.failures, ring.behind_since) == (0, None)


async def test_a_fork_is_not_followed_and_kept_as_evidence(db: Database) -> None:
    longer = (*FORK, after(NEXT_SMALLER), after(after(NEXT_SMALLER)))
    async with ring_world(db) as here:
        here.pass_by(3 * DAY)
        await here.holding(*BRANCH)
        await claimed(here, B, *longer)
        for _ in range(2):
            ring = await here.visit()
            assert (ring.outcome, ring.sha256) == ("forked", NEXT_LARGER.sha256)
            assert (ring.failures, ring.behind_since) == (0, None)
        assert await here.evidence() == {
            NEXT_SMALLER.sha256: "forked", longer[-1].sha256: "forked",
        }  # fmt: skip
        assert await here.branch() == [each.sha256 for each in BRANCH]


async def test_our_own_branch_goes_on_beside_a_fork(db: Database) -> None:
    newer = after(NEXT_LARGER, (B, C))
    async with ring_world(db) as here:
        here.pass_by(3 * DAY)
        await here.holding(*BRANCH)
        await claimed(here, B, *FORK)
        await claimed(here, C, *BRANCH, newer)
        ring = await here.visit()
        assert (ring.sequence, ring.sha256) == (5, newer.sha256)


async def forked(here: RingWorld, name: ServerName = B) -> None:
    await here.holding(*BRANCH)
    await claimed(here, name, *FORK)
    assert (await here.visit()).outcome == "forked"


@pytest.mark.parametrize("length", [12, 64])
async def test_the_operator_chooses_the_other_branch(db: Database, length: int) -> None:
    async with ring_world(db) as here:
        await forked(here)
        chosen = NEXT_SMALLER.sha256[:length]
        found = await here.following.choose(ID, chosen, "operator")
        assert (found.outcome, found.good) == ("chosen", True)
        assert found.head is not None
        assert (found.head.sha256, found.head.members) == (
            NEXT_SMALLER.sha256, NEXT_SMALLER.members,
        )  # fmt: skip
        assert await here.branch() == [each.sha256 for each in FORK]
        assert await here.evidence() == {LARGER.sha256: "chosen", NEXT_LARGER.sha256: "chosen"}
        (logged,) = await decisions.about(db.reader, ID)
        assert (logged.actor, logged.action, logged.at) == ("operator", "ring_choose", LATER)
        assert NEXT_SMALLER.sha256 in logged.reason
        assert NEXT_LARGER.sha256 in logged.reason


async def test_what_was_chosen_stays_whatever_the_others_claim(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2, SMALLER)
        await claimed(here, B, V1, V2, LARGER)
        await here.visit()
        assert (await here.following.choose(ID, LARGER.sha256, "operator")).good
        await claimed(here, A, *FORK)
        ring = await here.visit()
        assert (ring.outcome, ring.sha256) == ("forked", LARGER.sha256)
        assert "left by choice" in ring.why
        found = await here.following.choose(ID, NEXT_SMALLER.sha256, "operator")
        assert (found.outcome, found.good) == ("chosen", True)
        assert await here.branch() == [each.sha256 for each in FORK]


async def test_a_branch_that_is_kept_needs_nobody_but_its_pages(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2, LARGER)
        await claimed(here, B, V1, V2, SMALLER)
        assert (await here.visit()).outcome == "sibling_won"
        for instance in here.instances.values():
            instance.fail()
        found = await here.following.choose(ID, LARGER.sha256, "operator")
        assert (found.outcome, found.good) == ("chosen", True)
        assert await here.branch() == [V1.sha256, V2.sha256, LARGER.sha256]


UNCLEAR = {
    "nothing": "",
    "too little": NEXT_SMALLER.sha256[:7],
    "no hash": "zz" * 8,
    "a hash and more": NEXT_SMALLER.sha256 + "0",
}


@pytest.mark.parametrize("case", UNCLEAR)
async def test_a_branch_is_named_clearly_or_not_chosen(db: Database, case: str) -> None:
    async with ring_world(db) as here:
        await forked(here)
        with pytest.raises(BadRequest, match="8 to 64 hexadecimal digits"):
            await here.following.choose(ID, UNCLEAR[case], "operator")
        assert await here.branch() == [each.sha256 for each in BRANCH]


CHOICES = {
    "the branch that we follow": (NEXT_LARGER.sha256, "unchanged", True),
    "a version of it": (V2.sha256, "unchanged", True),
    "one that nobody has": ("0" * 64, "not_served", False),
}


@pytest.mark.parametrize("case", CHOICES)
async def test_choosing_in_vain_changes_nothing(db: Database, case: str) -> None:
    sha256, outcome, good = CHOICES[case]
    async with ring_world(db) as here:
        await forked(here)
        found = await here.following.choose(ID, sha256, "operator")
        assert (found.outcome, found.good) == (outcome, good)
        assert await here.branch() == [each.sha256 for each in BRANCH]
        assert await decisions.about(db.reader, ID) == []
        assert (await here.stored()).outcome == "forked"


async def test_a_branch_has_to_verify_before_it_is_chosen(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(*BRANCH)
        forged = after(SMALLER, (B,))
        await claimed(here, B, V1, V2, SMALLER, forged)
        found = await here.following.choose(ID, forged.sha256, "operator")
        assert (found.outcome, found.good) == ("too_few_signatures", False)
        assert await here.branch() == [each.sha256 for each in BRANCH]


async def test_a_ring_whose_founder_is_gone_may_be_chosen(db: Database) -> None:
    async with ring_world(db) as here:
        mirror = here.instances[C]
        mirror.serve(V1, V2)
        assert not (await here.following.follow(ID, via=mirror.base)).good
        found = await here.following.choose(ID, V2.sha256, "operator", via=mirror.base)
        assert (found.outcome, found.good) == ("chosen", True)
        assert (await here.stored()).root == V1.sha256
        assert PATH in mirror.asked


@pytest.mark.parametrize("via", ["ftp://a.example", "https://", "a b", "http://[::1"])
async def test_an_address_that_is_none_is_refused(db: Database, via: str) -> None:
    async with ring_world(db) as here:
        with pytest.raises(InvalidName):
            await here.following.follow(ID, via=via)
