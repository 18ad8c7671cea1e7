"""Locks on files: held by one process, released by the system when it dies."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from webring.errors import StorageError, StorageUnavailable

SERVER_LOCK: Final = "server.lock"
"""Held shared by every server of a data directory, and alone by `restore`."""
_RETRY_SECONDS: Final = 0.02


def make_directory(path: Path) -> None:
    """Make a directory and those above it. Raises `StorageUnavailable` where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable(f"the data directory cannot be made: {error}") from error


@asynccontextmanager
async def exclusive(path: Path) -> AsyncIterator[None]:
    """Hold the lock on `path` alone, waiting for whoever has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try(handle, fcntl.LOCK_EX):  # noqa: ASYNC110 (another process releases it)
            await asyncio.sleep(_RETRY_SECONDS)
        yield
    finally:
        os.close(handle)


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` as a server does: several may, but none while it is being restored.

    Raises `StorageError` while a restore is under way.
    """
    with _held(data_dir, fcntl.LOCK_SH, "is being restored: start again when that is done"):
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` alone. Raises `StorageError` while a server runs on it."""
    with _held(data_dir, fcntl.LOCK_EX, "is in use by a running server: stop that first"):
        yield


@contextmanager
def _held(data_dir: Path, kind: int, refusal: str) -> Iterator[None]:
    make_directory(data_dir)
    handle = os.open(data_dir / SERVER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _try(handle, kind):
            raise StorageError(f"the data directory {data_dir} {refusal}")
        yield
    finally:
        os.close(handle)


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
