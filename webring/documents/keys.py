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
MAX_KEYS: Final = 64
"""Keys in one object of keys: rotation is bounded."""

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
    def generate(cls, key_id: str | None = None) -> Self:
        """A new key, under a new id unless one is given."""
        word = "".join(secrets.choice(_ID_ALPHABET) for _ in range(6))
        return cls(key_id or f"ed25519:a_{word}", secrets.token_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, key_id: str, seed: str) -> Self:
        """A key from its seed in unpadded base64; `MalformedDocument` for anything else."""
        if not _KEY_ID.fullmatch(key_id):
            raise MalformedDocument(f"a key id is like ed25519:a1, not {ascii(key_id)[:80]}")
        return cls(key_id, from_base64(seed, f"the seed of {key_id}", SEED_BYTES))

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

    def cosigns(self, now: Millis) -> bool:
        """Whether it still signs beside its successors."""
        return not self.compromised and now - self.retired_at < CO_SIGNING


@dataclass(frozen=True, slots=True)
class KeySet:
    """An identity's keys: the current one, and those before it, newest first."""

    current: SigningKey
    retired: tuple[RetiredKey, ...] = ()

    @classmethod
    def generate(cls) -> Self:
        """The keys of a new identity: one, under a new id."""
        return cls(SigningKey.generate())

    def rotate(self, new: SigningKey, now: Millis, *, compromised: bool = False) -> KeySet:
        """Put `new` in the current key's place; `compromised` if the old one was stolen.

        Raises `ConfigError` where `new` is no new key, or where more keys would be retired than a
        manifest may name: those that co-sign no longer are forgotten first, the oldest before all.
        """
        if new.id in self.ids:
            raise ConfigError(f"a new key needs a new id: {new.id} was used before")
        old = RetiredKey(self.current, now, compromised)
        kept = self.retired
        if len(kept) >= MAX_KEYS:
            if kept[-1].cosigns(now):
                raise ConfigError(f"at most {MAX_KEYS} keys can be retired in 180 days")
            kept = kept[: MAX_KEYS - 1]
        return replace(self, current=new, retired=(old, *kept))

    def signers(self, now: Millis) -> tuple[SigningKey, ...]:
        """The keys that sign a document now: the current one and the recently retired."""
        return (self.current, *(old.key for old in self.retired if old.cosigns(now)))

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
        keyset = cls(current, tuple(key for key in retired if isinstance(key, RetiredKey)))
        if len(keyset.ids) < len(keys):
            raise ConfigError("a key file names each key id once")
        return keyset

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
