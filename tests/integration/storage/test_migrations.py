"""The schema's versions: whole, one process at a time, and never run by an older program."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.operations import CreateModel

from tests.fakes.postgres import Postgres
from tests.integration.conftest import BOTH, OpenDatabase
from webring.errors import NewerSchema
from webring.storage import facts, schema
from webring.storage.database import Database
from webring.storage.sql import Connection, execute_many, is_postgres, rows

pytestmark = pytest.mark.anyio

TABLES = {
    "api_token", "change", "block", "community", "community_room", "decision", "declined_room",
    "evidence", "fact", "homeserver", "host", "lease", "listing", "membership", "message",
    "nonce", "notice", "outbox", "own_acceptance", "own_manifest", "own_vouch", "page", "peer",
    "ring", "ring_change", "ring_claim", "ring_ledger", "ring_member", "ring_page",
    "ring_proposal", "ring_request", "ring_version", "sighting", "space_room", "vouch",
    "withdrawal",
}  # fmt: skip


@pytest.fixture(params=BOTH)
async def database_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database without tables, in the place of the copies that other tests begin with."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = await server.fresh()
    yield url
    await server.drop(url)


async def test_the_models_need_no_further_migration() -> None:
    with TortoiseContext() as context:
        await context.init(schema.CONFIG, init_connections=False)
        assert context.apps is not None
        assert await MigrationAutodetector(context.apps, schema.CONFIG["apps"]).changes() == []


async def test_migrated_and_generated_schema_are_the_same(
    db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated = await _schema(db.reader)
    assert {name for kind, name, _ in migrated if kind == "table"} == TABLES
    if database_url:
        await execute_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;")

    async def generate(context: TortoiseContext, tx: Connection) -> None:
        client = context.connections.get(tx.connection_name)
        await tx.execute_script(client.schema_generator(client).get_create_schema_sql(safe=False))

    monkeypatch.setattr("webring.storage.database.migrate", generate)
    other = await Database.open(database_url, tmp_path / "generated")
    try:
        assert await _schema(other.reader) == migrated
    finally:
        await other.close()


async def test_a_newer_schema_is_refused(open_database: OpenDatabase) -> None:
    db = await open_database()
    async with db.transaction() as tx:
        await execute_many(
            tx,
            "INSERT INTO tortoise_migrations (app, name, applied_at) "
            "SELECT app, ?, applied_at FROM tortoise_migrations LIMIT 1",
            [["9999_from_the_future"]],
        )
    with pytest.raises(NewerSchema, match="9999_from_the_future"):
        await open_database()


async def test_many_that_open_at_once_do_not_collide(open_database: OpenDatabase) -> None:
    opened = await asyncio.gather(*(open_database() for _ in range(6)))
    for number, each in enumerate(opened):
        async with each.transaction() as tx:
            await facts.put(tx, f"fact{number}", number)
    assert [await facts.get(opened[0].reader, f"fact{number}") for number in range(6)] == [
        *range(6)
    ]


async def test_an_interrupted_migration_leaves_nothing_and_is_run_again(
    open_database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    forward = CreateModel.database_forward

    async def interrupted(self: CreateModel, *args: Any, **kwargs: Any) -> None:
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append(self.name)
        await forward(self, *args, **kwargs)

    monkeypatch.setattr(CreateModel, "database_forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await open_database()
    monkeypatch.undo()
    db = await open_database()
    assert {name for kind, name, _ in await _schema(db.reader) if kind == "table"} == TABLES


async def test_a_second_start_changes_nothing(open_database: OpenDatabase) -> None:
    first = await _schema((await open_database()).reader)
    assert await _schema((await open_database()).reader) == first


async def execute_script(db: Database, script: str) -> None:
    async with db.transaction() as tx:
        await tx.execute_script(script)


async def _schema(conn: Connection) -> list[tuple[str, str, str]]:
    """(kind, name, definition) of every table and index, in one spelling."""
    if is_postgres(conn):
        tables = await rows(
            conn,
            "SELECT 'table', table_name, string_agg(concat_ws(' ', column_name, data_type, "
            "character_maximum_length, is_nullable, is_identity), ', ' ORDER BY column_name) "
            "FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name",
        )
        indexes = await rows(
            conn, "SELECT 'index', indexdef, '' FROM pg_indexes WHERE schemaname = 'public'"
        )
        found = [*tables, *indexes]
    else:
        found = [*await rows(conn, "SELECT type, name, sql FROM sqlite_master WHERE sql > ''")]
    ours = [(str(row[0]), str(row[1]), _spelling(str(row[2]))) for row in found]
    return sorted(row for row in ours if not re.search("tortoise_migrations|sqlite_", row[1]))


def _spelling(sql: str) -> str:
    sql = re.sub(r"/\*.*?\*/", "", sql)
    sql = re.sub(r"\s+", " ", sql).replace("IF NOT EXISTS ", "").replace("( ", "(")
    return re.sub(r" ([,)])", r"\1", sql)  # as SQLite adds a column
