"""What a database driver says when it cannot work at the moment, told as `StorageUnavailable`.

A wrong statement, a broken constraint or a bug stays what it is: only what may pass by itself, or
what an operator must mend outside of this program, is translated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from tortoise.exceptions import BaseORMException

from webring import metrics
from webring.errors import StorageUnavailable

_SQLITE: Final[dict[int, str]] = {
    sqlite3.SQLITE_BUSY: "another process has held the database's write lock for too long",
    sqlite3.SQLITE_LOCKED: "the database is locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database cannot be written: the file or its disk is read-only",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk does not read or write",
    sqlite3.SQLITE_PERM: "the database file may not be opened",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged: restore a backup",
    sqlite3.SQLITE_NOTADB: "the database file is not a database: restore a backup",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}
"""By primary result code (https://www.sqlite.org/rescode.html)."""

_POSTGRES: Final[tuple[type[BaseException], ...]] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresIOError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke while it was given back
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise `StorageUnavailable` in place of a driver's error that says so."""
    try:
        yield
    except (
        BaseORMException,
        sqlite3.Error,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ) as error:
        sentence = _sentence(_cause(error))
        if sentence is None:
            metrics.database_failed("refused")
            raise
        metrics.database_failed("unavailable")
        raise StorageUnavailable(sentence) from error
    except (TimeoutError, OSError) as error:
        metrics.database_failed("unavailable")
        raise StorageUnavailable(f"the storage does not answer: {error}") from error


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, which the object mapper may have wrapped as its argument."""
    inner = error.args[0] if error.args else None
    return inner if isinstance(inner, BaseException) else error


def _sentence(error: BaseException) -> str | None:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
    if isinstance(error, _POSTGRES):
        return f"the database does not serve: {error}"
    return None
