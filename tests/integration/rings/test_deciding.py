"""What our operator decides as a steward, who is told of it, and what is logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.integration.rings.asked import ADA, HAY, SITE, World, world
from tests.integration.rings.pledged import HERBS, PEER
from tests.unit.documents.ring_world import A, community, site
from webring.clock import DAY
from webring.documents.message import MessageKind, MessageState, new_id
from webring.documents.ring import JoinPolicy, Reason, community_member_id
from webring.documents.ring_messages import MAX_SENTENCE
from webring.errors import BadRequest, Conflict, NotFound, RequestError
from webring.names import RingId
from webring.rings import askers, drafting
from webring.rings.askers import Asker
from webring.storage import decisions, inbox, outgoing, ring_requests, rings
from webring.storage.database import Database
from webring.storage.inbox import StoredMessage
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio


async def asked_by_message(here: World) -> StoredRequest:
    """A peer's community asks, and its message is in the inbox."""
    asked = await here.asked(await here.herbs(), id="1" * 32)
    state = MessageState.WAITING.value
    async with here.db.transaction() as tx:
        message = StoredMessage(PEER, "1" * 32, "join", state, asked.reason, b"", here.now)
        await inbox.put(tx, message)
        request = await ring_requests.get(tx, asked.id)
    assert request is not None
    return request


async def told(here: World) -> tuple[str, str]:
    """What the inbox answers about that message."""
    stored = await inbox.get(here.db.reader, PEER, "1" * 32)
    assert stored is not None
    return stored.state, stored.reason


async def the_decision(here: World) -> dict[str, object]:
    """The one message that was sent."""
    (message,) = await outgoing.of_kind(here.db.reader, MessageKind.DECISION)
    assert message.destination == PEER
    return dict(message.fields)


async def test_an_accepted_community_is_wanted_and_told(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    request = await asked_by_message(here)
    async with db.transaction() as tx:
        done = await here.deciding.accept(tx, request.id, "Welcome!", ADA, here.now)
    assert (done.state, done.decider, done.decided_at) == (RequestState.ACCEPTED, ADA, here.now)
    assert await told(here) == ("done", "Welcome!")
    (wish,) = await here.wishes()
    assert (wish.wanted.member, wish.decider) == (request.member, ADA)
    fields = await the_decision(here)
    assert fields["outcome"] == "accepted"
    assert (fields["request"], fields["member"]) == ("1" * 32, request.member)
    (logged,) = await decisions.about(db.reader, here.ring.id)
    assert (logged.actor, logged.action, logged.at) == (ADA, "accept_request", here.now)
    assert logged.reason == f"herbs:{PEER}: Welcome!"


async def test_a_declined_one_is_told_why(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    request = await asked_by_message(here)
    said = "Hay is lovely. " * 100
    async with db.transaction() as tx:
        done = await here.deciding.decline(tx, request.id, Reason.CRITERIA, said, ADA, here.now)
    assert (done.state, done.code, done.decider) == (RequestState.DECLINED, "criteria", ADA)
    assert (await told(here))[0] == "refused"
    assert len((await told(here))[1]) <= MAX_SENTENCE
    assert await here.wishes() == []
    fields = await the_decision(here)
    assert (fields["outcome"], fields["code"]) == ("declined", "criteria")
    (logged,) = await decisions.about(db.reader, here.ring.id)
    assert (logged.action, logged.reason[:30]) == (
        "decline_request",
        f"herbs:{PEER}: criteria: Hay"[:30],
    )


async def test_a_decision_without_a_sentence_has_words(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    request = await asked_by_message(here)
    async with db.transaction() as tx:
        await here.deciding.decline(tx, request.id, Reason.RULES, "  ", ADA, here.now)
    assert await told(here) == ("refused", "a steward of the ring has declined it (rules)")


async def test_an_invited_community_is_told_and_comes_in(db: Database) -> None:
    here = await world(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        asker = await here.herbs()
        invited = await here.deciding.invite(tx, here.ring.id, asker, "Come!", ADA, here.now)
        again = await here.deciding.invite(tx, here.ring.id, asker, "Come!", "bob", here.now)
    assert (again.id, invited.state) == (invited.id, RequestState.INVITED)
    fields = await the_decision(here)
    assert (fields["outcome"], fields["sentence"]) == ("invited", "Come!")
    assert "request" not in fields
    assert fields["member"] == community_member_id(here.ring.root, PEER, HERBS)
    assert (await here.asked(asker)).state is RequestState.ACCEPTED
    kept = await here.requests_kept()
    assert {each.state for each in kept} == {RequestState.ACCEPTED}


async def test_whoever_has_asked_is_accepted_by_an_invitation(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    request = await asked_by_message(here)
    async with db.transaction() as tx:
        asker = await here.herbs()
        done = await here.deciding.invite(tx, here.ring.id, asker, "", ADA, here.now)
    assert (done.id, done.state) == (request.id, RequestState.ACCEPTED)


async def test_an_invitation_is_taken_back(db: Database) -> None:
    here = await world(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        asker = await here.herbs()
        invited = await here.deciding.invite(tx, here.ring.id, asker, "", ADA, here.now)
        await here.deciding.decline(tx, invited.id, Reason.OTHER, "", "bob", here.now)
    assert (await here.asked(asker)).state is RequestState.DECLINED
    outcomes = [
        each.fields["outcome"] for each in await outgoing.of_kind(db.reader, MessageKind.DECISION)
    ]
    assert sorted(map(str, outcomes)) == ["declined", "invited"]


async def test_an_invited_site_has_nobody_to_tell(db: Database) -> None:
    here = await world(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        await here.deciding.invite(tx, here.ring.id, askers.site(SITE), "", ADA, here.now)
    assert await here.sent() == []


async def test_a_removal_is_wanted_and_told(db: Database) -> None:
    here = await world(db)
    member = community(1, here.ring.root, instance=PEER)
    await here.next(members=[member])
    async with db.transaction() as tx:
        for code in (Reason.OTHER, Reason.RULES):
            await here.deciding.remove(
                tx, here.ring.id, member.id, code, "No spades.", ADA, here.now
            )
    (wish,) = await here.wishes()
    assert (wish.wanted, wish.decider) == (drafting.remove(member.id, Reason.RULES), ADA)
    assert await here.sent() == [("decision", PEER)] * 2
    logged = await decisions.about(db.reader, here.ring.id)
    assert [each.action for each in logged] == ["remove_member"] * 2
    assert logged[-1].reason == f"{member.url} ({member.id}), rules: No spades."


async def test_a_site_is_removed_without_a_message(db: Database) -> None:
    here = await world(db)
    member = site(1, here.ring.root)
    await here.next(members=[member])
    async with db.transaction() as tx:
        await here.deciding.remove(tx, here.ring.id, member.id, Reason.RULES, "", ADA, here.now)
    assert len(await here.wishes()) == 1
    assert await here.sent() == []


async def test_a_community_of_ours_is_told_as_others_are(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.publish("hay")
    async with db.transaction() as tx:
        asked = await here.memberships.join(tx, here.ring.id, HAY, "", "bob", here.now)
    assert asked.state is RequestState.PENDING
    async with db.transaction() as tx:
        await here.deciding.decline(tx, asked.id, Reason.CRITERIA, "No.", ADA, here.now)
    assert ("declined", f"{A} has declined to let it into {here.ring.id} (criteria): No.") in [
        (kind, text) for _, kind, text, slug in here.notices.told if slug == HAY
    ]
    assert ("decision", A) not in await here.sent()


Step = Callable[[World, Connection], Awaitable[object]]
UNKNOWN = RingId("bees:garden.example")


def removing(member: str, code: Reason = Reason.RULES, ring: str = "") -> Step:
    return lambda here, tx: here.deciding.remove(
        tx, RingId(ring or here.ring.id), member, code, "", ADA, here.now
    )


def inviting(asker: Asker, ring: str = "") -> Step:
    return lambda here, tx: here.deciding.invite(
        tx, RingId(ring or here.ring.id), asker, "", ADA, here.now
    )


REFUSED: dict[str, tuple[Step, type[RequestError], str]] = {
    "a request that is none": (
        lambda here, tx: here.deciding.accept(tx, "\x1b[31m", "", ADA, here.now),
        NotFound,
        r"no request '\\x1b",
    ),
    "declining one that is none": (
        lambda here, tx: here.deciding.decline(tx, new_id(), Reason.RULES, "", ADA, here.now),
        NotFound,
        "no request",
    ),
    "a removal of a stranger": (removing("0" * 20), NotFound, "has no member"),
    "a removal by its own wish": (removing("0" * 20, Reason.LEFT), BadRequest, "another code"),
    "a removal from an unknown ring": (
        removing("0" * 20, ring=UNKNOWN),
        NotFound,
        "is no steward of bees",
    ),
    "an invitation to an unknown ring": (
        inviting(askers.site(SITE), UNKNOWN),
        NotFound,
        "is no steward of bees",
    ),
    "an invitation of a member": (
        inviting(askers.site("https://site1.example")),
        Conflict,
        "is in",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_decided(db: Database, case: str) -> None:
    step, error, sentence = REFUSED[case]
    here = await world(db)
    await here.next(members=[site(1, here.ring.root)])
    with pytest.raises(error, match=sentence):
        async with db.transaction() as tx:
            await step(here, tx)
    assert await here.wishes() == []
    assert await decisions.about(db.reader, here.ring.id) == []


@pytest.mark.parametrize("state", [each for each in RequestState if each != RequestState.PENDING])
async def test_what_was_decided_is_not_decided_again(db: Database, state: RequestState) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.looked_at()
    async with db.transaction() as tx:
        await ring_requests.decide(
            tx, asked.id, state, code="", decider="bob", reason="He said so.", now=here.now
        )
    with pytest.raises(Conflict):
        async with db.transaction() as tx:
            await here.deciding.accept(tx, asked.id, "", ADA, here.now)
    if state is not RequestState.INVITED:
        with pytest.raises(Conflict):
            async with db.transaction() as tx:
                await here.deciding.decline(tx, asked.id, Reason.RULES, "", ADA, here.now)
    assert await here.wishes() == []


async def test_nobody_decides_for_a_ring_of_others(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    asked = await here.looked_at()
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, here.ring.id, False)
    with pytest.raises(NotFound, match="is no steward"):
        async with db.transaction() as tx:
            await here.deciding.accept(tx, asked.id, "", ADA, here.now)


async def test_two_requests_for_one_address_are_not_both_accepted(db: Database) -> None:
    here = await world(db, JoinPolicy.REQUEST)
    await here.pledged()
    herbs = await here.herbs()
    site_asks, herbs_ask = await here.looked_at(herbs.url), await here.asked(herbs)
    async with db.transaction() as tx:
        await here.deciding.accept(tx, site_asks.id, "", ADA, here.now)
    with pytest.raises(Conflict, match="about to have its address"):
        async with db.transaction() as tx:
            await here.deciding.accept(tx, herbs_ask.id, "", ADA, here.now)
    assert await here.joins() == [(herbs.url, ADA)]


@pytest.mark.parametrize("policy", JoinPolicy)
async def test_an_invited_site_is_in_once_it_says_so_itself(
    db: Database, policy: JoinPolicy
) -> None:
    here = await world(db, policy)
    async with db.transaction() as tx:
        await here.deciding.invite(tx, here.ring.id, askers.site(SITE), "", ADA, here.now)
    assert await here.waiting.look_again() == 0
    assert await here.joins() == []
    here.now += 2 * DAY
    here.sites.shown.add(SITE)
    assert await here.waiting.look_again() == 1
    assert await here.joins() == [(SITE, ADA)]
    (kept,) = await here.requests_kept()
    assert (kept.state, kept.decider) == (RequestState.ACCEPTED, ADA)
    assert await here.waiting.look_again() == 0


async def test_an_invitation_stands_however_long_the_site_is_silent(db: Database) -> None:
    here = await world(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        await here.deciding.invite(tx, here.ring.id, askers.site(SITE), "", ADA, here.now)
    here.now += 80 * DAY
    assert await here.waiting.look_again() == 0
    (kept,) = await here.requests_kept()
    assert kept.state is RequestState.INVITED
    assert kept.reason
