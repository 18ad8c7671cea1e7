"""What the inbox answers, and what it asks of whoever acts upon messages about rings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from webring.clock import Millis
from webring.documents.canonical import Json
from webring.documents.message import Message, MessageState
from webring.names import ServerName
from webring.storage.sql import Connection


@dataclass(frozen=True, slots=True)
class InboxReply:
    """What became of a message, and why. `signatures` are a document's, for a `cosign` alone."""

    state: MessageState
    reason: str = ""
    signatures: Json = field(default_factory=dict)


class RingMessages(Protocol):
    """Acts upon messages about rings. Nothing is asked of the network here."""

    async def act(self, tx: Connection, message: Message, now: Millis) -> InboxReply:
        """Do what a message asks. It is well formed, and a pinned key of its sender signed it.

        `WAITING` keeps it for somebody to decide: `storage.inbox.set_state` then tells what came
        of it. A `DocumentError` undoes what was written, and refuses the message.
        """

    async def signatures(self, conn: Connection, instance: ServerName, message_id: str) -> Json:
        """The signatures that answer the `cosign` with this id of `instance`, if there are any."""
