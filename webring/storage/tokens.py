"""What lets programs act for communities of ours: tokens, of which only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from webring.clock import HOUR, Millis
from webring.names import Slug
from webring.storage.ring_models import ApiToken
from webring.storage.sql import Connection
from webring.storage.table import Table

PREFIX: Final = "wrt_"
"""What a token begins with, so that it is recognised where it has no business."""
EVERYTHING: Final = "*"
"""The scope of a token that acts for every community, and for rings that we steward."""
NOTED: Final[Millis] = HOUR
"""How exactly it is noted when a token was used last."""

_BYTES: Final = 32
_tokens: Final = Table(ApiToken)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret. `communities` are slugs of ours, or `EVERYTHING` alone."""

    id: str
    label: str
    communities: tuple[str, ...]
    at: Millis
    expires_at: Millis | None
    used_at: Millis | None

    @property
    def is_operator(self) -> bool:
        """Whether it may do what the operator may."""
        return EVERYTHING in self.communities

    def acts_for(self, community: Slug) -> bool:
        """Whether it may act for a community of ours."""
        return self.is_operator or community in self.communities


async def create(
    tx: Connection,
    label: str,
    communities: Collection[str],
    now: Millis,
    expires_at: Millis | None = None,
) -> str:
    """Make a token; its text, which is shown once and never kept."""
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    new: dict[str, object] = {
        "id": _hash(text),
        "label": label,
        "communities": sorted(communities),
        "at": now,
        "expires_at": expires_at,
        "used_at": None,
    }
    await _tokens.insert(tx, [new])
    return text


async def find(conn: Connection, text: str, now: Millis) -> Token | None:
    """The token of this text; None for one that is unknown, revoked or expired.

    It is found by its hash: how long that takes tells nothing of the text.
    """
    if not text.startswith(PREFIX):
        return None
    row = await _tokens.get(conn, "id = ?", _hash(text))
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return _read(row)


async def used(tx: Connection, token: Token, now: Millis) -> None:
    """Note that a token was used, to within `NOTED`."""
    if token.used_at is None or now - token.used_at >= NOTED:
        await _tokens.update(tx, {"used_at": now}, "id = ?", [token.id])


async def all(conn: Connection) -> list[Token]:  # noqa: A001
    """Every token, the oldest first."""
    return [_read(row) for row in await _tokens.select(conn, tail="ORDER BY at, id")]


async def revoke(tx: Connection, token_id: str) -> bool:
    """Forget a token, by its id; whether there was one."""
    return bool(await _tokens.delete(tx, "id = ?", [token_id]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(row: ApiToken) -> Token:
    return Token(row.id, row.label, tuple(row.communities), row.at, row.expires_at, row.used_at)
