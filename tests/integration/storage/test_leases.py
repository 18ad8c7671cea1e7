"""Leases: one holder, fenced by its epoch."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.conftest import OpenDatabase
from webring.clock import MINUTE
from webring.errors import LeaseLost
from webring.storage import leases
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
NOW = 1_700_000_000_000


async def test_one_holder_at_a_time(db: Database) -> None:
    async with db.transaction() as tx:
        lease = await leases.acquire(tx, "crawl", "one", NOW, MINUTE)
        assert lease == leases.Lease("crawl", "one", 1, NOW + MINUTE)
        assert await leases.acquire(tx, "crawl", "two", NOW + 1, MINUTE) is None
        assert await leases.acquire(tx, "crawl", "one", NOW + 1, MINUTE) is None
        assert await leases.acquire(tx, "other", "two", NOW + 1, MINUTE) is not None


async def test_a_paused_holder_that_wakes_up_cannot_write(db: Database) -> None:
    async with db.transaction() as tx:
        old = await leases.acquire(tx, "crawl", "one", NOW, MINUTE)
        assert old is not None
        new = await leases.acquire(tx, "crawl", "two", NOW + MINUTE, MINUTE)
        assert new is not None
        assert new.epoch == old.epoch + 1
        with pytest.raises(LeaseLost, match="crawl"):
            await leases.check(tx, old)
        with pytest.raises(LeaseLost, match="crawl"):
            await leases.renew(tx, old, NOW + MINUTE, MINUTE)
        await leases.release(tx, old)
        await leases.check(tx, new)
        assert await leases.acquire(tx, "crawl", "one", NOW + MINUTE + 1, MINUTE) is None


async def test_a_holder_renews_and_releases(db: Database) -> None:
    async with db.transaction() as tx:
        lease = await leases.acquire(tx, "crawl", "one", NOW, MINUTE)
        assert lease is not None
        lease = await leases.renew(tx, lease, NOW + MINUTE, MINUTE)
        assert lease.until == NOW + 2 * MINUTE
        assert await leases.acquire(tx, "crawl", "two", NOW + MINUTE + 1, MINUTE) is None
        await leases.release(tx, lease)
        assert await leases.acquire(tx, "crawl", "two", NOW + MINUTE + 1, MINUTE) is not None


async def test_of_many_that_race_one_wins(open_database: OpenDatabase) -> None:
    databases = [await open_database() for _ in range(3)]

    async def race(holder: int) -> leases.Lease | None:
        async with databases[holder % len(databases)].transaction() as tx:
            return await leases.acquire(tx, "crawl", str(holder), NOW, MINUTE)

    won = [each for each in await asyncio.gather(*map(race, range(12))) if each]
    assert len(won) == 1
