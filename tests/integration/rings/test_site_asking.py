"""A site asks by the form: at a steward, and at an instance that passes it on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.rings.asked import ADA, SITE, World, world
from tests.integration.rings.kept import visited
from tests.unit.documents.ring_world import A, B, C, site
from webring.clock import DAY, HOUR, MINUTE
from webring.documents.message import MessageKind, MessageState, new_id
from webring.documents.ring import JoinPolicy, Reason, site_member_id
from webring.documents.ring_messages import MAX_NOTE
from webring.errors import BadRequest, NotFound, RateLimited, RequestError, Unavailable
from webring.names import RingId, ServerName
from webring.rings import askers, crowding, passing
from webring.rings.joining import MESSAGE
from webring.rings.waiting import ONE_SIDED_AFTER, UNDECIDED_AFTER
from webring.storage import blocks, outgoing, ring_requests, rings
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.outgoing import Reply
from webring.storage.ring_requests import RequestState

pytestmark = pytest.mark.anyio
D = ServerName("d.example")
PASSED, PENDING = RequestState.PASSED, RequestState.PENDING
ACCEPTED, DECLINED = RequestState.ACCEPTED, RequestState.DECLINED


async def stranger(db: Database, policy: JoinPolicy = JoinPolicy.REQUEST) -> World:
    """We are d, and no steward."""
    return await world(db, policy, stewarded=False, own=D)


async def test_a_steward_lets_a_site_in_that_says_so(db: Database) -> None:
    here = await world(db)
    here.sites.shown.add(SITE)
    asked = await here.form.ask(here.ring.id, "hay.example", "")
    assert (asked.state, asked.member) == (ACCEPTED, site_member_id(here.ring.root, SITE))
    assert here.sites.looked_at == [SITE]
    status = await here.form.status(asked.id)
    assert status is not None
    assert (status.request.title, status.replies) == ("Hay", ())


async def test_a_site_that_does_not_say_so_is_told_how(db: Database) -> None:
    here = await world(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    assert asked.state is PENDING
    assert "Put the link on the page." in asked.reason


async def test_others_pass_it_on_to_every_steward(db: Database) -> None:
    here = await stranger(db)
    asked = await here.form.ask(here.ring.id, SITE, " Please! " + "x" * 2 * MAX_NOTE)
    assert asked.state is PASSED
    assert await here.sent() == [("join", A), ("join", B), ("join", C)]
    (message, *_) = await outgoing.of_kind(db.reader, MessageKind.JOIN)
    assert message.fields["url"] == SITE
    assert len(str(message.fields["note"])) <= MAX_NOTE
    status = await here.form.status(asked.id)
    assert status is not None
    assert (status.request.title, status.request.origin) == ("Hay", "form")
    assert [(each.steward, each.state, each.is_open) for each in status.replies] == [
        (A, None, True),
        (B, None, True),
        (C, None, True),
    ]


async def test_asked_again_it_is_passed_on_once(db: Database) -> None:
    here = await stranger(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    again = await here.form.ask(here.ring.id, SITE, "Please!")
    assert (again.id, again.state) == (asked.id, PASSED)
    assert len(await here.sent()) == 3


async def test_the_stewards_answers_are_its_status(db: Database) -> None:
    here = await stranger(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    for steward, state, reason in (
        (A, MessageState.WAITING, "a steward decides"),
        (B, MessageState.REFUSED, "No."),
        (C, MessageState.DONE, "Welcome!"),
    ):
        message = await outgoing.get(db.reader, passing.message_id(asked.id, steward))
        assert message is not None
        final = None if state is not MessageState.WAITING else here.now + HOUR
        async with db.transaction() as tx:
            after = await outgoing.replied(tx, message, Reply(state, reason), final, here.now)
            await here.verdicts.answered(tx, after, here.now)
    status = await here.form.status(asked.id)
    assert status is not None
    assert (status.request.state, status.request.reason) == (ACCEPTED, "Welcome!")
    assert [(each.state, each.reason, each.is_open) for each in status.replies] == [
        (MessageState.WAITING, "a steward decides", True),
        (MessageState.REFUSED, "No.", False),
        (MessageState.DONE, "Welcome!", False),
    ]


async def test_of_a_request_that_is_none_there_is_no_status(db: Database) -> None:
    here = await stranger(db)
    for wrong in ("", "x", "\0", new_id()):
        assert await here.form.status(wrong) is None


ADDRESSES = {
    "nothing": "",
    "words": "my site",
    "plain http": "http://hay.example/",
    "a script": "javascript:alert(1)",
    "a file": "file:///etc/passwd",
    "a user": "https://me:secret@hay.example/",
    "an address inside": "https://127.0.0.1/",
    "metadata": "https://169.254.169.254/latest/",
    "a name inside": "https://intranet/",
    "localhost": "https://localhost:8448/",
    "too long": "https://hay.example/" + "x" * 3_000,
    "controls": "https://hay.example/\r\nHost: evil.example",
    "a bidi override": "https://hay.example/\u202egnp.exe",
    "NUL": "https://hay.example/\0",
    "no host": "https:///x",
}


@pytest.mark.parametrize("case", ADDRESSES)
async def test_what_is_no_sites_address(db: Database, case: str) -> None:
    here = await world(db)
    with pytest.raises(BadRequest, match="url"):
        await here.form.ask(here.ring.id, ADDRESSES[case], "")
    assert (here.sites.looked_at, await here.requests_kept()) == ([], [])


@pytest.mark.parametrize("code", ["url", "address"])
async def test_what_the_door_does_not_dial_is_not_kept(db: Database, code: str) -> None:
    here = await world(db)
    here.sites.code = code
    with pytest.raises(BadRequest):
        await here.form.ask(here.ring.id, SITE, "")
    assert await here.requests_kept() == []


ERRORS: dict[str, RequestError] = {
    "too many looks": RateLimited("Sites there were looked at too often.", retry_after=1_000),
    "too busy": Unavailable("Too many sites are being looked at."),
}


@pytest.mark.parametrize("case", ERRORS)
async def test_a_look_that_cannot_be_made_keeps_nothing(db: Database, case: str) -> None:
    here = await world(db)
    here.sites.error = ERRORS[case]
    with pytest.raises(type(ERRORS[case])):
        await here.form.ask(here.ring.id, SITE, "")
    assert await here.requests_kept() == []


async def test_for_a_ring_that_nobody_knows_nobody_asks(db: Database) -> None:
    here = await world(db)
    with pytest.raises(NotFound):
        await here.form.ask(RingId("bees:garden.example"), SITE, "")
    async with db.transaction() as tx:
        bees = RingId("bees:garden.example")
        await rings.add(tx, bees, "b" * 64, "manifest", here.now)
    with pytest.raises(NotFound):
        await here.form.ask(bees, SITE, "")
    assert here.sites.looked_at == []


@pytest.mark.parametrize("stewarded", [True, False])
async def test_whom_nobody_would_let_in_is_not_looked_at(
    db: Database, stewarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await world(db) if stewarded else await stranger(db)
    async with db.transaction() as tx:
        await blocks.add(tx, Block("server", "hay.example", "block", "spam", here.now))
    blocked = await here.form.ask(here.ring.id, SITE, "")
    assert (blocked.state, "spam" in blocked.reason) == (DECLINED, True)
    monkeypatch.setattr(crowding, "PER_DOMAIN", 0)
    full = await here.form.ask(here.ring.id, "https://else.example/", "")
    assert (full.state, "ask again later" in full.reason) == (DECLINED, True)
    here.now += 91 * DAY
    expired = await here.form.ask(here.ring.id, "https://third.example/", "")
    assert (expired.state, "expired" in expired.reason) == (DECLINED, True)
    assert (here.sites.looked_at, await here.requests_kept()) == ([], [])


@pytest.mark.parametrize("stewarded", [True, False])
async def test_nobody_joins_where_a_newer_version_is_named(db: Database, stewarded: bool) -> None:
    here = await world(db) if stewarded else await stranger(db)
    here.sites.shown.add(SITE)
    await visited(db, here.ring.id, behind=True, now=here.now)
    asked = await here.form.ask(here.ring.id, SITE, "")
    assert (asked.state, "newer version" in asked.reason) == (DECLINED, True)
    assert (here.sites.looked_at, await here.requests_kept()) == ([], [])


async def test_a_member_is_told_that_it_is_in(db: Database) -> None:
    here = await world(db)
    await here.next(members=[site(1, here.ring.root)])
    asked = await here.form.ask(here.ring.id, "site1.example", "")
    assert (asked.state, asked.reason) == (ACCEPTED, "it is in the ring")


async def test_a_request_is_looked_at_now_at_its_wish(db: Database) -> None:
    here = await world(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    assert (await here.waiting.look_now(asked.id)).state is PENDING
    here.sites.shown.add(SITE)
    assert (await here.waiting.look_now(asked.id)).state is ACCEPTED
    assert (await here.waiting.look_now(asked.id)).state is ACCEPTED
    assert len(here.sites.looked_at) == 3
    with pytest.raises(NotFound):
        await here.waiting.look_now("x")


async def test_who_asks_twice_within_a_minute_is_looked_at_when_that_is_over(db: Database) -> None:
    here = await world(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    here.sites.shown.add(SITE)
    here.sites.again_at = here.now + MINUTE
    assert (await here.waiting.look_now(asked.id)).state is PENDING
    assert await here.waiting.look_again() == 0
    here.now += MINUTE
    here.sites.again_at = None
    assert await here.waiting.look_again() == 1


async def test_an_open_ring_waits_a_week_for_the_other_half(db: Database) -> None:
    here = await world(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    here.now += ONE_SIDED_AFTER - MINUTE
    assert await here.waiting.look_again() == 0
    here.now += MINUTE
    assert await here.waiting.look_again() == 1
    kept = await ring_requests.get(db.reader, asked.id)
    assert kept is not None
    assert (kept.state, kept.code, kept.decider) == (DECLINED, Reason.ONE_SIDED, "")
    assert "within 7 days: the page has no link to the ring" in kept.reason
    assert await here.wishes() == []


async def test_nobody_decides_for_ever(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    here.sites.shown.add(SITE)
    asked = await here.form.ask(here.ring.id, SITE, "")
    here.now += UNDECIDED_AFTER - DAY
    assert await here.waiting.look_again() == 0
    here.now += DAY
    assert await here.waiting.look_again() == 1
    kept = await ring_requests.get(db.reader, asked.id)
    assert kept is not None
    assert (kept.state, kept.code) == (DECLINED, Reason.OTHER)


async def test_whoever_decides_sees_a_sites_title_once_a_day(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.asked(askers.site(SITE), origin=MESSAGE, by=B)
    for hours in (0, 1, 23):
        here.now += hours * HOUR
        await here.waiting.look_again()
    assert len(here.sites.looked_at) == 2
    (kept,) = await here.requests_kept()
    assert (kept.title, kept.state) == ("Hay", PENDING)


async def test_a_look_that_cannot_be_made_is_made_a_little_later(db: Database) -> None:
    here = await world(db)
    asked = await here.form.ask(here.ring.id, SITE, "")
    here.sites.error = ERRORS["too many looks"]
    assert await here.waiting.look_again() == 0
    here.sites.error = None
    here.sites.shown.add(SITE)
    assert await here.waiting.look_again() == 0
    here.now += 5 * MINUTE
    assert await here.waiting.look_again() == 1
    kept = await ring_requests.get(db.reader, asked.id)
    assert kept is not None
    assert kept.state is ACCEPTED


async def test_a_policy_that_changes_changes_what_is_waited_for(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    here.sites.shown.add(SITE)
    asked = await here.form.ask(here.ring.id, SITE, "")
    assert asked.state is PENDING
    await here.next(terms=replace(here.ring.terms, policy=JoinPolicy.OPEN))
    here.now += DAY
    assert await here.waiting.look_again() == 1
    assert await here.joins() == [(SITE, "")]


async def test_a_decision_that_comes_first_stands(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.form.ask(here.ring.id, SITE, "")
    async with db.transaction() as tx:
        await here.deciding.decline(tx, asked.id, Reason.RULES, "No.", ADA, here.now)
    here.now += UNDECIDED_AFTER
    assert await here.waiting.look_again() == 0
    kept = await ring_requests.get(db.reader, asked.id)
    assert kept is not None
    assert (kept.state, kept.reason) == (DECLINED, "No.")
