"""Messages to other instances, from the moment they are wanted until their answer is final.

A row is taken for a time: `next_at` moves to its end and `attempts` grows, so that nobody else
takes it meanwhile and whoever comes back too late is recognised (`LeaseLost`). Of one receiver one
message is taken at a time, the oldest first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from webring.clock import DAY, Millis
from webring.documents import canonical
from webring.documents.canonical import Json
from webring.documents.message import MessageDraft, MessageKind, MessageState
from webring.errors import LeaseLost
from webring.names import ServerName
from webring.storage import ring_models as models
from webring.storage.sql import Connection, Row, execute, from_json, is_postgres, marks, returned
from webring.storage.table import Table

KEPT: Final[Millis] = 30 * DAY
"""How long a message is remembered after its end."""

_outbox: Final = Table(models.Outgoing)
_SLOT: Final = (MessageKind.LEAVE, MessageKind.SLEEP, MessageKind.WAKE)
"""Kinds that carry the same fields, and of which the last one said is what counts."""


class OutgoingState(StrEnum):
    """How far a message got. The last four are its end."""

    SENDING = "sending"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done."""
        return self in OPEN


OPEN: Final = (OutgoingState.SENDING, OutgoingState.DELIVERED)
_OURS: Final = f"id = ? AND attempts = ? AND state IN ({marks(len(OPEN))})"


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message, and what its receiver made of it.

    `fields` are its kind's own. `reply_state` is the receiver's word (None before it has it),
    `reply_reason` raw text: the receiver's, or why it could not be delivered. `signatures` are
    those of a `cosign`, as they came: unverified. `next_at` is when it is tried or asked about
    next, None for never; `tried_at` when it was last.
    """

    id: str
    destination: ServerName
    kind: MessageKind
    fields: Json = field(repr=False)
    state: OutgoingState
    attempts: int
    at: Millis
    next_at: Millis | None
    tried_at: Millis | None
    reply_state: MessageState | None = None
    reply_reason: str = ""
    signatures: Json = field(default_factory=dict, repr=False)

    def draft(self, instance: ServerName) -> MessageDraft:
        """What is signed for each delivery."""
        return MessageDraft(self.id, self.kind, instance, self.destination, self.fields)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver said of a message. `reason` is raw text."""

    state: MessageState
    reason: str = ""
    signatures: Json = field(default_factory=dict, repr=False)


async def add(tx: Connection, draft: MessageDraft, now: Millis) -> None:
    """Keep a message to be sent from now on; one whose id is there already stays as it is.

    A `leave`, `sleep` or `wake` takes the place of those of the same member that are not delivered.
    """
    payload = canonical.encode(draft.fields)
    if draft.kind in _SLOT:
        await _supersede(tx, draft, payload)
    new: dict[str, object] = {
        "id": draft.id,
        "destination": draft.destination,
        "kind": draft.kind.value,
        "payload": payload,
        "state": OutgoingState.SENDING.value,
        "reply_state": "",
        "reply_reason": "",
        "reply": None,
        "attempts": 0,
        "at": now,
        "next_at": now,
        "tried_at": None,
    }
    await _outbox.insert(tx, [new], keep=True)


async def get(conn: Connection, message_id: str) -> OutgoingMessage | None:
    """One message."""
    row = await _outbox.get(conn, "id = ?", message_id)
    return _read(row) if row else None


async def claim(
    tx: Connection,
    now: Millis,
    limit: int,
    length: Millis,
    *,
    state: OutgoingState = OutgoingState.SENDING,
    busy: Collection[ServerName] = (),
) -> list[OutgoingMessage]:
    """Take up to `limit` messages in `state` that are due, for `length`.

    At most one of each receiver, its oldest; none of those in `busy`.
    """
    others = f"AND destination NOT IN ({marks(len(busy))})" if busy else ""
    first = (
        "SELECT id, row_number() OVER (PARTITION BY destination ORDER BY at, id) AS place "  # noqa: S608
        f"FROM outbox WHERE state = ? AND next_at <= ? {others}"
    )
    skip = " FOR UPDATE SKIP LOCKED" if is_postgres(tx) else ""
    chosen = (
        f"SELECT id FROM outbox WHERE id IN (SELECT id FROM ({first}) AS due WHERE place = 1) "  # noqa: S608
        f"AND state = ? AND next_at <= ? ORDER BY next_at, at, id LIMIT ?{skip}"
    )
    taken = await returned(
        tx,
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? "  # noqa: S608
        f"WHERE id IN ({chosen}) RETURNING {', '.join(_outbox.columns)}",
        [now + length, state.value, now, *busy, state.value, now, limit],
    )
    return sorted((_from_row(row) for row in taken), key=lambda each: (each.at, each.id))


async def replied(
    tx: Connection, taken: OutgoingMessage, reply: Reply, next_at: Millis | None, now: Millis
) -> OutgoingMessage:
    """Write down what the receiver says; it is asked again at `next_at` (None: that is final).

    The message as it is now. Raises `LeaseLost` where another took it over.
    """
    state = OutgoingState.ANSWERED if next_at is None else OutgoingState.DELIVERED
    changes: dict[str, object] = {
        "state": state.value,
        "reply_state": reply.state.value,
        "reply_reason": reply.reason,
        "reply": {"signatures": dict(reply.signatures)},
    }
    return await _write(tx, taken, changes, next_at, now)


async def failed(
    tx: Connection,
    taken: OutgoingMessage,
    next_at: Millis,
    why: str,
    now: Millis,
    *,
    resend: bool = False,
) -> OutgoingMessage:
    """Write down a failure; it is tried again at `next_at`, or from the start with `resend`.

    What the receiver said before stays. Returns and raises as `replied`.
    """
    changes: dict[str, object] = {} if taken.reply_state else {"reply_reason": why}
    if resend:
        changes |= {"state": OutgoingState.SENDING.value}
    return await _write(tx, taken, changes, next_at, now)


async def ended(
    tx: Connection, taken: OutgoingMessage, state: OutgoingState, why: str, now: Millis
) -> OutgoingMessage:
    """Write down that nothing more is tried. Returns and raises as `replied`."""
    changes: dict[str, object] = {"state": state.value, "reply_reason": why}
    return await _write(tx, taken, changes, None, now)


async def release(tx: Connection, taken: Sequence[OutgoingMessage], now: Millis) -> None:
    """Let go of messages that were not tried; they are due at once."""
    for each in taken:
        await _outbox.update(tx, {"next_at": now}, _OURS, [each.id, each.attempts, *OPEN])


async def cancel(tx: Connection, message_id: str, why: str) -> bool:
    """End a message whose sender no longer wants it; whether anything was still to be done."""
    changes = {"state": OutgoingState.SUPERSEDED.value, "reply_reason": why, "next_at": None}
    where = f"id = ? AND state IN ({marks(len(OPEN))})"
    return bool(await _outbox.update(tx, changes, where, [message_id, *OPEN]))


async def of_kind(conn: Connection, kind: MessageKind, limit: int = 100) -> list[OutgoingMessage]:
    """Messages of one kind, newest first."""
    return await _select(conn, "kind = ?", [kind.value, limit], "ORDER BY at DESC, id LIMIT ?")


async def in_state(
    conn: Connection, state: OutgoingState, limit: int = 100
) -> list[OutgoingMessage]:
    """Messages that got so far, oldest first."""
    return await _select(conn, "state = ?", [state.value, limit], "ORDER BY at, id LIMIT ?")


async def undecided(conn: Connection, kind: MessageKind) -> list[OutgoingMessage]:
    """Messages of one kind that were delivered and whose answer is not final, oldest first."""
    where = "kind = ? AND state = ?"
    values = [kind.value, OutgoingState.DELIVERED.value]
    return await _select(conn, where, values, "ORDER BY at, id")


async def counts(conn: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    return await _outbox.counts(conn, "state")


async def prune(tx: Connection, now: Millis) -> int:
    """Forget messages that ended, or were last tried, more than `KEPT` ago; how many."""
    where = f"state NOT IN ({marks(len(OPEN))}) AND coalesce(tried_at, at) <= ?"
    return await _outbox.delete(tx, where, [*OPEN, now - KEPT])


async def _supersede(tx: Connection, draft: MessageDraft, payload: bytes) -> None:
    """End what was said before of the same member, and has not arrived."""
    statement = (
        "UPDATE outbox SET state = ?, reply_reason = ?, next_at = NULL "  # noqa: S608
        f"WHERE destination = ? AND state = ? AND payload = ? AND kind IN ({marks(len(_SLOT))})"
    )
    state, why = OutgoingState.SUPERSEDED.value, f"a newer {draft.kind.value} took its place"
    values = [state, why, draft.destination, OutgoingState.SENDING.value, payload, *_SLOT]
    await execute(tx, statement, values)


async def _write(
    tx: Connection,
    taken: OutgoingMessage,
    changes: dict[str, object],
    next_at: Millis | None,
    now: Millis,
) -> OutgoingMessage:
    changes = {**changes, "next_at": next_at, "tried_at": now}
    if not await _outbox.update(tx, changes, _OURS, [taken.id, taken.attempts, *OPEN]):
        raise LeaseLost(f"another process has taken over the message {taken.id}, or it ended")
    written = await get(tx, taken.id)
    if written is None:
        raise LeaseLost(f"the message {taken.id} is gone")
    return written


async def _select(
    conn: Connection, where: str, values: Sequence[object], tail: str
) -> list[OutgoingMessage]:
    return [_read(row) for row in await _outbox.select(conn, where, values, tail=tail)]


def _from_row(row: Row) -> OutgoingMessage:
    return _stored(dict(zip(_outbox.columns, row, strict=True)))


def _read(row: models.Outgoing) -> OutgoingMessage:
    return _stored({name: getattr(row, name) for name in _outbox.columns})


def _stored(values: dict[str, Any]) -> OutgoingMessage:
    reply = from_json(values["reply"]) or {}
    return OutgoingMessage(
        id=values["id"],
        destination=ServerName(values["destination"]),
        kind=MessageKind(values["kind"]),
        fields=canonical.decode(bytes(values["payload"])),
        state=OutgoingState(values["state"]),
        attempts=values["attempts"],
        at=values["at"],
        next_at=values["next_at"],
        tried_at=values["tried_at"],
        reply_state=MessageState(values["reply_state"]) if values["reply_state"] else None,
        reply_reason=values["reply_reason"],
        signatures=reply.get("signatures", {}),
    )
