"""`webring.recovery`: how an instance whose keys were lost or stolen gets its name back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from webring.documents import envelope
from webring.documents.canonical import Json
from webring.documents.fields import SPEC, Reader
from webring.documents.keys import MAX_KEYS, SigningKey, VerifyKey
from webring.errors import MalformedDocument
from webring.names import ServerName

TYPE: Final = "webring.recovery"


@dataclass(frozen=True, slots=True)
class Recovery:
    """Keys that replace all pinned ones. Good only if the *pinned* recovery key signed it."""

    instance: ServerName
    sequence: int
    keys: Mapping[str, VerifyKey]
    recovery_key: VerifyKey
    content: Json = field(repr=False)

    def is_signed_by(self, recovery_key: VerifyKey) -> bool:
        """Whether `recovery_key`, as it was pinned before, signed this."""
        keys = {recovery_key.id: recovery_key}
        return bool(envelope.valid_signatures(self.content, self.instance, keys))


def read_keys(content: Json, path: str, *, limit: int = MAX_KEYS) -> dict[str, VerifyKey]:
    """Read `{"ed25519:id": {"key": base64}}`, at most `limit` of them."""
    if len(content) > limit:
        raise MalformedDocument(f"{path} names at most {limit} keys, not {len(content)}")
    keys: dict[str, VerifyKey] = {}
    for key_id, value in content.items():
        if not isinstance(value, dict):
            raise MalformedDocument(f"{path}.{ascii(key_id)[:80]} is an object with `key`")
        keys[key_id] = VerifyKey.parse(key_id, value.get("key"))
    return keys


def write_keys(keys: Mapping[str, VerifyKey]) -> dict[str, object]:
    """What `read_keys` reads."""
    return {key.id: {"key": key.b64} for key in keys.values()}


def read_single_key(content: object, path: str) -> VerifyKey:
    """Read an object of exactly one key."""
    if not isinstance(content, dict) or len(content) != 1:
        raise MalformedDocument(f"{path} is an object of one key")
    return next(iter(read_keys(content, path).values()))


def read_recovery(content: object) -> Recovery:
    """Read a recovery; its signature is for `Recovery.is_signed_by` to judge."""
    if not isinstance(content, dict) or content.get("type") != TYPE:
        raise MalformedDocument(f"recovery is an object of type {TYPE}", "bad_recovery")
    reader = Reader(content, "recovery")
    if content.get("spec") != SPEC:
        raise reader.wrong("spec", SPEC, content.get("spec"))
    keys = read_keys(reader.mapping("keys"), "recovery.keys")
    if not keys:
        raise MalformedDocument("recovery.keys names at least one key", "bad_recovery")
    return Recovery(
        instance=reader.name("instance", ServerName.parse),
        sequence=reader.integer("sequence"),
        keys=keys,
        recovery_key=read_single_key(content.get("recovery_key"), "recovery.recovery_key"),
        content=content,
    )


def sign_recovery(
    instance: ServerName,
    sequence: int,
    keys: Mapping[str, VerifyKey],
    recovery_key: SigningKey,
    next_recovery_key: VerifyKey,
    former: Iterable[SigningKey] = (),
) -> dict[str, object]:
    """A signed recovery that puts `keys` and `next_recovery_key` in place of what was pinned.

    `former` recovery keys sign beside `recovery_key`: peers that slept through the recovery which
    replaced them have only those pinned.
    """
    content: dict[str, object] = {
        "type": TYPE,
        "spec": SPEC,
        "instance": instance,
        "sequence": sequence,
        "keys": write_keys(keys),
        "recovery_key": write_keys({next_recovery_key.id: next_recovery_key}),
    }
    return envelope.sign(content, instance, [recovery_key, *former])
