"""The messages about rings: what each kind carries, written and read.

`webring.documents.message` reads and checks the envelope; the fields of its kind are read here,
and are well formed as a whole or not at all. A kind's fields are the table in `docs/protocol.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from webring.documents.fields import Reader, read_object
from webring.documents.message import Message, MessageDraft, MessageKind, new_id
from webring.documents.ring import Reason, Ring, read_ring_content
from webring.documents.ring_parts import read_member_id
from webring.errors import MalformedDocument
from webring.names import RingId, ServerName, Slug

MAX_NOTE: Final = 1_000
"""Characters of what whoever asks says to the stewards; what is longer is cut."""
MAX_SENTENCE: Final = 500
"""Characters of the sentence of a decision; what is longer is cut."""

_MESSAGE_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Verdict(StrEnum):
    """What stewards decided about somebody."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REMOVED = "removed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class Join:
    """A request for a slot: for a community of the sender, or for the site at `url` (one of both).

    An instance that passes on what a site asked for by its form sends the second.
    """

    ring: RingId
    root: str
    community: Slug | None = None
    url: str = ""
    note: str = ""

    @property
    def kind(self) -> MessageKind:
        """The message's kind."""
        return MessageKind.JOIN

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a message."""
        whom = {"url": self.url} if self.community is None else {"community": self.community}
        return {"ring": self.ring, "root": self.root, **whom, "note": self.note}


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A member leaves, falls asleep or wakes: nobody's permission is needed."""

    kind: MessageKind
    ring: RingId
    root: str
    member: str

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a message."""
        return {"ring": self.ring, "root": self.root, "member": self.member}


@dataclass(frozen=True, slots=True)
class Move:
    """A member's new place: its URL and, for a community, its instance and its id there.

    In the message they stand in an object, `to`: `instance` itself is the sender.
    """

    ring: RingId
    root: str
    member: str
    url: str
    instance: ServerName | None = None
    community: Slug | None = None

    @property
    def kind(self) -> MessageKind:
        """The message's kind."""
        return MessageKind.MOVE

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a message."""
        place: dict[str, object] = {"url": self.url}
        if self.community is not None:
            place |= {"instance": self.instance, "community": self.community}
        return {"ring": self.ring, "root": self.root, "member": self.member, "to": place}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the stewards decided, told to the instance that it is about.

    `member` is the slot, where there is one or will be; `request` the id of the `join` that it
    answers, where there was one. `code` is None for what needs no reason: accepted and invited.
    """

    ring: RingId
    root: str
    outcome: Verdict
    code: Reason | None = None
    sentence: str = ""
    member: str = ""
    request: str = ""

    @property
    def kind(self) -> MessageKind:
        """The message's kind."""
        return MessageKind.DECISION

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a message; those that are empty are left out."""
        given = {"code": self.code and self.code.value, "sentence": self.sentence}
        given |= {"member": self.member, "request": self.request}
        fields: dict[str, object] = {"ring": self.ring, "root": self.root}
        fields["outcome"] = self.outcome.value
        return fields | {key: value for key, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Cosign:
    """A proposed version, with the signatures that it has so far. `root` is "" for version 1.

    Its pages are fetched from the sender.
    """

    ring: RingId
    root: str
    sequence: int
    head: Ring

    @property
    def kind(self) -> MessageKind:
        """The message's kind."""
        return MessageKind.COSIGN

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a message."""
        named = {"ring": self.ring, "root": self.root, "sequence": self.sequence}
        return {**named, "head": dict(self.head.content)}


RingMessage: TypeAlias = Join | SlotChange | Move | Decision | Cosign


def draft(instance: ServerName, destination: ServerName, body: RingMessage) -> MessageDraft:
    """A message from `instance` to `destination`, under a new id.

    Raises `MalformedDocument` where `body` would be refused, or read otherwise.
    """
    content = body.to_json()
    if _READERS[body.kind](Reader({**content, "kind": body.kind.value})) != body:
        raise MalformedDocument(f"a field of this {body.kind} is over its limit")
    return MessageDraft(new_id(), body.kind, instance, destination, content)


def propose(head: Ring) -> Cosign:
    """The message that asks another steward to sign `head`."""
    root = head.root if head.sequence > 1 else ""
    # Without the members of its pages, which the message does not carry.
    return Cosign(head.id, root, head.sequence, read_ring_content(head.content))


def read_ring_message(message: Message) -> RingMessage:
    """The fields of a message about a ring; `MalformedDocument` for any that is wrong."""
    read = _READERS.get(message.kind)
    if read is None:
        raise MalformedDocument(f"a message of the kind {message.kind} is not about a ring")
    return read(Reader(message.content))


def _read_join(reader: Reader) -> Join:
    community = reader.optional("community", Slug.parse)
    url = reader.url("url")
    if (community is None) == (not url):
        raise reader.wrong("community", "given, or else url, and not both", community)
    note = reader.text("note", limit=MAX_NOTE, default="")
    return Join(*_read_ring(reader), community, url, note)


def _read_slot_change(reader: Reader) -> SlotChange:
    kind = reader.word("kind", MessageKind)
    return SlotChange(kind, *_read_ring(reader), read_member_id(reader, "member"))


def _read_move(reader: Reader) -> Move:
    place = read_object(reader.content.get("to"), "to")
    instance = place.optional("instance", ServerName.parse)
    community = place.optional("community", Slug.parse)
    if (instance is None) != (community is None):
        raise place.wrong("instance", "given with community, or neither", instance)
    url = place.url("url")
    if not url:
        raise place.wrong("url", "an https URL", url)
    ring, root = _read_ring(reader)
    return Move(ring, root, read_member_id(reader, "member"), url, instance, community)


def _read_decision(reader: Reader) -> Decision:
    ring, root = _read_ring(reader)
    request = reader.text("request", limit=64, default="")
    if request and not _MESSAGE_ID.fullmatch(request):
        raise reader.wrong("request", "32 lowercase hex digits", request)
    return Decision(
        ring=ring,
        root=root,
        outcome=reader.word("outcome", Verdict),
        code=None if reader.content.get("code") is None else reader.word("code", Reason),
        sentence=reader.text("sentence", limit=MAX_SENTENCE, default=""),
        member=read_member_id(reader, "member") if reader.content.get("member") else "",
        request=request,
    )


def _read_cosign(reader: Reader) -> Cosign:
    content = reader.mapping("head")
    head = read_ring_content(content)
    root = reader.text("root", limit=65, default="")
    if root and not _SHA256.fullmatch(root):
        raise reader.wrong("root", "64 lowercase hex digits, or empty for version 1", root)
    read = Cosign(reader.name("ring", RingId.parse), root, reader.integer("sequence"), head)
    if read != propose(head):
        raise MalformedDocument("ring, root and sequence are those of head")
    return read


def _read_ring(reader: Reader) -> tuple[RingId, str]:
    return reader.name("ring", RingId.parse), reader.sha256("root")


_READERS: Final[Mapping[MessageKind, Callable[[Reader], RingMessage]]] = MappingProxyType(
    {
        MessageKind.JOIN: _read_join,
        MessageKind.LEAVE: _read_slot_change,
        MessageKind.SLEEP: _read_slot_change,
        MessageKind.WAKE: _read_slot_change,
        MessageKind.MOVE: _read_move,
        MessageKind.DECISION: _read_decision,
        MessageKind.COSIGN: _read_cosign,
    }
)


__all__ = [
    "MAX_NOTE",
    "MAX_SENTENCE",
    "Cosign",
    "Decision",
    "Join",
    "Move",
    "RingMessage",
    "SlotChange",
    "Verdict",
    "draft",
    "propose",
    "read_ring_message",
]
