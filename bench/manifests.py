"""A manifest of 500 communities, signed and verified, beside its bare parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.material import NOW, SERVER, Maker
from bench.timing import Row, best
from webring.documents import canonical, envelope, trust
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import ManifestDraft, issue, read_manifest
from webring.documents.parts import Profile

COMMUNITIES: Final = 500


def run() -> Iterator[Row]:
    """Encoding, signing, and all that a verifier does."""
    maker = Maker()
    communities = tuple(maker.community(number) for number in range(COMMUNITIES))
    keys, recovery = KeySet(SigningKey.generate()), SigningKey.generate().verify_key
    draft = ManifestDraft(SERVER, Profile(), (SERVER,), communities, (), (), recovery)
    issued = issue(draft, keys, sequence=NOW, now=NOW)
    assert not issued.pages, "it is to fit into one document"
    content = canonical.decode(issued.body)
    encoder = msgspec.json.Encoder(order="sorted")
    size = f"of {len(issued.body) // 1000} kB"

    bare_encode = best(lambda: encoder.encode(content))
    ours = best(lambda: canonical.encode(content))
    yield Row("canonical JSON", ours, bare_encode, f"msgspec, sorted, unchecked, {size}")

    private = Ed25519PrivateKey.generate()
    bare = best(lambda: private.sign(issued.body)) + bare_encode
    ours = best(lambda: envelope.sign(content, SERVER, [keys.current]))
    yield Row("signing", ours, bare, "msgspec and Ed25519")

    signature, public = private.sign(issued.body), private.public_key()
    bare = best(lambda: json.loads(issued.body)) + bare_encode
    bare += best(lambda: public.verify(signature, issued.body))
    ours = best(lambda: trust.judge(None, SERVER, read_manifest(issued.body), NOW))
    yield Row("reading, checking and verifying", ours, bare, "json.loads, msgspec and Ed25519")
