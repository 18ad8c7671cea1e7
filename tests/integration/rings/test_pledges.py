"""What communities' manifests say of a ring, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.rings.pledged import (
    HERBS,
    NOW,
    OWN,
    PEER,
    RING,
    ROOT,
    membership,
    published,
    standing,
    verified,
)
from webring.clock import DAY, Millis
from webring.directory.listing import Standing
from webring.documents.authority import unaccepted
from webring.documents.parts import Membership
from webring.names import RingId, Slug
from webring.rings.pledges import Pledge, Pledger, Pledges
from webring.rings.states import Finding
from webring.storage import decisions, peers
from webring.storage.database import Database
from webring.storage.decisions import Decision

pytestmark = pytest.mark.anyio
PLEDGER = Pledger(RING, ROOT, PEER, HERBS, joined_at=NOW - 2 * DAY, confirmed=False)
CONFIRMED = replace(PLEDGER, confirmed=True)


async def look(db: Database, pledger: Pledger = PLEDGER, now: Millis = NOW) -> Pledge:
    return await Pledges(OWN).look(db.reader, pledger, now)


async def test_a_verified_manifest_that_names_the_ring_is_enough(db: Database) -> None:
    await verified(db)
    await standing(db)
    found = await look(db)
    assert (found.finding, found.code, found.certain) == (Finding.SHOWN, "named", True)
    assert (found.title, found.mend) == ("The herbs", "")


SPOKEN: dict[str, tuple[Standing | None, str, Finding, str]] = {
    "spoken for": (Standing.SPOKEN_FOR, "x", Finding.SHOWN, "named"),
    "unconfirmed": (Standing.UNCONFIRMED, "x", Finding.SHOWN, "named"),
    "not accepted by our operator": (
        Standing.CLAIMED,
        unaccepted(PEER),
        Finding.SHOWN,
        "named",
    ),
    "claimed": (Standing.CLAIMED, "nobody speaks", Finding.ABSENT, "not_spoken_for"),
    "disputed": (Standing.DISPUTED, "two say so", Finding.ABSENT, "not_spoken_for"),
    "not presented": (None, "", Finding.ABSENT, "not_listed"),
}


@pytest.mark.parametrize("case", SPOKEN)
async def test_only_who_may_speak_for_a_community_pledges_it(db: Database, case: str) -> None:
    how, why, finding, code = SPOKEN[case]
    await verified(db)
    await standing(db, how, why)
    found = await look(db)
    assert (found.finding, found.code) == (finding, code)


UNNAMED: dict[str, tuple[Membership, str]] = {
    "another ring": (membership(RingId("books:commune.example")), "not_named"),
    "another root": (membership(root="b" * 64), "other_root"),
    "another community": (membership(slug=Slug("trees")), "not_named"),
}


@pytest.mark.parametrize("case", UNNAMED)
async def test_a_manifest_that_does_not_name_the_ring_is_a_no(db: Database, case: str) -> None:
    named, code = UNNAMED[case]
    await verified(db, [named])
    await standing(db)
    found = await look(db)
    assert (found.finding, found.code, found.certain) == (Finding.ABSENT, code, True)
    assert f"webring ring join {RING} {HERBS}" in found.mend


async def test_whom_nobody_has_verified_is_not_known(db: Database) -> None:
    found = await look(db)
    assert (found.finding, found.certain) == (Finding.UNKNOWN, False)
    assert (await look(db, CONFIRMED)).finding is Finding.FAILED


async def test_a_manifest_that_lapsed_counts_no_more(db: Database) -> None:
    await verified(db)
    await standing(db)
    assert (await look(db, CONFIRMED, NOW + 20 * DAY)).finding is Finding.SHOWN
    found = await look(db, CONFIRMED, NOW + 22 * DAY)
    assert (found.finding, found.code, found.certain) == (Finding.FAILED, "lapsed", True)


async def test_whom_the_operator_keeps_out_is_out(db: Database) -> None:
    await verified(db)
    await standing(db)
    async with db.transaction() as tx:
        await peers.set_state(tx, PEER, "blocked", "spam", NOW)
    found = await look(db, CONFIRMED)
    assert (found.finding, found.code) == (Finding.ABSENT, "blocked")


async def test_another_identity_has_to_join_for_itself(db: Database) -> None:
    await verified(db)
    await standing(db)
    async with db.transaction() as tx:
        await decisions.log(tx, Decision(NOW - DAY, "operator", "repin_peer", PEER, ""))
        await decisions.log(tx, Decision(NOW, "operator", "accept_peer", PEER, ""))
    assert (await look(db, CONFIRMED)).code == "repinned"
    assert (await look(db, replace(CONFIRMED, joined_at=NOW - DAY))).code == "named"


async def test_our_own_manifest_counts_as_others_do(db: Database) -> None:
    ours = replace(PLEDGER, instance=OWN)
    await standing(db, instance=OWN)
    assert (await look(db, ours)).code == "not_named"
    await published(db)
    assert (await look(db, ours)).finding is Finding.SHOWN


async def test_a_newer_manifest_is_read_anew(db: Database) -> None:
    pledges = Pledges(OWN)
    await standing(db)
    await verified(db)
    assert (await pledges.look(db.reader, PLEDGER, NOW)).finding is Finding.SHOWN
    await verified(db, [], NOW + 1)
    assert (await pledges.look(db.reader, PLEDGER, NOW)).finding is Finding.ABSENT
