"""Requests that others decide: passed on to every steward, and what each made of them.

A request goes to each steward in a message of its own, whose id is made of the request's: so what
every steward answered is found again. It is accepted once one of them has, and declined once none
of them can any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import Millis
from webring.documents import ring_messages
from webring.documents.message import MessageState
from webring.documents.ring import MemberKind, Ring
from webring.documents.ring_messages import Join
from webring.names import RingId, ServerName
from webring.rings.askers import Asker
from webring.storage import outgoing, ring_requests
from webring.storage.outgoing import OutgoingMessage
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.sql import Connection

PASSED_ON: Final = "the stewards of the ring decide about it"


@dataclass(frozen=True, slots=True)
class StewardReply:
    """What one steward made of a request: `state` is None before it has it, `reason` raw text.

    `is_open` tells whether more may come.
    """

    steward: ServerName
    state: MessageState | None
    reason: str
    at: Millis | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """How a request stands, and what each steward that was asked from here made of it."""

    request: StoredRequest
    replies: tuple[StewardReply, ...]


def message_id(request_id: str, steward: ServerName) -> str:
    """The id of the message by which a request went to a steward."""
    return hashlib.sha256(f"{request_id}\n{steward}".encode()).hexdigest()[:32]


async def send(
    tx: Connection,
    own: ServerName,
    head: Ring,
    request_id: str,
    asker: Asker,
    note: str,
    now: Millis,
) -> int:
    """Ask every steward but ourselves; how many there are."""
    others = [name for name in sorted(head.terms.stewards.instances) if name != own]
    url = "" if asker.community else asker.url
    asking = Join(head.id, head.root, asker.community, url, note)
    for steward in others:
        draft = ring_messages.draft(own, steward, asking)
        await outgoing.add(tx, replace(draft, id=message_id(request_id, steward)), now)
    return len(others)


def passed(
    head: Ring, asker: Asker, request_id: str, note: str, origin: str, now: Millis
) -> StoredRequest:
    """The request as it is kept here while others decide."""
    return StoredRequest(
        id=request_id,
        ring=head.id,
        root=head.root,
        kind=asker.kind.value,
        instance=asker.instance,
        community=asker.community,
        url=asker.url,
        title=asker.title,
        note=note,
        origin=origin,
        state=RequestState.PASSED,
        member=asker.member_id(head.root),
        at=now,
        reason=PASSED_ON,
    )


async def status(conn: Connection, head: Ring | None, request_id: str) -> RequestStatus | None:
    """How a request stands; None where there is none. `head` is its ring's newest version."""
    request = await ring_requests.get(conn, request_id)
    if request is None:
        return None
    return RequestStatus(request, tuple(await replies(conn, head, request_id)))


async def replies(conn: Connection, head: Ring | None, request_id: str) -> list[StewardReply]:
    """What the stewards that were asked from here made of a request."""
    stewards = sorted(head.terms.stewards.instances) if head else []
    found = [await outgoing.get(conn, message_id(request_id, name)) for name in stewards]
    return [_reply(each) for each in found if each is not None]


async def weigh(
    tx: Connection,
    head: Ring | None,
    request: StoredRequest,
    now: Millis,
    declined: StewardReply | None = None,
) -> RequestState:
    """Settle a request that was passed on, as far as the stewards' answers do; how it stands then.

    `declined` is what a steward has decided just now, whatever it answered before.
    """
    if request.state is not RequestState.PASSED:
        return request.state
    answers = [declined] if declined else []
    heard = {each.steward for each in answers}
    answers += [each for each in await replies(tx, head, request.id) if each.steward not in heard]
    for each in answers:
        if each.state is MessageState.DONE:
            return await _settle(tx, request, RequestState.ACCEPTED, each.steward, each.reason, now)
    if any(each.is_open for each in answers):
        return request.state
    whys = [f"{each.steward}: {each.reason}" for each in answers]
    decider = declined.steward if declined else ""
    return await _settle(tx, request, RequestState.DECLINED, decider, "; ".join(whys), now)


async def withdraw(tx: Connection, head: Ring | None, request: StoredRequest, why: str) -> None:
    """Call off what stewards have not decided; those that have it already are told by a `leave`."""
    for each in await replies(tx, head, request.id):
        if each.is_open:
            await outgoing.cancel(tx, message_id(request.id, each.steward), why)


async def of_site(conn: Connection, ring: RingId, member: str) -> StoredRequest | None:
    """The request of a site that was passed on from here and is not decided."""
    found = await ring_requests.of_member(conn, ring, member)
    return next(iter(_passed_sites(found)), None)


def _passed_sites(found: Iterable[StoredRequest]) -> Iterable[StoredRequest]:
    for each in found:
        if each.kind == MemberKind.SITE and each.state is RequestState.PASSED:
            yield each


def _reply(message: OutgoingMessage) -> StewardReply:
    return StewardReply(
        steward=message.destination,
        state=message.reply_state,
        reason=message.reply_reason,
        at=message.tried_at,
        is_open=message.state.is_open,
    )


async def _settle(
    tx: Connection,
    request: StoredRequest,
    state: RequestState,
    decider: str,
    reason: str,
    now: Millis,
) -> RequestState:
    await ring_requests.decide(
        tx, request.id, state, code="", decider=decider, reason=reason, now=now
    )
    return state
