"""Keys, key files, strict Ed25519 and signatures."""

from __future__ import annotations

from typing import Any

import pytest
import signedjson.key
import signedjson.sign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.test_canonical import DOCUMENT
from webring.clock import DAY
from webring.documents import ed25519, envelope
from webring.documents.keys import KeySet, SigningKey, VerifyKey, from_base64, to_base64
from webring.errors import ConfigError, MalformedDocument

SPECIFIED = SigningKey(
    "ed25519:1", from_base64("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", "the seed", 32)
)
NOW = 1_790_000_000_000
L = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(
    ("content", "signature"),
    [
        (
            {},
            "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ",
        ),
        (
            {"one": 1, "two": "Two"},
            "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
        ),
    ],
)
def test_the_specifications_vectors_are_reproduced(
    content: dict[str, object], signature: str
) -> None:
    signed = envelope.sign(content, "domain", [SPECIFIED])
    assert signed["signatures"] == {"domain": {"ed25519:1": signature}}


@given(DOCUMENT.map(lambda d: {k: v for k, v in d.items() if k != "signatures"}))
def test_signedjson_takes_our_signatures_and_we_take_its(document: dict[str, Any]) -> None:
    ours = envelope.sign(document, "a.example", [SPECIFIED])
    theirs = signedjson.key.decode_signing_key_base64("ed25519", "1", to_base64(SPECIFIED.seed))
    public = signedjson.key.decode_verify_key_bytes("ed25519:1", SPECIFIED.verify_key.raw)
    signedjson.sign.verify_signed_json(ours, "a.example", public)
    signed = signedjson.sign.sign_json(dict(document), "a.example", theirs)
    keys = {"ed25519:1": SPECIFIED.verify_key}
    assert envelope.valid_signatures(signed, "a.example", keys) == {"ed25519:1"}


ALTERED: dict[str, dict[str, object]] = {
    "a value": {"name": "b"},
    "a further field": {"more": 1},
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_altered_document_does_not_verify(case: str) -> None:
    signed = envelope.sign({"name": "a"}, "a.example", [SPECIFIED])
    altered = {**signed, **ALTERED[case]}
    keys = {"ed25519:1": SPECIFIED.verify_key}
    assert envelope.valid_signatures(altered, "a.example", keys) == frozenset()


def test_a_signature_does_not_count_in_another_name() -> None:
    signed = envelope.sign({"name": "a"}, "a.example", [SPECIFIED])
    keys = {"ed25519:1": SPECIFIED.verify_key}
    assert envelope.valid_signatures(signed, "b.example", keys) == frozenset()


def test_what_is_unsigned_changes_no_signature_and_no_hash() -> None:
    plain: dict[str, object] = {"name": "a"}
    signed = envelope.sign({**plain, "unsigned": {"age": 1}}, "a.example", [SPECIFIED])
    keys = {"ed25519:1": SPECIFIED.verify_key}
    assert envelope.valid_signatures(signed, "a.example", keys) == {"ed25519:1"}
    assert envelope.document_hash(signed) == envelope.document_hash(plain)


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        {"a.example": []},
        {"a.example": {"ed25519:1": 7}},
        {"a.example": {"ed25519:1": "*"}},
        {"a.example": {"ed25519:1": "AAAA"}},
        {"a.example": {"ed25519:1": "A" * 86 + "=="}},
    ],
)
def test_malformed_signatures_are_malformed(signatures: object) -> None:
    document: dict[str, object] = {"signatures": signatures}
    with pytest.raises(MalformedDocument):
        envelope.valid_signatures(document, "a.example", {"ed25519:1": SPECIFIED.verify_key})


SMALL_ORDER = {
    "order 1": "0100000000000000000000000000000000000000000000000000000000000000",
    "order 1, sign bit": "0100000000000000000000000000000000000000000000000000000000000080",
    "order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4": "0000000000000000000000000000000000000000000000000000000000000000",
    "order 4, negative": "0000000000000000000000000000000000000000000000000000000000000080",
    "order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, negative": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order 8, the other": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "not canonical: p": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "not canonical: p + 1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "not canonical: all bits": "ff" * 32,
}


@pytest.mark.parametrize("case", SMALL_ORDER)
def test_weak_and_non_canonical_points_are_no_keys(case: str) -> None:
    raw = bytes.fromhex(SMALL_ORDER[case])
    assert not ed25519.is_strong_point(raw)
    with pytest.raises(MalformedDocument):
        VerifyKey.parse("ed25519:a", to_base64(raw))


@pytest.mark.parametrize("case", SMALL_ORDER)
def test_a_weak_key_with_a_matching_signature_is_refused(case: str) -> None:
    weak = bytes.fromhex(SMALL_ORDER[case])
    assert not ed25519.verify(weak, b"anything", weak + bytes(32))
    assert not ed25519.verify(SPECIFIED.verify_key.raw, b"anything", weak + bytes(32))


@given(st.binary(max_size=60))
def test_s_plus_the_group_order_is_refused(message: bytes) -> None:
    key, signature = SPECIFIED.verify_key, SPECIFIED.sign(message)
    assert key.verify(message, signature)
    shifted = int.from_bytes(signature[32:], "little") + L
    assert not key.verify(message, signature[:32] + shifted.to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32))
def test_every_honest_key_is_strong(seed: bytes) -> None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert ed25519.is_strong_point(public)


def test_a_key_file_reads_back() -> None:
    keys = KeySet(SigningKey.generate())
    keys = keys.rotate(SigningKey.generate(), NOW).rotate(
        SigningKey.generate(), NOW + 1, compromised=True
    )
    assert KeySet.load(keys.dump()) == keys


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519 a1",
        "ed25519 a1 short",
        "rsa a1 " + "A" * 43,
        "ed25519 a1 " + "A" * 43 + " retired 5",
        "ed25519 a1 " + "A" * 43 + "\ned25519 a2 " + "A" * 43,
        "ed25519 a1 " + "A" * 43 + "\ned25519 a2 " + "A" * 43 + " forgotten 5",
        "ed25519 a1 " + "A" * 43 + "\ned25519 a2 " + "A" * 43 + " retired soon",
    ],
)
def test_a_damaged_key_file_is_refused_without_showing_its_seeds(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        KeySet.load(text)
    assert "A" * 43 not in str(refused.value)


def test_a_key_id_is_never_used_again() -> None:
    first = SigningKey.generate()
    keys = KeySet(first).rotate(SigningKey.generate(), NOW)
    with pytest.raises(ConfigError):
        keys.rotate(first, NOW)


def test_a_retired_key_signs_along_for_180_days_and_a_stolen_one_not_at_all() -> None:
    old, stolen, new = (SigningKey.generate() for _ in range(3))
    keys = KeySet(old).rotate(stolen, NOW).rotate(new, NOW, compromised=True)
    assert keys.signers(NOW + 180 * DAY - 1) == (new, old)
    assert keys.signers(NOW + 180 * DAY) == (new,)


def test_no_print_shows_a_seed() -> None:
    key = SigningKey.generate()
    assert to_base64(key.seed) not in f"{key!r} {KeySet(key)!r}"
    assert repr(key.seed) not in repr(KeySet(key))


def test_an_id_and_a_seed_make_a_key() -> None:
    made = SigningKey.from_seed(SPECIFIED.id, "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")
    assert made == SPECIFIED
    assert SigningKey.generate("ed25519:mine").id == "ed25519:mine"
    assert KeySet.generate().current.id != KeySet.generate().current.id


@pytest.mark.parametrize(("key_id", "seed"), [("ed25519:a", "AAAA"), ("rsa:a", "A" * 43)])
def test_a_wrong_seed_or_id_makes_no_key(key_id: str, seed: str) -> None:
    with pytest.raises(MalformedDocument):
        SigningKey.from_seed(key_id, seed)


def test_rotation_is_bounded_and_forgets_the_oldest_first() -> None:
    keys = KeySet(SigningKey.generate("ed25519:k0"))
    for turn in range(1, 65):
        keys = keys.rotate(SigningKey.generate(f"ed25519:k{turn}"), NOW + turn)
    with pytest.raises(ConfigError):
        keys.rotate(SigningKey.generate(), NOW + DAY)
    later = keys.rotate(SigningKey.generate("ed25519:new"), NOW + 181 * DAY)
    assert len(later.retired) == 64
    assert "ed25519:k0" not in later.ids


def test_a_key_file_names_each_id_once() -> None:
    line = "ed25519 a1 " + "A" * 43
    with pytest.raises(ConfigError):
        KeySet.load(f"{line}\n{line} retired 5")
