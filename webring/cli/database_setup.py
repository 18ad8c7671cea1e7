"""What commands begin with that read or write the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webring.cli.command import Setup
from webring.storage import identity
from webring.storage.database import Database


class DatabaseSetup(Setup):
    """The settings, and the database alone: for what may be asked while `webring serve` runs, or
    cannot.
    """

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The open database; raises as `webring.services.open_services`."""
        instance = self.settings.instance
        identity.load(instance.data_dir)  # a mistyped directory must not become a new database
        db = await Database.open(instance.database, instance.data_dir)
        try:
            yield db
        finally:
            await db.close()
