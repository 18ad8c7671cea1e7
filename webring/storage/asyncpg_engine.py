"""PostgreSQL as tortoise's engine (asyncpg): transactions that need no context of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper

from webring.storage.unavailable import translated

_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""What a connection says that the server has ended, or that broke."""


class _Translating:
    """Every statement's failure, told as `StorageUnavailable` where it is one."""

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        with translated():
            return await super()._translate_exceptions(func, *args, **kwargs)  # type: ignore[misc]


class Transaction(_Translating, TransactionWrapper):
    """One transaction on a connection of the pool."""

    def __init__(self, parent: Client, connection: asyncpg.Connection[Any]) -> None:
        super().__init__(parent)
        self._connection = connection

    async def commit(self) -> None:
        """Make it durable."""
        with translated():
            await super().commit()

    async def abandon(self) -> None:
        """Roll back, if the connection is still there to be told."""
        if not self._finalized and self.transaction and not self._connection.is_closed():
            await self.rollback()


class Client(_Translating, AsyncpgDBClient):
    """A pool of connections to one database."""

    async def create_connection(self, with_db: bool) -> None:
        """Open the pool."""
        with translated():
            await super().create_connection(with_db)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction on a connection of its own."""
        pool = self._pool
        if pool is None:
            raise RuntimeError("the database is closed")
        with translated():
            connection = await pool.acquire()
        transaction = Transaction(self, connection)
        try:
            await transaction.begin()
            yield transaction
            await transaction.commit()
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(self._abandon(transaction)))
            raise
        finally:
            with suppress(*_LOST):  # the pool drops it, and what was committed is committed
                await pool.release(connection)

    @staticmethod
    async def _abandon(transaction: Transaction) -> None:
        try:
            await transaction.abandon()
        except _LOST:
            # The server rolls back by itself what a lost connection had begun.
            return


client_class = Client
