"""Who signs Matrix requests in a test."""

from __future__ import annotations

from webring.matrix.federation import Identify, MatrixIdentity, nobody


def signing_as(identity: MatrixIdentity | None) -> Identify:
    """Whoever is named, as if that were made sure of; None: nobody."""
    if identity is None:
        return nobody

    async def identify() -> MatrixIdentity:
        return identity

    return identify
