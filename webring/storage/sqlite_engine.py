"""SQLite as tortoise's engine, with transactions that several processes can share.

Differences from tortoise's own: a transaction begins with `BEGIN IMMEDIATE` (two processes that
both read first and then write would otherwise fail with a busy error that no waiting mends), what
an interrupted task left open is rolled back instead of committed, and scripts stay inside their
transaction (`sqlite3.executescript` commits it), so that a migration happens whole or not at all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionWrapper

from webring.storage.unavailable import translated


class _Translating:
    """Every statement's failure, told as `StorageUnavailable` where it is one."""

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        with translated():
            return await super().execute_insert(query, values)  # type: ignore[misc]

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        with translated():
            await super().execute_many(query, values)  # type: ignore[misc]

    async def execute_query(self, query: str, values: list[Any] | None = None) -> Any:
        with translated():
            return await super().execute_query(query, values)  # type: ignore[misc]

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> Any:
        with translated():
            return await super().execute_query_dict(query, values)  # type: ignore[misc]

    async def execute_script(self, query: str) -> None:
        with translated():
            await super().execute_script(query)  # type: ignore[misc]


class Transaction(_Translating, SqliteTransactionWrapper):
    """One write transaction on the one writing connection."""

    async def begin(self) -> None:
        """Take the database's write lock, waiting for other processes up to `busy_timeout`."""
        with translated():
            await self._connection.rollback()
            await self._connection.execute("BEGIN IMMEDIATE")

    async def commit(self) -> None:
        """Make it durable; with `synchronous=FULL` it is on the disk when this returns."""
        with translated():
            await super().commit()

    async def execute_script(self, query: str) -> None:
        """Run several statements without leaving this transaction."""
        with translated():
            for statement in _statements(query):
                await self._connection.execute(statement)


class Client(_Translating, SqliteClient):
    """One connection to one file."""

    async def create_connection(self, with_db: bool) -> None:
        """Open the file and set its pragmas."""
        with translated():
            await super().create_connection(with_db)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction; tasks of this process wait for each other here."""
        async with self._lock:
            transaction = Transaction(self)
            try:
                await transaction.begin()
                yield transaction
                await transaction.commit()
            except BaseException:
                await asyncio.shield(asyncio.ensure_future(self._abandon()))
                raise

    async def _abandon(self) -> None:
        """Roll back, also what a statement still under way will have done by then."""
        if self._connection is not None:
            await self._connection.rollback()


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one."""
    pending: Sequence[str] = script.split(";")
    statement = ""
    for part in pending:
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n\t;"):
                yield statement
            statement = ""


client_class = Client
