"""Messages about rings, as the inbox takes them: from whom each kind counts, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from tests.integration.rings.asked import ADA, BASE, SITE, World, world
from tests.integration.rings.pledged import HERBS, PEER
from tests.unit.documents.ring_world import A, B, C, after, community, site
from tests.unit.documents.test_trust import FIRST
from webring.clock import HOUR, MINUTE
from webring.crawler.inbox import Inbox
from webring.crawler.replies import InboxReply
from webring.documents import ring_messages
from webring.documents.canonical import Json
from webring.documents.message import Message, MessageDraft, MessageKind, MessageState, sign_message
from webring.documents.ring import JoinPolicy, Reason, RingMember, SlotState, community_member_id
from webring.documents.ring_messages import (
    Cosign,
    Decision,
    Join,
    Move,
    RingMessage,
    SlotChange,
    Verdict,
)
from webring.errors import Conflict, MalformedDocument
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting
from webring.rings.receiving import Receiving
from webring.settings import InstanceSettings, Settings
from webring.storage import memberships, ring_members, ring_requests, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.ring_requests import RequestState
from webring.storage.sql import Connection, rows

pytestmark = pytest.mark.anyio
DONE, REFUSED, WAITING = MessageState.DONE, MessageState.REFUSED, MessageState.WAITING
D = ServerName("d.example")
HAY = Slug("hay")


@dataclass
class Cosigners:
    """Whoever is given proposals."""

    arrived_: int = 0

    async def arrived(
        self, tx: Connection, message: Message, asked: Cosign, now: int
    ) -> InboxReply:
        self.arrived_ += 1
        return InboxReply(MessageState.QUEUED, "it is looked at soon")

    async def signatures(self, conn: Connection, instance: ServerName, message_id: str) -> Json:
        return {A: {"ed25519:a": "x"}} if message_id == "1" * 32 else {}


class Inboxed:
    """The inbox of a world, whose peer is verified."""

    def __init__(self, here: World) -> None:
        self.here, self.cosigners = here, Cosigners()
        self.receiving = Receiving(
            here.own,
            BASE,
            here.shelf,
            here.requests,
            here.verdicts,
            self.cosigners,  # type: ignore[arg-type]
        )
        settings = Settings(InstanceSettings(here.own, BASE))
        self.inbox = Inbox(here.db, settings, lambda: here.now, self.receiving)

    async def take(self, body: RingMessage, message_id: str = "") -> InboxReply:
        """Deliver a message of the peer."""
        draft = ring_messages.draft(PEER, self.here.own, body)
        return await self.deliver(replace(draft, id=message_id or draft.id))

    async def deliver(self, draft: MessageDraft) -> InboxReply:
        return await self.inbox.receive(sign_message(draft, [FIRST], self.here.now))


async def opened(db: Database, policy: JoinPolicy = JoinPolicy.OPEN) -> Inboxed:
    here = await world(db, policy)
    await here.pledged()
    return Inboxed(here)


def member_of_peer(here: World, state: SlotState = SlotState.ACTIVE) -> RingMember:
    one = community(1, here.ring.root, instance=PEER)
    own_id = community_member_id(here.ring.root, PEER, HERBS)
    return replace(one, id=own_id, community=HERBS, state=state)


def joining(here: World, note: str = "") -> Join:
    return Join(here.ring.id, here.ring.root, HERBS, note=note)


def changing(here: World, kind: MessageKind, member: str = "") -> SlotChange:
    member = member or member_of_peer(here).id
    return SlotChange(kind, here.ring.id, here.ring.root, member)


def moving(here: World, url: str = "https://new.example/", slug: Slug | None = HERBS) -> Move:
    instance = None if slug is None else PEER
    member = member_of_peer(here).id
    return Move(here.ring.id, here.ring.root, member, url, instance, slug)


def deciding(here: World, outcome: Verdict = Verdict.ACCEPTED, slug: Slug = HAY) -> Decision:
    member = community_member_id(here.ring.root, here.own, slug)
    return Decision(here.ring.id, here.ring.root, outcome, member=member)


def cosigning(here: World) -> Cosign:
    return ring_messages.propose(after(here.ring))


Write = Callable[[World], RingMessage]
KINDS: dict[str, Write] = {
    "join": joining,
    "join of a site": lambda here: Join(here.ring.id, here.ring.root, url=SITE),
    "leave": lambda here: changing(here, MessageKind.LEAVE),
    "sleep": lambda here: changing(here, MessageKind.SLEEP),
    "wake": lambda here: changing(here, MessageKind.WAKE),
    "move": moving,
    "decision": deciding,
}


@pytest.mark.parametrize("kind", KINDS)
async def test_of_a_ring_that_nobody_knows_nothing_is_taken(db: Database, kind: str) -> None:
    it = await opened(db)
    other = replace(KINDS[kind](it.here), ring=RingId("bees:garden.example"))
    reply = await it.take(other)
    assert (reply.state, reply.reason) == (REFUSED, "no ring bees:garden.example is known here")


@pytest.mark.parametrize("kind", KINDS)
async def test_under_another_root_it_is_another_ring(db: Database, kind: str) -> None:
    it = await opened(db)
    reply = await it.take(replace(KINDS[kind](it.here), root="b" * 64))
    assert (reply.state, "another root" in reply.reason) == (REFUSED, True)
    assert (await it.here.wishes(), await it.here.requests_kept()) == ([], [])


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "decision"])
async def test_who_is_no_steward_takes_nothing(db: Database, kind: str) -> None:
    it = await opened(db)
    await it.here.next(members=[member_of_peer(it.here)])
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, it.here.ring.id, False)
    reply = await it.take(KINDS[kind](it.here))
    assert (reply.state, "no steward" in reply.reason) == (REFUSED, True)
    assert await it.here.wishes() == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_ring_without_a_version_takes_nothing(db: Database, kind: str) -> None:
    it = await opened(db)
    bees = RingId("bees:garden.example")
    async with db.transaction() as tx:
        await rings.add(tx, bees, it.here.ring.root, "manifest", it.here.now, stewarded=True)
    reply = await it.take(replace(KINDS[kind](it.here), ring=bees))
    assert (reply.state, "no version" in reply.reason) == (REFUSED, True)


@pytest.mark.parametrize("kind", [*KINDS, "cosign"])
async def test_delivered_again_a_message_counts_once(db: Database, kind: str) -> None:
    it = await opened(db)
    await it.here.next(members=[member_of_peer(it.here)])
    write = {**KINDS, "cosign": cosigning}[kind]
    draft = ring_messages.draft(PEER, A, write(it.here))
    first_ = await it.deliver(draft)
    before = await it.here.wishes(), await it.here.requests_kept(), it.cosigners.arrived_
    it.here.now += HOUR
    assert replace(await it.deliver(draft), signatures={}) == first_
    assert (await it.here.wishes(), await it.here.requests_kept(), it.cosigners.arrived_) == before


async def test_a_replay_is_refused(db: Database) -> None:
    it = await opened(db)
    draft = ring_messages.draft(PEER, A, joining(it.here))
    body = sign_message(draft, [FIRST], it.here.now)
    await it.inbox.receive(body)
    with pytest.raises(Conflict):
        await it.inbox.receive(body)
    assert len(await it.here.wishes()) == 1


POLICIES: dict[str, tuple[JoinPolicy, MessageState]] = {
    "open": (JoinPolicy.OPEN, DONE),
    "on request": (JoinPolicy.REQUEST, WAITING),
    "by invitation": (JoinPolicy.INVITE, REFUSED),
}


@pytest.mark.parametrize("case", POLICIES)
async def test_a_community_asks(db: Database, case: str) -> None:
    policy, state = POLICIES[case]
    it = await opened(db, policy)
    reply = await it.take(joining(it.here))
    assert reply.state is state
    assert reply.reason


async def test_a_decision_stays_readable_as_the_reason(db: Database) -> None:
    it = await opened(db, JoinPolicy.REQUEST)
    await it.take(joining(it.here), "1" * 32)
    async with db.transaction() as tx:
        await it.here.deciding.accept(tx, "1" * 32, "Welcome!", ADA, it.here.now)
    assert await it.inbox.state(PEER, "1" * 32) == InboxReply(DONE, "Welcome!")


async def test_what_a_version_decides_is_told_as_well(db: Database) -> None:
    it = await opened(db, JoinPolicy.REQUEST)
    await it.take(joining(it.here), "1" * 32)
    async with db.transaction() as tx:
        await ring_requests.decide(
            tx,
            "1" * 32,
            RequestState.ACCEPTED,
            code="",
            decider="the ring's stewards",
            reason="version 3 lists it",
            now=it.here.now,
        )
    await it.here.waiting.look_again()
    assert await it.inbox.state(PEER, "1" * 32) == InboxReply(DONE, "version 3 lists it")


async def test_a_request_that_is_asked_anew_is_told_by_the_later_message(db: Database) -> None:
    it = await opened(db, JoinPolicy.REQUEST)
    await it.take(joining(it.here), "1" * 32)
    assert (await it.take(joining(it.here), "2" * 32)).state is WAITING
    told = await it.inbox.state(PEER, "1" * 32)
    assert told is not None
    assert (told.state, "2" * 32 in told.reason) == (REFUSED, True)


async def test_a_site_that_is_passed_on_waits_until_it_was_looked_at(db: Database) -> None:
    it = await opened(db)
    it.here.sites.shown.add(SITE)
    reply = await it.take(Join(it.here.ring.id, it.here.ring.root, url=SITE), "1" * 32)
    assert reply.state is WAITING
    assert it.here.sites.looked_at == []
    assert await it.here.waiting.look_again() == 1
    told = await it.inbox.state(PEER, "1" * 32)
    assert told is not None
    assert told.state is DONE
    assert await it.here.joins() == [(SITE, "")]


@pytest.mark.parametrize("kind", [MessageKind.LEAVE, MessageKind.SLEEP])
async def test_a_members_instance_speaks_for_it(db: Database, kind: MessageKind) -> None:
    it = await opened(db)
    member = member_of_peer(it.here)
    await it.here.next(members=[member])
    assert (await it.take(changing(it.here, kind))).state is DONE
    (wish,) = await it.here.wishes()
    assert (wish.wanted.kind.value, wish.wanted.member, wish.decider) == (kind.value, member.id, "")


async def test_whoever_leaves_is_not_sent_anybody_from_then_on(db: Database) -> None:
    it = await opened(db)
    member = member_of_peer(it.here)
    await it.here.next(members=[member])
    before = (await rings.revisions(db.reader))[it.here.ring.id]
    await it.take(changing(it.here, MessageKind.LEAVE))
    slot = await ring_members.get(db.reader, it.here.ring.id, member.id)
    assert slot is not None
    assert (slot.state, slot.consents, slot.listed) == ("one_sided", False, True)
    assert slot.next_at is not None
    assert slot.next_at > it.here.now + HOUR
    assert (await rings.revisions(db.reader))[it.here.ring.id] > before


async def test_a_sleeping_member_leaves(db: Database) -> None:
    it = await opened(db)
    member = member_of_peer(it.here, SlotState.SLEEPING)
    await it.here.next(members=[member])
    await it.take(changing(it.here, MessageKind.LEAVE))
    slot = await ring_members.get(db.reader, it.here.ring.id, member.id)
    assert slot is not None
    assert (slot.state, slot.consents) == ("sleeping", False)


SLEEPERS: dict[str, tuple[SlotState, list[MessageKind], list[str]]] = {
    "asleep already": (SlotState.SLEEPING, [MessageKind.SLEEP], []),
    "awake already": (SlotState.ACTIVE, [MessageKind.WAKE], []),
    "wakes": (SlotState.SLEEPING, [MessageKind.WAKE], ["wake"]),
    "sleeps and wakes": (SlotState.ACTIVE, [MessageKind.SLEEP, MessageKind.WAKE], []),
    "sleeps twice": (SlotState.ACTIVE, [MessageKind.SLEEP, MessageKind.SLEEP], ["sleep"]),
    "sleeps and leaves": (SlotState.ACTIVE, [MessageKind.SLEEP, MessageKind.LEAVE], ["leave"]),
    "leaves twice": (SlotState.ACTIVE, [MessageKind.LEAVE, MessageKind.LEAVE], ["leave"]),
}


@pytest.mark.parametrize("case", SLEEPERS)
async def test_the_last_word_counts(db: Database, case: str) -> None:
    state, kinds, wanted = SLEEPERS[case]
    it = await opened(db)
    await it.here.next(members=[member_of_peer(it.here, state)])
    for kind in kinds:
        assert (await it.take(changing(it.here, kind))).state is DONE
    assert [each.wanted.kind.value for each in await it.here.wishes()] == wanted


async def test_a_member_moves(db: Database) -> None:
    it = await opened(db)
    member = member_of_peer(it.here)
    await it.here.next(members=[member])
    for url in ("https://one.example/", "https://two.example/"):
        assert (await it.take(moving(it.here, url, Slug("spices")))).state is DONE
    (wish,) = await it.here.wishes()
    home = (PEER, Slug("spices"))
    assert wish.wanted == drafting.move(member.id, "https://two.example/", home)
    again = await it.take(moving(it.here, member.url))
    assert (again.state, again.reason) == (DONE, "it stands there already")


async def others_site(here: World) -> None:
    await here.next(members=[site(1, here.ring.root)])


async def others_community(here: World) -> None:
    await here.next(members=[community(1, here.ring.root)])


async def own(here: World) -> None:
    await here.next(members=[member_of_peer(here), site(1, here.ring.root)])


async def nobody(here: World) -> None:
    pass


def of(find: Callable[[World], RingMember], kind: MessageKind) -> Write:
    return lambda here: changing(here, kind, find(here).id)


Prepare = Callable[[World], Awaitable[None]]
NOT_OURS: dict[str, tuple[Prepare, Write, str]] = {
    "a leave of a site": (
        others_site,
        of(lambda here: site(1, here.ring.root), MessageKind.LEAVE),
        "is not of garden.example",
    ),
    "a leave of another's community": (
        others_community,
        of(lambda here: community(1, here.ring.root), MessageKind.LEAVE),
        "is not of garden.example",
    ),
    "a sleep of another's": (
        others_community,
        of(lambda here: community(1, here.ring.root), MessageKind.SLEEP),
        "is not of garden.example",
    ),
    "a move of another's": (
        others_community,
        lambda here: replace(moving(here), member=community(1, here.ring.root).id),
        "is not of garden.example",
    ),
    "a sleep of nobody": (nobody, lambda here: changing(here, MessageKind.SLEEP), "lists no"),
    "a wake of nobody": (nobody, lambda here: changing(here, MessageKind.WAKE), "lists no"),
    "a move of nobody": (nobody, moving, "lists no member"),
    "a move to no community": (own, lambda here: moving(here, slug=None), "names the instance"),
    "a move to another's address": (
        own,
        lambda here: moving(here, "https://site1.example"),
        "has that address",
    ),
    "a decision of no steward": (nobody, deciding, "is no steward of"),
}


@pytest.mark.parametrize("case", NOT_OURS)
async def test_nobody_speaks_for_others(db: Database, case: str) -> None:
    prepare, write, why = NOT_OURS[case]
    it = await opened(db)
    await prepare(it.here)
    reply = await it.take(write(it.here))
    assert (reply.state, why in reply.reason) == (REFUSED, True), reply.reason
    assert await it.here.wishes() == []
    assert it.here.notices.told == []


async def test_whoever_asked_takes_it_back(db: Database) -> None:
    it = await opened(db, JoinPolicy.REQUEST)
    await it.take(joining(it.here), "1" * 32)
    reply = await it.take(changing(it.here, MessageKind.LEAVE))
    assert (reply.state, reply.reason) == (DONE, "its request was taken back")
    (request,) = await it.here.requests_kept()
    assert request.state is RequestState.WITHDRAWN
    told = await it.inbox.state(PEER, "1" * 32)
    assert told is not None
    assert told.state is REFUSED
    again = await it.take(changing(it.here, MessageKind.LEAVE))
    assert (again.state, again.reason) == (DONE, "it is not in the ring")


async def test_whoever_was_accepted_takes_it_back_before_a_version_says_so(db: Database) -> None:
    it = await opened(db)
    await it.take(joining(it.here))
    assert len(await it.here.wishes()) == 1
    await it.take(changing(it.here, MessageKind.LEAVE))
    assert await it.here.wishes() == []


async def test_nobody_takes_anothers_request_back(db: Database) -> None:
    it = await opened(db, JoinPolicy.REQUEST)
    passed = await it.take(Join(it.here.ring.id, it.here.ring.root, url=SITE))
    assert passed.state is WAITING
    (request,) = await it.here.requests_kept()
    await it.take(changing(it.here, MessageKind.LEAVE, request.member))
    async with db.transaction() as tx:
        other = replace(
            request, id="3" * 32, member="3" * 20, instance=B, community=HERBS, kind="community"
        )
        await ring_requests.add(tx, other)
    await it.take(changing(it.here, MessageKind.LEAVE, "3" * 20))
    states = {each.state for each in await it.here.requests_kept()}
    assert states == {RequestState.PENDING}


async def with_peer_as_steward(db: Database) -> Inboxed:
    """We are d, and the peer is a steward of the ring."""
    here = await world(db, stewarded=False, own=D)
    await here.pledged()
    await here.publish("hay")
    terms = here.ring.terms
    keys = dict(terms.stewards.instances)
    keys[PEER] = keys.pop(C)
    await here.next(terms=replace(terms, stewards=replace(terms.stewards, instances=keys)))
    return Inboxed(here)


@pytest.mark.parametrize("outcome", list(Verdict))
async def test_a_stewards_decision_is_told_to_our_people(db: Database, outcome: Verdict) -> None:
    it = await with_peer_as_steward(db)
    body = replace(deciding(it.here, outcome), code=Reason.RULES, sentence="So it is. {steward} %s")
    assert (await it.take(body)).state is DONE
    ((member, kind, text, slug),) = it.here.notices.told
    assert (member, kind, slug) == (body.member, outcome.value, HAY)
    assert "So it is. {steward} %s" in text
    assert PEER in text


async def test_a_decision_about_nobody_of_ours_is_refused(db: Database) -> None:
    it = await with_peer_as_steward(db)
    reply = await it.take(deciding(it.here, slug=Slug("else")))
    assert (reply.state, reply.reason) == (REFUSED, "it is about nobody here")
    assert it.here.notices.told == []
    assert await memberships.all(db.reader) == []


async def test_proposals_go_to_the_cosigners(db: Database) -> None:
    it = await opened(db)
    reply = await it.take(cosigning(it.here), "1" * 32)
    assert (reply.state, it.cosigners.arrived_) == (MessageState.QUEUED, 1)
    told = await it.inbox.state(PEER, "1" * 32)
    assert told is not None
    assert told.signatures == {A: {"ed25519:a": "x"}}


def without(key: str) -> Callable[[dict[str, object]], object]:
    return lambda fields: fields.pop(key)


def other(key: str, value: object) -> Callable[[dict[str, object]], object]:
    return lambda fields: fields.update({key: value})


MALFORMED: dict[str, tuple[Write, Callable[[dict[str, object]], object]]] = {
    "a join without a ring": (joining, without("ring")),
    "a join without a root": (joining, without("root")),
    "a join of nobody": (joining, without("community")),
    "a join of a community and a site": (joining, other("url", SITE)),
    "a join of a plain address": (KINDS["join of a site"], other("url", "http://hay.example/")),
    "a join of a script": (KINDS["join of a site"], other("url", "javascript:alert(1)")),
    "a join with a user": (KINDS["join of a site"], other("url", "https://me@hay.example/")),
    "a join with a note that is a list": (joining, other("note", ["x"])),
    "a join of a slug in capitals": (joining, other("community", "HERBS")),
    "a ring that is none": (joining, other("ring", "soil")),
    "a root in capitals": (joining, other("root", "A" * 64)),
    "a leave of no member": (KINDS["leave"], without("member")),
    "a leave of a member in capitals": (KINDS["leave"], other("member", "A" * 20)),
    "a sleep of a number": (KINDS["sleep"], other("member", 7)),
    "a move to nothing": (moving, without("to")),
    "a move to a list": (moving, other("to", ["https://new.example/"])),
    "a move to an instance alone": (moving, other("to", {"url": SITE, "instance": PEER})),
    "a decision without an outcome": (deciding, without("outcome")),
    "a decision of another outcome": (deciding, other("outcome", "maybe")),
    "a decision of another code": (deciding, other("code", "because")),
    "a decision of another request": (deciding, other("request", "x")),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_what_is_not_well_formed_is_refused_and_leaves_nothing(
    db: Database, case: str
) -> None:
    write, change = MALFORMED[case]
    it = await opened(db)
    draft = ring_messages.draft(PEER, A, write(it.here))
    fields = dict(draft.fields)
    change(fields)
    with pytest.raises(MalformedDocument):
        await it.deliver(replace(draft, fields=fields))
    for table in ("message", "ring_request", "ring_change", "notice"):
        assert (await rows(db.reader, f"SELECT count(*) FROM {table}"))[0][0] == 0


async def test_a_wish_that_is_wanted_already_is_wanted_once(db: Database) -> None:
    it = await opened(db)
    await it.here.next(members=[member_of_peer(it.here)])
    it.here.now += MINUTE
    for _ in range(3):
        await it.take(changing(it.here, MessageKind.LEAVE))
    assert len(await ring_wishes.of_ring(db.reader, it.here.ring.id)) == 1
