"""A process that leads a job: it says so, works for as long as it is told, and then writes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from webring.clock import now_ms
from webring.errors import LeaseLost
from webring.storage import facts, leases
from webring.storage.database import Database

LENGTH = 1_000
"""Milliseconds of a lease."""


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(holder: str, url: str, data_dir: Path) -> None:
    db = await Database.open(url, data_dir)
    lease = None
    while lease is None:
        async with db.transaction() as tx:
            lease = await leases.acquire(tx, "job", holder, now_ms(), LENGTH)
        await asyncio.sleep(0.05)
    leases.held.set(lease)
    say("leads")
    await asyncio.to_thread(sys.stdin.readline)
    try:
        async with db.transaction() as tx:
            await facts.put(tx, "done by", holder)
        say("wrote")
    except LeaseLost:
        say("lost")
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
