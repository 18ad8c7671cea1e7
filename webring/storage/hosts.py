"""Politeness kept across restarts: `webring.net.hosts.HostStore` in the database.

Saves that come while one is being written are written together next: a crawl that hears from many
hosts at once does not wait for the disk as many times.
"""

from __future__ import annotations

import asyncio
from typing import Final

from webring.clock import Millis
from webring.net.hosts import HostState
from webring.storage.database import Database
from webring.storage.models import NAME, WORD, Host
from webring.storage.sql import Connection
from webring.storage.table import Table

_hosts: Final = Table(Host)


class StoredHosts:
    """A `HostStore` on one database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pending: dict[str, HostState] = {}
        self._writing = asyncio.Lock()

    async def load(self, host: str) -> HostState | None:
        """What is stored of `host`, or None."""
        if host in self._pending:
            return self._pending[host]
        row = await _hosts.get(self._db.reader, "name = ?", host)
        if row is None:
            return None
        return HostState(row.failures, row.not_before, row.reason, row.robots, row.robots_until)

    async def save(self, host: str, state: HostState) -> None:
        """Store it, together with whatever else waits. Raises `StorageUnavailable`."""
        if len(host) > NAME:
            return
        self._pending[host] = state
        async with self._writing:
            batch, self._pending = self._pending, {}
            if batch:
                async with self._db.transaction() as tx:
                    await _hosts.upsert(tx, [_values(*item) for item in batch.items()], ["name"])


async def prune(tx: Connection, before: Millis) -> int:
    """Forget hosts whose pause and robots.txt have both ended before then; how many."""
    return await _hosts.delete(tx, "not_before < ? AND robots_until < ?", [before, before])


def _values(host: str, state: HostState) -> dict[str, object]:
    return {
        "name": host,
        "failures": state.failures,
        "not_before": state.not_before,
        "reason": state.reason[:WORD],
        "robots": state.robots,
        "robots_until": state.robots_until,
    }
