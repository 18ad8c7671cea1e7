"""The inbox: messages from other instances, believed by their signatures alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from webring.clock import HOUR, MINUTE, Clock, Millis
from webring.crawler.newcomers import Newcomers
from webring.crawler.replies import InboxReply, RingMessages
from webring.crawler.withdrawing import take_back
from webring.documents import message as messages
from webring.documents.message import Message, MessageKind, MessageState
from webring.documents.ring_messages import read_ring_message
from webring.documents.trust import PeerTrust
from webring.errors import (
    BadSignature,
    Conflict,
    DocumentError,
    Forbidden,
    MalformedDocument,
    RateLimited,
)
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
UNPROVEN: Final = 20
"""Messages kept of one sender whose manifest was never verified: anybody can use its name."""
PROVEN: Final = 5_000
"""Messages kept of one verified sender: a month of them."""
MAX_WAITING: Final = 1_000
"""Messages kept that wait for their senders' manifests."""
AT_ONCE: Final = 100
"""Waiting messages that are acted upon in one run."""


class Inbox:
    """Takes messages; whatever they ask of the network is done later, by a job."""

    def __init__(
        self, db: Database, settings: Settings, clock: Clock, rings: RingMessages | None = None
    ) -> None:
        self._db = db
        self._rings = rings
        self._newcomers = Newcomers(settings.peers, clock)
        self._name = settings.instance.name
        self._clock = clock

    async def receive(self, body: bytes, client: str | None = None) -> InboxReply:
        """Take one delivery, from the address `client`.

        The same message again answers the same state. Raises `DocumentError` for a malformed one,
        or one for another audience or time, `Forbidden`, `Conflict` for a nonce used before, and
        `RateLimited` for too many that nothing proves.
        """
        now = self._clock()
        message = messages.read_message(body)
        messages.check(message, self._name, now)
        if message.kind.is_about_rings:
            read_ring_message(message)
        async with self._db.transaction() as tx:
            verdict = (await Blocklist.load(tx)).server(message.instance)
            if not verdict.allowed:
                raise Forbidden(verdict.why)
            sender = await peers.get(tx, message.instance)
            proven = _is_proven(message, sender)
            if not await inbox.remember_nonce(tx, message.instance, message.nonce, now):
                raise Conflict("this nonce was used before: sign each delivery with a fresh one")
            stored = await inbox.get(tx, message.instance, message.id)
            if stored is not None:
                return InboxReply(MessageState(stored.state), stored.reason)
            if not proven:
                return await self._doubted(tx, message, body, sender, client, now)
            if await inbox.count(tx, message.instance) >= PROVEN:
                raise RateLimited(
                    f"{PROVEN} messages of {message.instance} are kept, and no more",
                    retry_after=HOUR,
                )
            reply = await self._act(tx, message, client, now)
            await inbox.put(tx, _stored(message, reply, now))
        return reply

    async def state(self, instance: ServerName, message_id: str) -> InboxReply | None:
        """What became of a message; None where none is known."""
        if not messages.is_id(message_id):
            return None
        conn = self._db.reader
        stored = await inbox.get(conn, instance, message_id)
        if stored is None:
            return None
        reply = InboxReply(MessageState(stored.state), stored.reason)
        if self._rings is None or stored.kind != MessageKind.COSIGN:
            return reply
        signatures = await self._rings.signatures(conn, instance, message_id)
        return replace(reply, signatures=signatures)

    async def take_up(self) -> int:
        """Act upon messages whose senders were verified since; how many there were."""
        now = self._clock()
        waiting = await inbox.ready(self._db.reader, AT_ONCE)
        for each in waiting:
            try:
                async with self._db.transaction() as tx:
                    if await inbox.take(tx, each):
                        await _decided(tx, each, await self._take_up(tx, each, now))
            except DocumentError as error:
                reply = InboxReply(MessageState.REFUSED, error.sentence)
                async with self._db.transaction() as tx:
                    if await inbox.take(tx, each):
                        await _decided(tx, each, reply)
        return len(waiting)

    async def _take_up(self, tx: Connection, stored: StoredMessage, now: Millis) -> InboxReply:
        message = messages.read_message(stored.body)
        if not (await Blocklist.load(tx)).server(message.instance).allowed:
            return InboxReply(MessageState.REFUSED, "its sender is kept out here")
        try:
            _is_proven(message, await peers.get(tx, message.instance))
        except Forbidden as error:
            return InboxReply(MessageState.REFUSED, error.sentence)
        return await self._act(tx, message, None, now)

    async def _doubted(
        self,
        tx: Connection,
        message: Message,
        body: bytes,
        sender: Peer | None,
        client: str | None,
        now: Millis,
    ) -> InboxReply:
        """Take what nothing proves as a hint: its sender is visited; all else waits for that."""
        known = sender is not None and sender.trust is not None
        if not known and await inbox.count(tx, message.instance) >= UNPROVEN:
            raise _too_many(f"{UNPROVEN} messages of {message.instance}")
        visit = await self._announce(tx, message.instance, client, now)
        if message.kind.is_open:
            if visit.state is not MessageState.REFUSED and not known:
                await inbox.put(tx, _stored(message, visit, now))
            return visit
        if visit.state is MessageState.REFUSED:
            raise Forbidden(visit.reason)
        if await inbox.count_unproven(tx) >= MAX_WAITING:
            raise _too_many(f"{MAX_WAITING} messages")
        reply = InboxReply(MessageState.WAITING, "its sender's manifest has to be verified first")
        await inbox.put(tx, _stored(message, reply, now, body))
        return reply

    async def _act(
        self, tx: Connection, message: Message, client: str | None, now: Millis
    ) -> InboxReply:
        if message.kind is MessageKind.ANNOUNCE:
            return await self._announce(tx, message.instance, client, now)
        if message.kind is MessageKind.WITHDRAW:
            touched = await take_back(tx, message.instance, message.withdrawn, now)
            await listings.refresh(tx, touched, now)
            return InboxReply(MessageState.DONE, f"{len(message.withdrawn)} rooms were named")
        if self._rings is not None:
            return await self._rings.act(tx, message, now)
        return InboxReply(MessageState.REFUSED, f"{message.kind.value} is not taken here")

    async def _announce(
        self, tx: Connection, name: ServerName, client: str | None, now: Millis
    ) -> InboxReply:
        """Queue a visit. One that failed a moment ago is not repeated at a stranger's word."""
        known = await peers.get(tx, name)
        if known is not None:
            soon = max(now, (known.tried_at or 0) + SOONEST)
            verified = known.sequence is not None
            if verified or known.tried_at is None:
                await peers.hasten(tx, [name], soon)
            return InboxReply(MessageState.QUEUED, "a visit is due")
        return await self._newcomers.admit(tx, name, client, now)


def _is_proven(message: Message, sender: Peer | None) -> bool:
    """Whether a pinned key of its sender signed it; False where there is nothing to check it by.

    Raises `Forbidden` where it is signed by none: only an announcement is taken then.
    """
    pinned = sender.trust if sender else None
    if pinned is None:
        return False
    try:
        messages.check_signature(message, PeerTrust.from_json(pinned).active)
    except (BadSignature, MalformedDocument) as error:
        # A peer whose keys changed must be able to say so: its manifest will tell.
        if not message.kind.is_open:
            raise Forbidden(error.sentence) from None
        return False
    return True


async def _decided(tx: Connection, stored: StoredMessage, reply: InboxReply) -> None:
    await inbox.set_state(tx, stored.instance, stored.id, reply.state.value, reply.reason)


def _too_many(what: str) -> RateLimited:
    return RateLimited(f"{what} wait for a manifest to be verified", retry_after=HOUR)


def _stored(message: Message, reply: InboxReply, now: Millis, body: bytes = b"") -> StoredMessage:
    """What is kept: of a message that waits, all of it."""
    return StoredMessage(
        instance=message.instance,
        id=message.id,
        kind=message.kind.value,
        state=reply.state.value,
        reason=reply.reason,
        body=body,
        at=now,
    )
