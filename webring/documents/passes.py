"""A word by which whoever has our keys proves to a running instance that it is our operator.

It is for questions about ourselves that strangers are not told the answer to. It holds for a few
minutes, and its bytes can be no document's: those begin with a brace.
"""

from __future__ import annotations

from typing import Final

from webring.clock import MINUTE, Millis
from webring.documents.ed25519 import SIGNATURE_BYTES
from webring.documents.keys import SigningKey, VerifyKey, from_base64, to_base64
from webring.errors import DocumentError

LIFE: Final[Millis] = 5 * MINUTE
MAX_PASS: Final = 128
"""Characters of one that are looked at."""


def issue(key: SigningKey, now: Millis) -> str:
    """A pass, signed by our current key."""
    return f"{now}.{to_base64(key.sign(_message(str(now))))}"


def holds(text: str, key: VerifyKey, now: Millis) -> bool:
    """Whether `text` is a pass that this key signed within `LIFE`."""
    at, _, signature = text[:MAX_PASS].partition(".")
    if not (at.isascii() and at.isdecimal()) or abs(now - int(at)) > LIFE:
        return False
    try:
        return key.verify(_message(at), from_base64(signature, "pass", SIGNATURE_BYTES))
    except DocumentError:
        return False


def _message(at: str) -> bytes:
    return f"webring pass {at}".encode()
