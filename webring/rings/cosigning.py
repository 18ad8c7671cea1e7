"""Versions that other stewards propose: looked at, signed unasked where the protocol lets us, or
held for our operator.

A proposal arrives as a `cosign` message and is only kept then; it is looked at afterwards, outside
of any transaction, since its pages have to be fetched and members asked. What could not be seen to
be wanted is looked at again for a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.crawler.replies import InboxReply
from webring.documents import canonical, chain
from webring.documents.message import Message, MessageState
from webring.documents.ring import Ring, read_ring, with_members
from webring.documents.ring_changes import automatic, member_changes
from webring.documents.ring_messages import Cosign
from webring.errors import Conflict, DocumentError, FetchError, Forbidden, NotFound
from webring.names import PeerUrl, RingId, ServerName
from webring.net.budget import MANIFEST
from webring.net.fetch import Fetcher
from webring.rings import drafting
from webring.rings.hand import BOUND_FOR, Hand
from webring.rings.proposing import Prover, is_as_drafted
from webring.rings.publishing import Publishing, stewards_of
from webring.rings.shelf import Shelf
from webring.storage import decisions, inbox, peers, ring_signing, ring_versions, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.ring_signing import UNDER_WAY, Proposal, ProposalState
from webring.storage.sql import Connection

MAX_UNDER_WAY: Final = 8
"""Proposals of one steward for one ring that are kept at a time."""
MAX_FOUNDINGS: Final = 20
"""Rings of which one instance proposed a first version that is none yet."""
SOON: Final[Millis] = 4 * SECOND
AGAIN: Final[Millis] = MINUTE
"""How soon a proposal is looked at again that could not be signed: what it takes is often on its
way, so at first soon, each pause twice the one before, and at last this."""
COSIGN: Final = "ring_cosign"
REFUSE: Final = "ring_refuse"
"""What an operator decides about a proposal, by its hash."""
_PAGE: Final = "/webring/v1/pages/"
_STATES: Final[Mapping[ProposalState, MessageState]] = {
    ProposalState.ARRIVED: MessageState.QUEUED,
    ProposalState.HELD: MessageState.WAITING,
    ProposalState.SIGNED: MessageState.DONE,
    ProposalState.PUBLISHED: MessageState.DONE,
    ProposalState.REFUSED: MessageState.REFUSED,
    ProposalState.OVERTAKEN: MessageState.REFUSED,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a proposal came to: the state that it has from now on, and why."""

    state: ProposalState
    why: str
    after: Ring | None = None
    pages: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The last look at a proposal: what it came to, when, and how many there were so far."""

    why: str
    at: Millis
    looks: int

    @property
    def again(self) -> Millis:
        """When the next look is due."""
        return self.at + min(SOON << min(self.looks - 1, 10), AGAIN)


class Cosigning:
    """Answers the other stewards."""

    def __init__(
        self,
        db: Database,
        hand: Hand,
        shelf: Shelf,
        publishing: Publishing,
        prover: Prover,
        fetcher: Fetcher,
        clock: Clock,
    ) -> None:
        self._db = db
        self._hand = hand
        self._shelf = shelf
        self._publishing = publishing
        self._prover = prover
        self._fetcher = fetcher
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    async def arrived(
        self, tx: Connection, message: Message, asked: Cosign, now: Millis
    ) -> InboxReply:
        """Keep a proposal until it is looked at. The same one again adds its signatures."""
        ring = asked.ring
        head = await self._shelf.head(tx, ring)
        refused = self._unfit(message.instance, head, asked)
        if refused:
            return InboxReply(MessageState.REFUSED, refused)
        known = await ring_signing.proposal(tx, ring, asked.head.sha256)
        if known is not None:
            signatures = asked.head.content.get("signatures")
            given = signatures if isinstance(signatures, dict) else {}
            await self._publishing.add_signatures(tx, ring, known.sha256, given, now)
            return InboxReply(_STATES[known.state], known.reason)
        under_way = [each for each in await _open(tx, ring) if each.proposer == message.instance]
        if len(under_way) >= MAX_UNDER_WAY:
            why = f"{MAX_UNDER_WAY} of its proposals for {ring} are under way already"
            return InboxReply(MessageState.REFUSED, why)
        by = message.instance
        for older in under_way:
            if older.sequence == asked.sequence and older.state is not ProposalState.SIGNED:
                await _end(tx, older, "its proposer has sent another version since")
        is_new = await rings.get(tx, ring) is None
        if is_new and await rings.unfounded(tx, by) >= MAX_FOUNDINGS:
            why = f"{MAX_FOUNDINGS} rings that it proposed wait for their first version already"
            return InboxReply(MessageState.REFUSED, why)
        # A first version comes from the founder itself; of a later one that is shown us by a
        # stranger nothing is believed before the versions before it were had.
        root = asked.head.root if asked.sequence == 1 else ""
        first = asked.sequence == 1
        await rings.add(tx, ring, root, "asked", now, stewarded=first, named_by=by)
        await rings.hasten(tx, [ring], now)
        await ring_signing.put_proposal(tx, _proposal(message, asked.head, now))
        return InboxReply(MessageState.QUEUED, "it is looked at soon")

    async def signatures(
        self, conn: Connection, instance: ServerName, message_id: str
    ) -> canonical.Json:
        """Our signatures over what this message of `instance` asked us to sign; none yet: {}."""
        proposal = await ring_signing.asked_by(conn, instance, message_id)
        if proposal is None or _STATES[proposal.state] is not MessageState.DONE:
            return {}
        given = canonical.decode(proposal.body).get("signatures")
        own = given.get(self._hand.own) if isinstance(given, dict) else None
        return {self._hand.own: own} if own else {}

    async def review_due(self) -> int:
        """Look at what arrived, and again at what is held; how many were signed."""
        now = self._clock()
        states = (ProposalState.ARRIVED, ProposalState.HELD)
        waiting = await ring_signing.in_states(self._db.reader, states)
        there = {each.sha256 for each in waiting}
        self._seen = {key: seen for key, seen in self._seen.items() if key in there}
        due = [each for each in waiting if self._is_due(each, now)]
        return sum(await asyncio.gather(*(self._review(each) for each in due)))

    async def decide(
        self, tx: Connection, ring: RingId, sha256: str, actor: str, *, sign: bool, now: Millis
    ) -> Proposal:
        """Write down what our operator decides about a proposal; it is acted upon within seconds.

        `sha256` may be the beginning of it, or "" where only one waits. Raises `NotFound`.
        """
        proposal = _chosen(await _open(tx, ring), ring, sha256)
        action = COSIGN if sign else REFUSE
        await decisions.log(tx, Decision(now, actor, action, proposal.sha256, f"of {ring}"))
        state = ProposalState.ARRIVED if sign else ProposalState.REFUSED
        reason = "our operator decided it" if sign else "the steward's operator refuses it"
        decided = replace(proposal, state=state, reason=reason)
        await ring_signing.put_proposal(tx, decided)
        await _tell(tx, decided)
        return decided

    def _unfit(self, sender: ServerName, head: Ring | None, asked: Cosign) -> str:
        """Why a proposal is not even kept; "" where it is."""
        if head is not None and asked.root not in {"", head.root}:
            return f"{asked.ring} is known here with another root"
        if head is not None and asked.sequence <= head.sequence:
            return f"version {head.sequence} is there already"
        if sender not in stewards_of(head, asked.head):
            return f"{sender} is no steward of {asked.ring}"
        if asked.sequence == 1 and sender != asked.ring.instance:
            return f"{asked.ring.instance} founds {asked.ring}, and not {sender}"
        if not self._hand.fits(head, asked.head):
            return f"no key of {self._hand.own} is a steward's of {asked.ring}"
        return ""

    def _is_due(self, proposal: Proposal, now: Millis) -> bool:
        """Whether something happened since the last look, or that one is a while ago."""
        seen = self._seen.get(proposal.sha256)
        return seen is None or seen.why != proposal.reason or now >= seen.again

    def _remember(self, proposal: Proposal, look: _Look, now: Millis) -> None:
        seen = self._seen.get(proposal.sha256)
        self._seen[proposal.sha256] = _Seen(look.why, now, seen.looks + 1 if seen else 1)

    async def _review(self, proposal: Proposal) -> bool:
        now = self._clock()
        look = await self._look(proposal, now)
        self._remember(proposal, look, now)
        try:
            async with self._db.transaction() as tx:
                return await self._settle(tx, proposal, look, now)
        except (Conflict, Forbidden) as error:
            look = _Look(ProposalState.HELD, error.sentence)
            self._seen[proposal.sha256] = replace(self._seen[proposal.sha256], why=look.why)
            async with self._db.transaction() as tx:
                await self._settle(tx, proposal, look, now)
            return False

    async def _settle(self, tx: Connection, seen: Proposal, look: _Look, now: Millis) -> bool:
        """Write a look down, unless something happened to the proposal meanwhile."""
        proposal = await ring_signing.proposal(tx, seen.ring, seen.sha256)
        if proposal is None or proposal.state is not seen.state:
            return False
        if look.pages:
            await ring_versions.put_pages(tx, seen.ring, look.pages, now)
        if look.state is not ProposalState.SIGNED or look.after is None:
            told = replace(proposal, state=look.state, reason=look.why)
            await ring_signing.put_proposal(tx, told)
            await _tell(tx, told)
            return False
        head = await self._shelf.head(tx, seen.ring)
        body = await self._hand.sign(tx, head, read_ring(proposal.body), now)
        signed = replace(proposal, state=ProposalState.SIGNED, reason="", body=body)
        await ring_signing.put_proposal(tx, signed)
        await _tell(tx, signed)
        await self._publishing.publish(tx, signed, now)
        return True

    async def _look(self, proposal: Proposal, now: Millis) -> _Look:
        """Fetch what is missing, and judge. It writes nothing."""
        head = await self._shelf.head(self._db.reader, proposal.ring)
        if (head is None and proposal.sequence > 1) or (
            head is not None and proposal.sequence > head.sequence + 1
        ):
            return self._later(proposal, "the versions before it could not be had yet", now)
        try:
            chain.check_proposal(head, read_ring(proposal.body), now)
            pages = await self._pages(proposal)
            after = with_members(read_ring(proposal.body), pages)
        except FetchError as error:
            return self._later(proposal, f"its pages were not had yet: {error.sentence}", now)
        except DocumentError as error:
            return _Look(ProposalState.REFUSED, error.sentence)
        why = await self._reserve(head, after, proposal, now)
        if why:
            return _Look(ProposalState.HELD, why, pages=pages)
        return _Look(ProposalState.SIGNED, "", after, pages)

    def _later(self, proposal: Proposal, why: str, now: Millis) -> _Look:
        """To be looked at again, for a day."""
        over = now - proposal.at > BOUND_FOR
        return _Look(ProposalState.REFUSED if over else ProposalState.ARRIVED, why)

    async def _reserve(
        self, head: Ring | None, after: Ring, proposal: Proposal, now: Millis
    ) -> str:
        """Why our operator has to look at it; "" where it may be signed."""
        decided = await decisions.about(self._db.reader, proposal.sha256)
        if any(each.action == COSIGN for each in decided):
            return ""
        if head is None:
            return "it founds a ring: webring ring cosign signs it"
        wishes = await ring_wishes.of_ring(self._db.reader, after.id)
        ours = [wish.wanted for wish in wishes if wish.decider]
        if ours and is_as_drafted(after, drafting.draft(head, ours, now)):
            return ""  # our operator wants exactly this as well
        changes = member_changes(head, after)
        proven = await self._prover.prove(head, changes) if changes else frozenset()
        return automatic(head, after, lambda change: change.id in proven, now)

    async def _pages(self, proposal: Proposal) -> dict[str, bytes]:
        """The pages of a proposal, those that we lack fetched from its proposer."""
        held = await ring_versions.pages(self._db.reader, proposal.ring, proposal.pages)
        missing = [sha256 for sha256 in proposal.pages if sha256 not in held]
        if not missing:
            return held
        row = await peers.get(self._db.reader, proposal.proposer)
        known = row.base_url if row is not None else None
        base = PeerUrl(known or self._fetcher.site(proposal.proposer))
        async with self._fetcher.visit() as visit:
            for sha256 in missing:
                answer = await visit.request("GET", f"{base}{_PAGE}{sha256}", budget=MANIFEST)
                held[sha256] = answer.body
        return held


async def _tell(tx: Connection, proposal: Proposal) -> None:
    """Let the proposer find out how it stands, when it asks about its message."""
    if proposal.message:
        state = _STATES[proposal.state].value
        who, which = proposal.proposer, proposal.message
        await inbox.set_state(tx, who, which, state, proposal.reason)


async def _end(tx: Connection, proposal: Proposal, why: str) -> None:
    """A proposal that is under way no more."""
    ended = replace(proposal, state=ProposalState.OVERTAKEN, reason=why)
    await ring_signing.put_proposal(tx, ended)
    await _tell(tx, ended)


async def _open(conn: Connection, ring: RingId) -> list[Proposal]:
    return [each for each in await ring_signing.proposals(conn, ring) if each.state in UNDER_WAY]


def _chosen(under_way: Sequence[Proposal], ring: RingId, sha256: str) -> Proposal:
    waiting = [each for each in under_way if each.state is not ProposalState.SIGNED]
    fitting = [each for each in waiting if each.sha256.startswith(sha256)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise NotFound(f"no proposal {sha256[:12]} of {ring} waits here")
    named = ", ".join(each.sha256[:12] for each in fitting)
    raise NotFound(f"several proposals of {ring} wait: say which one of {named}")


def _proposal(message: Message, head: Ring, now: Millis) -> Proposal:
    return Proposal(
        ring=head.id,
        sequence=head.sequence,
        sha256=head.sha256,
        pages=tuple(ref.sha256 for ref in head.pages),
        proposer=message.instance,
        state=ProposalState.ARRIVED,
        reason="nobody has looked at it yet",
        at=now,
        body=canonical.encode(head.content),
        message=message.id,
    )
