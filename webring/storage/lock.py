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

LOCK: Final = "webring.lock"
"""Held shared by everybody who has the data directory's database open, and alone by `restore`."""
OPENING: Final = "webring.opening"
"""Held alone by whoever opens the database, and perhaps changes its schema."""
RESTORING: Final = ".restoring"
"""The directory where a restore prepares what it will put in place."""
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
    handle = _opened(path)
    try:
        while not _try(handle, fcntl.LOCK_EX):  # noqa: ASYNC110 (another process releases it)
            await asyncio.sleep(_RETRY_SECONDS)
        yield
    finally:
        os.close(handle)


class Hold:
    """A data directory in use: shared by whoever has its database open, or alone to restore it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def shared(data_dir: Path) -> Hold:
    """Hold `data_dir` as everybody who uses it does.

    Raises `StorageError` while it is being restored, or where a restore was interrupted.
    """
    hold = _hold(data_dir, fcntl.LOCK_SH, "is being restored: start again when that is done")
    if (data_dir / RESTORING).exists():
        hold.release()
        raise StorageError(
            f"a restore of {data_dir} was interrupted: run `webring restore` again to finish it"
        )
    return hold


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` alone. Raises `StorageError` while any process uses it."""
    hold = _hold(data_dir, fcntl.LOCK_EX, "is in use, by a server or a command: stop that first")
    try:
        yield
    finally:
        hold.release()


def _hold(data_dir: Path, kind: int, refusal: str) -> Hold:
    make_directory(data_dir)
    handle = _opened(data_dir / LOCK)
    if not _try(handle, kind):
        os.close(handle)
        raise StorageError(f"the data directory {data_dir} {refusal}")
    return Hold(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageUnavailable(f"the lock file cannot be opened: {error}") from error


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
