"""What stewards' words mean for communities of ours: notices, and when our half is taken back.

One steward's word ends nothing that others may still decide otherwise: a request is declined once
no steward can accept it any more, and a member is out once a version says so. Our half of the
consent is taken back then: nobody brings the community in later unasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from webring.clock import DAY, Millis
from webring.documents.message import MessageState, new_id
from webring.documents.ring import MemberKind, Ring, community_member_id, site_member_id
from webring.documents.ring_messages import Decision, Verdict
from webring.names import RingId, ServerName, Slug
from webring.rings import passing
from webring.rings.joining import MESSAGE
from webring.rings.keeping import Notes
from webring.rings.passing import StewardReply
from webring.rings.shelf import Shelf
from webring.storage import (
    communities,
    decisions,
    documents,
    memberships,
    ring_members,
    ring_requests,
)
from webring.storage.decisions import Decision as Logged
from webring.storage.outgoing import OutgoingMessage
from webring.storage.ring_requests import OPEN, RequestState, StoredRequest
from webring.storage.sql import Connection

ACCEPTED_FOR: Final[Millis] = 30 * DAY
"""How long a version that lists whoever was accepted is waited for."""
YOUNG: Final[Millis] = 14 * DAY
"""A membership younger than that is taken back by itself only where every steward has declined."""

_SENTENCES: Final[Mapping[Verdict, str]] = {
    Verdict.ACCEPTED: "{steward} has accepted it into {ring}{said}",
    Verdict.DECLINED: "{steward} has declined to let it into {ring}{code}{said}",
    Verdict.REMOVED: "{steward} wants it out of {ring}{code}{said}",
    Verdict.INVITED: "{steward} invites it into {ring}{said} Join by: webring ring join {ring} "
    "{community}",
}


class Verdicts:
    """Hears stewards. `own` is our own name."""

    def __init__(self, own: ServerName, shelf: Shelf, notes: Notes) -> None:
        self._own = own
        self._shelf = shelf
        self._notes = notes

    async def heard(
        self, tx: Connection, steward: ServerName, decision: Decision, now: Millis
    ) -> str:
        """Take a steward's decision about somebody of ours; what came of it, or "" where it is
        about nobody of ours.
        """
        requests = await _requests(tx, steward, decision)
        community = await self._community(tx, decision, requests)
        if community is None and not requests:
            return ""
        member = decision.member or next((each.member for each in requests), "")
        text = _text(steward, decision, community)
        await self._notes.note(tx, decision.ring, member, decision.outcome.value, text, community)
        if decision.outcome is Verdict.INVITED and community is not None:
            await _invited(tx, self._own, community, steward, decision, now)
        elif decision.outcome is Verdict.ACCEPTED:
            await _accepted(tx, requests, steward, decision.sentence, now)
        elif decision.outcome is Verdict.DECLINED:
            head = await self._shelf.head(tx, decision.ring)
            refused = MessageState.REFUSED
            said = StewardReply(steward, refused, _reason(decision), now, is_open=False)
            for each in requests:
                await passing.weigh(tx, head, each, now, said)
            await _uninvited(tx, steward, decision, now)
            if community is not None:
                await self.end_if_hopeless(tx, head, decision.ring, community, text, now)
        return "the operator and the community's page are told"

    async def answered(self, tx: Connection, message: OutgoingMessage, now: Millis) -> None:
        """Take a steward's answer to a `join` that we sent."""
        ring, member, community = _about(self._own, message)
        head = await self._shelf.head(tx, ring)
        for each in await ring_requests.of_member(tx, ring, member):
            if passing.message_id(each.id, message.destination) == message.id:
                state = await passing.weigh(tx, head, each, now)
                if state is RequestState.DECLINED and community is not None:
                    why = message.reply_reason
                    await self.end_if_hopeless(tx, head, ring, community, why, now)

    async def tidy(self, tx: Connection, now: Millis) -> None:
        """Take back memberships in whose rings our communities do not stand any more, nor ask to:
        whoever was removed, declined, or has moved to another place.
        """
        for each in await memberships.all(tx):
            if now - each.since >= YOUNG:
                head = await self._shelf.head(tx, each.ring)
                why = "the ring does not list it, and no request waits"
                await self.end_if_hopeless(tx, head, each.ring, each.community, why, now)

    async def end_if_hopeless(
        self,
        tx: Connection,
        head: Ring | None,
        ring: RingId,
        community: Slug,
        why: str,
        now: Millis,
    ) -> bool:
        """Take back our half where the community is not in the ring and cannot come in; whether it
        was.
        """
        membership = await memberships.get(tx, ring, community)
        if membership is None or head is None or head.root != membership.root:
            return False
        slots = await ring_members.of_community(tx, self._own, community)
        if any(each.ring == ring for each in slots):
            return False
        member = community_member_id(head.root, self._own, community)
        for request in await ring_requests.of_member(tx, ring, member):
            if await self._is_hopeful(tx, head, request, now):
                return False
        await memberships.remove(tx, ring, community)
        target = memberships.target(ring, community)
        await decisions.log(tx, Logged(now, "webring", memberships.ENDED, target, why))
        await documents.want_manifest(tx, now)
        return True

    async def _is_hopeful(
        self, conn: Connection, head: Ring, request: StoredRequest, now: Millis
    ) -> bool:
        if request.state in OPEN:
            return True
        if request.state is RequestState.ACCEPTED:
            decided_at = request.decided_at or 0
            slot = await ring_members.get(conn, request.ring, request.member)
            was_in = slot is not None and slot.since >= decided_at
            return not was_in and now - decided_at < ACCEPTED_FOR
        # We declined it as one of several stewards: others may have it still.
        return request.state is RequestState.DECLINED and any(
            each.is_open for each in await passing.replies(conn, head, request.id)
        )

    async def _community(
        self, conn: Connection, decision: Decision, requests: list[StoredRequest]
    ) -> Slug | None:
        """The community of ours that a decision is about."""
        slot = await ring_members.get(conn, decision.ring, decision.member)
        if slot is not None and slot.instance == self._own and slot.community is not None:
            return slot.community
        for request in requests:
            if request.community is not None:
                return request.community
        for claim in await communities.of_instance(conn, self._own):
            if community_member_id(decision.root, self._own, claim.id.slug) == decision.member:
                return claim.id.slug
        return None


async def _requests(
    conn: Connection, steward: ServerName, decision: Decision
) -> list[StoredRequest]:
    """The requests passed on from here that a decision is about."""
    return [
        each
        for each in await ring_requests.in_state(conn, RequestState.PASSED, decision.ring)
        if each.member == decision.member
        or passing.message_id(each.id, steward) == decision.request
    ]


async def _accepted(
    tx: Connection, requests: list[StoredRequest], steward: ServerName, said: str, now: Millis
) -> None:
    for each in requests:
        await ring_requests.decide(
            tx,
            each.id,
            RequestState.ACCEPTED,
            code="",
            decider=steward,
            reason=said or f"{steward} has accepted it",
            now=now,
        )


async def _invited(
    tx: Connection,
    own: ServerName,
    community: Slug,
    steward: ServerName,
    decision: Decision,
    now: Millis,
) -> None:
    """Remember whose invitation stands. As stewards we decide nothing by it."""
    if any(each.decider == steward for each in await _invitations(tx, decision)):
        return
    invitation = StoredRequest(
        id=new_id(),
        ring=decision.ring,
        root=decision.root,
        kind=MemberKind.COMMUNITY.value,
        instance=own,
        community=community,
        url="",
        title="",
        note=decision.sentence,
        origin=MESSAGE,
        state=RequestState.INVITED,
        member=decision.member,
        at=now,
        decider=steward,
    )
    await ring_requests.add(tx, invitation)


async def _uninvited(tx: Connection, steward: ServerName, decision: Decision, now: Millis) -> None:
    """A steward takes its invitation back."""
    for each in await _invitations(tx, decision):
        if each.decider == steward:
            await ring_requests.decide(
                tx,
                each.id,
                RequestState.WITHDRAWN,
                code=decision.code or "",
                decider=steward,
                reason=_reason(decision),
                now=now,
            )


async def _invitations(conn: Connection, decision: Decision) -> list[StoredRequest]:
    """The invitations of somebody of ours that stewards have sent here."""
    found = await ring_requests.of_member(conn, decision.ring, decision.member)
    return [each for each in found if each.state is RequestState.INVITED and each.origin == MESSAGE]


def _text(steward: ServerName, decision: Decision, community: Slug | None) -> str:
    said = f": {decision.sentence.strip()}" if decision.sentence.strip() else "."
    return _SENTENCES[decision.outcome].format(
        steward=steward,
        ring=decision.ring,
        code=f" ({decision.code})" if decision.code else "",
        said=said,
        community=community or "",
    )


def _reason(decision: Decision) -> str:
    return decision.sentence.strip() or f"it has declined ({decision.code or 'no reason given'})"


def _about(own: ServerName, message: OutgoingMessage) -> tuple[RingId, str, Slug | None]:
    """The ring, the member and our community that a `join` of ours is about."""
    ring, root = RingId(str(message.fields["ring"])), str(message.fields["root"])
    slug = message.fields.get("community")
    if slug is None:
        return ring, site_member_id(root, str(message.fields["url"])), None
    community = Slug(str(slug))
    return ring, community_member_id(root, own, community), community
