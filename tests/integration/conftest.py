"""Databases for integration tests: every test that asks for `db` runs on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.postgres import HOW_TO_GET_IT, Postgres, running
from webring.storage.address import FILE_NAME
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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an SQLite database with our tables is, once `copy_tables` has made it."""
    return tmp_path_factory.mktemp("template")


@pytest.fixture(params=BOTH)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without rows: "" for SQLite in the data directory, or a PostgreSQL URL."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("template")
        await copy_tables(template, tmp_path / "data")
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = await server.migrated()
    yield url
    await server.drop(url)


async def copy_tables(template: Path, data_dir: Path) -> None:
    """Put a database with our tables into a data directory: that costs less than migrating."""
    if not (template / FILE_NAME).exists():
        await (await Database.open("", template)).close()
    data_dir.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(template / FILE_NAME, data_dir)


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
