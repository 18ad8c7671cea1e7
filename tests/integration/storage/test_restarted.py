"""A PostgreSQL that is restarted under load: what fails says so, and nothing has to be reopened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.postgres import Postgres
from webring.errors import StorageUnavailable
from webring.storage import facts
from webring.storage.database import Database

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.postgres]
WRITERS, READERS = 6, 12


class Load:
    """Who reads and writes all the while; `acknowledged` are the writes that were confirmed."""

    def __init__(self, db: Database) -> None:
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.read = 0
        self._db = db
        self._over = asyncio.Event()

    async def run(self) -> None:
        await asyncio.gather(
            *(self._write(number) for number in range(WRITERS)),
            *(self._read() for _ in range(READERS)),
        )

    def end(self) -> None:
        self._over.set()

    async def more(self) -> None:
        """Wait until both reads and writes have gone on for a while."""
        written, read = len(self.acknowledged) + 50, self.read + 50
        async with asyncio.timeout(60):
            while len(self.acknowledged) < written or self.read < read:
                await asyncio.sleep(0.01)

    async def _write(self, number: int) -> None:
        turn = 0
        while not self._over.is_set():
            turn += 1
            name = f"{number}-{turn}"
            try:
                async with self._db.transaction() as tx:
                    await facts.put(tx, name, turn)
                self.acknowledged.add(name)
            except StorageUnavailable:
                self.refused += 1
                await asyncio.sleep(0.01)

    async def _read(self) -> None:
        while not self._over.is_set():
            try:
                await facts.get(self._db.reader, "0-1")
                self.read += 1
            except StorageUnavailable:
                self.refused += 1
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_under_load_passes(postgres: Postgres, tmp_path: Path, mode: str) -> None:
    url = await postgres.migrated()
    db = await Database.open(url, tmp_path)
    load = Load(db)
    running = asyncio.create_task(load.run())
    await load.more()
    await asyncio.to_thread(postgres.restart, mode)
    await load.more()
    load.end()
    await running
    assert load.refused > 0
    kept = {name for name in load.acknowledged if await facts.get(db.reader, name) is not None}
    assert kept == load.acknowledged
    await db.close()
    await postgres.drop(url)
