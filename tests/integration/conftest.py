"""Databases for integration tests: every test that asks for `db` runs on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.postgres import HOW_TO_GET_IT, Postgres, running
from webring.storage.database import Database

OpenDatabase = Callable[[], Awaitable[Database]]
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the whole session."""
    try:
        with running() as server:
            yield server
    except ImportError:
        if os.environ.get("CI"):
            raise
        pytest.skip(HOW_TO_GET_IT)


@pytest.fixture(params=BOTH)
async def database_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An empty database: "" for SQLite in the data directory, or a PostgreSQL URL."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = await server.fresh()
    yield url
    await server.drop(url)


@pytest.fixture
async def open_database(database_url: str, tmp_path: Path) -> AsyncIterator[OpenDatabase]:
    """Opens the same database as often as wanted, as several processes would."""
    opened: list[Database] = []

    async def open_() -> Database:
        opened.append(await Database.open(database_url, tmp_path / "data"))
        return opened[-1]

    yield open_
    for each in opened:
        await each.close()


@pytest.fixture
async def db(open_database: OpenDatabase) -> Database:
    """An open, empty database."""
    return await open_database()
