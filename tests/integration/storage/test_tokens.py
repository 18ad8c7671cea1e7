"""Tokens of programs: shown once, found by their hash, and gone when they are revoked."""

from __future__ import annotations

import pytest

from webring.clock import DAY, HOUR
from webring.names import Slug
from webring.storage import tokens
from webring.storage.database import Database
from webring.storage.sql import rows

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000


async def test_a_token_is_found_by_its_text_and_its_text_is_nowhere(db: Database) -> None:
    async with db.transaction() as tx:
        text = await tokens.create(tx, "Commune", ["hay"], NOW)
    found = await tokens.find(db.reader, text, NOW)
    assert found is not None
    assert (found.label, found.communities, found.used_at) == ("Commune", ("hay",), None)
    assert found.acts_for(Slug("hay"))
    assert not found.acts_for(Slug("bees"))
    assert not found.is_operator
    kept = await rows(db.reader, "SELECT id, label FROM api_token")
    assert text not in str(kept)


async def test_an_operator_s_token_acts_for_all(db: Database) -> None:
    async with db.transaction() as tx:
        text = await tokens.create(tx, "me", [tokens.EVERYTHING], NOW)
    found = await tokens.find(db.reader, text, NOW)
    assert found is not None
    assert found.is_operator
    assert found.acts_for(Slug("anything"))


UNKNOWN = {
    "nothing": "",
    "a prefix alone": "wrt_",
    "another's": "wrt_" + "a" * 43,
    "without its prefix": "a" * 43,
    "with a NUL": "wrt_\0",
    "a statement": "wrt_' OR 1=1 --",
}


@pytest.mark.parametrize("case", UNKNOWN)
async def test_what_is_no_token_is_none(db: Database, case: str) -> None:
    async with db.transaction() as tx:
        await tokens.create(tx, "me", ["*"], NOW)
    assert await tokens.find(db.reader, UNKNOWN[case], NOW) is None


async def test_a_token_ends_and_can_be_revoked(db: Database) -> None:
    async with db.transaction() as tx:
        text = await tokens.create(tx, "short", ["hay"], NOW, NOW + DAY)
        other = await tokens.create(tx, "long", ["hay"], NOW + 1)
    assert await tokens.find(db.reader, text, NOW + DAY - 1) is not None
    assert await tokens.find(db.reader, text, NOW + DAY) is None
    (_, kept) = await tokens.all(db.reader)
    async with db.transaction() as tx:
        assert await tokens.revoke(tx, kept.id)
        assert not await tokens.revoke(tx, kept.id)
    assert await tokens.find(db.reader, other, NOW) is None


async def test_its_use_is_noted_once_an_hour(db: Database) -> None:
    async with db.transaction() as tx:
        text = await tokens.create(tx, "me", ["hay"], NOW)
        for at in (NOW, NOW + HOUR - 1, NOW + HOUR):
            found = await tokens.find(tx, text, at)
            assert found is not None
            await tokens.used(tx, found, at)
    (kept,) = await tokens.all(db.reader)
    assert kept.used_at == NOW + HOUR
