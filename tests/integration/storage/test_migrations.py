"""The schema's versions: whole, one process at a time, and never run by an older program."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.operations import CreateModel
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import AsyncpgSchemaEditor, SqliteSchemaEditor

from tests.fakes.postgres import Postgres
from tests.integration.conftest import BOTH, OpenDatabase
from webring.errors import NewerSchema
from webring.storage import facts, schema
from webring.storage.database import Database
from webring.storage.sql import Connection, execute_many, is_postgres, rows

pytestmark = pytest.mark.anyio

TABLES = {
    "api_token", "block", "change", "community", "community_room", "decision", "declined_room",
    "delisting", "evidence", "fact", "homeserver", "host", "lease", "listing", "membership",
    "message", "nonce", "notice", "outbox", "own_acceptance", "own_manifest", "own_vouch", "page",
    "peer", "report", "ring", "ring_change", "ring_claim", "ring_ledger", "ring_member",
    "ring_page", "ring_proposal", "ring_request", "ring_version", "sighting", "space_room",
    "vouch", "withdrawal",
}  # fmt: skip


FIRST = "0001_initial"


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


OldDatabase = Callable[[], Awaitable[list[tuple[str, str, str]]]]


@pytest.fixture
def old_database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldDatabase:
    """Opens the database as a program would that knows the first migration alone; its schema."""

    async def old(context: TortoiseContext, tx: Connection) -> None:
        editor = AsyncpgSchemaEditor(tx) if is_postgres(tx) else SqliteSchemaEditor(tx)
        await MigrationRecorder(tx).ensure_schema(editor)
        token = context.connections.set(tx.connection_name, tx)
        try:
            executor = MigrationExecutor(tx, {schema.APP: schema.app_config(tx.connection_name)})
            await executor.migrate([MigrationTarget(schema.APP, FIRST)], direction="forward")
        finally:
            context.connections.reset(token)

    async def open_() -> list[tuple[str, str, str]]:
        with monkeypatch.context() as patch:
            patch.setattr("webring.storage.database.migrate", old)
            db = await Database.open(database_url, tmp_path / "data")
        try:
            return await _schema(db.reader)
        finally:
            await db.close()

    return open_


async def test_the_models_need_no_further_migration() -> None:
    with TortoiseContext() as context:
        await context.init(schema.CONFIG, init_connections=False)
        assert context.apps is not None
        assert await MigrationAutodetector(context.apps, schema.CONFIG["apps"]).changes() == []


async def test_an_upgraded_database_is_as_a_new_one(
    open_database: OpenDatabase, old_database: OldDatabase, database_url: str, tmp_path: Path
) -> None:
    await old_database()
    upgraded = await open_database()
    after, steps = await _schema(upgraded.reader), await _recorded(upgraded.reader)
    if database_url:
        await execute_script(upgraded, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
    new = await Database.open(database_url, tmp_path / "new")
    try:
        assert await _schema(new.reader) == after
        assert await _recorded(new.reader) == steps
    finally:
        await new.close()
    assert {name for kind, name, _ in after if kind == "table"} == TABLES


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
    open_database: OpenDatabase, old_database: OldDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await old_database()
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
    assert await old_database() == before
    db = await open_database()
    assert {name for kind, name, _ in await _schema(db.reader) if kind == "table"} == TABLES


async def test_an_interrupted_first_start_leaves_nothing_and_is_run_again(
    open_database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MigrationRecorder, "record_applied", interrupted)
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


async def _recorded(conn: Connection) -> list[str]:
    """The migrations that the database counts as done."""
    return [
        str(row[0]) for row in await rows(conn, "SELECT name FROM tortoise_migrations ORDER BY 1")
    ]


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
        constraints = await rows(
            conn,
            "SELECT 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        )
        comments = await rows(
            conn,
            "SELECT 'comment', objoid::regclass::text, objsubid || ' ' || description "
            "FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
        )
        found = [*tables, *indexes, *constraints, *comments]
    else:
        found = [*await rows(conn, "SELECT type, name, sql FROM sqlite_master WHERE sql > ''")]
    ours = [(str(row[0]), str(row[1]), _spelling(str(row[2]))) for row in found]
    return sorted(row for row in ours if not re.search("tortoise_migrations|sqlite_", row[1]))


def _spelling(sql: str) -> str:
    sql = re.sub(r"/\*.*?\*/", "", sql)
    sql = re.sub(r"\s+", " ", sql).replace("IF NOT EXISTS ", "").replace("( ", "(")
    return re.sub(r" ([,)])", r"\1", sql)  # as SQLite adds a column
