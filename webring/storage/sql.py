"""Statements, written once for both dialects.

Tortoise keeps the models, the migrations and the connections. Its query sets ask a context
variable even with `using_db`, so they fail in a task that was started elsewhere (a request under
uvicorn, a job of the scheduler) and mix up two databases in one process: `webring.storage` writes
its statements by hand, or through `storage.table`. `?` marks a value; PostgreSQL wants them
numbered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count, islice
from typing import Any, Final, TypeVar, cast

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient

Connection = BaseDBAsyncClient
"""A reader, or the connection of a transaction."""

CHUNK: Final = 500
"""Values in one statement's list: well below SQLite's and PostgreSQL's limits."""

Row = Sequence[Any]
T = TypeVar("T")

_LONE = dict.fromkeys((0, *range(55296, 57344)), "�")
_decode = msgspec.json.Decoder().decode


def is_postgres(conn: Connection) -> bool:
    """Whether this connection speaks PostgreSQL's dialect."""
    return conn.capabilities.dialect == "postgres"


async def rows(conn: Connection, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
    """The rows of a SELECT, as sequences in the order of its columns."""
    answer = await conn.execute_query(_for(conn, statement), list(values))
    return cast("Sequence[Row]", answer[1])


async def returned(conn: Connection, statement: str, values: Sequence[object] = ()) -> list[Row]:
    """The rows of a statement with RETURNING."""
    answer = await conn.execute_query_dict(_for(conn, statement), list(values))
    return [tuple(row.values()) for row in answer]


async def execute(conn: Connection, statement: str, values: Sequence[object] = ()) -> int:
    """Run an UPDATE or DELETE; the number of rows that it touched."""
    return (await conn.execute_query(_for(conn, statement), list(values)))[0]


async def execute_many(conn: Connection, statement: str, values: Sequence[Row]) -> None:
    """Run one prepared statement for each of many rows."""
    if values:
        await conn.execute_many(_for(conn, statement), list(values))  # type: ignore[arg-type]


def marks(number: int) -> str:
    """`number` marks for a list of values."""
    return ", ".join("?" * number)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    source = iter(values)
    while chunk := list(islice(source, size)):
        yield chunk


def storable(text: str) -> str:
    """`text` as both databases can hold it: NUL and lone surrogates become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_LONE)
    return text.replace("\0", "\ufffd") if "\0" in text else text


def to_json(value: object) -> str:
    """A JSON column's text."""
    return msgspec.json.encode(_storable(value)).decode()


def from_json(stored: Any) -> Any:
    """A JSON column's value. (SQLite's JSON columns turn the text of a bare number into one.)"""
    return _decode(stored) if isinstance(stored, str | bytes) else stored


def _storable(value: object) -> object:
    if isinstance(value, str):
        return str(storable(value))
    if isinstance(value, dict):
        return {str(storable(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


def _for(conn: Connection, statement: str) -> str:
    return _numbered(statement) if is_postgres(conn) else statement


@lru_cache(maxsize=512)
def _numbered(statement: str) -> str:
    number = count(1)
    first, *rest = statement.split("?")
    return first + "".join(f"${next(number)}{part}" for part in rest)
