"""Who may ask to be in a ring, and what the ring's policy makes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.integration.rings.asked import ADA, SITE, World, world
from tests.integration.rings.pledged import PEER, verified
from tests.unit.documents.ring_world import NOW, B, community, first, site
from webring.clock import DAY, MINUTE
from webring.documents.message import new_id
from webring.documents.ring import JoinPolicy, Reason, RemovedMember, SlotState, site_member_id
from webring.names import ServerName, Slug
from webring.rings import askers, crowding, drafting
from webring.rings.askers import Asker
from webring.rings.drafting import WantedKind
from webring.rings.joining import ASKED_AGAIN, COMMAND, FORM, MESSAGE
from webring.storage import blocks, ring_members, ring_requests, ring_wishes
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.ring_requests import RequestState

pytestmark = pytest.mark.anyio
ROOT = first().root
P, ACCEPTED, DECLINED = RequestState.PENDING, RequestState.ACCEPTED, RequestState.DECLINED


POLICIES: dict[str, tuple[JoinPolicy, bool, bool, RequestState, str]] = {
    "open, and the site says so": (JoinPolicy.OPEN, True, False, ACCEPTED, ""),
    "open, and the site does not": (JoinPolicy.OPEN, False, False, P, ""),
    "open, and invited": (JoinPolicy.OPEN, False, True, ACCEPTED, ADA),
    "on request": (JoinPolicy.REQUEST, True, False, P, ""),
    "on request, and invited": (JoinPolicy.REQUEST, False, True, ACCEPTED, ADA),
    "by invitation": (JoinPolicy.INVITE, True, False, DECLINED, ""),
    "by invitation, and invited": (JoinPolicy.INVITE, False, True, ACCEPTED, ADA),
}


@pytest.mark.parametrize("case", POLICIES)
async def test_the_policy_decides_what_becomes_of_a_request(db: Database, case: str) -> None:
    policy, shown, invited, state, decider = POLICIES[case]
    here = await world(db, policy)
    if shown:
        here.sites.shown.add(SITE)
    if invited:
        async with db.transaction() as tx:
            await here.deciding.invite(tx, here.ring.id, askers.site(SITE), "Come.", ADA, here.now)
    asked = await here.looked_at()
    assert asked.state is state
    assert asked.reason
    assert asked.member == site_member_id(here.ring.root, SITE)
    assert await here.joins() == ([(SITE, decider)] if state is ACCEPTED else [])
    waiting = [each for each in await here.requests_kept() if each.state is state]
    assert bool(waiting) is (state is not DECLINED)


async def test_a_community_that_its_manifest_pledges_is_in_an_open_ring(db: Database) -> None:
    here = await world(db)
    await here.pledged()
    asked = await here.asked(await here.herbs())
    assert asked.state is ACCEPTED
    (wish,) = await here.wishes()
    entry = wish.wanted.payload
    assert (entry["instance"], entry["community"], entry["state"]) == (PEER, "herbs", "active")
    assert (entry["joined_at"], wish.decider) == (here.now, "")
    assert here.notices.told == []


PLEDGES: dict[str, Callable[[World], Awaitable[None]]] = {
    "that nobody has verified": lambda here: here.publish("vegetables"),
    "whose manifest does not name the ring": lambda here: verified(here.db, []),
    "whose manifest names another root": lambda here: here.pledged("b" * 64),
}


@pytest.mark.parametrize("case", PLEDGES)
async def test_a_community_waits_until_its_manifest_says_so(db: Database, case: str) -> None:
    here = await world(db)
    await PLEDGES[case](here)
    asked = await here.asked(await here.herbs())
    assert (asked.state, await here.joins()) == (P, [])
    assert str(PEER) in asked.reason
    await here.pledged()
    assert await here.waiting.look_again() == 1
    assert len(await here.joins()) == 1


async def test_a_request_that_needs_a_decision_is_told_to_the_operator(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.looked_at(note="We are <b>hay</b>.")
    ((member, kind, text, slug),) = here.notices.told
    assert (member, kind, slug) == (site_member_id(here.ring.root, SITE), "request", None)
    assert SITE in text
    assert "We are <b>hay</b>." in text
    assert await here.sent() == []


MEMBER, SITE_MEMBER = community(1, ROOT), site(1, ROOT)
STANDING: dict[str, tuple[Asker, RequestState]] = {
    "a site that is in": (askers.site(SITE_MEMBER.url), ACCEPTED),
    "the same site, spelled otherwise": (askers.site("https://SITE1.example:443"), ACCEPTED),
    "a community that is in": (Asker(MEMBER.url, B, Slug("plot-1")), ACCEPTED),
    "a site at a community's address": (askers.site(MEMBER.url), DECLINED),
    "a community at another's address": (Asker(MEMBER.url, B, Slug("else")), DECLINED),
    "a community at a site's address": (Asker(SITE_MEMBER.url, PEER, Slug("x")), DECLINED),
}


@pytest.mark.parametrize("case", STANDING)
async def test_a_place_in_a_ring_is_one_members(db: Database, case: str) -> None:
    asker, state = STANDING[case]
    here = await world(db, policy=JoinPolicy.REQUEST, members=(MEMBER, SITE_MEMBER))
    asked = await here.asked(asker)
    assert (asked.state, asked.id) == (state, "")
    assert await here.requests_kept() == []


async def test_a_former_place_of_a_member_is_not_its_newcomers(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    moved = replace(site(1, here.ring.root), url="https://new.example/")
    await here.next(members=[moved])
    asked = await here.asked(askers.site("https://site1.example/"))
    assert (asked.state, asked.id) == (DECLINED, "")
    assert "its id" in asked.reason


async def test_whoever_leaves_may_change_its_mind(db: Database) -> None:
    here = await world(db)
    member = community(1, here.ring.root)
    await here.next(members=[member])
    async with db.transaction() as tx:
        await ring_wishes.add(tx, here.ring.id, drafting.leave(member.id), "", here.now)
    asked = await here.asked(Asker(member.url, B, Slug("plot-1")))
    assert asked.state is ACCEPTED
    assert await here.wishes() == []
    slot = await ring_members.get(db.reader, here.ring.id, member.id)
    assert slot is not None
    assert slot.next_at is not None
    assert slot.next_at <= here.now


async def test_a_stranger_does_not_keep_a_site_in_the_ring(db: Database) -> None:
    here = await world(db)
    member = site(1, here.ring.root)
    await here.next(members=[member])
    async with db.transaction() as tx:
        await ring_wishes.add(tx, here.ring.id, drafting.leave(member.id), "", here.now)
    await here.asked(askers.site(member.url))
    assert [each.wanted.kind for each in await here.wishes()] == [WantedKind.LEAVE]


async def test_asked_again_a_request_stands_as_it_did(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    first_ = await here.looked_at()
    again = await here.looked_at(note="Please!")
    assert (again.id, again.state) == (first_.id, P)
    assert len(await here.requests_kept()) == 1


async def test_a_later_message_tells_from_then_on_how_the_request_stands(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.asked(await here.herbs(), id="1" * 32)
    again = await here.asked(await here.herbs(), id="2" * 32, note="Again.")
    assert (again.id, again.state) == ("2" * 32, P)
    (kept,) = await here.requests_kept()
    assert (kept.id, kept.note) == ("2" * 32, "Again.")


async def test_a_site_that_asks_in_two_ways_is_told_both_ways(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.looked_at()
    await here.looked_at(origin=MESSAGE, by=B)
    await here.looked_at(origin=MESSAGE, by=PEER)
    assert len(await here.requests_kept()) == 3
    async with db.transaction() as tx:
        (one, *_) = await ring_requests.of_ring(tx, here.ring.id)
        await here.deciding.accept(tx, one.id, "", ADA, here.now)
    assert {each.state for each in await here.requests_kept()} == {ACCEPTED}
    assert await here.sent() == [("decision", B), ("decision", PEER)]
    assert len(await here.wishes()) == 1


async def test_an_id_of_another_request_is_not_taken(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.asked(await here.herbs(), id="1" * 32)
    asked = await here.looked_at(id="1" * 32, origin=MESSAGE, by=B)
    assert (asked.state, asked.id) == (DECLINED, "")
    (kept,) = await here.requests_kept()
    assert kept.instance == PEER


async def test_a_request_that_was_accepted_waits_for_the_next_version(db: Database) -> None:
    here = await world(db)
    here.sites.shown.add(SITE)
    accepted = await here.looked_at()
    again = await here.looked_at()
    assert (again.id, again.state) == (accepted.id, ACCEPTED)
    assert len(await here.wishes()) == 1


async def test_who_was_declined_asks_again_after_a_week(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.looked_at()
    async with db.transaction() as tx:
        await here.deciding.decline(tx, asked.id, Reason.CRITERIA, "No soil there.", ADA, here.now)
    again = await here.looked_at()
    assert (again.state, again.id) == (DECLINED, "")
    assert "No soil there.; it may ask again in 7 days" in again.reason
    here.now += ASKED_AGAIN
    assert (await here.looked_at()).state is P


async def test_who_has_mended_it_asks_again_at_once(db: Database) -> None:
    here = await world(db)
    await here.looked_at()
    here.now += 8 * DAY
    assert await here.waiting.look_again() == 1
    here.sites.shown.add(SITE)
    assert (await here.looked_at()).state is ACCEPTED


REMOVALS: dict[str, tuple[Reason, JoinPolicy, RequestState]] = {
    "who left": (Reason.LEFT, JoinPolicy.OPEN, ACCEPTED),
    "who was not reached": (Reason.UNREACHABLE, JoinPolicy.OPEN, ACCEPTED),
    "who did not say so": (Reason.ONE_SIDED, JoinPolicy.OPEN, ACCEPTED),
    "who broke the rules": (Reason.RULES, JoinPolicy.OPEN, DECLINED),
    "who was removed for no reason": (Reason.REMOVED, JoinPolicy.OPEN, DECLINED),
    "who was twice in it": (Reason.DUPLICATE, JoinPolicy.OPEN, DECLINED),
    "who did not fit": (Reason.CRITERIA, JoinPolicy.OPEN, DECLINED),
    "who was removed for another reason": (Reason.OTHER, JoinPolicy.OPEN, DECLINED),
    "who broke the rules, on request": (Reason.RULES, JoinPolicy.REQUEST, P),
}


@pytest.mark.parametrize("case", REMOVALS)
async def test_who_was_taken_out_comes_back_by_a_decision(db: Database, case: str) -> None:
    code, policy, state = REMOVALS[case]
    here = await world(db, policy)
    member = site_member_id(here.ring.root, SITE)
    await here.next(members=[replace(site(1, here.ring.root), url=SITE, id=member)])
    await here.next(members=[], removed=[RemovedMember(member, code, here.now)])
    here.sites.shown.add(SITE)
    asked = await here.looked_at()
    assert asked.state is state
    if state is not ACCEPTED:
        async with db.transaction() as tx:
            await here.deciding.invite(tx, here.ring.id, askers.site(SITE), "", ADA, here.now)
        assert (await here.looked_at()).state is ACCEPTED
        assert await here.joins() == [(SITE, ADA)]


async def expired(here: World) -> None:
    here.now = NOW + 91 * DAY


async def blocked(here: World) -> None:
    async with here.db.transaction() as tx:
        await blocks.add(tx, Block("server", "hay.example", "block", "spam", NOW))


CLOSED: dict[str, tuple[Callable[[World], Awaitable[None]], str]] = {
    "a ring that has expired": (expired, "expired"),
    "a site that the operator keeps out": (blocked, "blocked by this instance's operator: spam"),
}


@pytest.mark.parametrize("case", CLOSED)
async def test_nobody_asks(db: Database, case: str) -> None:
    close, why = CLOSED[case]
    here = await world(db, JoinPolicy.REQUEST)
    await close(here)
    asked = await here.looked_at()
    assert (asked.state, asked.id) == (DECLINED, "")
    assert why in asked.reason
    assert await here.requests_kept() == []


async def test_a_community_without_an_address_cannot_be_in_a_ring(db: Database) -> None:
    here = await world(db)
    asked = await here.asked(Asker("", PEER, Slug("herbs")))
    assert (asked.state, asked.id) == (DECLINED, "")
    assert "https" in asked.reason


async def test_requests_of_one_domain_are_few(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "PER_DOMAIN", 2)
    here = await world(db, JoinPolicy.REQUEST)
    states = [
        (await here.looked_at(f"https://{name}.hay.example/")).state for name in ("a", "b", "c")
    ]
    assert states == [P, P, DECLINED]
    assert (await here.looked_at("https://else.example/")).state is P


async def test_requests_for_one_ring_are_few(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "PER_RING", 2)
    here = await world(db, JoinPolicy.REQUEST)
    states = [(await here.looked_at(f"https://{name}.example/")).state for name in ("a", "b", "c")]
    assert states == [P, P, DECLINED]
    asked = await here.asked(Asker("https://a.example/x", PEER, Slug("x")), origin=COMMAND)
    assert asked.state is P


async def test_requests_that_one_domain_passes_on_are_few(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "PASSED_ON", 2)
    here = await world(db, JoinPolicy.REQUEST)
    states = [
        (
            await here.looked_at(
                f"https://{name}.example/", origin=MESSAGE, by=ServerName(f"{name}.passer.example")
            )
        ).state
        for name in ("a", "b", "c")
    ]
    assert states == [P, P, DECLINED]
    assert (await here.looked_at("https://d.example/")).state is P


async def test_an_open_ring_takes_few_of_one_domain_unseen(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "UNSEEN", 2)
    here = await world(db)
    urls = [f"https://{name}.hay.example/" for name in ("a", "b", "c")]
    here.sites.shown |= {*urls, "https://nothay.example/"}
    asked = [await here.looked_at(url) for url in urls]
    assert [each.state for each in asked] == [ACCEPTED, ACCEPTED, P]
    assert "2 members of hay.example are in the ring already" in asked[2].reason
    assert [kind for _, kind, _, _ in here.notices.told] == ["request"]
    assert (await here.looked_at("https://nothay.example/")).state is ACCEPTED


async def test_two_who_want_one_address_are_not_both_wanted(db: Database) -> None:
    here = await world(db)
    here.sites.shown.add(SITE)
    member = community(1, here.ring.root)
    await here.next(members=[member])
    move = drafting.move(member.id, SITE, (B, Slug("plot-1")))
    async with db.transaction() as tx:
        await ring_wishes.add(tx, here.ring.id, move, "", here.now)
    asked = await here.looked_at()
    assert (asked.state, "about to have its address" in asked.reason) == (P, True)
    async with db.transaction() as tx:
        await ring_wishes.drop(
            tx, [each.id for each in await ring_wishes.of_ring(tx, here.ring.id)]
        )
    assert await here.waiting.look_again() == 1
    assert (SITE, "") in await here.joins()


NASTY = {
    "markup": "<script>alert(1)</script>",
    "controls": "a\x1b[31m\u202eb\u200bc",
    "NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "emoji": "👩‍👩‍👧‍👦" * 50,
    "a format": "{ring.terms} %s {}",
    "SQL": "'; DROP TABLE ring_request; --",
}


@pytest.mark.parametrize("case", NASTY)
async def test_a_note_is_kept_as_it_came(db: Database, case: str) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.looked_at(note=NASTY[case])
    (kept,) = await here.requests_kept()
    expected = NASTY[case].replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert (asked.state, kept.note) == (P, expected)


async def test_a_sleeping_member_is_in_the_ring(db: Database) -> None:
    here = await world(db)
    member = replace(site(1, here.ring.root), state=SlotState.SLEEPING)
    await here.next(members=[member])
    assert (await here.looked_at(member.url)).state is ACCEPTED


async def test_a_waiting_site_is_looked_at_again_after_an_hour(db: Database) -> None:
    here = await world(db)
    await here.looked_at(origin=FORM, id=new_id())
    assert await here.waiting.look_again() == 0
    assert here.sites.looked_at == [SITE]
    here.sites.shown.add(SITE)
    here.now += 59 * MINUTE
    assert await here.waiting.look_again() == 0
    here.now += MINUTE
    assert await here.waiting.look_again() == 1
    assert here.sites.looked_at == [SITE, SITE]
    (kept,) = await here.requests_kept()
    assert (kept.state, kept.title, kept.decider) == (ACCEPTED, "Hay", "")
