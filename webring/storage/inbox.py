"""Messages that reached the inbox, what became of each, and the nonces that were used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from webring.clock import DAY, MINUTE, Millis
from webring.names import ServerName
from webring.storage import models
from webring.storage.sql import Connection, returned
from webring.storage.table import Table

NONCE_LIFE: Final = 30 * MINUTE
MESSAGE_LIFE: Final = 30 * DAY

_messages: Final = Table(models.Message)
_nonces: Final = Table(models.Nonce)
_UNPROVEN: Final = "state = 'waiting' AND length(body) > 0"
"""What waits for its sender's manifest: others wait for somebody to decide."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """The message `id` of `instance`, and its state (such as received, done, refused).

    `body` is kept while the sender has to be verified first, and empty from then on.
    """

    instance: ServerName
    id: str
    kind: str
    state: str
    reason: str
    body: bytes = field(repr=False)
    at: Millis


async def remember_nonce(tx: Connection, instance: ServerName, nonce: str, now: Millis) -> bool:
    """Use a nonce up; False if it was used before (within `NONCE_LIFE`)."""
    await _nonces.delete(
        tx, "instance = ? AND nonce = ? AND at <= ?", [instance, nonce, now - NONCE_LIFE]
    )
    new = await returned(
        tx,
        "INSERT INTO nonce (instance, nonce, at) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING RETURNING id",
        [instance, nonce, now],
    )
    return bool(new)


async def put(tx: Connection, message: StoredMessage) -> bool:
    """Keep a message; False if this (instance, id) was there already, which stays as it is."""
    new = await returned(
        tx,
        "INSERT INTO message (instance, message, kind, state, reason, body, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        [
            message.instance,
            message.id,
            message.kind,
            message.state,
            message.reason,
            message.body,
            message.at,
        ],
    )
    return bool(new)


async def get(conn: Connection, instance: ServerName, message_id: str) -> StoredMessage | None:
    """One message."""
    row = await _messages.get(conn, "instance = ? AND message = ?", instance, message_id)
    return _read(row) if row else None


async def set_state(
    tx: Connection, instance: ServerName, message_id: str, state: str, reason: str
) -> bool:
    """Note what became of a message; whether it is there."""
    where = "instance = ? AND message = ?"
    changes = {"state": state, "reason": reason}
    return bool(await _messages.update(tx, changes, where, [instance, message_id]))


async def in_state(conn: Connection, state: str, limit: int) -> list[StoredMessage]:
    """Messages in one state, oldest first."""
    tail = "ORDER BY at, id LIMIT ?"
    return [
        _read(row) for row in await _messages.select(conn, "state = ?", [state, limit], tail=tail)
    ]


async def ready(conn: Connection, limit: int) -> list[StoredMessage]:
    """Messages that wait although their sender is verified by now, oldest first."""
    where = f"{_UNPROVEN} AND instance IN (SELECT name FROM peer WHERE trust IS NOT NULL)"  # noqa: S608
    found = await _messages.select(conn, where, [limit], tail="ORDER BY at, id LIMIT ?")
    return [_read(row) for row in found]


async def take(tx: Connection, message: StoredMessage) -> bool:
    """Take a message that waited for its sender to be verified; False if another has."""
    where = f"instance = ? AND message = ? AND {_UNPROVEN}"
    return bool(await _messages.update(tx, {"body": b""}, where, [message.instance, message.id]))


async def drop_sender(tx: Connection, instance: ServerName) -> None:
    """Forget the messages in a name that is given up."""
    await _messages.delete(tx, "instance = ?", [instance])


async def drop_unknown(tx: Connection) -> None:
    """Forget what waits for senders that are known no more."""
    where = f"{_UNPROVEN} AND instance NOT IN (SELECT name FROM peer)"  # noqa: S608
    await _messages.delete(tx, where)


async def count(conn: Connection, instance: ServerName) -> int:
    """How many messages of one sender are kept."""
    return await _messages.count(conn, "instance = ?", [instance])


async def count_unproven(conn: Connection) -> int:
    """How many messages wait for their senders to be verified."""
    return await _messages.count(conn, _UNPROVEN)


async def prune(tx: Connection, now: Millis) -> None:
    """Forget nonces after `NONCE_LIFE` and messages after `MESSAGE_LIFE`."""
    await _nonces.delete(tx, "at <= ?", [now - NONCE_LIFE])
    await _messages.delete(tx, "at <= ?", [now - MESSAGE_LIFE])


def _read(row: models.Message) -> StoredMessage:
    return StoredMessage(
        instance=ServerName(row.instance),
        id=row.message,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        body=row.body,
        at=row.at,
    )
