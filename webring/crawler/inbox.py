"""The inbox: messages from other instances, believed by their signatures alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import MINUTE, Clock, Millis
from webring.crawler import applying, frontier
from webring.documents import message as messages
from webring.documents.message import Message, MessageKind, MessageState
from webring.documents.trust import PeerTrust
from webring.errors import BadSignature, Conflict, Forbidden, MalformedDocument
from webring.moderation.blocklist import Blocklist
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import inbox, listings, peers
from webring.storage.database import Database
from webring.storage.inbox import StoredMessage
from webring.storage.models import Peer
from webring.storage.sql import Connection

SOONEST: Final[Millis] = MINUTE
"""How soon after its last visit an announcing peer is visited again."""


@dataclass(frozen=True, slots=True)
class InboxReply:
    """What became of a message, and why."""

    state: MessageState
    reason: str = ""


class Inbox:
    """Takes messages; whatever they ask of the network is done later, by a job."""

    def __init__(self, db: Database, settings: Settings, clock: Clock) -> None:
        self._db = db
        self._settings = settings
        self._name = settings.instance.name
        self._clock = clock

    async def receive(self, body: bytes) -> InboxReply:
        """Take one delivery.

        The same message again answers the same state. Raises `DocumentError` for a malformed one,
        or one for another audience or time, `Forbidden`, and `Conflict` for a nonce used before.
        """
        now = self._clock()
        message = messages.read_message(body)
        messages.check(message, self._name, now)
        async with self._db.transaction() as tx:
            verdict = (await Blocklist.load(tx)).server(message.instance)
            if not verdict.allowed:
                raise Forbidden(verdict.why)
            sender = await peers.get(tx, message.instance)
            self._check_sender(message, sender)
            if not await inbox.remember_nonce(tx, message.instance, message.nonce, now):
                raise Conflict("this nonce was used before: sign each delivery with a fresh one")
            stored = await inbox.get(tx, message.instance, message.id)
            if stored is not None:
                return InboxReply(MessageState(stored.state), stored.reason)
            reply = await self._act(tx, message, now)
            await inbox.put(tx, _stored(message, reply, body, now))
        return reply

    async def state(self, instance: ServerName, message_id: str) -> InboxReply | None:
        """What became of a message; None where none is known."""
        stored = await inbox.get(self._db.reader, instance, message_id)
        return InboxReply(MessageState(stored.state), stored.reason) if stored else None

    def _check_sender(self, message: Message, sender: Peer | None) -> None:
        """A known sender signs with a pinned key; a stranger may only announce itself."""
        pinned = sender.trust if sender else None
        if pinned is None:
            if not message.kind.is_open:
                raise Forbidden(
                    f"{message.instance} is not known here yet: announce it first, and send "
                    f"{message.kind.value} once its manifest was read"
                )
            return
        try:
            messages.check_signature(message, PeerTrust.from_json(pinned).active)
        except (BadSignature, MalformedDocument) as error:
            # A peer whose keys changed must be able to say so: its manifest will tell.
            if not message.kind.is_open:
                raise Forbidden(error.sentence) from None

    async def _act(self, tx: Connection, message: Message, now: Millis) -> InboxReply:
        if message.kind is MessageKind.ANNOUNCE:
            return await self._announce(tx, message.instance, now)
        if message.kind is MessageKind.WITHDRAW:
            touched = await applying.take_back(tx, message.instance, message.withdrawn, now)
            await listings.refresh(tx, touched, now)
            return InboxReply(MessageState.DONE, f"{len(message.withdrawn)} rooms were named")
        return InboxReply(MessageState.REFUSED, f"{message.kind.value} is not taken here yet")

    async def _announce(self, tx: Connection, name: ServerName, now: Millis) -> InboxReply:
        """Queue a visit. One that failed a moment ago is not repeated at a stranger's word."""
        known = await peers.get(tx, name)
        if known is not None:
            soon = max(now, (known.tried_at or 0) + SOONEST)
            verified = known.sequence is not None
            if verified or known.tried_at is None:
                await peers.hasten(tx, [name], soon)
            return InboxReply(MessageState.QUEUED, "a visit is due")
        limits = self._settings.peers
        if not limits.discover:
            return InboxReply(MessageState.REFUSED, "this instance takes no new peers by itself")
        new = frontier.candidates([name], "announced")
        if not await peers.add(tx, new, now, now, per_domain=limits.per_domain):
            return InboxReply(MessageState.REFUSED, "too many instances of this domain are known")
        return InboxReply(MessageState.QUEUED, "a first visit is due")


def _stored(message: Message, reply: InboxReply, body: bytes, now: Millis) -> StoredMessage:
    return StoredMessage(
        instance=message.instance,
        id=message.id,
        kind=message.kind.value,
        state=reply.state.value,
        reason=reply.reason,
        body=body,
        at=now,
    )
