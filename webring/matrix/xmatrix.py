"""Signed federation requests, and the key document that lets others check them.

Source: Matrix specification, server-server API, "Authentication" and "Retrieving server keys"; the
header's grammar is that of RFC 9110, section 11.4. `uri` is the path and query exactly as sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import envelope
from webring.documents.keys import KeySet, SigningKey, VerifyKey
from webring.errors import BadSignature, InvalidName, MalformedDocument
from webring.names import ServerName

KEYS_VALID_FOR: Final[Millis] = 7 * DAY
"""How long others may rely on our key document before they ask again."""
MAX_HEADER: Final = 4_096
"""Characters in an Authorization header."""

_PARAMETER: Final = re.compile(
    r"[ \t]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*=[ \t]*"
    r'(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&\'*+.^_`|~:\-\[\]/=]+))[ \t]*(?:,|$)'
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a signature is made over. `content` is the JSON body where there is one."""

    origin: ServerName
    destination: ServerName
    method: str
    uri: str
    content: Mapping[str, object] | None = None

    def to_json(self) -> dict[str, object]:
        """The object that is signed (unsigned as yet)."""
        signed: dict[str, object] = {
            "origin": self.origin,
            "destination": self.destination,
            "method": self.method,
            "uri": self.uri,
        }
        return signed if self.content is None else {**signed, "content": dict(self.content)}


@dataclass(frozen=True, slots=True)
class XMatrix:
    """An Authorization header of scheme X-Matrix, parsed."""

    origin: ServerName
    destination: ServerName | None
    key: str
    signature: str


def authorization(request: Request, key: SigningKey) -> str:
    """The value of the Authorization header that signs `request`."""
    signed = envelope.sign(request.to_json(), request.origin, [key])
    signatures = signed["signatures"]
    signature = signatures[request.origin][key.id] if isinstance(signatures, dict) else ""
    return (
        f'X-Matrix origin="{request.origin}",destination="{request.destination}",'
        f'key="{key.id}",sig="{signature}"'
    )


def parse(header: str) -> XMatrix:
    """Read an Authorization header; `MalformedDocument` for anything but one X-Matrix."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "x-matrix" or len(header) > MAX_HEADER:
        raise MalformedDocument("the Authorization header is of scheme X-Matrix")
    values = _parameters(rest)
    try:
        destination = values.get("destination")
        return XMatrix(
            origin=ServerName.parse(values["origin"]),
            destination=None if destination is None else ServerName.parse(destination),
            key=values["key"],
            signature=values["sig"],
        )
    except KeyError as missing:
        raise MalformedDocument(f"the X-Matrix header names no {missing.args[0]}") from None
    except InvalidName as error:
        raise MalformedDocument(f"the X-Matrix header: {error}") from None


def verify(header: str, request: Request, keys: Mapping[str, VerifyKey]) -> None:
    """Raise unless `header` signs `request`, for its destination, with one of its origin's `keys`.

    It fails closed: a header without a destination signs nothing for us.
    """
    claim = parse(header)
    if claim.origin != request.origin or claim.destination != request.destination:
        raise BadSignature("the request is signed by another origin or for another destination")
    signatures = {claim.origin: {claim.key: claim.signature}}
    content = {**request.to_json(), "signatures": signatures}
    if not envelope.valid_signatures(content, claim.origin, keys):
        raise BadSignature(f"the signature by {claim.key[:80]!a} of {claim.origin} is not good")


def key_document(name: ServerName, keys: KeySet, now: Millis) -> dict[str, object]:
    """What `/_matrix/key/v2/server` answers: our keys, signed by the current one.

    A compromised key is not named at all: nobody should take its signatures for ours.
    """
    document: dict[str, object] = {
        "server_name": name,
        "valid_until_ts": now + KEYS_VALID_FOR,
        "verify_keys": {key.id: {"key": key.b64} for key in keys.verify_keys.values()},
        "old_verify_keys": {
            old.key.id: {"key": old.key.verify_key.b64, "expired_ts": old.retired_at}
            for old in keys.retired
            if not old.compromised
        },
    }
    return envelope.sign(document, name, [keys.current])


def _parameters(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None:
            raise MalformedDocument(f"the X-Matrix header is malformed at character {at}")
        name, quoted, plain = match.groups()
        if name.lower() in values:
            raise MalformedDocument(f"the X-Matrix header names {name.lower()} twice")
        values[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = match.end()
    return values
