"""Messages to other instances: delivered at last, across restarts, and asked about until decided.

A message is kept in the database from the moment it is wanted. Each attempt is signed anew; the
receiver knows it by its id, so that one delivered twice counts once. Receivers are asked side by
side, each for one message at a time: a slow one delays no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final
from urllib.parse import quote

from webring.clock import DAY, HOUR, MINUTE, SECOND, Clock, Millis
from webring.crawler.fetching import ManifestFetcher
from webring.crawler.schedule import jittered
from webring.documents.keys import KeySet
from webring.documents.message import RETRIED_FOR, MessageKind, MessageState, sign_message
from webring.errors import (
    BackingOff,
    DocumentError,
    FetchError,
    Forbidden,
    LeaseLost,
    StatusRefused,
    WebringError,
)
from webring.moderation.blocklist import Blocklist
from webring.names import PeerUrl, ServerName
from webring.net.budget import SMALL
from webring.net.fetch import Fetcher
from webring.rings.answers import is_final, is_unknown, read_reply
from webring.storage import outgoing, peers
from webring.storage.database import Database
from webring.storage.outgoing import OutgoingMessage, OutgoingState, Reply
from webring.storage.sql import Connection

INBOX_PATH: Final = "/webring/v1/inbox"
LEASE: Final[Millis] = 5 * MINUTE
"""How long one exchange may take before another process may begin it anew: longer than any does."""
AT_ONCE: Final = 32
"""Receivers that are asked at the same time."""
LOOK_AGAIN: Final[Millis] = SECOND
"""How often others that are due are looked for while a slow receiver is being asked."""
FIRST_RETRY: Final[Millis] = 10 * SECOND
LONGEST_RETRY: Final[Millis] = HOUR
"""Pauses between attempts double from the one to the other."""
FIRST_POLL: Final[Millis] = 2 * SECOND
LONGEST_POLL: Final[Millis] = HOUR
"""So do pauses between questions about what was delivered."""
POLLED_FOR: Final[Millis] = 30 * DAY
"""How long a decision is waited for: so long a receiver keeps it."""
LEAST_ATTEMPTS: Final = 24
"""No message is given up before: a clock that jumped by years ends none."""
_MAX_DOUBLINGS: Final = 16
_UNDECIDED: Final = f"nothing was decided within {POLLED_FOR // DAY} days"

Heard = Callable[[Connection, OutgoingMessage, Millis], Awaitable[None]]
"""Told of each new answer, and of the end, in the transaction that writes it down. It asks nothing
of the network, and decides for itself whether signatures are good."""
Exchange = Callable[[OutgoingMessage], Awaitable[OutgoingMessage | None]]

log = logging.getLogger(__name__)


class Sender:
    """Delivers what `storage.outgoing` keeps. `heard` takes the answers, by the message's kind."""

    def __init__(
        self,
        db: Database,
        fetcher: Fetcher,
        fetching: ManifestFetcher,
        keys: KeySet,
        name: ServerName,
        clock: Clock,
        spread: Callable[[], float],
        heard: Mapping[MessageKind, Heard],
    ) -> None:
        self._db = db
        self._fetcher = fetcher
        self._fetching = fetching
        self._keys = keys
        self._name = name
        self._clock = clock
        self._spread = spread
        self._heard = heard

    async def send_due(self) -> int:
        """Deliver messages until none is due; how many their receivers have now."""
        tried = await self._work(OutgoingState.SENDING, self._send)
        return sum(each.reply_state is not None for each in tried)

    async def poll_due(self) -> list[OutgoingMessage]:
        """Ask what became of those delivered, until none is due; those that are at their end."""
        asked = await self._work(OutgoingState.DELIVERED, self._ask)
        return [each for each in asked if not each.state.is_open]

    async def _work(self, state: OutgoingState, exchange: Exchange) -> list[OutgoingMessage]:
        done: list[OutgoingMessage] = []
        under_way: dict[asyncio.Task[OutgoingMessage | None], OutgoingMessage] = {}
        try:
            while True:
                for message in await self._claim(state, under_way.values()):
                    under_way[asyncio.create_task(_run(exchange, message))] = message
                if not under_way:
                    return done
                finished, _ = await asyncio.wait(
                    under_way, timeout=LOOK_AGAIN / SECOND, return_when=asyncio.FIRST_COMPLETED
                )
                for task in finished:
                    del under_way[task]
                    done += [each] if (each := task.result()) else []
        finally:
            await self._give_up(under_way)

    async def _claim(
        self, state: OutgoingState, under_way: Collection[OutgoingMessage]
    ) -> list[OutgoingMessage]:
        free = AT_ONCE - len(under_way)
        if free <= 0:
            return []
        busy = {message.destination for message in under_way}
        async with self._db.transaction() as tx:
            return await outgoing.claim(tx, self._clock(), free, LEASE, state=state, busy=busy)

    async def _give_up(
        self, under_way: Mapping[asyncio.Task[OutgoingMessage | None], OutgoingMessage]
    ) -> None:
        """End exchanges in the middle; they are due at once."""
        if not under_way:
            return
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        async with self._db.transaction() as tx:
            await outgoing.release(tx, list(under_way.values()), self._clock())

    async def _send(self, message: OutgoingMessage) -> OutgoingMessage | None:
        """One attempt at delivery."""
        try:
            base = await self._base(message.destination)
            now = self._clock()
            body = sign_message(message.draft(self._name), self._keys.signers(now), now)
            async with self._fetcher.visit() as visit:
                answer = await visit.request(
                    "POST",
                    f"{base}{INBOX_PATH}",
                    budget=SMALL,
                    headers={"Content-Type": "application/json"},
                    content=body,
                    statuses=(200, 202),
                )
            reply = read_reply(answer.body, message.destination)
        except (FetchError, DocumentError, Forbidden) as error:
            return await self._not_delivered(message, error)
        return await self._replied(message, reply)

    async def _ask(self, message: OutgoingMessage) -> OutgoingMessage | None:
        """One question about a message that was delivered."""
        try:
            base = await self._base(message.destination)
            path = f"{INBOX_PATH}/{quote(self._name, safe='')}/{message.id}"
            async with self._fetcher.visit() as visit:
                answer = await visit.request("GET", f"{base}{path}", budget=SMALL)
            reply = read_reply(answer.body, message.destination)
        except (FetchError, DocumentError, Forbidden) as error:
            return await self._not_told(message, error)
        return await self._replied(message, reply)

    async def _base(self, name: ServerName) -> PeerUrl:
        """Where a receiver serves; `Forbidden` for one that the operator keeps out."""
        verdict = (await Blocklist.load(self._db.reader)).server(name)
        if not verdict.allowed:
            raise Forbidden(verdict.why)
        peer = await peers.get(self._db.reader, name)
        if peer is not None and peer.base_url:
            return PeerUrl(peer.base_url)
        return await self._fetching.ask_base(name)

    async def _replied(self, message: OutgoingMessage, reply: Reply) -> OutgoingMessage | None:
        now = self._clock()
        if _is_decided(message, reply):
            next_at = None
        elif _is_too_old(message, POLLED_FOR, now):
            return await self._end(message, OutgoingState.EXPIRED, _UNDECIDED, now)
        else:
            next_at = now + self._poll_pause(message, now)
        return await self._settle(
            message, now, lambda tx: outgoing.replied(tx, message, reply, next_at, now)
        )

    async def _not_delivered(
        self, message: OutgoingMessage, error: WebringError
    ) -> OutgoingMessage | None:
        now, why = self._clock(), error.sentence
        if isinstance(error, Forbidden) or is_final(error):
            return await self._end(message, OutgoingState.REJECTED, why, now)
        if _is_too_old(message, RETRIED_FOR, now):
            days = RETRIED_FOR // DAY
            why = f"it could not be delivered within {days} days; at last: {why}"
            return await self._end(message, OutgoingState.EXPIRED, why, now)
        next_at = now + max(self._retry_pause(message), _asked(error, now))
        log.info("%s did not take our %s: %s", message.destination, message.kind, why)
        return await self._settle(
            message, now, lambda tx: outgoing.failed(tx, message, next_at, why, now)
        )

    async def _not_told(
        self, message: OutgoingMessage, error: WebringError
    ) -> OutgoingMessage | None:
        now = self._clock()
        if isinstance(error, Forbidden):
            return await self._end(message, OutgoingState.REJECTED, error.sentence, now)
        if _is_too_old(message, POLLED_FOR, now):
            return await self._end(message, OutgoingState.EXPIRED, _UNDECIDED, now)
        lost = is_unknown(error)
        pause = self._retry_pause(message) if lost else self._poll_pause(message, now)
        next_at, why = now + max(pause, _asked(error, now)), error.sentence
        return await self._settle(
            message, now, lambda tx: outgoing.failed(tx, message, next_at, why, now, resend=lost)
        )

    async def _end(
        self, message: OutgoingMessage, state: OutgoingState, why: str, now: Millis
    ) -> OutgoingMessage | None:
        log.warning("Our %s to %s is %s: %s", message.kind, message.destination, state, why)
        return await self._settle(
            message, now, lambda tx: outgoing.ended(tx, message, state, why, now)
        )

    async def _settle(
        self,
        before: OutgoingMessage,
        now: Millis,
        write: Callable[[Connection], Awaitable[OutgoingMessage]],
    ) -> OutgoingMessage | None:
        """Write down what an exchange came to, and tell whoever waits for it.

        None where another process has taken it over, or it was called off.
        """
        try:
            async with self._db.transaction() as tx:
                after = await write(tx)
                heard = self._heard.get(after.kind)
                if heard is not None and _is_news(before, after):
                    await heard(tx, after, now)
        except LeaseLost as error:
            log.info("%s", error.sentence)
            return None
        return after

    def _retry_pause(self, message: OutgoingMessage) -> Millis:
        doublings = min(message.attempts - 1, _MAX_DOUBLINGS)
        return jittered(min(FIRST_RETRY << doublings, LONGEST_RETRY), self._spread())

    def _poll_pause(self, message: OutgoingMessage, now: Millis) -> Millis:
        """Twice the time since it was last asked about."""
        asked = message.state is OutgoingState.DELIVERED
        since = now - message.tried_at if asked and message.tried_at is not None else 0
        return jittered(min(max(2 * since, FIRST_POLL), LONGEST_POLL), self._spread())


async def _run(exchange: Exchange, message: OutgoingMessage) -> OutgoingMessage | None:
    """One exchange. A fault of ours must not end the others; it is tried again after `LEASE`."""
    try:
        return await exchange(message)
    except Exception:
        log.exception("Our %s to %s failed", message.kind, message.destination)
        return None


def _is_decided(message: OutgoingMessage, reply: Reply) -> bool:
    """Whether an answer is the last one. Signatures are told to whoever asks, after delivery."""
    if reply.state is MessageState.REFUSED or not message.kind.is_about_rings:
        return True
    asked = message.state is OutgoingState.DELIVERED
    signed = message.kind is not MessageKind.COSIGN or bool(reply.signatures)
    return reply.state is MessageState.DONE and (asked or signed)


def _is_too_old(message: OutgoingMessage, most: Millis, now: Millis) -> bool:
    return now - message.at >= most and message.attempts >= LEAST_ATTEMPTS


def _asked(error: Exception, now: Millis) -> Millis:
    """The pause that the receiver asked for, or earned."""
    if isinstance(error, BackingOff):
        return max(0, error.until - now)
    return (error.retry_after or 0) if isinstance(error, StatusRefused) else 0


def _is_news(before: OutgoingMessage, after: OutgoingMessage) -> bool:
    """Whether an answer came that is another than before, or an end."""
    if after.state is OutgoingState.SENDING:
        return False
    return before.state is OutgoingState.SENDING or _told(before) != _told(after)


def _told(message: OutgoingMessage) -> object:
    ended = not message.state.is_open
    return ended, message.reply_state, message.reply_reason, message.signatures
