"""How hard hypothesis looks for an exception to a law."""

from __future__ import annotations

from hypothesis import settings

THOROUGHLY = 100
"""Examples of a law by default in `make test-slow`; see `tests/conftest.py` for `make test`."""
LEAST = 10


def tries(number: int) -> settings:
    """`number` of examples where hypothesis looks thoroughly, and their share elsewhere."""
    share = number * settings.default.max_examples // THOROUGHLY if settings.default else number
    return settings(max_examples=max(share, LEAST))
