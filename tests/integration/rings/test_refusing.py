"""What stewards, and whoever poses as one, cannot make us follow: each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.fakes.hostile import a_drop_at_a_time, endless_body, hanging_up_midway, hostile
from tests.integration.rings.ring_peers import LATER, PATH, Instance, RingWorld, ring_world
from tests.unit.documents.ring_world import (
    ID,
    KEYS,
    TERMS,
    THIEF,
    A,
    B,
    C,
    D,
    after,
    community,
    first,
    pages_of,
    site,
)
from tests.unit.documents.test_chain import changed, resigned
from webring.clock import DAY, HOUR, MINUTE
from webring.documents import canonical
from webring.documents.parts import RingHead
from webring.documents.ring import Ring
from webring.names import RingId
from webring.net.budget import MIB
from webring.rings.asking import PAGES_PATH
from webring.rings.reading import Limits
from webring.storage import ring_claims, ring_versions
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
V1 = first()
V2 = after(V1, members=[community(1, V1.root), site(2, V1.root)])
V3 = after(V2, members=[*V2.members, site(3, V1.root)])
V4 = after(V3)
ALONE = resigned(V3, (B,), KEYS)
OTHER_ROOT = first(replace(TERMS, description="Another ground."))
OTHER_RING = first(ring_id=RingId(f"sand:{A}"))
LONG = "9" * 64


def serve(*versions: Ring) -> Callable[[Instance], None]:
    return lambda steward: steward.serve(*versions)


def answer(body: bytes) -> Callable[[Instance], None]:
    return lambda steward: steward.answer(PATH, body)


def without_page(steward: Instance) -> None:
    steward.serve(V1, V2, V3, pages=False)


def with_another_page(steward: Instance) -> None:
    steward.serve(V1, V2, V3)
    steward.answer(f"{PAGES_PATH}/{V3.pages[0].sha256}", next(iter(pages_of(V2).values())))


def with_a_page_of_another_length(steward: Instance) -> None:
    steward.serve(V1, V2, V3)
    miscounted = changed(V3, pages=[{"sha256": V3.pages[0].sha256, "count": 7}])
    steward.answer(PATH, canonical.encode(miscounted.content))


def with_a_hole(steward: Instance) -> None:
    steward.serve(V1, V2, V3, V4)
    del steward.listener.answers[f"{PATH}?sequence=3"]


def out_of_step(steward: Instance) -> None:
    steward.serve(V1, V2, V3, V4)
    steward.answer(f"{PATH}?sequence=3", canonical.encode(V2.content))


@dataclass(frozen=True)
class Lie:
    """What a steward that calls version 9 newest serves in its place."""

    serves: Callable[[Instance], None]
    outcome: str
    why: str = ""


LIES = {
    "one signature of two": Lie(serve(V1, V2, ALONE), "too_few_signatures", "1 signed"),
    "no signature": Lie(serve(V1, V2, resigned(V3, (), KEYS)), "too_few_signatures", "0 signed"),
    "a thief's signature": Lie(
        serve(V1, V2, resigned(V3, (A, B), {**KEYS, A: THIEF})), "too_few_signatures"
    ),
    "one signature in the middle": Lie(serve(V1, V2, ALONE, after(V3)), "too_few_signatures"),
    "a version after another one": Lie(
        serve(V1, V2, changed(V3, previous=LONG)), "broken_chain", "follows another version 2"
    ),
    "a version of before": Lie(serve(V1, V2, changed(V3, issued_at=V2.validity.issued_at - 1)),
        "broken_chain", "was issued before"),
    "another root": Lie(serve(OTHER_ROOT), "wrong_root"),
    "a version under another root": Lie(serve(V1, V2, changed(V3, root=LONG)), "wrong_root"),
    "another ring": Lie(lambda one: one.answer(PATH, canonical.encode(OTHER_RING.content)),
        "wrong_ring"),
    "rolled back": Lie(serve(V1), "rollback", "from version 2 to 1"),
    "from the future": Lie(
        serve(V1, V2, after(V2, now=LATER + 11 * MINUTE)), "future", "in the future"
    ),
    "a missing page": Lie(without_page, "mixed_pages", "is missing"),
    "a page of another version": Lie(with_another_page, "mixed_pages", "has another hash"),
    "a page of another length": Lie(
        with_a_page_of_another_length, "mixed_pages", "items, not 7"
    ),
    "a hole in the chain": Lie(with_a_hole, "behind", "404"),
    "another version than was asked for": Lie(out_of_step, "broken_chain", "answered version 2"),
    "no JSON": Lie(answer(b"<html>"), "malformed"),
    "nothing": Lie(answer(b""), "malformed"),
    "a message": Lie(answer(b'{"type": "webring.message"}'), "wrong_type"),
    "a head over its limit": Lie(answer(b'{"a": "' + b"x" * 60_000 + b'"}'), "malformed"),
    "more than is read": Lie(answer(b"x" * 100_000), "behind"),
    "a chain without end": Lie(serve(V1, V2, changed(V3, sequence=10**9)), "too_long"),
    "what it has": Lie(serve(V1, V2), "behind", "calls version 9 newest"),
    "nothing of the ring": Lie(lambda one: None, "behind", "404"),
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
async def test_a_lie_changes_nothing_and_is_told(db: Database, case: str) -> None:
    lie = LIES[case]
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        steward = here.instances[B]
        lie.serves(steward)
        await here.know(B, RingHead(ID, V1.root, 9, LONG))
        ring = await here.visit()
        assert ring.outcome == lie.outcome, ring.why
        assert lie.why in ring.why
        assert (ring.sequence, ring.sha256, ring.behind_since) == (2, V2.sha256, LATER)
        assert ring.failures == 1
        assert ring.next_at <= LATER + 2 * MINUTE
        head = await here.shelf.head(db.reader, ID)
        assert head is not None
        assert head.members == V2.members
        assert await here.branch() == [V1.sha256, V2.sha256]


@pytest.mark.parametrize("case", ["too few", "another root", "no founder's key", "no version 1"])
async def test_a_newcomer_pins_nothing_that_does_not_verify(db: Database, case: str) -> None:
    versions, root, outcome = {
        "too few": ([first(by=(A,)), V2], V1.sha256, "too_few_signatures"),
        "another root": ([V1, V2], LONG, "wrong_root"),
        "no founder's key": ([first(by=(B, C))], V1.sha256, "unfounded"),
        "no version 1": ([V2], V1.sha256, "not_served"),
    }[case]
    async with ring_world(db) as here:
        await here.know(A)
        await here.named(root, A)
        here.instances[A].serve(*versions)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence, ring.sha256) == (outcome, 0, "")
        assert await here.branch() == []


SLOW = {"without end": endless_body, "cut off": hanging_up_midway}


@pytest.mark.parametrize("case", SLOW)
async def test_a_hostile_server_is_left(db: Database, case: str) -> None:
    async with ring_world(db) as here, hostile(SLOW[case]) as server:
        await here.holding(V1, V2)
        base = f"http://127.0.0.1:{server.port}"
        await here.know(B, RingHead(ID, V1.root, 3, LONG), base=type(here.instances[A].base)(base))
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("behind", 2)


async def test_a_slow_server_is_left_after_a_while(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webring.rings.attempting.READING", 300)
    async with ring_world(db) as here, hostile(a_drop_at_a_time) as server:
        await here.holding(V1, V2)
        base = f"http://127.0.0.1:{server.port}"
        await here.know(B, RingHead(ID, V1.root, 3, LONG), base=type(here.instances[A].base)(base))
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("behind", 2)


async def test_a_claim_that_is_not_served_within_a_day_does_not_count(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        seen = []
        for hours, sequence in ((0, 9), (23, 10), (1, 11), (1, 11)):
            here.pass_by(hours * HOUR)
            # Claiming more and more does not begin the time anew.
            await here.know(B, RingHead(ID, V1.root, sequence, LONG))
            ring = await here.visit()
            seen.append((ring.outcome, ring.behind_since))
        behind = ("behind", LATER)
        assert seen == [behind, behind, ("unchanged", None), ("unchanged", None)]
        assert f"{B} calls newest, version 11, was not served for a day" in ring.why
        assert await ring_claims.of_ring(db.reader, ID) == {B: LATER}


async def test_a_claim_that_did_not_count_counts_once_it_is_served(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        await here.claim(B, newest=V3)
        await here.visit()
        here.pass_by(DAY)
        assert (await here.visit()).outcome == "unchanged"
        here.instances[B].serve(V1, V2, V3)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 3)
        assert await ring_claims.of_ring(db.reader, ID) == {}


async def test_an_honest_steward_is_heard_beside_a_liar(db: Database) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        await here.know(B, RingHead(ID, V1.root, 9, LONG))
        here.instances[B].serve(V1, V2, ALONE)
        await here.claim(C, newest=V3)
        here.instances[C].serve(V1, V2, V3)
        ring = await here.visit()
        assert (ring.sequence, ring.sha256) == (3, V3.sha256)
        assert (ring.outcome, ring.behind_since) == ("too_few_signatures", LATER)
        here.pass_by(DAY)
        assert (await here.visit()).behind_since is None


async def nobody(here: RingWorld) -> None:
    await here.know(A)


async def a_stranger(here: RingWorld) -> None:
    await here.claim(D, newest=V3)


async def a_stale_manifest(here: RingWorld) -> None:
    await here.claim(B, newest=V3)
    here.pass_by(15 * DAY)
    await here.know(A)


CLAIMANTS = {
    "nobody": nobody,
    "an instance that is no steward": a_stranger,
    "a steward whose manifest is stale": a_stale_manifest,
}


@pytest.mark.parametrize("case", CLAIMANTS)
async def test_only_fresh_manifests_of_stewards_claim(db: Database, case: str) -> None:
    async with ring_world(db) as here:
        await here.holding(V1, V2)
        await CLAIMANTS[case](here)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence, here.asked) == ("unchanged", 2, [])


async def test_a_ring_that_nobody_here_wants_is_kept_in_small_numbers(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {True: Limits(9, MIB, 1), False: Limits(3, MIB, 1, most=3)}
    monkeypatch.setattr(Limits, "by_wanted", lambda: small)
    async with ring_world(db) as here:
        await here.know(A)
        await here.named(V1.sha256, A, accepted=False)
        here.instances[A].serve(V1, V2, V3, V4)
        assert (await here.visit()).outcome == "too_long"
        here.instances[A].serve(V1, V2, V3)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("accepted", 3)
        await here.claim(A, newest=V4)
        here.instances[A].serve(V1, V2, V3, V4)
        ring = await here.visit()
        assert (ring.outcome, ring.sequence) == ("too_long", 3)


async def test_what_a_ring_was_does_not_fill_the_disk(db: Database) -> None:
    async with ring_world(db) as here:
        await here.know(A)
        await here.named(V1.sha256, A, accepted=False)
        here.instances[A].serve(V1, V2)
        await here.visit()
        here.instances[A].serve(V1, V2, V3)
        await here.claim(A, newest=V3)
        assert (await here.visit()).sequence == 3
        assert await ring_versions.superseded(db.reader, ID) == {}
        held = await ring_versions.pages(db.reader, ID, pages_of(V3))
        assert held == pages_of(V3)
