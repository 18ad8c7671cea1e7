"""A copy of everything that an instance is: its database and its keys, in one directory.

The database is copied by SQLite's backup API while it is in use; `backup.json` says what the copy
holds, with the hash of every file, so that `restore` takes it whole or not at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from webring.clock import Millis
from webring.errors import StorageError, StorageUnavailable
from webring.storage.address import FILE_NAME
from webring.storage.database import Database
from webring.storage.documents import own_sequence
from webring.storage.unavailable import translated

FORMAT: Final = 1
CONTENTS: Final = "backup.json"
KEYS: Final = "keys"
_PRIVATE_DIR: Final = 0o700
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. `files` are hashes (hex SHA-256) by path within it."""

    format: int
    created_at: Millis
    own_sequence: int
    files: Mapping[str, str]


async def backup(db: Database, data_dir: Path, target: Path, now: Millis) -> Contents:
    """Copy the database and the keys of `data_dir` into the new directory `target`.

    The server may go on writing meanwhile: the copy is of one moment. Raises `StorageError` where
    `target` exists or the database is a PostgreSQL (whose own tools back it up).
    """
    if db.dialect != "sqlite":
        raise StorageError(
            "this instance's database is a PostgreSQL: back it up with pg_dump, and copy the "
            f"directory {data_dir / KEYS} to a safe place"
        )
    sequence = await own_sequence(db.reader)
    with translated():
        return await asyncio.to_thread(_backup, data_dir, target, sequence, now)


def contents(source: Path) -> Contents:
    """Read a backup's contents and check every file. Raises `StorageError` where any is wrong."""
    try:
        described = msgspec.json.decode((source / CONTENTS).read_bytes(), type=Contents)
    except (OSError, msgspec.MsgspecError) as error:
        raise StorageError(f"{source} is not a backup of webring: {error}") from None
    if described.format != FORMAT:
        raise StorageError(
            f"{source} was written by another version of webring (format {described.format})"
        )
    if FILE_NAME not in described.files:
        raise StorageError(f"{source} holds no database")
    for name, expected in described.files.items():
        path = source / name
        if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
            raise StorageError(f"{source} lacks {name}")
        if _hash(path) != expected:
            raise StorageError(f"{path} is not what was backed up: its hash differs")
    return described


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database of one moment, and check the copy. Raises `StorageError`."""
    with (
        translated(),
        closing(sqlite3.connect(source)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        found = new.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageUnavailable(f"{source} is damaged: {found}")


def sync_tree(directory: Path) -> None:
    """Make a directory and all in it durable."""
    for path in [*directory.rglob("*"), directory]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _backup(data_dir: Path, target: Path, sequence: int, now: Millis) -> Contents:
    if target.exists():
        raise StorageError(f"{target} is there already: name a new directory")
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(mode=_PRIVATE_DIR, parents=True)
        described = _fill(data_dir, partial, sequence, now)
        sync_tree(partial)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_tree(target)
    return described


def _fill(data_dir: Path, partial: Path, sequence: int, now: Millis) -> Contents:
    copy_database(data_dir / FILE_NAME, partial / FILE_NAME)
    if (data_dir / KEYS).is_dir():
        shutil.copytree(data_dir / KEYS, partial / KEYS)
    files = sorted(path for path in partial.rglob("*") if path.is_file())
    for path in files:
        path.chmod(_PRIVATE)
    described = Contents(
        format=FORMAT,
        created_at=now,
        own_sequence=sequence,
        files={str(path.relative_to(partial)): _hash(path) for path in files},
    )
    encoded = msgspec.json.format(msgspec.json.encode(described), indent=2)
    (partial / CONTENTS).touch(mode=_PRIVATE)
    (partial / CONTENTS).write_bytes(encoded)
    return described


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
