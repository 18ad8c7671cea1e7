"""What a decision about a request comes to, whoever made it: a wish, and the askers told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from webring.clock import Millis
from webring.documents.message import MessageState
from webring.documents.ring import Ring, RingMember
from webring.documents.ring_parts import member_marks, place_marks
from webring.names import PeerUrl, RingId, ServerName
from webring.rings import askers, drafting
from webring.rings.askers import UNSERVED, Asker
from webring.rings.drafting import WantedKind
from webring.storage import inbox, ring_requests, ring_wishes
from webring.storage.ring_requests import OPEN, RequestState, StoredRequest
from webring.storage.ring_wishes import StoredWish
from webring.storage.sql import Connection

TOLD: Final[Mapping[RequestState, MessageState]] = MappingProxyType(
    {
        RequestState.PENDING: MessageState.WAITING,
        RequestState.PASSED: MessageState.WAITING,
        RequestState.INVITED: MessageState.WAITING,
        RequestState.ACCEPTED: MessageState.DONE,
        RequestState.DECLINED: MessageState.REFUSED,
        RequestState.WITHDRAWN: MessageState.REFUSED,
    }
)
"""What the inbox answers for a `join` whose request stands so."""
_PLACED: Final = frozenset({WantedKind.JOIN, WantedKind.MOVE})


class Admission:
    """Lets askers in. `own` and `base_url` are ours."""

    def __init__(self, own: ServerName, base_url: PeerUrl) -> None:
        self._own = own
        self._base_url = base_url

    async def admit(
        self,
        tx: Connection,
        head: Ring,
        request: StoredRequest,
        decider: str,
        reason: str,
        now: Millis,
    ) -> str:
        """Want the asker in the version after `head` (with its members); "", or why it cannot be.

        `decider` is the operator, "" where the asker may by itself.
        """
        asker = await askers.of_request(tx, self._own, self._base_url, request)
        if why := await hindrance(tx, head, asker):
            return why
        await drop_wishes(tx, head.id, asker.member_id(head.root), {WantedKind.JOIN})
        wanted = drafting.join(asker.entry(head.root, now))
        await ring_wishes.add(tx, head.id, wanted, decider, now)
        await settle(tx, request, RequestState.ACCEPTED, "", decider, reason, now)
        return ""


async def hindrance(conn: Connection, head: Ring, asker: Asker) -> str:
    """Why no version after `head` could hold the asker, "" where one could."""
    if not asker.url:
        return UNSERVED
    entry = asker.entry(head.root, 0)
    if askers.in_its_place(head, entry) is not None:
        return "another member of the ring has its id or its address"
    wishes = await ring_wishes.of_ring(conn, head.id)
    if any(wants_place(wish, entry) for wish in wishes):
        return "somebody else is about to have its address in the ring"
    return ""


async def settle(
    tx: Connection,
    request: StoredRequest,
    state: RequestState,
    code: str,
    decider: str,
    reason: str,
    now: Millis,
) -> list[StoredRequest]:
    """Write the decision down for everybody who asked for this member, and tell the senders.

    Those that were decided. An invitation is used up by being accepted, and by nothing else.
    """
    done = []
    for each in await ring_requests.of_member(tx, request.ring, request.member):
        used = each.state is RequestState.INVITED and state is RequestState.ACCEPTED
        if each.state in OPEN or used:
            await ring_requests.decide(
                tx, each.id, state, code=code, decider=decider, reason=reason, now=now
            )
            await tell(tx, each, state, reason)
            done.append(each)
    return done


async def tell(tx: Connection, request: StoredRequest, state: RequestState, reason: str) -> None:
    """Let the inbox answer the message that a request came by, if it did, with its state."""
    if request.instance is not None:
        await inbox.set_state(tx, request.instance, request.id, TOLD[state].value, reason)


async def drop_wishes(
    tx: Connection, ring: RingId, member: str, kinds: set[WantedKind]
) -> list[StoredWish]:
    """Take back what was wanted of a member; what that was."""
    wishes = await ring_wishes.of_ring(tx, ring)
    gone = [each for each in wishes if each.wanted.member == member and each.wanted.kind in kinds]
    await ring_wishes.drop(tx, [each.id for each in gone])
    return gone


def wants_place(wish: StoredWish, entry: RingMember) -> bool:
    """Whether a wish of another member is for the address or the community of `entry`."""
    wanted = wish.wanted
    if wanted.kind not in _PLACED or wanted.member == entry.id:
        return False
    url, *home = (wanted.payload.get(key) for key in ("url", "instance", "community"))
    instance, community = (str(part) if part else None for part in home)
    marks = place_marks(str(url), instance, community)
    return not marks.isdisjoint(member_marks(entry))
