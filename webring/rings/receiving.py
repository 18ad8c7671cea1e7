"""Messages about rings: what the inbox makes of each kind. Nothing is asked of the network here.

A member's instance speaks for its own members alone, and a steward for its own ring. What members
may do by themselves becomes a wish for the ring's next version; what needs a decision waits.
"""

from __future__ import annotations

from typing import Final

from webring.clock import Millis
from webring.crawler.replies import InboxReply
from webring.documents.canonical import Json
from webring.documents.message import Message, MessageKind, MessageState
from webring.documents.ring import Ring
from webring.documents.ring_messages import (
    Cosign,
    Decision,
    Join,
    Move,
    SlotChange,
    read_ring_message,
)
from webring.names import PeerUrl, RingId, ServerName
from webring.rings import askers, wanting
from webring.rings.admitting import TOLD, drop_wishes, settle
from webring.rings.cosigning import Cosigning
from webring.rings.drafting import WantedKind
from webring.rings.joining import MESSAGE, Asking
from webring.rings.requests import Requests
from webring.rings.shelf import Shelf
from webring.rings.verdicts import Verdicts
from webring.storage import ring_members, ring_requests, rings
from webring.storage.ring_members import StoredMember
from webring.storage.ring_requests import OPEN, RequestState
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

_LATER: Final = "the next version of the ring will say so"


class Receiving:
    """Acts upon messages about rings (`webring.crawler.replies.RingMessages`).

    `own` and `base_url` are ours.
    """

    def __init__(
        self,
        own: ServerName,
        base_url: PeerUrl,
        shelf: Shelf,
        requests: Requests,
        verdicts: Verdicts,
        cosigning: Cosigning,
    ) -> None:
        self._own = own
        self._base_url = base_url
        self._shelf = shelf
        self._requests = requests
        self._verdicts = verdicts
        self._cosigning = cosigning

    async def act(self, tx: Connection, message: Message, now: Millis) -> InboxReply:
        """Do what a message asks, whose sender is proven. `MalformedDocument` for one that is not
        well formed.
        """
        body = read_ring_message(message)
        if isinstance(body, Cosign):
            return await self._cosigning.arrived(tx, message, body, now)
        ring = await rings.get(tx, body.ring)
        if ring is None:
            return _refused(f"no ring {body.ring} is known here")
        if ring.root != body.root:
            return _refused(f"{body.ring} is known here under another root: {ring.root or 'none'}")
        head = await self._shelf.head(tx, ring.id)
        if head is None:
            return _refused(f"no version of {ring.id} is known here yet")
        if isinstance(body, Decision):
            return await self._decision(tx, head, message.instance, body, now)
        if not ring.stewarded:
            return _refused(f"{self._own} is no steward of {ring.id}")
        if isinstance(body, Join):
            return await self._join(tx, ring, message, body, now)
        return await self._slot(tx, head, message.instance, body, now)

    async def signatures(self, conn: Connection, instance: ServerName, message_id: str) -> Json:
        """Our signatures that answer the `cosign` with this id of `instance`, if there are any."""
        return await self._cosigning.signatures(conn, instance, message_id)

    async def _join(
        self, tx: Connection, ring: StoredRing, message: Message, body: Join, now: Millis
    ) -> InboxReply:
        sender = message.instance
        if body.community is None:
            asker = askers.site(body.url)
        else:
            asker = await askers.community(tx, self._own, self._base_url, sender, body.community)
        asking = Asking(ring, asker, body.note, MESSAGE, message.id, sender)
        asked = await self._requests.asked(tx, asking, now)
        return InboxReply(TOLD[asked.state], asked.reason)

    async def _decision(
        self, tx: Connection, head: Ring, sender: ServerName, body: Decision, now: Millis
    ) -> InboxReply:
        if sender not in head.terms.stewards.instances:
            return _refused(f"{sender} is no steward of {head.id}")
        said = await self._verdicts.heard(tx, sender, body, now)
        return _done(said) if said else _refused("it is about nobody here")

    async def _slot(
        self,
        tx: Connection,
        head: Ring,
        sender: ServerName,
        body: SlotChange | Move,
        now: Millis,
    ) -> InboxReply:
        """Whatever a member does with its slot, at the word of the instance of its entry."""
        slot = await ring_members.get(tx, head.id, body.member)
        if slot is None or not slot.listed:
            return await _unlisted(tx, head.id, body, sender, now)
        if slot.instance != sender:
            return _refused(f"the member {body.member} of {head.id} is not of {sender}")
        if isinstance(body, Move):
            return await _move(tx, head, slot, body, now)
        if body.kind is MessageKind.LEAVE:
            await wanting.leave(tx, slot, now)
            return _done(_LATER)
        return _done(await wanting.rest(tx, slot, body.kind, now))


async def _move(
    tx: Connection, head: Ring, slot: StoredMember, body: Move, now: Millis
) -> InboxReply:
    if body.instance is None or body.community is None:
        return _refused("to names the instance and the community that the member moves to")
    home = (body.instance, body.community)
    if (body.url, *home) == (slot.url, slot.instance, slot.community):
        return _done("it stands there already")
    why = await wanting.move(tx, head, slot, body.url, home, now)
    return _refused(why) if why else _done(f"once the new place says so as well, {_LATER}")


async def _unlisted(
    tx: Connection, ring: RingId, body: SlotChange | Move, sender: ServerName, now: Millis
) -> InboxReply:
    """A word about a slot that is not there: whoever asked for it may take that back."""
    if body.kind is not MessageKind.LEAVE:
        return _refused(f"{ring} lists no member {body.member}")
    taken_back = False
    for each in await ring_requests.of_member(tx, ring, body.member):
        if each.instance == sender and each.community is not None:
            taken_back |= await _take_back(tx, each.id, sender, now)
    return _done("its request was taken back" if taken_back else "it is not in the ring")


async def _take_back(tx: Connection, request_id: str, sender: ServerName, now: Millis) -> bool:
    """Forget what was wanted of a request, decided or not; whether anything was."""
    request = await ring_requests.get(tx, request_id)
    if request is None:
        return False
    gone = await drop_wishes(tx, request.ring, request.member, {WantedKind.JOIN})
    if request.state in OPEN:
        why = f"{sender} has taken it back"
        await settle(tx, request, RequestState.WITHDRAWN, "", sender, why, now)
        return True
    return bool(gone)


def _done(reason: str) -> InboxReply:
    return InboxReply(MessageState.DONE, reason)


def _refused(reason: str) -> InboxReply:
    return InboxReply(MessageState.REFUSED, reason)
