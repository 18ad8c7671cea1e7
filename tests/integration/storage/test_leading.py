"""Two processes and one lease: whoever slept through its time cannot write."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from webring.storage import facts
from webring.storage.database import Database

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
PATIENCE = 60.0


async def begun(holder: str, url: str, data_dir: Path) -> Process:
    module = "tests.integration.storage.leading"
    words = ["-m", module, holder, url, str(data_dir)]
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdin=PIPE, stdout=PIPE)


async def heard(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def finished(process: Process) -> str:
    """What becomes of its work when it goes on."""
    assert process.stdin is not None
    process.stdin.write(b"go on\n")
    said = await heard(process)
    assert await process.wait() == 0
    return said


async def test_a_stopped_leader_that_wakes_up_cannot_write(
    database_url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with asyncio.timeout(PATIENCE):
        first = await begun("first", database_url, data)
        assert await heard(first) == "leads"
        first.send_signal(signal.SIGSTOP)
        second = await begun("second", database_url, data)
        assert await heard(second) == "leads"
        assert await finished(second) == "wrote"
        first.send_signal(signal.SIGCONT)
        assert await finished(first) == "lost"
    db = await Database.open(database_url, data)
    assert await facts.get(db.reader, "done by") == "second"
    await db.close()
