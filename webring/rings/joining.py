"""Somebody asks to be in a ring: what is asked, what was asked before, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import DAY, Millis
from webring.documents.ring import Reason
from webring.names import ServerName
from webring.rings.admitting import tell
from webring.rings.askers import Asker
from webring.rings.drafting import WantedKind
from webring.rings.looking import SiteCheck
from webring.storage import ring_requests, ring_wishes
from webring.storage.ring_requests import OPEN, RequestState, StoredRequest
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

ASKED_AGAIN: Final[Millis] = 7 * DAY
"""How long after it was declined a request is answered without being looked at again."""
MESSAGE: Final = "message"
"""The origin of a request that another instance sent."""
FORM: Final = "form"
"""The origin of a request that a site made here."""
COMMAND: Final = "command"
"""The origin of a request of a community of ours."""

_MENDED: Final = frozenset({Reason.ONE_SIDED.value, Reason.UNREACHABLE.value})
"""Who was declined for one of these asks again as soon as it is mended."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody asks. `id` is the message's, or 128 random bits; `note` raw text.

    `by` is the instance that asks, for a community of its own or for a site: None where a site
    asks here, or a community of ours. `look` is what was seen of a site a moment ago. `decider` is
    our operator, where asking is deciding.
    """

    ring: StoredRing
    asker: Asker
    note: str
    origin: str
    id: str
    by: ServerName | None = None
    look: SiteCheck | None = None
    decider: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a request stands. `id` is "" where none is kept; `reason` is a sentence for people."""

    id: str
    state: RequestState
    reason: str
    member: str


async def asked_before(tx: Connection, asking: Asking, now: Millis) -> Asked | None:
    """The answer to whoever asked before, where that still stands."""
    member = asking.asker.member_id(asking.ring.root)
    wishes = await ring_wishes.of_ring(tx, asking.ring.id)
    joining = {each.wanted.member for each in wishes if each.wanted.kind is WantedKind.JOIN}
    for each in await ring_requests.of_member(tx, asking.ring.id, member):
        if each.state is RequestState.INVITED and each.origin == COMMAND:
            return None
        if each.state in OPEN and _is_same_way(each, asking):
            return await _asked_anew(tx, each, asking)
        if each.state is RequestState.ACCEPTED and member in joining:
            return Asked(each.id, each.state, each.reason, member)
        if each.state is RequestState.DECLINED and each.code not in _MENDED:
            since = now - (each.decided_at or 0)
            if since < ASKED_AGAIN:
                days = -(-(ASKED_AGAIN - since) // DAY)
                why = f"{each.reason}; it may ask again in {days} days"
                return Asked("", each.state, why, member)
    return None


async def _asked_anew(tx: Connection, request: StoredRequest, asking: Asking) -> Asked:
    """The same request again: by a message, the later one tells from now on how it stands."""
    if asking.origin == MESSAGE and request.id != asking.id:
        if not await ring_requests.rename(tx, request.id, asking.id, asking.note):
            return refused(asking, "another request has its id")
        await tell(tx, request, RequestState.WITHDRAWN, f"it was asked anew: {asking.id}")
        return Asked(asking.id, request.state, request.reason, request.member)
    return Asked(request.id, request.state, request.reason, request.member)


def _is_same_way(request: StoredRequest, asking: Asking) -> bool:
    """Whether two requests came the same way: whoever asks elsewhere is told there as well."""
    by_message = request.origin == MESSAGE
    return request.instance == _sender(asking) and by_message == (asking.origin == MESSAGE)


def _sender(asking: Asking) -> ServerName | None:
    return asking.by or asking.asker.instance


def request_of(asking: Asking, now: Millis) -> StoredRequest:
    """The request as it is kept while it waits."""
    asker = asking.asker
    return StoredRequest(
        id=asking.id,
        ring=asking.ring.id,
        root=asking.ring.root,
        kind=asker.kind.value,
        instance=_sender(asking),
        community=asker.community,
        url=asker.url,
        title=asking.look.title if asking.look else asker.title,
        note=asking.note,
        origin=asking.origin,
        state=RequestState.PENDING,
        member=asker.member_id(asking.ring.root),
        at=now,
    )


def refused(asking: Asking, why: str) -> Asked:
    """The answer to a request of which nothing is kept."""
    member = asking.asker.member_id(asking.ring.root)
    return Asked("", RequestState.DECLINED, why, member)
