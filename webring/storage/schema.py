"""The schema's versions: tortoise's migrations, run whole and by one process at a time.

To change a table: edit `models.py` (or what stands beside it), then run

    python -m tortoise -c webring.storage.schema.CONFIG makemigrations -n what_changes

and read what it wrote in `webring/storage/migrations`. Indexes go into `Meta.indexes` with a name:
on SQLite an added field with `db_index=True` would silently get none.

A new database is made from the models at once, and the migrations are recorded as done: tortoise
draws every table anew for each step of a migration, which took a new instance a second. So a
migration may count on tables and rows of the version before it, and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import AsyncpgSchemaEditor, SqliteSchemaEditor

from webring.errors import NewerSchema
from webring.storage.sql import Connection, is_postgres, rows

APP: Final = "webring"
MIGRATIONS: Final = "webring.storage.migrations"
LOCK: Final = 0x7765_6272_0001
"""PostgreSQL's advisory lock of whoever changes the schema."""


def app_config(connection: str) -> dict[str, Any]:
    """Tortoise's description of our one app, on the named connection."""
    return {
        "models": [
            "webring.storage.models",
            "webring.storage.exclusion_models",
            "webring.storage.moderation_models",
            "webring.storage.ring_models",
            "webring.storage.vouch_models",
        ],
        "migrations": MIGRATIONS,
        "default_connection": connection,
    }


CONFIG: Final[dict[str, Any]] = {
    "connections": {"default": "sqlite://:memory:"},
    "apps": {APP: app_config("default")},
}
"""For `makemigrations` alone, which opens no database."""


async def migrate(context: TortoiseContext, tx: Connection) -> None:
    """Bring the schema to this program's version, inside the transaction `tx`.

    The record of each migration commits with its tables: one that is interrupted leaves nothing
    behind, and the next start runs it again. Raises `NewerSchema` where the database has been
    changed by a newer program.
    """
    if is_postgres(tx):
        await rows(tx, "SELECT pg_advisory_xact_lock(?)", [LOCK])
    apps = {APP: app_config(tx.connection_name)}
    editor = AsyncpgSchemaEditor(tx) if is_postgres(tx) else SqliteSchemaEditor(tx)
    await MigrationRecorder(tx).ensure_schema(editor)
    applied = await _applied(tx)
    known = _known(apps)
    if newer := sorted(applied - known):
        raise NewerSchema(
            f"the database has been changed by a newer version of webring ({', '.join(newer)}): "
            "run that version, or restore a backup"
        )
    if applied == known:
        return
    if not applied:
        await _create(context, tx)
    token = context.connections.set(tx.connection_name, tx)
    try:
        await MigrationExecutor(tx, apps).migrate(fake=not applied)
    finally:
        context.connections.reset(token)


async def _create(context: TortoiseContext, tx: Connection) -> None:
    """Make every table of the models in a database without any."""
    client = context.connections.get(tx.connection_name)
    await tx.execute_script(client.schema_generator(client).get_create_schema_sql(safe=False))


async def version(conn: Connection) -> str:
    """The name of the newest migration that a database has."""
    return max(await _applied(conn), default="")


async def _applied(tx: Connection) -> set[str]:
    found = await rows(tx, "SELECT name FROM tortoise_migrations WHERE app = ?", [APP])
    return {str(row[0]) for row in found}


def _known(apps: dict[str, dict[str, Any]]) -> set[str]:
    loader = MigrationLoader(apps, MigrationRecorder(None))
    loader.load_disk()
    return {key.name for key in loader.disk_migrations}
