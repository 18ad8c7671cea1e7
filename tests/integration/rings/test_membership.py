"""Our own communities' half: what joining, leaving, sleeping, waking and moving does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.integration.rings.asked import ADA, HAY, World, world
from tests.integration.rings.kept import visited
from tests.integration.rings.pledged import HERBS, PEER
from tests.unit.documents.ring_world import A, B, C, community
from webring.clock import DAY
from webring.directory.listing import Standing
from webring.documents.message import MessageKind, MessageState
from webring.documents.parts import Membership
from webring.documents.ring import JoinPolicy, RingMember, SlotState, community_member_id
from webring.documents.ring_messages import MAX_NOTE, Decision, Verdict
from webring.errors import BadRequest, Conflict, NotFound, RequestError
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting, passing
from webring.rings.membership import JoinFinding, Place
from webring.storage import (
    decisions,
    documents,
    memberships,
    outgoing,
    ring_members,
    ring_requests,
    rings,
)
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingState, Reply
from webring.storage.ring_members import StoredMember
from webring.storage.ring_requests import RequestState
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio
D = ServerName("d.example")
STRAW = Slug("straw")


async def steward(db: Database, policy: JoinPolicy = JoinPolicy.OPEN) -> World:
    """We are a, one of three stewards."""
    here = await world(db, policy)
    await here.publish("hay", "straw")
    return here


async def stranger(db: Database, policy: JoinPolicy = JoinPolicy.OPEN) -> World:
    """We are d, and no steward."""
    here = await world(db, policy, stewarded=False, own=D)
    await here.publish("hay", "straw")
    return here


def slot_of(here: World, slug: Slug = HAY) -> RingMember:
    member = community(1, here.ring.root, instance=here.own)
    own_id = community_member_id(here.ring.root, here.own, slug)
    return replace(member, id=own_id, community=slug, url=f"https://{here.own}/{slug}")


async def joined(here: World, state: SlotState = SlotState.ACTIVE) -> RingMember:
    """Our community is in the ring, with both halves."""
    member = replace(slot_of(here), state=state)
    await here.next(members=[member])
    async with here.db.transaction() as tx:
        await memberships.put(tx, Membership(here.ring.id, here.ring.root, HAY, here.now))
    return member


async def join(here: World, note: str = "", *, decides: bool = False) -> RequestState:
    async with here.db.transaction() as tx:
        asked = await here.memberships.join(
            tx, here.ring.id, HAY, note, ADA, here.now, decides=decides
        )
    return asked.state


async def pledges(db: Database) -> list[Slug]:
    return [each.community for each in await memberships.all(db.reader)]


async def logged(here: World, slug: Slug = HAY) -> list[str]:
    target = memberships.target(here.ring.id, slug)
    return [each.action for each in await decisions.about(here.db.reader, target)]


async def the_slot(here: World, member: RingMember) -> StoredMember:
    slot = await ring_members.get(here.db.reader, here.ring.id, member.id)
    assert slot is not None
    return slot


async def test_a_join_is_a_pledge_and_a_message_to_every_steward(db: Database) -> None:
    here = await stranger(db)
    assert await join(here, "x" * 2 * MAX_NOTE) is RequestState.PASSED
    (membership,) = await memberships.all(db.reader)
    assert membership == Membership(here.ring.id, here.ring.root, HAY, here.now)
    assert await documents.manifest_wanted(db.reader) == here.now
    assert await here.sent() == [("join", A), ("join", B), ("join", C)]
    (message, *_) = await outgoing.of_kind(db.reader, MessageKind.JOIN)
    assert (message.fields["community"], len(str(message.fields["note"]))) == (HAY, MAX_NOTE)
    (request,) = await here.requests_kept()
    assert (request.state, request.instance, request.community) == (RequestState.PASSED, D, HAY)
    assert await logged(here) == [memberships.BEGUN]


async def test_a_steward_asks_itself_as_well(db: Database) -> None:
    here = await steward(db, JoinPolicy.REQUEST)
    assert await join(here) is RequestState.PENDING
    assert await here.sent() == [("join", B), ("join", C)]
    assert [kind for _, kind, _, _ in here.notices.told] == ["request"]


async def test_our_operator_decides_by_joining(db: Database) -> None:
    here = await steward(db, JoinPolicy.INVITE)
    assert await join(here, decides=True) is RequestState.ACCEPTED
    assert await here.joins() == [("https://a.example/hay", ADA)]
    assert here.notices.told == []


async def test_what_a_community_may_by_itself_its_operator_does_not_decide(db: Database) -> None:
    here = await steward(db)
    assert await join(here, decides=True) is RequestState.PENDING
    (request,) = await here.requests_kept()
    assert request.reason.startswith("it is in once our manifest says so")
    assert await here.wishes() == []
    assert here.notices.told == []


async def test_a_steward_without_an_invitation_leaves_it_to_the_others(db: Database) -> None:
    here = await steward(db, JoinPolicy.INVITE)
    assert await join(here) is RequestState.PASSED
    assert await here.sent() == [("join", B), ("join", C)]
    assert await here.wishes() == []


async def test_who_is_listed_already_only_says_its_half(db: Database) -> None:
    here = await stranger(db)
    await here.next(members=[slot_of(here)])
    findings = [each.code for each in await check(here)]
    assert findings[0] == "listed"
    assert await join(here) is RequestState.ACCEPTED
    assert (await pledges(db), await here.sent()) == ([HAY], [])


async def check(here: World) -> list[JoinFinding]:
    return await here.memberships.check_join(here.db.reader, here.ring.id, HAY, here.now)


async def expired(here: World) -> None:
    here.now += 91 * DAY


async def claimed(here: World) -> None:
    await here.publish("hay", standing=Standing.CLAIMED)


async def member(here: World) -> None:
    await joined(here)


async def place_taken(here: World) -> None:
    other = community(1, here.ring.root)
    await here.next(members=[replace(other, url="https://d.example/hay")])


async def asked(here: World) -> None:
    await join(here)


async def nothing(here: World) -> None:
    pass


async def known_only(here: World) -> None:
    async with here.db.transaction() as tx:
        await rings.add(tx, UNKNOWN, "b" * 64, "manifest", here.now)


UNKNOWN = RingId("bees:garden.example")
BLOCKING: dict[str, tuple[Callable[[World], Awaitable[None]], str, Slug, str, type[RequestError]]]
BLOCKING = {
    "a ring that nobody knows": (nothing, UNKNOWN, HAY, "unknown_ring", NotFound),
    "a ring without a version": (known_only, UNKNOWN, HAY, "no_version", NotFound),
    "a ring that has expired": (expired, "", HAY, "stale", Conflict),
    "a community that is none": (nothing, "", Slug("hey"), "unknown_community", NotFound),
    "one that nobody speaks for": (claimed, "", HAY, "not_spoken_for", Conflict),
    "a member": (member, "", HAY, "is_member", Conflict),
    "one whose place is taken": (place_taken, "", HAY, "place_taken", Conflict),
    "one that has asked": (asked, "", HAY, "asked", Conflict),
}


@pytest.mark.parametrize("case", BLOCKING)
async def test_what_stands_in_the_way_is_named_beforehand(db: Database, case: str) -> None:
    prepare, ring, slug, code, error = BLOCKING[case]
    here = await stranger(db)
    await prepare(here)
    before = await pledges(db), len(await here.sent())
    finding, *_ = await here.memberships.check_join(
        db.reader, RingId(ring or here.ring.id), slug, here.now
    )
    assert (finding.code, finding.blocks) == (code, True)
    with pytest.raises(error):
        async with db.transaction() as tx:
            await here.memberships.join(tx, RingId(ring or here.ring.id), slug, "", ADA, here.now)
    assert (await pledges(db), len(await here.sent())) == before


async def test_what_a_ring_asks_for_is_named_beforehand(db: Database) -> None:
    here = await stranger(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        await here.verdicts.heard(tx, B, decision(here, Verdict.INVITED), here.now)
    await visited(db, here.ring.id, behind=True)
    found = await here.memberships.check_join(db.reader, here.ring.id, HAY, here.now)
    assert [each.code for each in found] == ["behind", "invited", "policy_invite", "criteria"]
    assert [each.code for each in found if each.blocks] == ["behind"]
    assert found[-1].why == here.ring.terms.criteria
    assert B in found[1].why


def decision(here: World, outcome: Verdict, **given: str) -> Decision:
    member = community_member_id(here.ring.root, here.own, HAY)
    return Decision(
        ring=here.ring.id,
        root=here.ring.root,
        outcome=outcome,
        sentence=given.get("sentence", ""),
        member=given.get("member", member),
        request=given.get("request", ""),
    )


async def test_leaving_ends_our_half_at_once_and_tells_every_steward(db: Database) -> None:
    here = await steward(db)
    member = await joined(here)
    async with db.transaction() as tx:
        assert await here.memberships.leave(tx, here.ring.id, HAY, ADA, here.now) == 2
    assert await pledges(db) == []
    assert await documents.manifest_wanted(db.reader) == here.now
    assert await here.sent() == [("leave", B), ("leave", C)]
    (wish,) = await here.wishes()
    assert (wish.wanted, wish.decider) == (drafting.leave(member.id), "")
    slot = await the_slot(here, member)
    assert (slot.state, slot.consents, slot.listed) == ("one_sided", False, True)
    assert await logged(here) == [memberships.ENDED]


async def test_who_is_no_steward_sends_nobody_there_either(db: Database) -> None:
    here = await stranger(db)
    member = await joined(here)
    before = (await rings.revisions(db.reader))[here.ring.id]
    async with db.transaction() as tx:
        assert await here.memberships.leave(tx, here.ring.id, HAY, ADA, here.now) == 3
    assert (await the_slot(here, member)).state == "one_sided"
    assert await here.wishes() == []
    assert (await rings.revisions(db.reader))[here.ring.id] > before


async def test_leaving_takes_back_what_was_asked(db: Database) -> None:
    here = await stranger(db)
    await join(here)
    async with db.transaction() as tx:
        await here.memberships.leave(tx, here.ring.id, HAY, ADA, here.now)
    (request,) = await here.requests_kept()
    assert request.state is RequestState.WITHDRAWN
    joins = await outgoing.of_kind(db.reader, MessageKind.JOIN)
    assert {each.state for each in joins} == {OutgoingState.SUPERSEDED}
    assert len(await outgoing.of_kind(db.reader, MessageKind.LEAVE)) == 3


async def test_leaving_as_a_steward_takes_back_a_wish(db: Database) -> None:
    here = await steward(db, JoinPolicy.REQUEST)
    await join(here, decides=True)
    async with db.transaction() as tx:
        await here.memberships.leave(tx, here.ring.id, HAY, ADA, here.now)
    assert await here.wishes() == []


async def test_sleeping_and_waking(db: Database) -> None:
    here = await steward(db)
    member = await joined(here)
    async with db.transaction() as tx:
        assert await here.memberships.sleep(tx, here.ring.id, HAY, ADA, here.now) == 2
    assert [each.wanted for each in await here.wishes()] == [drafting.sleep(member.id)]
    async with db.transaction() as tx:
        await here.memberships.wake(tx, here.ring.id, HAY, ADA, here.now)
    assert await here.wishes() == []
    assert {kind for kind, _ in await here.sent()} == {"sleep", "wake"}
    assert await logged(here) == ["sleep_ring", "wake_ring"]
    await here.next(members=[replace(member, state=SlotState.SLEEPING)])
    async with db.transaction() as tx:
        await here.memberships.wake(tx, here.ring.id, HAY, ADA, here.now)
    assert [each.wanted for each in await here.wishes()] == [drafting.wake(member.id)]


MOVES: dict[str, tuple[Place, str, tuple[ServerName, Slug]]] = {
    "another address": (Place("https://a.example/new"), "https://a.example/new", (A, HAY)),
    "another community of ours": (Place(community=STRAW), "https://a.example/straw", (A, STRAW)),
    "both": (
        Place("https://a.example/new", community=STRAW),
        "https://a.example/new",
        (A, STRAW),
    ),
    "another instance": (
        Place(instance=PEER, community=HERBS),
        "https://garden.example/",
        (PEER, HERBS),
    ),
    "an instance that is not known": (
        Place(instance=ServerName("new.example"), community=HERBS),
        "https://new.example/communities/herbs:new.example",
        (ServerName("new.example"), HERBS),
    ),
}


@pytest.mark.parametrize("case", MOVES)
async def test_moving(db: Database, case: str) -> None:
    to, url, home = MOVES[case]
    here = await steward(db)
    member = await joined(here)
    await here.pledged()
    async with db.transaction() as tx:
        assert await here.memberships.move(tx, here.ring.id, HAY, to, ADA, here.now) == url
    (wish,) = await here.wishes()
    assert (wish.wanted, wish.decider) == (drafting.move(member.id, url, home), "")
    (message, *others) = await outgoing.of_kind(db.reader, MessageKind.MOVE)
    assert message.fields["to"] == {"url": url, "instance": home[0], "community": home[1]}
    assert len(others) == 1
    ours = {HAY} if home[0] != A else {HAY, home[1]}
    assert set(await pledges(db)) == ours
    assert await logged(here) == ["move_ring"]


BAD_MOVES: dict[str, tuple[Place, type[RequestError]]] = {
    "nowhere": (Place(), Conflict),
    "to a community that is none": (Place(community=Slug("hey")), NotFound),
    "to a plain address": (Place("http://a.example/"), BadRequest),
    "to a script": (Place("javascript:alert(1)"), BadRequest),
    "to a member's address": (Place("https://b.example/plot/1"), Conflict),
}


@pytest.mark.parametrize("case", BAD_MOVES)
async def test_moves_that_cannot_be(db: Database, case: str) -> None:
    to, error = BAD_MOVES[case]
    here = await steward(db)
    await joined(here)
    await here.next(members=[*here.ring.members, community(1, here.ring.root)])
    with pytest.raises(error):
        async with db.transaction() as tx:
            await here.memberships.move(tx, here.ring.id, HAY, to, ADA, here.now)
    assert (await here.wishes(), await here.sent()) == ([], [])


async def test_a_member_that_moves_here_is_pledged_without_asking(db: Database) -> None:
    here = await stranger(db)
    async with db.transaction() as tx:
        await here.memberships.pledge(tx, here.ring.id, HAY, ADA, here.now)
    assert (await pledges(db), await here.sent()) == ([HAY], [])
    with pytest.raises(NotFound):
        async with db.transaction() as tx:
            await here.memberships.pledge(tx, here.ring.id, Slug("hey"), ADA, here.now)


Act = Callable[[World, Connection], Awaitable[object]]
ABSENT: dict[str, Act] = {
    "leave": lambda here, tx: here.memberships.leave(tx, here.ring.id, HAY, ADA, here.now),
    "sleep": lambda here, tx: here.memberships.sleep(tx, here.ring.id, HAY, ADA, here.now),
    "wake": lambda here, tx: here.memberships.wake(tx, here.ring.id, HAY, ADA, here.now),
    "move": lambda here, tx: here.memberships.move(
        tx, here.ring.id, HAY, Place("https://a.example/n"), ADA, here.now
    ),
    "leave an unknown ring": lambda here, tx: here.memberships.leave(
        tx, UNKNOWN, HAY, ADA, here.now
    ),
    "sleep in an unknown ring": lambda here, tx: here.memberships.sleep(
        tx, UNKNOWN, HAY, ADA, here.now
    ),
}


@pytest.mark.parametrize("case", ABSENT)
async def test_who_is_not_in_a_ring_cannot(db: Database, case: str) -> None:
    here = await steward(db)
    with pytest.raises(NotFound):
        async with db.transaction() as tx:
            await ABSENT[case](here, tx)
    assert await here.sent() == []


async def answer(here: World, steward: ServerName, state: MessageState, reason: str) -> None:
    """A steward answers the join that we sent, for good."""
    (request,) = await here.requests_kept()
    message = await outgoing.get(here.db.reader, passing.message_id(request.id, steward))
    assert message is not None
    async with here.db.transaction() as tx:
        after = await outgoing.replied(tx, message, Reply(state, reason), None, here.now)
        await here.verdicts.answered(tx, after, here.now)


async def test_a_request_stands_as_its_stewards_answer(db: Database) -> None:
    here = await stranger(db)
    await join(here)
    await answer(here, A, MessageState.REFUSED, "No.")
    await answer(here, B, MessageState.REFUSED, "Neither.")
    (request,) = await here.requests_kept()
    assert request.state is RequestState.PASSED
    await answer(here, C, MessageState.DONE, "Welcome!")
    (request,) = await here.requests_kept()
    assert (request.state, request.decider) == (RequestState.ACCEPTED, C)
    assert request.reason == "Welcome!"
    assert await pledges(db) == [HAY]


async def test_our_half_is_taken_back_when_no_steward_can_accept_any_more(db: Database) -> None:
    here = await stranger(db)
    await join(here)
    await answer(here, A, MessageState.REFUSED, "No.")
    async with db.transaction() as tx:
        declined = decision(here, Verdict.DECLINED, sentence="Not here.")
        await here.verdicts.heard(tx, B, declined, here.now)
    assert await pledges(db) == [HAY]
    await answer(here, C, MessageState.REFUSED, "Neither.")
    (request,) = await here.requests_kept()
    assert request.state is RequestState.PASSED
    await answer(here, B, MessageState.REFUSED, "Not here.")
    (request,) = await here.requests_kept()
    assert request.state is RequestState.DECLINED
    assert all(word in request.reason for word in ("No.", "Not here.", "Neither."))
    assert await pledges(db) == []
    assert await documents.manifest_wanted(db.reader) == here.now
    assert await logged(here) == [memberships.BEGUN, memberships.ENDED]


async def test_one_stewards_word_takes_no_member_out(db: Database) -> None:
    here = await stranger(db)
    member = await joined(here)
    async with db.transaction() as tx:
        for outcome in (Verdict.REMOVED, Verdict.DECLINED):
            await here.verdicts.heard(tx, B, decision(here, outcome), here.now)
    assert await pledges(db) == [HAY]
    assert (await the_slot(here, member)).listed
    assert [kind for _, kind, _, slug in here.notices.told if slug == HAY] == [
        "removed",
        "declined",
    ]


async def test_who_was_taken_out_is_pledged_no_more(db: Database) -> None:
    here = await stranger(db)
    await joined(here)
    await here.next(members=[])
    here.now += 15 * DAY
    await here.clear()
    assert await pledges(db) == []


async def test_a_pledge_that_something_may_come_of_is_kept(db: Database) -> None:
    here = await stranger(db)
    await join(here)
    here.now += 60 * DAY
    await here.clear()
    assert await pledges(db) == [HAY]
    await answer(here, C, MessageState.DONE, "Welcome!")
    here.now += 29 * DAY
    await here.clear()
    assert await pledges(db) == [HAY]
    here.now += DAY
    await here.clear()
    assert await pledges(db) == []


async def test_an_invitation_is_remembered_and_used_up(db: Database) -> None:
    here = await stranger(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        invited = decision(here, Verdict.INVITED, sentence="Come!")
        for _ in range(2):
            assert await here.verdicts.heard(tx, B, invited, here.now)
    (invitation,) = await ring_requests.in_state(db.reader, RequestState.INVITED)
    assert (invitation.decider, invitation.note, invitation.community) == (B, "Come!", HAY)
    (_, kind, text, slug), *_ = here.notices.told
    assert (kind, slug) == ("invited", HAY)
    assert f"webring ring join {here.ring.id} hay" in text
    async with db.transaction() as tx:
        await here.verdicts.heard(tx, B, decision(here, Verdict.DECLINED), here.now)
    assert await ring_requests.in_state(db.reader, RequestState.INVITED) == []


async def test_another_stewards_invitation_is_not_our_decision(db: Database) -> None:
    here = await steward(db, JoinPolicy.INVITE)
    async with db.transaction() as tx:
        await here.verdicts.heard(tx, B, decision(here, Verdict.INVITED), here.now)
    assert await join(here) is RequestState.PASSED
    assert await here.wishes() == []


async def test_a_decision_names_a_request_where_it_names_no_member(db: Database) -> None:
    here = await stranger(db)
    await join(here)
    (request,) = await here.requests_kept()
    named = decision(here, Verdict.ACCEPTED, member="", request=passing.message_id(request.id, B))
    async with db.transaction() as tx:
        assert await here.verdicts.heard(tx, B, named, here.now)
        assert await here.verdicts.heard(tx, C, named, here.now) == ""
    (request,) = await here.requests_kept()
    assert (request.state, request.decider) == (RequestState.ACCEPTED, B)
