"""The `signatures` of a document: who signed it, with which keys.

Source: Matrix specification, appendices, "Signing JSON". `signatures` and `unsigned` are not
signed; what stands in `unsigned` is never shown, indexed or trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webring.documents import canonical
from webring.documents.ed25519 import SIGNATURE_BYTES
from webring.documents.keys import SigningKey, VerifyKey, from_base64, to_base64
from webring.errors import MalformedDocument
from webring.names import ServerName

_NOT_SIGNED = frozenset({"signatures", "unsigned"})


def signed_bytes(content: canonical.Json) -> bytes:
    """The bytes that signatures are made over."""
    return canonical.encode({k: v for k, v in content.items() if k not in _NOT_SIGNED})


def document_hash(content: canonical.Json) -> str:
    """A document's identity: the lowercase hex SHA-256 of its signed bytes."""
    return canonical.digest(signed_bytes(content))


def sign(content: canonical.Json, name: str, keys: Iterable[SigningKey]) -> dict[str, object]:
    """A copy of `content` with `name`'s signatures by `keys` added to those it has."""
    message = signed_bytes(content)
    made = {key.id: to_base64(key.sign(message)) for key in keys}
    signatures = _signatures(content)
    signatures[name] = {**signatures.get(name, {}), **made}
    return {**content, "signatures": signatures}


def valid_signatures(
    content: canonical.Json, name: str, keys: Mapping[str, VerifyKey]
) -> frozenset[str]:
    """The ids of those `keys` whose signature in `name`'s place is good.

    Signatures by keys that are not among `keys` are passed over; `MalformedDocument` where
    `signatures` is not an object of objects, or a signature of one of `keys` is not base64.
    """
    claimed = _signatures(content).get(name, {})
    known = {key_id: keys[key_id] for key_id in claimed if key_id in keys}
    if not known:
        return frozenset()
    message = signed_bytes(content)
    return frozenset(
        key_id
        for key_id, key in known.items()
        if key.verify(message, _signature(key_id, claimed[key_id]))
    )


def signers(
    content: canonical.Json, keys: Mapping[ServerName, Mapping[str, VerifyKey]]
) -> frozenset[ServerName]:
    """Those names of `keys` in whose place one of their keys signed well; each counts once.

    `MalformedDocument` as in `valid_signatures`.
    """
    signatures = _signatures(content)
    message = signed_bytes(content)
    return frozenset(
        name
        for name, own in keys.items()
        if any(
            own[key_id].verify(message, _signature(key_id, text))
            for key_id, text in signatures.get(name, {}).items()
            if key_id in own
        )
    )


def signature_ids(content: canonical.Json, name: str) -> frozenset[str]:
    """The ids under which something stands in `name`'s place, good or not."""
    return frozenset(_signatures(content).get(name, {}))


def _signature(key_id: str, text: object) -> bytes:
    return from_base64(text, f"the signature of {key_id}", SIGNATURE_BYTES)


def _signatures(content: canonical.Json) -> dict[str, dict[str, object]]:
    signatures = content.get("signatures", {})
    if not isinstance(signatures, dict):
        raise MalformedDocument("`signatures` is an object of names")
    for name, by_key in signatures.items():
        if not isinstance(by_key, dict):
            raise MalformedDocument(f"`signatures` of {ascii(name)[:80]} is an object of key ids")
    return dict(signatures)
