"""A ring's chain of 1,000 versions, read and verified, beside the bare signatures in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.material import NOW, SERVER
from bench.timing import Row, best
from webring.clock import HOUR
from webring.documents import canonical, chain, envelope, ring
from webring.documents.keys import SigningKey, from_base64
from webring.documents.ring import Ring, RingTerms, Stewards
from webring.documents.ring_outcome import RingOutcome
from webring.names import RingId, ServerName

VERSIONS: Final = 1_000
THRESHOLD: Final = 2

Signed = tuple[Ed25519PublicKey, bytes, bytes]
"""A key, a signature, and the bytes that it signs."""


def run() -> Iterator[Row]:
    """All that a newcomer does, and the part of it that follows the chain."""
    keys = {
        name: SigningKey.generate(f"ed25519:{name[0]}")
        for name in (SERVER, ServerName("second.example"), ServerName("third.example"))
    }
    bodies = _chain(keys)
    founder = {keys[SERVER].id: keys[SERVER].verify_key}
    versions = [ring.read_ring(body) for body in bodies]
    later = versions[-1].validity.issued_at
    parts = [part for version in versions for part in _signatures(version, keys)]
    assert len(parts) == VERSIONS * THRESHOLD, "each version is signed by as many as it needs"
    assert chain.follow(None, None, versions, founder, later).outcome is RingOutcome.ACCEPTED

    bare = best(lambda: _verify(parts))
    ours = best(lambda: chain.follow(None, None, versions, founder, later))
    size = f"{len(parts):,} signatures"
    yield Row("following a ring of 1,000 versions", ours, bare, f"Ed25519, {size}")

    encoder = msgspec.json.Encoder(order="sorted")
    bare += best(lambda: [encoder.encode(json.loads(body)) for body in bodies])
    ours = best(
        lambda: chain.follow(None, None, [ring.read_ring(body) for body in bodies], founder, later)
    )
    kilobytes = sum(map(len, bodies)) // 1000
    yield Row(
        "reading and following it", ours, bare, f"json.loads, msgspec and Ed25519, {kilobytes} kB"
    )


def _chain(keys: dict[ServerName, SigningKey]) -> list[bytes]:
    """Versions that differ in a word, an hour apart, each by two stewards in turn."""
    named = {name: {key.id: key.verify_key} for name, key in keys.items()}
    terms = RingTerms("A ring", Stewards(THRESHOLD, named), "Number 0")
    before: Ring | None = None
    bodies = []
    for number in range(VERSIONS):
        changed = replace(terms, description=f"Number {number}")
        content = ring.compose(
            RingId(f"ring:{SERVER}"), changed, (), (), before, NOW + number * HOUR
        ).content
        for name in (SERVER, list(keys)[1 + number % 2]):
            content = envelope.sign(content, name, [keys[name]])
        bodies.append(canonical.encode(content))
        before = ring.read_ring_content(content)
    return bodies


def _signatures(version: Ring, keys: dict[ServerName, SigningKey]) -> Iterator[Signed]:
    message = envelope.signed_bytes(version.content)
    signatures = version.content["signatures"]
    assert isinstance(signatures, dict)
    for name, by_key in signatures.items():
        public = Ed25519PublicKey.from_public_bytes(keys[name].verify_key.raw)
        for text in by_key.values():
            yield public, from_base64(text, "a signature", 64), message


def _verify(parts: list[Signed]) -> None:
    for public, signature, message in parts:
        public.verify(signature, message)
