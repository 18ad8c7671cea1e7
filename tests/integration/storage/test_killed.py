"""kill -9 at any moment: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from tests.integration.storage.killed import ROOMS
from webring.storage import blocks, changes, documents, listings, sightings
from webring.storage.database import Database

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
KILLS = 12


async def killed(url: str, data_dir: Path, after: int, pause: float) -> int:
    """Let a writer acknowledge `after` turns, kill it a moment later; the last acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.storage.killed", url, str(data_dir),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(after):
        await process.stdout.readline()
    await asyncio.sleep(pause)
    process.kill()
    said = (await process.stdout.read()).split(b"\n")[:-1]
    await process.wait()
    return int(said[-1]) if said else 0


async def test_nothing_acknowledged_is_lost(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    for _ in range(KILLS):
        acknowledged = await killed(
            database_url, tmp_path / "data", chance.randint(1, 4), chance.random() / 20
        )
        db = await Database.open(database_url, tmp_path / "data")
        conn = db.reader
        turn = await documents.own_sequence(conn)
        assert turn >= acknowledged
        assert {each.at for each in await blocks.all(conn)} == set(range(1, turn + 1))
        assert await sightings.count(conn) == await listings.count(conn) == ROOMS
        assert {each.members for each in await listings.page(conn, after=None, limit=99)} == {turn}
        assert await changes.latest(conn) == ROOMS + 2 * ROOMS * (turn - 1)
        await db.close()
