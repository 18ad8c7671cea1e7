"""What a real instance logs while all is well: nothing that would alarm its operator."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.listener import listening, respond
from tests.integration.cli.running import PATIENCE, Instance
from webring.storage.address import FILE_NAME

pytestmark = pytest.mark.anyio

SILENT = {
    "/_matrix/federation/v1/publicRooms?limit=100": None,
    "/_matrix/client/v3/publicRooms?limit=100": None,
    "/robots.txt": respond(b""),
}
INTERVALS = 5.0
"""Seconds in which a job that is begun every two was begun again twice."""
ALARMING = ("WARNING", "ERROR", "Traceback", "Cancelled", "skipped", "partial(")


async def test_a_slow_crawl_and_the_end_in_the_middle_of_it_alarm_nobody(tmp_path: Path) -> None:
    instance = await asyncio.to_thread(Instance, tmp_path)
    async with listening(SILENT) as homeserver:
        name = f"127.0.0.1:{homeserver.port}"
        await asyncio.to_thread(instance.run, "servers", "add", name)
        with instance.serving() as process:
            async with asyncio.timeout(PATIENCE):
                while not any("publicRooms" in each for each in homeserver.requests):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(INTERVALS)
            process.send_signal(signal.SIGTERM)
            output, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert process.returncode == 0
    assert "webring has ended." in output
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME)) as stored:
        rows = stored.execute("SELECT holder, held_until, tried_at FROM homeserver").fetchall()
        held = stored.execute("SELECT name FROM lease WHERE until > 0").fetchall()
    assert (rows, held) == ([(None, None, None)], [])
    assert [word for word in ALARMING if word in output] == [], output
