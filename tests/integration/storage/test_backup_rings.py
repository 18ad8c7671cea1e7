"""What a restore must not forget of rings: what was signed, decided, left, erased and told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.storage.test_ring_storage import HEAD, MEMBER, ROOT, SOIL, version
from webring.clock import DAY
from webring.documents.parts import Membership
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting
from webring.storage import (
    decisions,
    identity,
    memberships,
    ring_members,
    ring_requests,
    ring_signing,
    ring_versions,
    ring_wishes,
    rings,
    tokens,
)
from webring.storage.backup import backup
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.restore import restore
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.ring_signing import Proposal, ProposalState
from webring.storage.sql import Connection, rows

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
LATER = NOW + DAY
BEES = RingId("bees:garden.example")
HAY, HERBS = Slug("hay"), Slug("herbs")
PAGE = "e" * 64
Step = Callable[[Connection], Awaitable[object]]


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Database]:
    db = await Database.open("", data)
    try:
        yield db
    finally:
        await db.close()


async def do(data: Path, step: Step) -> None:
    async with opened(data) as db, db.transaction() as tx:
        await step(tx)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of an instance with an identity."""
    identity.create(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def source(data: Path, tmp_path: Path) -> Path:
    """A backup of it: we steward a ring with one version, in which a site stands."""
    async with opened(data) as db:
        async with db.transaction() as tx:
            await rings.add(
                tx,
                SOIL,
                ROOT,
                "founded",
                NOW,
                stewarded=True,
                accepted=True,
                first_at=NOW + 9 * DAY,
            )
            await rings.set_head(tx, SOIL, HEAD)
            await ring_versions.put(tx, version(1, ROOT))
            await ring_versions.put_pages(tx, SOIL, {PAGE: b"{}"}, NOW)
            await ring_members.put(tx, [MEMBER])
            await ring_signing.write_down(tx, SOIL, 1, ROOT, NOW)
            await ring_requests.add(tx, REQUEST)
            await join(tx, HAY, NOW)
            await ring_wishes.add(tx, SOIL, drafting.sleep(MEMBER.member), "", NOW)
        await backup(db, data, tmp_path / "backup", NOW)
    return tmp_path / "backup"


REQUEST = StoredRequest(
    id="1" * 32,
    ring=SOIL,
    root=ROOT,
    kind="site",
    instance=None,
    community=None,
    url="https://hay.example/",
    title="",
    note="",
    origin="form",
    state=RequestState.PENDING,
    member="2" * 20,
    at=NOW,
)
PROPOSAL = Proposal(
    SOIL, 2, "b" * 64, (), ServerName("x.example"), ProposalState.SIGNED, "", NOW, b"{}"
)


async def join(tx: Connection, community: Slug, at: int) -> None:
    await memberships.put(tx, Membership(SOIL, ROOT, community, at))
    target = memberships.target(SOIL, community)
    await decisions.log(tx, Decision(at, "operator", memberships.BEGUN, target, ""))


async def leave(tx: Connection, community: Slug, at: int) -> None:
    await memberships.remove(tx, SOIL, community)
    target = memberships.target(SOIL, community)
    await decisions.log(tx, Decision(at, "operator", memberships.ENDED, target, ""))


async def later(tx: Connection) -> None:
    """A second version, and all that came with it."""
    head = replace(HEAD, sequence=2, sha256="b" * 64, name="Good soil")
    await rings.set_head(tx, SOIL, head)
    await ring_versions.put(tx, version(2, "b" * 64))
    await ring_versions.erase_pages(tx, SOIL, [PAGE])
    await ring_members.put(tx, [replace(MEMBER, listed=False, state="left", next_at=None)])
    await ring_signing.write_down(tx, SOIL, 2, "b" * 64, LATER)
    await ring_signing.put_proposal(tx, PROPOSAL)
    await ring_wishes.drop(tx, [each.id for each in await ring_wishes.of_ring(tx, SOIL)])
    await ring_wishes.add(tx, SOIL, drafting.leave("3" * 20), "ada", LATER)
    await ring_requests.decide(
        tx, REQUEST.id, RequestState.DECLINED, code="rules", decider="ada", reason="", now=LATER
    )
    await ring_requests.add(tx, replace(REQUEST, id="2" * 32))
    await leave(tx, HAY, LATER)
    await join(tx, HERBS, LATER)
    await rings.add(tx, BEES, "c" * 64, "followed", LATER)


async def test_a_ring_is_taken_over_by_its_newer_version(source: Path, data: Path) -> None:
    await do(data, later)
    await restore(source, data, LATER)
    async with opened(data) as db:
        conn = db.reader
        ring = await rings.get(conn, SOIL)
        assert ring is not None
        assert (ring.sequence, ring.name, ring.stewarded) == (2, "Good soil", True)
        assert [each.sequence for each in await ring_versions.branch(conn, SOIL)] == [1, 2]
        assert await ring_versions.page(conn, PAGE) is None
        (member,) = await ring_members.of_ring(conn, SOIL)
        assert (member.listed, member.state) == (False, "left")
        assert await ring_signing.proposals(conn, SOIL) == [PROPOSAL]
        (wish,) = await ring_wishes.of_ring(conn, SOIL)
        assert (wish.wanted, wish.decider) == (drafting.leave("3" * 20), "ada")
        assert await rings.get(conn, BEES) is not None


async def test_what_was_signed_is_not_signed_anew(source: Path, data: Path) -> None:
    await do(data, later)
    await restore(source, data, LATER)
    async with opened(data) as db:
        lines = [(ring, line.sequence) for ring, line in await ring_signing.ledger(db.reader)]
        assert lines == [(SOIL, 1), (SOIL, 2)]


async def test_what_was_decided_is_not_decided_anew(source: Path, data: Path) -> None:
    await do(data, later)
    await restore(source, data, LATER)
    async with opened(data) as db:
        found = {each.id[0]: each.state for each in await ring_requests.of_ring(db.reader, SOIL)}
        assert found == {"1": RequestState.DECLINED, "2": RequestState.PENDING}


async def test_a_membership_that_ended_stays_ended(source: Path, data: Path) -> None:
    await do(data, later)
    await restore(source, data, LATER)
    async with opened(data) as db:
        assert [each.community for each in await memberships.all(db.reader)] == [HERBS]


async def back_again(tx: Connection) -> None:
    await leave(tx, HAY, LATER)
    await join(tx, HAY, LATER + 1)


async def lost(tx: Connection) -> None:
    """The membership is not there, and nobody decided that."""
    await memberships.remove(tx, SOIL, HAY)


KEPT: dict[str, Step] = {"left and joined again": back_again, "lost": lost}


@pytest.mark.parametrize("case", KEPT)
async def test_a_membership_that_nobody_ended_stays(case: str, source: Path, data: Path) -> None:
    await do(data, KEPT[case])
    await restore(source, data, LATER)
    async with opened(data) as db:
        assert [each.community for each in await memberships.all(db.reader)] == [HAY]


async def behind(tx: Connection) -> None:
    """What is replaced knows less of the ring than the backup, but that somebody left."""
    await rings.remove(tx, SOIL)
    await rings.add(tx, SOIL, ROOT, "followed", LATER)
    await ring_versions.put_pages(tx, SOIL, {PAGE: b"{}"}, NOW)
    await ring_versions.erase_pages(tx, SOIL, [PAGE])


async def test_a_ring_does_not_go_back(source: Path, data: Path) -> None:
    await do(data, behind)
    await restore(source, data, LATER)
    async with opened(data) as db:
        ring = await rings.get(db.reader, SOIL)
        assert ring is not None
        assert (ring.sequence, ring.stewarded) == (1, True)
        assert len(await ring_versions.branch(db.reader, SOIL)) == 1
        assert len(await ring_wishes.of_ring(db.reader, SOIL)) == 1
        assert await ring_versions.page(db.reader, PAGE) is None


async def test_what_a_room_was_told_is_not_told_again(source: Path, data: Path) -> None:
    notice = "INSERT INTO notice (at, ring, member, kind, text, room_state, room_reason) VALUES "

    async def told(tx: Connection) -> None:
        await tx.execute_query(f"{notice} (1, 'a', 'b', 'join', 'It joined.', 'posted', '')")

    async def pending(tx: Connection) -> None:
        await tx.execute_query(f"{notice} (1, 'a', 'b', 'join', 'It joined.', 'pending', '')")
        await tx.execute_query(f"{notice} (2, 'a', 'b', 'leave', 'It left.', 'pending', '')")

    await do(data, told)
    await restore(source, data, LATER)
    async with opened(data) as db:
        found = await rows(db.reader, "SELECT at, room_state FROM notice")
        assert [tuple(row) for row in found] == [(1, "posted")]
    # A backup in which the notice still waits.
    await do(data, lambda tx: tx.execute_query("DELETE FROM notice"))
    await do(data, pending)
    async with opened(data) as db:
        await backup(db, data, source.parent / "second", LATER)
    await do(data, lambda tx: tx.execute_query("UPDATE notice SET room_state = 'posted'"))
    await restore(source.parent / "second", data, LATER)
    async with opened(data) as db:
        found = await rows(db.reader, "SELECT at, room_state FROM notice ORDER BY at")
        assert [tuple(row) for row in found] == [(1, "posted"), (2, "posted")]


@pytest.mark.parametrize("former", ["there", "lost"])
async def test_a_token_that_was_revoked_stays_so(former: str, source: Path, data: Path) -> None:
    """Where nothing tells what was revoked, the backup's tokens stand."""
    made: list[str] = []

    async def make(tx: Connection) -> None:
        made.append(await tokens.create(tx, "a client", [HAY], NOW))

    async def revoke(tx: Connection) -> None:
        await tokens.revoke(tx, (await tokens.all(tx))[0].id)
        await make(tx)

    await do(data, make)
    second = source.parent / "second"
    async with opened(data) as db:
        await backup(db, data, second, LATER)
    await do(data, revoke)
    if former == "lost":
        for path in data.glob("webring.sqlite3*"):
            path.unlink()
    await restore(second, data, LATER)
    async with opened(data) as db:
        good = [await tokens.find(db.reader, text, LATER) is not None for text in made]
        assert good == ([True, False] if former == "lost" else [False, True])


@pytest.mark.parametrize("former", ["there", "lost"])
async def test_nothing_is_signed_before_the_heads_were_read(
    former: str, source: Path, data: Path
) -> None:
    await do(data, later)
    if former == "lost":
        for path in data.glob("webring.sqlite3*"):
            path.unlink()
    await restore(source, data, LATER)
    async with opened(data) as db:
        ring = await rings.get(db.reader, SOIL)
        assert ring is not None
        assert (ring.unread, ring.next_at) == (True, LATER)
        other = await rings.get(db.reader, BEES)
        assert other is None or not other.unread
