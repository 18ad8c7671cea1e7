"""The databases that sample instances begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from webring.demo.databases import make_databases
from webring.storage import facts
from webring.storage.database import Database

pytestmark = pytest.mark.anyio


async def test_each_has_one_of_its_own_and_one_that_was_kept_stays(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("kept", "one", "two")]
    for home in homes:
        home.mkdir()
    kept = await Database.open("", homes[0])
    async with kept.transaction() as tx:
        await facts.put(tx, "whose", "kept")
    await kept.close()
    await make_databases(homes)
    for home in homes:
        db = await Database.open("", home)
        async with db.transaction() as tx:
            before = await facts.get(tx, "whose")
            await facts.put(tx, "whose", home.name)
        await db.close()
        assert before == ("kept" if home.name == "kept" else None)


async def test_nothing_is_made_where_all_were_kept(tmp_path: Path) -> None:
    await make_databases([tmp_path])
    made = {each: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
    await make_databases([tmp_path])
    assert {each: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == made
