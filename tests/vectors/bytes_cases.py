"""Vectors below documents: keys, canonical JSON, strict Ed25519, signed JSON."""

from __future__ import annotations

import base64

from tests.vectors.world import FIRST, KEYS, SPECIFIED
from webring.documents import canonical, ed25519, envelope
from webring.documents.keys import to_base64

L = 2**252 + 27742317777372353535851937790883648493

CANONICAL = {
    "an empty object": "{}",
    "keys are sorted and white space goes": ' { "b" : 2,\n "a" : 1 } ',
    "keys sort by code point, not by UTF-16 unit": '{"\\ud83d\\ude00":1,"\uff61":2}',
    "escapes become letters": '{"a":"\\u00e9\\u65e5"}',
    "controls stay escaped, the shortest way": '{"a":"\\u0000\\u0008\\u000a\\u001f\\u007f\\/"}',
    "nesting": '{"a":{"c":[1,{"e":null,"d":true}],"b":[]}}',
    "the largest and the smallest integer": '{"a":9007199254740991,"b":-9007199254740991}',
    "nesting of 32": '{"a":' + "[" * 31 + "]" * 31 + "}",
}

INVALID = {
    "duplicate keys": b'{"a":1,"a":1}',
    "duplicate keys, one escaped": b'{"a":1,"\\u0061":2}',
    "duplicate keys deep inside": b'{"a":[{"b":1,"b":2}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "a float": b'{"a":1.0}',
    "an exponent": b'{"a":1e3}',
    "minus zero": b'{"a":-0}',
    "an integer above 2^53 - 1": b'{"a":9007199254740992}',
    "an integer below -(2^53 - 1)": b'{"a":-9007199254740992}',
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "an overlong encoding": b'{"a":"\xc0\x80"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16-be"),
    "Latin-1": b'{"a":"\xe9"}',
    "nesting of 33": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "an array": b"[]",
    "two objects": b"{}{}",
    "a trailing comma": b'{"a":1,}',
    "a raw control in text": b'{"a":"\n"}',
    "nothing": b"",
}

SMALL_ORDER = {
    "order 1": "0100000000000000000000000000000000000000000000000000000000000000",
    "order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4": "0000000000000000000000000000000000000000000000000000000000000000",
    "order 4, other sign": "0000000000000000000000000000000000000000000000000000000000000080",
    "order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, other sign": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order 8, other y": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order 8, other y and sign": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}
NOT_CANONICAL = {
    "x is 0 with the sign bit": "0100000000000000000000000000000000000000000000000000000000000080",
    "y is p": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "y is p + 1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "all bits": "ff" * 32,
}


def keys() -> list[dict[str, object]]:
    """Every key of the vectors, with its seed."""
    return [{"id": key.id, "seed": to_base64(key.seed), "key": key.verify_key.b64} for key in KEYS]


def canonical_json() -> dict[str, object]:
    """Texts with their canonical form, and bytes that have none."""
    return {
        "valid": [_canonical(name, text) for name, text in CANONICAL.items()],
        "invalid": [
            {"name": name, "bytes": base64.b64encode(data).decode(), "expected": "malformed"}
            for name, data in INVALID.items()
        ],
    }


def signatures() -> list[dict[str, object]]:
    """Ed25519 at the edges, in hex."""
    key, message = FIRST.verify_key.raw, b"a message"
    good = FIRST.sign(message)
    shifted = int.from_bytes(good[32:], "little") + L
    flipped = bytes([good[0] ^ 1]) + good[1:]
    cases = [
        _case("good", key, message, good, valid=True),
        _case("another message", key, b"A message", good),
        _case("one bit of R flipped", key, message, flipped),
        _case("S plus L", key, message, good[:32] + shifted.to_bytes(32, "little")),
        _case("63 bytes", key, message, good[:63]),
        _case("65 bytes", key, message, good + b"\0"),
    ]
    for name, point in {**SMALL_ORDER, **NOT_CANONICAL}.items():
        raw = bytes.fromhex(point)
        # S = 0 and R = A: what a verifier with the cofactor, or without these checks, may take.
        cases.append(_case(f"the key is a weak point: {name}", raw, message, raw + bytes(32)))
        cases.append(_case(f"R is a weak point: {name}", key, message, raw + good[32:]))
    return cases


def signing() -> list[dict[str, object]]:
    """Signed JSON: the Matrix specification's own vectors, and what is not signed."""
    contents: dict[str, dict[str, object]] = {
        "the specification's empty object": {},
        "the specification's simple object": {"one": 1, "two": "Two"},
        "`unsigned` is not signed": {"one": 1, "two": "Two", "unsigned": {"age": 4}},
    }
    return [
        {
            "name": name,
            "as": "domain",
            "key": SPECIFIED.id,
            "signed": envelope.sign(content, "domain", [SPECIFIED]),
            "sha256": envelope.document_hash(content),
        }
        for name, content in contents.items()
    ]


def _canonical(name: str, text: str) -> dict[str, object]:
    made = canonical.encode(canonical.decode(text.encode()))
    return {
        "name": name,
        "text": text,
        "canonical": made.decode(),
        "sha256": canonical.digest(made),
    }


def _case(
    name: str, key: bytes, message: bytes, signature: bytes, *, valid: bool = False
) -> dict[str, object]:
    if ed25519.verify(key, message, signature) != valid:
        raise AssertionError(name)
    return {
        "name": name,
        "key": key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
        "expected": "valid" if valid else "invalid",
    }
