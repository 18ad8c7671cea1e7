"""Key files on disk: made once, readable by nobody else, replaced whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from webring.documents.keys import KeySet, VerifyKey
from webring.errors import ConfigError, MalformedDocument

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644
PRIVATE_DIR: Final = 0o700


def create(path: Path, keys: KeySet) -> None:
    """Write a new key file. Raises `ConfigError` where there is one: an identity is made once."""
    _create(path, keys.dump(), PRIVATE)


def create_public(path: Path, key: VerifyKey) -> None:
    """Write the public half of a key, its id and unpadded base64, as `create` does."""
    _create(path, f"{key.id} {key.b64}\n", PUBLIC)


def load(path: Path) -> KeySet:
    """Read a key file. Raises `ConfigError`: it is missing, malformed or readable by others."""
    text = _read(path)
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"the key file {path} is open to others: run chmod 600 {path}")
    try:
        return KeySet.load(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def load_public(path: Path) -> VerifyKey:
    """Read the public half of a key. Raises `ConfigError` where it is missing or malformed."""
    try:
        key_id, b64 = _read(path).split()
        return VerifyKey.parse(key_id, b64)
    except (MalformedDocument, ValueError) as error:
        raise ConfigError(f"{path} does not hold a public key: {error}") from None


def replace(path: Path, keys: KeySet) -> None:
    """Put rotated keys in the place of the old ones, at one stroke and durably.

    Raises `ConfigError` where there is no key file.
    """
    if not path.exists():
        raise _missing(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        _write(handle, keys.dump())
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _create(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise ConfigError(f"the key file {path} is there already and is never replaced") from None
    _write(handle, text)
    _sync_directory(path.parent)


def _write(handle: int, text: str) -> None:
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Make a new name durable (POSIX promises only the content)."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise _missing(path) from None
    except UnicodeDecodeError:
        raise ConfigError(f"the key file {path} is not text") from None


def _missing(path: Path) -> ConfigError:
    return ConfigError(
        f"the key file {path} is missing: `webring init` makes a new identity, or restore a backup"
    )
