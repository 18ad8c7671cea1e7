"""Decisions of our operator, as a steward: requests, invitations, removals. Each is logged."""

from __future__ import annotations

from typing import Final

from webring.clock import Millis
from webring.documents import message as messages
from webring.documents import ring_messages
from webring.documents.fields import cut
from webring.documents.ring import Reason, Ring
from webring.documents.ring_messages import MAX_SENTENCE, Verdict
from webring.errors import BadRequest, Conflict, NotFound
from webring.names import PeerUrl, RingId, ServerName
from webring.rings import askers, drafting
from webring.rings.admitting import Admission, drop_wishes, settle
from webring.rings.askers import Asker
from webring.rings.drafting import WantedKind
from webring.rings.joining import COMMAND
from webring.rings.shelf import Shelf
from webring.rings.verdicts import Verdicts
from webring.storage import (
    decisions,
    outgoing,
    ring_members,
    ring_requests,
    ring_wishes,
    rings,
)
from webring.storage.decisions import Decision
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.sql import Connection

_ACTIONS: Final = {
    Verdict.ACCEPTED: "accept_request",
    Verdict.DECLINED: "decline_request",
    Verdict.INVITED: "invite_member",
    Verdict.REMOVED: "remove_member",
}


class Deciding:
    """Carries decisions out. `own` and `base_url` are ours; `actor` is who decides."""

    def __init__(
        self, own: ServerName, base_url: PeerUrl, shelf: Shelf, verdicts: Verdicts
    ) -> None:
        self._own = own
        self._base_url = base_url
        self._shelf = shelf
        self._verdicts = verdicts
        self._admission = Admission(own, base_url)

    async def accept(
        self, tx: Connection, request_id: str, sentence: str, actor: str, now: Millis
    ) -> StoredRequest:
        """Let whoever asked in: the next version will list it.

        Raises `NotFound`, and `Conflict` where it was decided already or cannot be in the ring.
        """
        request = await self._waiting(tx, request_id)
        head = await self._head(tx, request.ring)
        others = await ring_requests.of_member(tx, request.ring, request.member)
        reason = _said(sentence) or "a steward of the ring has accepted it"
        if why := await self._admission.admit(tx, head, request, actor, reason, now):
            raise Conflict(why)
        about = [each for each in others if each.state is RequestState.PENDING]
        await self._tell(tx, about, Verdict.ACCEPTED, None, sentence, now)
        await _log(tx, actor, Verdict.ACCEPTED, request, sentence, now)
        return await _again(tx, request)

    async def decline(
        self, tx: Connection, request_id: str, code: Reason, sentence: str, actor: str, now: Millis
    ) -> StoredRequest:
        """Say no, with the reason. An invitation that was declined is taken back.

        Raises `NotFound`, and `Conflict` where it was decided already.
        """
        request = await self._waiting(tx, request_id, RequestState.INVITED)
        reason = _said(sentence) or f"a steward of the ring has declined it ({code})"
        if request.state is RequestState.INVITED:
            await ring_requests.decide(
                tx,
                request.id,
                RequestState.WITHDRAWN,
                code=code,
                decider=actor,
                reason=reason,
                now=now,
            )
            about = [request]
        else:
            about = await settle(tx, request, RequestState.DECLINED, code, actor, reason, now)
        await self._tell(tx, about, Verdict.DECLINED, code, sentence, now)
        await _log(tx, actor, Verdict.DECLINED, request, f"{code}: {sentence}", now)
        return await _again(tx, request)

    async def invite(
        self, tx: Connection, ring: RingId, asker: Asker, sentence: str, actor: str, now: Millis
    ) -> StoredRequest:
        """Ask somebody in: its own request is accepted from now on, or at once if it has asked.

        A site has nobody to tell: it asks by the form. Raises `NotFound` where we do not steward
        the ring, and `Conflict` where it is in.
        """
        head = await self._head(tx, ring)
        entry = asker.entry(head.root, now)
        holder = askers.in_its_place(head, entry)
        if holder is not None:
            raise Conflict(f"{asker.name} is in {ring}, or another member has its place")
        for each in await ring_requests.of_member(tx, ring, entry.id):
            if each.state is RequestState.PENDING:
                return await self.accept(tx, each.id, sentence, actor, now)
            if each.state is RequestState.INVITED:
                return each
        invitation = _invitation(head, asker, sentence, actor, now)
        await ring_requests.add(tx, invitation)
        await self._tell(tx, [invitation], Verdict.INVITED, None, sentence, now)
        await _log(tx, actor, Verdict.INVITED, invitation, sentence, now)
        return invitation

    async def remove(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        code: Reason,
        sentence: str,
        actor: str,
        now: Millis,
    ) -> None:
        """Want a member out of the next version, which as many stewards have to sign as decide.

        Raises `NotFound` where it is not in the ring or we do not steward it, and `BadRequest` for
        the code of a member's own wish.
        """
        if code is Reason.LEFT:
            raise BadRequest(f"a removal has another code than {code}: that is a member's own wish")
        head = await self._head(tx, ring)
        slot = await ring_members.get(tx, ring, member)
        if slot is None or not slot.listed:
            raise NotFound(f"{ring} has no member {member}")
        await drop_wishes(tx, ring, member, {WantedKind.REMOVE})
        await ring_wishes.add(tx, ring, drafting.remove(member, code), actor, now)
        if slot.instance is not None:
            decision = ring_messages.Decision(
                ring, head.root, Verdict.REMOVED, code, cut(sentence, MAX_SENTENCE), member
            )
            await self._send(tx, slot.instance, decision, now)
        reason = f"{slot.url} ({member}), {code}: {sentence}"
        await decisions.log(tx, Decision(now, actor, _ACTIONS[Verdict.REMOVED], ring, reason))

    async def _waiting(
        self, conn: Connection, request_id: str, *others: RequestState
    ) -> StoredRequest:
        request = await ring_requests.get(conn, request_id)
        if request is None:
            raise NotFound(f"there is no request {request_id[:64]!a}")
        if request.state is RequestState.PASSED:
            raise Conflict(f"the stewards of {request.ring} decide about it, and we are none")
        if request.state not in {RequestState.PENDING, *others}:
            raise Conflict(f"that request is {request.state} already: {request.reason}")
        return request

    async def _head(self, conn: Connection, ring: RingId) -> Ring:
        stored = await rings.get(conn, ring)
        head = await self._shelf.head(conn, ring) if stored else None
        if stored is None or head is None or not stored.stewarded:
            raise NotFound(f"this instance is no steward of {ring}")
        return head

    async def _tell(
        self,
        tx: Connection,
        about: list[StoredRequest],
        outcome: Verdict,
        code: Reason | None,
        sentence: str,
        now: Millis,
    ) -> None:
        """Tell the instances that asked, each once for each of its messages."""
        for request in about:
            if request.instance is None:
                continue
            decision = ring_messages.Decision(
                ring=request.ring,
                root=request.root,
                outcome=outcome,
                code=code,
                sentence=cut(sentence, MAX_SENTENCE),
                member=request.member,
                request="" if request.origin == COMMAND else request.id,
            )
            await self._send(tx, request.instance, decision, now)

    async def _send(
        self, tx: Connection, instance: ServerName, decision: ring_messages.Decision, now: Millis
    ) -> None:
        if instance == self._own:
            await self._verdicts.heard(tx, self._own, decision, now)
            return
        await outgoing.add(tx, ring_messages.draft(self._own, instance, decision), now)


def _invitation(head: Ring, asker: Asker, sentence: str, actor: str, now: Millis) -> StoredRequest:
    return StoredRequest(
        id=messages.new_id(),
        ring=head.id,
        root=head.root,
        kind=asker.kind.value,
        instance=asker.instance,
        community=asker.community,
        url=asker.url,
        title=asker.title,
        note=sentence,
        origin=COMMAND,
        state=RequestState.INVITED,
        member=asker.member_id(head.root),
        at=now,
        decider=actor,
    )


async def _log(
    tx: Connection, actor: str, outcome: Verdict, request: StoredRequest, said: str, now: Millis
) -> None:
    who = request.url if request.community is None else f"{request.community}:{request.instance}"
    decision = Decision(now, actor, _ACTIONS[outcome], request.ring, f"{who}: {said}")
    await decisions.log(tx, decision)


async def _again(tx: Connection, request: StoredRequest) -> StoredRequest:
    return await ring_requests.get(tx, request.id) or request


def _said(sentence: str) -> str:
    return cut(sentence.strip(), MAX_SENTENCE)
