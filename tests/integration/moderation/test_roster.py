"""The operator's additions and removals, on both databases."""

from __future__ import annotations

import pytest

from tests.integration.crawler.test_homeservers import NOW, A, B, listing, room
from webring.clock import HOUR
from webring.errors import Conflict, NotFound
from webring.moderation.desk import Action, Desk, Target
from webring.moderation.roster import Roster
from webring.storage import decisions, homeservers, listings, peers, sightings
from webring.storage.database import Database
from webring.storage.homeservers import Candidate

pytestmark = pytest.mark.anyio


def roster(db: Database) -> Roster:
    return Roster(db, lambda: NOW, "tester")


async def test_servers_are_added_once_and_made_due(db: Database) -> None:
    async with db.transaction() as tx:
        await homeservers.add(tx, [Candidate(A, "a.example", "seed")], NOW, NOW + HOUR)
    assert await roster(db).add_servers([A, B]) == 1
    assert await homeservers.due(db.reader, NOW) == 2
    row = await homeservers.get(db.reader, A)
    assert row is not None
    assert row.origin == "seed"


async def test_a_server_goes_with_what_it_listed(db: Database) -> None:
    await roster(db).add_servers([A])
    async with db.transaction() as tx:
        rooms = listing(room("x"), room("y")).rooms
        diff = await sightings.record(tx, A, rooms, complete=True, now=NOW, lived=0)
        await listings.refresh(tx, diff.touched, NOW)
    assert await listings.count(db.reader) == 2
    assert await roster(db).remove_server(A) == 2
    assert await listings.count(db.reader) == 0
    assert await homeservers.get(db.reader, A) is None


async def test_what_is_kept_out_is_not_added_by_the_way(db: Database) -> None:
    await Desk(db, lambda: NOW).keep_out(Action.BLOCK, Target.SERVER, A, "spam", "tester")
    with pytest.raises(Conflict, match=r"webring block remove server a\.example"):
        await roster(db).add_servers([B, A])
    with pytest.raises(Conflict):
        await roster(db).accept_peers([A])
    assert await homeservers.get(db.reader, B) is None


async def test_a_peer_is_added_accepted_and_no_longer_accepted(db: Database) -> None:
    async with db.transaction() as tx:
        await peers.add(tx, [Candidate(A, "a.example", "announced")], NOW, NOW)
    assert await roster(db).accept_peers([A, B]) == 1
    assert [row.accepted for row in await peers.all(db.reader)] == [True, True]
    await roster(db).unaccept_peer(A)
    assert [row.accepted for row in await peers.all(db.reader)] == [False, True]


async def test_a_peer_is_repinned_and_removed(db: Database) -> None:
    await roster(db).accept_peers([A])
    await roster(db).repin_peer(A)
    row = await peers.get(db.reader, A)
    assert row is not None
    assert (row.state, row.why) == ("new", "repinned by the operator")
    assert not row.trust
    await roster(db).remove_peer(A)
    assert await peers.count(db.reader) == 0


@pytest.mark.parametrize("act", ["remove_server", "unaccept_peer", "remove_peer", "repin_peer"])
async def test_what_is_not_known_is_said(act: str, db: Database) -> None:
    with pytest.raises(NotFound, match="is known"):
        await getattr(roster(db), act)(A)


async def test_every_decision_is_logged(db: Database) -> None:
    acts = roster(db)
    await acts.add_servers([A])
    await acts.remove_server(A)
    await acts.accept_peers([A])
    await acts.unaccept_peer(A)
    await acts.repin_peer(A)
    await acts.remove_peer(A)
    logged = await decisions.all(db.reader)
    assert [each.action for each in logged] == [
        "add_server", "remove_server", "accept_peer", "unaccept_peer", "repin_peer", "remove_peer",
    ]  # fmt: skip
    assert {(each.actor, each.target) for each in logged} == {("tester", A)}
