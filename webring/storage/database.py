"""The database: opened once, handed to every function of `webring.storage` as a connection.

Every function takes its connection first and asks for nothing else: it works from any task, in a
request, a job or a test, and two databases in one process stay apart (of one dialect: the
models' queries belong to the process).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, Self

from tortoise.context import TortoiseContext

from webring import guards
from webring.clock import SECOND
from webring.errors import ConfigError
from webring.storage import asyncpg_engine, leases, sqlite_engine
from webring.storage.address import FILE_NAME, postgres_credentials
from webring.storage.lock import OPENING, Hold, exclusive, shared
from webring.storage.schema import APP, app_config, migrate
from webring.storage.sql import Connection

BUSY_TIMEOUT: Final = 30 * SECOND
"""How long a SQLite writer waits for another process."""
JOURNAL_LIMIT: Final = 64 * 1024 * 1024
"""Bytes to which SQLite's log is cut back."""
CACHE: Final = 32 * 1024
"""KiB of pages that each SQLite connection keeps."""
POOL: Final = 10
"""Connections of a PostgreSQL pool, at most. There are two pools: one reads, one writes."""

_inside: ContextVar[frozenset[int]] = ContextVar("databases_in_transaction", default=frozenset())


class Database:
    """One open database. `reader` is a connection (PostgreSQL: a pool) that cannot write.

    A read on `reader` never waits for a transaction of this or another process.
    """

    def __init__(
        self,
        writer: sqlite_engine.Client | asyncpg_engine.Client,
        reader: Connection,
        hold: Hold | None = None,
    ) -> None:
        self._hold = hold
        self._writer = writer
        self.reader = reader
        self.dialect = str(writer.capabilities.dialect)

    @classmethod
    async def open(cls, url: str, data_dir: Path) -> Self:
        """Open, and bring the schema up to date.

        `url` is empty for SQLite in `data_dir`, or "postgres://user:password@host/name". Raises
        `NewerSchema`, `StorageUnavailable`, `StorageError` while `data_dir` is being restored, or
        `ConfigError` for any other `url`.
        """
        connections = _connections(url, data_dir)
        if url:
            return await cls._opened(connections)
        hold = shared(data_dir)
        try:
            async with exclusive(data_dir / OPENING):
                return await cls._opened(connections, hold)
        except BaseException:
            hold.release()
            raise

    @classmethod
    async def _opened(
        cls, connections: dict[str, dict[str, Any]], hold: Hold | None = None
    ) -> Self:
        name = next(iter(connections))
        context = TortoiseContext()
        with context:
            await context.init(
                {"connections": connections, "apps": {APP: app_config(name)}}, use_tz=True
            )
            writer, reader = (context.connections.get(each) for each in connections)
            if not isinstance(writer, sqlite_engine.Client | asyncpg_engine.Client):
                raise TypeError(f"{type(writer).__name__} is not an engine of webring")
            try:
                await writer.create_connection(with_db=True)
                async with writer.write() as tx:
                    await migrate(context, tx)
                await reader.create_connection(with_db=True)
            except BaseException:
                await asyncio.gather(writer.close(), reader.close(), return_exceptions=True)
                raise
        return cls(writer, reader, hold)

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.close()
        await self._writer.close()  # SQLite: the last one tidies the log away, and may write
        if self._hold:
            self._hold.release()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A write transaction: committed at the end, rolled back by any exception.

        On SQLite it holds the one write lock of the file, over all processes: keep it short. The
        network is closed meanwhile (`guards.holding_transaction`). Raises `StorageUnavailable`, and
        `LeaseLost` where this task works under a lease (`leases.held`) that another has by now.
        """
        if id(self) in _inside.get():
            raise RuntimeError("a transaction was begun inside another of the same database")
        async with self._writer.write() as tx:
            inside = _inside.set(_inside.get() | {id(self)})
            holding = guards.holding_transaction.set(True)
            try:
                if lease := leases.held.get():
                    await leases.check(tx, lease)
                yield tx
            finally:
                guards.holding_transaction.reset(holding)
                _inside.reset(inside)


def _connections(url: str, data_dir: Path) -> dict[str, dict[str, Any]]:
    """Tortoise's two connections, the writing one first, named after their dialect.

    (Tortoise caches statements by a connection's name, so two dialects must not share one.)
    """
    if not url:
        return _sqlite(data_dir / FILE_NAME)
    if url.startswith(("postgres://", "postgresql://")):
        return _postgres(postgres_credentials(url))
    raise ConfigError('"database" is empty, or begins with "postgres://"')


def _sqlite(path: Path) -> dict[str, dict[str, Any]]:
    pragmas = {
        "file_path": str(path),
        "busy_timeout": BUSY_TIMEOUT,
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "journal_size_limit": JOURNAL_LIMIT,
        "cache_size": -CACHE,
        "foreign_keys": "ON",
    }
    engine = "webring.storage.sqlite_engine"
    return {
        "sqlite": {"engine": engine, "credentials": pragmas},
        "sqlite_reader": {"engine": engine, "credentials": pragmas | {"query_only": "ON"}},
    }


def _postgres(credentials: dict[str, Any]) -> dict[str, dict[str, Any]]:
    settings = {"application_name": "webring", "jit": "off"}
    writing = credentials | {"maxsize": POOL, "server_settings": settings}
    read_only = settings | {"default_transaction_read_only": "on"}
    engine = "webring.storage.asyncpg_engine"
    return {
        "postgres": {"engine": engine, "credentials": writing},
        "postgres_reader": {
            "engine": engine,
            "credentials": writing | {"server_settings": read_only},
        },
    }


__all__ = ["Connection", "Database"]
