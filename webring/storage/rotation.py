"""New keys for an instance that is there: by rotation, or by recovery where they were stolen.

A rotation is followed by every peer, since the old key goes on co-signing. After a theft it cannot:
then a recovery, signed by the recovery key, puts the new key in place of all that is pinned.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from webring.clock import Millis
from webring.documents import canonical
from webring.documents.keys import KeySet, SigningKey
from webring.documents.recovery import read_recovery, sign_recovery
from webring.errors import ConfigError
from webring.names import ServerName
from webring.storage import identity, keyfiles

ROTATED: Final = (identity.INSTANCE, identity.MATRIX)


def rotate(data_dir: Path, name: str, now: Millis, *, compromised: bool = False) -> KeySet:
    """Put a new key into the key file `name` (one of `ROTATED`); what it holds then.

    `compromised` says that the old one was stolen: it signs nothing any more. Raises `ConfigError`.
    """
    file = identity.path(data_dir, name)
    keys = keyfiles.load(file).rotate(SigningKey.generate(), now, compromised=compromised)
    keyfiles.replace(file, keys)
    return keys


def recover(data_dir: Path, instance: ServerName, recovery_file: Path, now: Millis) -> KeySet:
    """Replace a stolen instance key, and leave a recovery for every manifest to carry.

    `recovery_file` holds the recovery key. Raises `ConfigError` unless it is this instance's.
    """
    current = identity.load(data_dir)
    recovery_key = keyfiles.load(recovery_file).current
    if recovery_key.verify_key != current.recovery_public:
        raise ConfigError(
            f"{recovery_file} holds {recovery_key.id}, and this instance's recovery key is "
            f"{current.recovery_public.id}"
        )
    last = read_recovery(current.recovery).sequence if current.recovery else 0
    keys = current.instance_keys.rotate(SigningKey.generate(), now, compromised=True)
    document = sign_recovery(
        instance, max(last + 1, now), keys.verify_keys, recovery_key, recovery_key.verify_key
    )
    keyfiles.replace(identity.path(data_dir, identity.INSTANCE), keys)
    _replace(identity.path(data_dir, identity.RECOVERY_DOCUMENT), canonical.encode(document))
    return keys


def _replace(path: Path, data: bytes) -> None:
    """Write a file at one stroke and durably."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
