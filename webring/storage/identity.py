"""Who an instance is, on disk: `keys/` in its data directory.

instance.key    signs documents, as the instance's name
matrix.key      signs Matrix requests, as the server name of the base URL's host
recovery.pub    the public half of the recovery key
recovery.key    its secret half, until the operator takes it offline
recovery.json   the recovery that every manifest carries, once there was one
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from webring.documents import canonical
from webring.documents.canonical import Json
from webring.documents.keys import KeySet, VerifyKey
from webring.documents.recovery import read_recovery
from webring.errors import ConfigError, MalformedDocument
from webring.storage import keyfiles

DIRECTORY: Final = "keys"
INSTANCE: Final = "instance.key"
MATRIX: Final = "matrix.key"
RECOVERY: Final = "recovery.key"
RECOVERY_PUBLIC: Final = "recovery.pub"
RECOVERY_DOCUMENT: Final = "recovery.json"
NEEDED: Final = (INSTANCE, MATRIX, RECOVERY_PUBLIC)
"""The files without which nothing starts."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The keys of an instance. `recovery` is the signed `webring.recovery`, where there was one."""

    instance_keys: KeySet
    matrix_keys: KeySet
    recovery_public: VerifyKey
    recovery: Json | None = None


def path(data_dir: Path, name: str) -> Path:
    """Where the key file `name` is."""
    return data_dir / DIRECTORY / name


def missing(data_dir: Path) -> tuple[str, ...]:
    """The needed files that are not there; all of `NEEDED` where there is no identity yet."""
    return tuple(name for name in NEEDED if not path(data_dir, name).exists())


def create(data_dir: Path) -> Identity:
    """Make a new identity. Raises `ConfigError` where any of its files is there already."""
    instance, matrix, recovery = KeySet.generate(), KeySet.generate(), KeySet.generate()
    for name in (*NEEDED, RECOVERY):
        if path(data_dir, name).exists():
            raise ConfigError(
                f"the key file {path(data_dir, name)} is there already and is never replaced"
            )
    keyfiles.create(path(data_dir, RECOVERY), recovery)
    keyfiles.create_public(path(data_dir, RECOVERY_PUBLIC), recovery.current.verify_key)
    keyfiles.create(path(data_dir, MATRIX), matrix)
    keyfiles.create(path(data_dir, INSTANCE), instance)
    return Identity(instance, matrix, recovery.current.verify_key)


def load(data_dir: Path) -> Identity:
    """Read the identity. Raises `ConfigError` where a file is missing, malformed or too open."""
    return Identity(
        instance_keys=keyfiles.load(path(data_dir, INSTANCE)),
        matrix_keys=keyfiles.load(path(data_dir, MATRIX)),
        recovery_public=keyfiles.load_public(path(data_dir, RECOVERY_PUBLIC)),
        recovery=_recovery(path(data_dir, RECOVERY_DOCUMENT)),
    )


def _recovery(file: Path) -> Json | None:
    try:
        return read_recovery(canonical.decode(file.read_bytes())).content
    except FileNotFoundError:
        return None
    except MalformedDocument as error:
        raise ConfigError(f"{file} is not a recovery: {error}") from None
