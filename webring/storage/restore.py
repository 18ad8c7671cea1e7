"""Putting a backup in the place of a data directory, without losing what must never be lost.

What the directory to be replaced knows better than the backup is carried over: blocks, opt-outs,
withdrawals, decisions, our own highest sequence, newer keys of the same identity, which peers are
still accepted, and what was signed, decided and left of rings. Found rooms that had left since stay
away. Where all that is lost, the report says up to when it is known, and every found room is hidden
until its homeserver lists it afresh. Either way nothing is signed for a ring before its head was
read from its stewards. What is replaced is kept aside in the data directory; nothing is deleted.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from webring.clock import SECOND, Millis
from webring.documents import canonical
from webring.documents.recovery import read_recovery
from webring.errors import ConfigError, DocumentError, StorageError
from webring.storage import identity, keyfiles, lock
from webring.storage.address import FILE_NAME
from webring.storage.backup import KEYS, Contents, contents, copy_database, sync_tree
from webring.storage.carry import Carried, carry, carry_nothing
from webring.storage.database import Database
from webring.storage.unavailable import translated

REPLACED: Final = "replaced"
"""Begins the name of a directory that holds what was replaced."""
_FORMER: Final = "former"
_READY: Final = "ready"
_MOVES: Final = "moves.json"
_OURS: Final = frozenset({lock.LOCK, lock.OPENING, lock.RESTORING})


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    `aside` is where the replaced data is, None where there was none. `known_until` (milliseconds
    since the epoch) is set where blocks and opt-outs newer than the backup are lost. `newer_keys`
    are the key files that were newer than the backup's and stayed.
    """

    contents: Contents
    carried: Carried
    aside: Path | None
    known_until: Millis | None
    newer_keys: tuple[str, ...]


async def restore(source: Path, data_dir: Path, now: Millis) -> Restored:
    """Put the backup `source` in the place of `data_dir`.

    Raises `StorageError` while a process uses `data_dir`, for a damaged backup, or for one of a
    newer version; `data_dir` is then as it was. An interrupted restore is undone by the next.
    """
    with translated(), lock.alone(data_dir):
        await asyncio.to_thread(_undo, data_dir)
        described = await asyncio.to_thread(contents, source)
        staging = data_dir / lock.RESTORING
        try:
            return await _restore(source, data_dir, staging, described, now)
        except BaseException:
            await asyncio.to_thread(_undo, data_dir)
            raise


async def _restore(
    source: Path, data_dir: Path, staging: Path, described: Contents, now: Millis
) -> Restored:
    ready = staging / _READY
    ready.mkdir(parents=True, mode=0o700)
    await asyncio.to_thread(_copy, source, ready, described)
    kept = await asyncio.to_thread(_keep_newer_keys, data_dir / KEYS, ready / KEYS)
    former = await _former(data_dir, staging)
    new = await Database.open("", ready)
    try:
        carried = await (carry(former, new, now) if former else carry_nothing(new, now))
    finally:
        await new.close()
        if former:
            await former.close()
    aside = await asyncio.to_thread(_swap, data_dir, staging, now)
    known_until = None if former else described.created_at
    return Restored(described, carried, aside, known_until, kept)


def _copy(source: Path, ready: Path, described: Contents) -> None:
    for name in described.files:
        target = ready / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if name == FILE_NAME:
            copy_database(source / name, target)
        else:
            shutil.copyfile(source / name, target)
        target.chmod(0o600)


async def _former(data_dir: Path, staging: Path) -> Database | None:
    """The database to be replaced, as a copy; None where there is none that can be read."""
    path = data_dir / FILE_NAME
    if not path.is_file():
        return None
    former = staging / _FORMER
    try:
        former.mkdir()
        await asyncio.to_thread(copy_database, path, former / FILE_NAME)
        return await Database.open("", former)
    except StorageError:
        return None


def _keep_newer_keys(current: Path, restored: Path) -> tuple[str, ...]:
    """Take over current key files that were rotated from the backup's, or that it lacks.

    Peers have pinned the newer keys: to go back would look to them like a takeover.
    """
    restored.mkdir(exist_ok=True, mode=0o700)
    kept = []
    for path in sorted(current.glob("*")):
        older = restored / path.name
        if not older.exists() or _is_newer(path, older):
            kept += [path.name] if older.exists() else []
            shutil.copy(path, older)
    return tuple(kept)


def _is_newer(current: Path, restored: Path) -> bool:
    """Whether a key was rotated, or a recovery made, after the backup."""
    try:
        if current.name == identity.RECOVERY_DOCUMENT:
            return _recovery_sequence(current) > _recovery_sequence(restored)
        newer, older = keyfiles.load(current), keyfiles.load(restored)
    except (ConfigError, DocumentError):
        return False
    return older.current.id in {old.key.id for old in newer.retired}


def _recovery_sequence(path: Path) -> int:
    return read_recovery(canonical.decode(path.read_bytes())).sequence


@dataclass(frozen=True, slots=True)
class _Moves:
    """What a restore is about to move: noted first, so that it can be undone."""

    aside: str
    old: list[str]
    new: list[str]


def _swap(data_dir: Path, staging: Path, now: Millis) -> Path | None:
    """Move what is there aside, and what is ready into its place."""
    ready = staging / _READY
    for name in (lock.LOCK, lock.OPENING):
        (ready / name).unlink(missing_ok=True)
    when = datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y%m%d-%H%M%S")
    aside = _unused(data_dir, f"{REPLACED}-{when}")
    old = sorted(path.name for path in data_dir.iterdir() if _is_replaced(path))
    moves = _Moves(aside.name, old, sorted(path.name for path in ready.iterdir()))
    aside.mkdir(mode=0o700)
    (staging / _MOVES).write_bytes(msgspec.json.encode(moves))
    sync_tree(staging)
    for name in moves.old:
        (data_dir / name).rename(aside / name)
    for name in moves.new:
        (ready / name).rename(data_dir / name)
    sync_tree(data_dir)
    (staging / _MOVES).unlink()  # from here on the restore stands
    shutil.rmtree(staging)
    if moves.old:
        return aside
    aside.rmdir()
    return None


def _undo(data_dir: Path) -> None:
    """Bring `data_dir` back to where it was before a restore that did not end."""
    staging = data_dir / lock.RESTORING
    if not staging.exists():
        return
    if (staging / _MOVES).is_file():
        moves = msgspec.json.decode((staging / _MOVES).read_bytes(), type=_Moves)
        for name in moves.new:
            if not (staging / _READY / name).exists() and (data_dir / name).exists():
                (data_dir / name).rename(staging / _READY / name)
        for name in moves.old:
            if (data_dir / moves.aside / name).exists():
                (data_dir / moves.aside / name).rename(data_dir / name)
        if (data_dir / moves.aside).exists():
            (data_dir / moves.aside).rmdir()
        sync_tree(data_dir)
    shutil.rmtree(staging)


def _is_replaced(path: Path) -> bool:
    return path.name not in _OURS and not path.name.startswith(f"{REPLACED}-")


def _unused(directory: Path, name: str) -> Path:
    number, path = 1, directory / name
    while path.exists():
        number += 1
        path = directory / f"{name}-{number}"
    return path
