"""Proposing the next version of a ring that we steward."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from webring.clock import DAY, MINUTE, Clock, Millis
from webring.documents import canonical, ring_messages
from webring.documents.message import MessageState
from webring.documents.ring import (
    ComposedRing,
    Ring,
    RingMember,
    compose,
    read_ring,
    read_ring_content,
)
from webring.documents.ring import with_members as with_pages
from webring.documents.ring_changes import RENEWED_BEFORE, MemberChange, member_changes
from webring.errors import Conflict, DocumentError, Forbidden, MalformedDocument
from webring.names import RingId, ServerName
from webring.rings import drafting, turns
from webring.rings.drafting import Draft
from webring.rings.hand import BOUND_FOR, Hand
from webring.rings.publishing import Publishing, stewards_of
from webring.rings.shelf import Shelf
from webring.storage import outgoing, ring_signing, ring_versions, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingMessage
from webring.storage.ring_signing import UNDER_WAY, Proposal, ProposalState
from webring.storage.ring_wishes import StoredWish
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

AGAIN: Final[Millis] = MINUTE
"""How soon a ring is looked at again where nothing could be proposed, unless wishes are added."""

ASKED_FOR: Final[Millis] = 14 * DAY
"""How long the others' operators are left to decide about one version."""
_WAITED_FOR: Final[Mapping[ProposalState, Millis]] = {
    ProposalState.SIGNED: BOUND_FOR,
    ProposalState.ARRIVED: 10 * MINUTE,
}

log = logging.getLogger(__name__)


class Prover(Protocol):
    """Whoever makes sure that members want what changes about them."""

    async def prove(self, before: Ring, changes: Sequence[MemberChange]) -> frozenset[str]:
        """The ids of those members whose changes were all seen to be wanted, by ourselves."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A version that could follow: its draft, and the wishes that it is made of."""

    head: Ring
    draft: Draft
    wishes: tuple[StoredWish, ...]


class Proposing:
    """Turns wishes into proposals, and asks the other stewards to sign them."""

    def __init__(
        self,
        db: Database,
        hand: Hand,
        shelf: Shelf,
        publishing: Publishing,
        prover: Prover,
        clock: Clock,
    ) -> None:
        self._db = db
        self._hand = hand
        self._shelf = shelf
        self._publishing = publishing
        self._prover = prover
        self._clock = clock
        self._paused: dict[RingId, tuple[frozenset[int], Millis]] = {}

    async def propose_due(self) -> int:
        """Propose what is wanted of our rings, and renew what ends soon; how many were."""
        now = self._clock()
        wanted = await ring_wishes.wanted(self._db.reader)
        due = [
            each
            for each in await rings.stewarded(self._db.reader)
            if each.id in wanted or now >= (each.expires_at or now) - RENEWED_BEFORE
        ]
        return sum([await self._attempt(each, now) for each in due if each.sequence])

    async def replied(self, tx: Connection, message: OutgoingMessage, now: Millis) -> None:
        """Take a steward's answer to a `cosign` of ours: its signatures, or why it gives none."""
        ring, sha256 = asked_for(message.fields)
        if message.signatures:
            await self._publishing.add_signatures(tx, ring, sha256, message.signatures, now)
        proposal = await ring_signing.proposal(tx, ring, sha256)
        if proposal is None or proposal.state is not ProposalState.SIGNED:
            return
        refused = message.reply_state is MessageState.REFUSED
        if refused or (message.reply_state is MessageState.WAITING and not proposal.reason):
            why = f"{message.destination} has not signed: {message.reply_reason}"
            await ring_signing.set_state(tx, ring, sha256, proposal.state, why)

    async def _attempt(self, ring: StoredRing, now: Millis) -> bool:
        """One ring; what is wrong with it does not hinder the others."""
        wishes = frozenset(wish.id for wish in await ring_wishes.of_ring(self._db.reader, ring.id))
        seen, until = self._paused.get(ring.id, (frozenset(), 0))
        if wishes == seen and now < until:
            return False
        self._paused[ring.id] = wishes, now + AGAIN
        try:
            return await self._propose(ring, now)
        except (DocumentError, Forbidden, Conflict) as error:
            log.warning("No version of %s was proposed: %s", ring.id, error.sentence)
            return False

    async def _propose(self, ring: StoredRing, now: Millis) -> bool:
        plan = await self._plan(ring, now)
        if plan is None:
            return False
        composed = compose(
            ring.id, plan.draft.terms, plan.draft.members, plan.draft.removed, plan.head, now
        )
        async with self._db.transaction() as tx:
            head = await self._shelf.head(tx, ring.id)
            if head is None or head.sha256 != plan.head.sha256 or await self._waits(tx, head, now):
                return False
            await propose(tx, self._hand, self._publishing, head, composed, now)
        return True

    async def _plan(self, ring: StoredRing, now: Millis) -> _Plan | None:
        """What to propose now; None where nothing is wanted, or it is not our turn."""
        head = await self._shelf.head(self._db.reader, ring.id)
        if head is None or ring.unread or not self._hand.fits(None, head):
            return None
        if await self._waits(self._db.reader, head, now):
            return None
        wishes = await ring_wishes.of_ring(self._db.reader, ring.id)
        own_right = await self._proven(head, [each for each in wishes if not each.decider], now)
        # What nobody has to decide goes first, alone: a decision of others must not hold it up.
        plan = await self._planned(head, own_right, now)
        if plan is None and all(each.decider for each in own_right):
            decided = [each for each in wishes if each.decider]
            plan = await self._planned(head, decided, now) if decided else None
        return None if plan and await self._is_asked(plan, now) else plan

    async def _planned(self, head: Ring, wishes: Sequence[StoredWish], now: Millis) -> _Plan | None:
        drafted = drafting.draft(head, [wish.wanted for wish in wishes], now)
        if not drafting.is_due(head, drafted, now) or not await self._is_turn(head, wishes, now):
            return None
        return _Plan(head, drafted, tuple(wishes))

    async def _is_asked(self, plan: _Plan, now: Millis) -> bool:
        """Whether this very version is under way already, whoever proposed it.

        Asked for anew it would be another document: each steward would be bound to its own, and
        what operators decided of the first would be lost.
        """
        for each in await ring_signing.proposals(self._db.reader, plan.head.id):
            recent = each.sequence == plan.head.sequence + 1 and now - each.at < ASKED_FOR
            if recent and each.state in UNDER_WAY and await self._says(each, plan.draft):
                return True
        return False

    async def _says(self, proposal: Proposal, drafted: Draft) -> bool:
        """Whether a proposal says what a draft says; one whose pages are not there yet may."""
        held = await ring_versions.pages(self._db.reader, proposal.ring, proposal.pages)
        if len(held) < len(proposal.pages):
            return proposal.state is ProposalState.ARRIVED
        return is_as_drafted(with_pages(read_ring(proposal.body), held), drafted)

    async def _proven(
        self, head: Ring, wishes: Sequence[StoredWish], now: Millis
    ) -> list[StoredWish]:
        """Those of members' own wishes that were seen by ourselves to be wanted."""
        drafted = drafting.draft(head, [wish.wanted for wish in wishes], now)
        changes = member_changes(head, _imagined(head, drafted, now))
        proven = await self._prover.prove(head, changes) if changes else frozenset()
        return [wish for wish in wishes if wish.wanted.member in proven]

    async def _waits(self, conn: Connection, head: Ring, now: Millis) -> bool:
        """Whether a version that is under way has to be waited for: one that we signed, for as
        long as that binds us, or one that nobody here has looked at yet.
        """
        return any(
            each.sequence == head.sequence + 1 and now - each.at < _WAITED_FOR.get(each.state, 0)
            for each in await ring_signing.proposals(conn, head.id)
        )

    async def _is_turn(self, head: Ring, wishes: Sequence[StoredWish], now: Millis) -> bool:
        if any(wish.decider for wish in wishes):
            return True
        since = min((wish.at for wish in wishes), default=head.expires_at - RENEWED_BEFORE)
        async with self._db.transaction() as tx:
            return now >= since + await turns.waits(tx, head, self._hand.own, now)


async def propose(
    tx: Connection,
    hand: Hand,
    publishing: Publishing,
    head: Ring | None,
    composed: ComposedRing,
    now: Millis,
) -> Ring:
    """Sign a version that was composed, and ask the other stewards; publish it if we suffice.

    Raises `Forbidden` and `Conflict` as `Hand.sign` does.
    """
    unsigned = with_pages(read_ring_content(composed.content), composed.pages)
    body = await hand.sign(tx, head, unsigned, now)
    signed = with_pages(read_ring(body), composed.pages)
    await ring_versions.put_pages(tx, signed.id, composed.pages, now)
    proposal = Proposal(
        ring=signed.id,
        sequence=signed.sequence,
        sha256=signed.sha256,
        pages=tuple(composed.pages),
        proposer=hand.own,
        state=ProposalState.SIGNED,
        reason="",
        at=now,
        body=body,
    )
    await ring_signing.put_proposal(tx, proposal)
    if not await publishing.publish(tx, proposal, now):
        for name in stewards_of(head, signed):
            if name != hand.own:
                await _ask(tx, hand.own, name, signed, now)
    return signed


async def _ask(
    tx: Connection, own: ServerName, steward: ServerName, head: Ring, now: Millis
) -> None:
    asking = ring_messages.propose(head)
    await outgoing.add(tx, ring_messages.draft(own, steward, asking), now)


def _imagined(head: Ring, drafted: Draft, now: Millis) -> Ring:
    """The version that a draft would become, to be compared and never published."""
    composed = compose(head.id, drafted.terms, drafted.members, drafted.removed, head, now)
    return with_pages(read_ring_content(composed.content), composed.pages)


def is_as_drafted(after: Ring, drafted: Draft) -> bool:
    """Whether a version (with its members) says what a draft says, whenever anybody joined."""
    gone = {(each.id, each.code) for each in drafted.removed}
    return (
        after.terms == drafted.terms
        and _slots(after.members) == _slots(drafted.members)
        and gone <= {(each.id, each.code) for each in after.removed}
    )


def _slots(members: Sequence[RingMember]) -> list[tuple[object, ...]]:
    return [(m.id, m.kind, m.instance, m.community, m.url, m.state) for m in members]


def asked_for(fields: canonical.Json) -> tuple[RingId, str]:
    """The ring and the hash of the version that a `cosign` message of ours asked to sign."""
    content = fields.get("head")
    if not isinstance(content, dict):
        raise MalformedDocument("head is the proposed version")
    head = read_ring_content(content)
    return head.id, head.sha256
