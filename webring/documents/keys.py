"""Signing keys, and the text that keeps them.

A key file has one key a line, the current one first:

    ed25519 a_Zk3q <seed, unpadded base64>
    ed25519 a_9fQx <seed> retired 1790000000000
    ed25519 a_Lw2b <seed> compromised 1780000000000

A new key always gets a new id: an id that others have seen with another key is refused for ever.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from webring.clock import DAY, Millis
from webring.documents import ed25519
from webring.errors import ConfigError, MalformedDocument

CO_SIGNING: Final[Millis] = 180 * DAY
"""How long a retired key goes on signing beside its successors."""
SEED_BYTES: Final = 32

_KEY_ID = re.compile(r"ed25519:[A-Za-z0-9_]{1,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")
_ID_ALPHABET = string.ascii_letters + string.digits


def to_base64(data: bytes) -> str:
    """Unpadded base64 (Matrix specification, appendices)."""
    return base64.b64encode(data).decode().rstrip("=")


def from_base64(text: object, what: str, size: int) -> bytes:
    """Read exactly `size` bytes of unpadded base64; `MalformedDocument` names `what` otherwise.

    Loose bits behind the last byte are let pass: the Matrix specification's own vector has some.
    """
    if not isinstance(text, str) or not _BASE64.fullmatch(text):
        raise MalformedDocument(f"{what} is unpadded base64")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise MalformedDocument(f"{what} is unpadded base64") from None
    if len(data) != size:
        raise MalformedDocument(f"{what} is {size} bytes of base64, not {len(data)}")
    return data


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key under its id, `ed25519:something`."""

    id: str
    raw: bytes

    @classmethod
    def parse(cls, key_id: object, text: object) -> Self:
        """Read an id and a key in base64; `MalformedDocument` for malformed or weak ones."""
        if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
            raise MalformedDocument(f"a key id is like ed25519:a1, not {ascii(key_id)[:80]}")
        raw = from_base64(text, f"the key {key_id}", ed25519.KEY_BYTES)
        if not ed25519.is_strong_point(raw):
            raise MalformedDocument(f"the key {key_id} is not a point that can sign")
        return cls(key_id, raw)

    @property
    def b64(self) -> str:
        """The key in unpadded base64."""
        return to_base64(self.raw)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` is good, strictly."""
        return ed25519.verify(self.raw, message, signature)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret key under its id."""

    id: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key under a new id."""
        word = "".join(secrets.choice(_ID_ALPHABET) for _ in range(6))
        return cls(f"ed25519:a_{word}", secrets.token_bytes(SEED_BYTES))

    @property
    def verify_key(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self.id, self._private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over `message`."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that no longer suffices alone. A compromised one signs nothing any more."""

    key: SigningKey
    retired_at: Millis
    compromised: bool = False


@dataclass(frozen=True, slots=True)
class KeySet:
    """An identity's keys: the current one, and those before it, newest first."""

    current: SigningKey
    retired: tuple[RetiredKey, ...] = ()

    def rotate(self, new: SigningKey, now: Millis, *, compromised: bool = False) -> KeySet:
        """Put `new` in the current key's place; `compromised` if the old one was stolen."""
        if new.id in self.ids:
            raise ConfigError(f"a new key needs a new id: {new.id} was used before")
        old = RetiredKey(self.current, now, compromised)
        return replace(self, current=new, retired=(old, *self.retired))

    def signers(self, now: Millis) -> tuple[SigningKey, ...]:
        """The keys that sign a document now: the current one and the recently retired."""
        recent = (
            old.key
            for old in self.retired
            if not old.compromised and now - old.retired_at < CO_SIGNING
        )
        return (self.current, *recent)

    @property
    def ids(self) -> frozenset[str]:
        """Every id that was ever used."""
        return frozenset({self.current.id, *(old.key.id for old in self.retired)})

    @property
    def verify_keys(self) -> Mapping[str, VerifyKey]:
        """The current public key by its id."""
        return MappingProxyType({self.current.id: self.current.verify_key})

    def dump(self) -> str:
        """The text of the key file."""
        return "".join(f"{line}\n" for line in self._lines())

    @classmethod
    def load(cls, text: str) -> KeySet:
        """Read a key file's text; `ConfigError` names the line that is wrong."""
        lines = [line.split() for line in text.splitlines() if line.strip()]
        if not lines or len(lines[0]) != 3:
            raise ConfigError("a key file begins with its current key: ed25519 ID SEED")
        keys = [_read_line(words, number) for number, words in enumerate(lines, start=1)]
        current, *retired = keys
        if not isinstance(current, SigningKey) or not _all_retired(retired):
            raise ConfigError("only the first line of a key file is a key in use")
        return cls(current, tuple(key for key in retired if isinstance(key, RetiredKey)))

    def _lines(self) -> Iterable[str]:
        yield _line(self.current)
        for old in self.retired:
            word = "compromised" if old.compromised else "retired"
            yield f"{_line(old.key)} {word} {old.retired_at}"


def _all_retired(keys: Iterable[SigningKey | RetiredKey]) -> bool:
    return all(isinstance(key, RetiredKey) for key in keys)


def _line(key: SigningKey) -> str:
    return f"{key.id.replace(':', ' ')} {to_base64(key.seed)}"


def _read_line(words: list[str], number: int) -> SigningKey | RetiredKey:
    """One line of a key file; what was seen is never printed, since it may be a secret."""
    if len(words) not in {3, 5} or not _KEY_ID.fullmatch(f"{words[0]}:{words[1]}"):
        raise ConfigError(f"line {number} of the key file is not: ed25519 ID SEED [retired TIME]")
    try:
        seed = from_base64(words[2], "the seed", SEED_BYTES)
    except MalformedDocument:
        raise ConfigError(f"line {number} of the key file has no seed of 32 bytes") from None
    key = SigningKey(f"{words[0]}:{words[1]}", seed)
    if len(words) == 3:
        return key
    if words[3] not in {"retired", "compromised"} or not words[4].isdecimal():
        raise ConfigError(f"line {number} of the key file ends in: retired or compromised, TIME")
    return RetiredKey(key, int(words[4]), words[3] == "compromised")
