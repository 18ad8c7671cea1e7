"""What a receiver's inbox answers: read strictly, and told apart from whatever stands before it."""

from __future__ import annotations

from typing import Final

from webring.documents import canonical
from webring.documents.canonical import Json
from webring.documents.fields import Reader
from webring.documents.message import MessageState
from webring.documents.ring_parts import MAX_STEWARD_KEYS
from webring.errors import StatusRefused
from webring.names import ServerName
from webring.storage.outgoing import Reply

MAX_REPLY: Final = 64 * 1024
"""Bytes of one answer."""
MAX_REASON: Final = 500
"""Characters of a reason; what is longer is cut."""
MAX_SIGNATURE: Final = 256
"""Characters of a key's id, and of a signature."""
_FINAL: Final = frozenset({400, 403, 404, 405, 413})
_NOT_CURRENT: Final = "M_INVALID_PARAM"
"""What an inbox whose clock is another answers: the next attempt has another time."""
_NOT_FOUND: Final = 404


def read_reply(body: bytes, receiver: ServerName) -> Reply:
    """Read `{state, reason, signatures}`; `MalformedDocument` where it is something else.

    Of the signatures only the receiver's own are kept: for others it cannot speak.
    """
    reader = Reader(canonical.decode(body, limit=MAX_REPLY))
    return Reply(
        state=reader.word("state", MessageState),
        reason=reader.text("reason", limit=MAX_REASON, default=""),
        signatures=_signatures(reader, receiver),
    )


def is_final(error: Exception) -> bool:
    """Whether a receiver refused a message for good, in the protocol's own words.

    A page of a proxy, a host that is down, a clock that is wrong: all that may pass.
    """
    if not isinstance(error, StatusRefused) or error.errcode == _NOT_CURRENT:
        return False
    return error.status in _FINAL and bool(error.errcode)


def is_unknown(error: Exception) -> bool:
    """Whether a receiver says, in the protocol's own words, that it has no such message."""
    return isinstance(error, StatusRefused) and error.status == _NOT_FOUND and bool(error.errcode)


def _signatures(reader: Reader, receiver: ServerName) -> Json:
    by_name = reader.mapping("signatures")
    if receiver not in by_name:
        return {}
    signatures = Reader(by_name, "signatures").mapping(receiver)
    path = f"signatures.{receiver}"
    if len(signatures) > MAX_STEWARD_KEYS:
        wanted = f"an object of at most {MAX_STEWARD_KEYS} keys"
        raise reader.wrong(path, wanted, len(signatures))
    for key_id, text in signatures.items():
        fits = isinstance(text, str) and max(len(key_id), len(text)) <= MAX_SIGNATURE
        if not fits:
            raise reader.wrong(path, f"text of at most {MAX_SIGNATURE} characters", text)
    return {receiver: dict(signatures)} if signatures else {}
