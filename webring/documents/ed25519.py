"""Strict Ed25519 verification.

RFC 8032 leaves latitude that libraries use differently, so that one signature can be good for one
peer and bad for another. Here: S below the group's order L, keys and R canonically encoded and not
of small order, and the equation without the cofactor. (See "Taming the many EdDSAs", Chalkias,
Garillot, Nikolaenko, 2020, for what each rule stops.)
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_SIGN_BIT: Final = 1 << 255
_D: Final = -121665 * pow(121666, -1, _P) % _P


def is_strong_point(encoded: bytes) -> bool:
    """Whether 32 bytes encode a point canonically, and one that is not of small order.

    The torsion points' y solve 8·P = 0: they are 1, -1, 0 and the four roots of the doubling
    equation; seven values of y cover all eight points whatever the sign bit says.
    """
    y = int.from_bytes(encoded, "little") & ~_SIGN_BIT
    return len(encoded) == KEY_BYTES and y < _P and y not in _SMALL_ORDER


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is good under `key` (32 bytes)."""
    if len(signature) != SIGNATURE_BYTES or not is_strong_point(key):
        return False
    point, scalar = signature[:KEY_BYTES], signature[KEY_BYTES:]
    if not is_strong_point(point) or int.from_bytes(scalar, "little") >= _L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _square_root(square: int) -> int | None:
    """A root modulo p, where p is 5 modulo 8 (RFC 8032, section 5.1.3)."""
    root = pow(square, (_P + 3) // 8, _P)
    for candidate in (root, root * pow(2, (_P - 1) // 4, _P) % _P):
        if candidate * candidate % _P == square % _P:
            return candidate
    return None


def _order_eight() -> frozenset[int]:
    """The y of the points of order 8.

    Doubled, such a point has y = 0, so y² = -x² on -x² + y² = 1 + d·x²·y², which leaves
    d·y⁴ + 2·y² - 1 = 0.
    """
    root = _square_root(1 + _D)
    if root is None:
        raise ArithmeticError("1 + d is a square on edwards25519")
    ys: set[int] = set()
    for square in ((-1 + root) * pow(_D, -1, _P) % _P, (-1 - root) * pow(_D, -1, _P) % _P):
        y = _square_root(square)
        if y is not None:
            ys |= {y, _P - y}
    return frozenset(ys)


_SMALL_ORDER: Final = _order_eight() | {0, 1, _P - 1}
