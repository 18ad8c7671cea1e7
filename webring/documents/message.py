"""`webring.message`: what one instance sends to another's inbox.

A message proves its sender by its signature: nobody is called back at an address that it names.
It has an audience (`destination`), a time, and a nonce that is good once. Delivered again, it keeps
its `id` and gets a fresh nonce, time and signature, which tells a retry from a replay.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from webring.clock import DAY, MINUTE, Millis
from webring.documents import canonical, envelope
from webring.documents.canonical import Json
from webring.documents.fields import SPEC, Reader, read_object
from webring.documents.keys import SigningKey, VerifyKey
from webring.documents.parts import Withdrawn, read_withdrawn
from webring.errors import BadSignature, MalformedDocument, TrustError
from webring.names import ServerName

TYPE: Final = "webring.message"
MAX_BYTES: Final = 64 * 1024
"""Bytes of one message."""
MAX_WITHDRAWN: Final = 500
"""Rooms in one `withdraw`; more go into further messages."""
CURRENT_FOR: Final[Millis] = 10 * MINUTE
"""How far `issued_at` may lie from the receiver's time, either way."""
NONCE_KEPT: Final[Millis] = 30 * MINUTE
"""How long a receiver remembers a nonce: longer than a message can be current."""
RETRIED_FOR: Final[Millis] = 7 * DAY
"""How long a sender goes on trying."""

_HEX_128 = re.compile(r"[0-9a-f]{32}")


class MessageKind(StrEnum):
    """What a message asks for; `documents.ring_messages` reads those about rings."""

    ANNOUNCE = "announce"
    WITHDRAW = "withdraw"
    JOIN = "join"
    LEAVE = "leave"
    SLEEP = "sleep"
    WAKE = "wake"
    MOVE = "move"
    DECISION = "decision"
    COSIGN = "cosign"

    @property
    def is_open(self) -> bool:
        """Whether a sender without a pinned manifest may send it."""
        return self is MessageKind.ANNOUNCE

    @property
    def is_about_rings(self) -> bool:
        """Whether its fields are those of `documents.ring_messages`."""
        return self not in {MessageKind.ANNOUNCE, MessageKind.WITHDRAW}


class MessageState(StrEnum):
    """What became of a message: the inbox's answer, and what is polled afterwards."""

    QUEUED = "queued"
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was read. Neither its signature nor its time is judged yet: see `check`.

    `withdrawn` is filled for a `withdraw`; `content` is all of it, unknown fields included.
    """

    id: str
    kind: MessageKind
    instance: ServerName
    destination: ServerName
    issued_at: Millis
    nonce: str
    withdrawn: tuple[Withdrawn, ...] = ()
    content: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """What is sent, however often: each delivery is signed anew."""

    id: str
    kind: MessageKind
    instance: ServerName
    destination: ServerName
    fields: Json = field(default_factory=dict)


def announce(instance: ServerName, destination: ServerName) -> MessageDraft:
    """Ask `destination` to visit `instance`. It names no address: the name itself is one."""
    return MessageDraft(new_id(), MessageKind.ANNOUNCE, instance, destination)


def withdraw(
    instance: ServerName, destination: ServerName, withdrawn: Iterable[Withdrawn]
) -> MessageDraft:
    """Tell `destination` which rooms left; `MalformedDocument` unless they are 1 to 500."""
    rooms = [gone.to_json() for gone in withdrawn]
    _check_count(len(rooms))
    return MessageDraft(new_id(), MessageKind.WITHDRAW, instance, destination, {"withdrawn": rooms})


def new_id() -> str:
    """128 random bits, as 32 lowercase hex digits: a message's id, or its nonce."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether `text` can be the id of a message."""
    return _HEX_128.fullmatch(text) is not None


def sign_message(
    draft: MessageDraft, keys: Iterable[SigningKey], now: Millis, *, nonce: str | None = None
) -> bytes:
    """The bytes of one delivery of `draft`, at `now`, with a nonce of its own."""
    content: dict[str, object] = {
        **draft.fields,
        "type": TYPE,
        "spec": SPEC,
        "id": draft.id,
        "kind": draft.kind.value,
        "instance": draft.instance,
        "destination": draft.destination,
        "issued_at": now,
        "nonce": nonce or new_id(),
    }
    return canonical.encode(envelope.sign(content, draft.instance, keys))


def read_message(data: bytes) -> Message:
    """Read a message of at most 64 KiB; `MalformedDocument` for anything else.

    Its codes: malformed, wrong_type, unknown_kind.
    """
    content = canonical.decode(data, limit=MAX_BYTES)
    reader = Reader(content)
    seen = content.get("type")
    if seen != TYPE:
        raise MalformedDocument(f"type is {TYPE}, not {ascii(seen)[:80]}", "wrong_type")
    if content.get("spec") != SPEC:
        raise reader.wrong("spec", SPEC, content.get("spec"))
    kind = _read_kind(content.get("kind"))
    return Message(
        id=_read_random(reader, "id"),
        kind=kind,
        instance=reader.name("instance", ServerName.parse),
        destination=reader.name("destination", ServerName.parse),
        issued_at=reader.integer("issued_at"),
        nonce=_read_random(reader, "nonce"),
        withdrawn=_read_withdrawn(reader) if kind is MessageKind.WITHDRAW else (),
        content=content,
    )


def check(message: Message, own_name: ServerName, now: Millis) -> None:
    """Refuse a message that is for another, or not of now: `TrustError`.

    Its codes: wrong_destination, own_message, not_current. (A nonce that was used is a conflict,
    which only the receiver's memory can tell.)
    """
    if message.destination != own_name:
        raise TrustError(
            f"the message is for {message.destination}, and this is {own_name}",
            "wrong_destination",
        )
    if message.instance == own_name:
        raise TrustError("the message claims to come from here", "own_message")
    apart = abs(now - message.issued_at)
    if apart > CURRENT_FOR:
        raise TrustError(
            f"issued_at lies {apart // 1000} s from now; at most {CURRENT_FOR // 1000} s are taken",
            "not_current",
        )


def check_signature(message: Message, keys: Mapping[str, VerifyKey]) -> None:
    """Raise `BadSignature` unless one of the sender's pinned `keys` signed the message."""
    if not envelope.valid_signatures(message.content, message.instance, keys):
        raise BadSignature(f"no pinned key of {message.instance} signed this message")


def _read_kind(value: object) -> MessageKind:
    try:
        return MessageKind(str(value))
    except ValueError:
        kinds = ", ".join(MessageKind)
        raise MalformedDocument(
            f"kind is one of {kinds}, not {ascii(value)[:80]}", "unknown_kind"
        ) from None


def _read_random(reader: Reader, key: str) -> str:
    value = reader.text(key, limit=64)
    if not _HEX_128.fullmatch(value):
        raise reader.wrong(key, "32 lowercase hex digits", value)
    return value


def _read_withdrawn(reader: Reader) -> tuple[Withdrawn, ...]:
    items = reader.objects("withdrawn")
    _check_count(len(items))
    return tuple(read_withdrawn(read_object(item, path)) for path, item in items)


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_WITHDRAWN:
        raise MalformedDocument(f"withdrawn names 1 to {MAX_WITHDRAWN} rooms, not {count}")
