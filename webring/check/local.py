"""What can be seen on this machine: keys, disk, database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

from webring.check.findings import Finding, fail, ok, warn
from webring.clock import DAY, HOUR, Millis
from webring.errors import ConfigError, NewerSchema, StorageError
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import homeservers, identity, notices, outgoing, peers, schema
from webring.storage.database import Database
from webring.storage.notices import StoredNotice
from webring.storage.outgoing import OutgoingMessage, OutgoingState
from webring.text import terminal

MIB: Final = 1024 * 1024
LITTLE_SPACE: Final = 1024 * MIB
"""Bytes free below which a growing index may fill the disk."""
NO_SPACE: Final = 64 * MIB
NOTICED_FOR: Final[Millis] = 30 * DAY
"""How long a room that could not be told is brought up."""
ROOMS_NAMED: Final = 5
LATE: Final[Millis] = HOUR
"""How long a message may be on its way before it is brought up."""


def keys(settings: Settings) -> Iterator[Finding]:
    """The key files are there, whole, and nobody else's to read."""
    data_dir = settings.instance.data_dir
    missing = identity.missing(data_dir)
    if missing:
        where = identity.path(data_dir, missing[0])
        mend = "run webring init" if missing == identity.NEEDED else "restore it from a backup"
        yield fail("keys", f"{where} is missing", mend)
        return
    try:
        loaded = identity.load(data_dir)
    except ConfigError as error:
        yield fail("keys", str(error), "mend the file, or restore it from a backup")
        return
    yield ok(
        "keys", f"both identities are there: {loaded.instance_keys.current.id} signs documents"
    )
    secret = identity.path(data_dir, identity.RECOVERY)
    if secret.exists():
        yield warn(
            "recovery key",
            f"{secret} is on this machine: who steals the other keys steals it too",
            "copy it to where you keep passwords or paper, then delete it here",
        )


def settings_file(path: Path, settings: Settings) -> Iterator[Finding]:
    """The settings can be read, and their secrets by nobody else."""
    holds_secrets = bool(settings.homeserver.access_token or settings.instance.database)
    if path.exists() and holds_secrets and path.stat().st_mode & 0o077:
        yield warn(
            "settings", f"{path} holds secrets and is open to others", f"run chmod 600 {path}"
        )
        return
    yield ok("settings", f"{path} is right")
    if not settings.profile.contact:
        yield warn(
            "contact",
            "the crawler names nobody to turn to",
            'add [profile] contact, such as ["mailto:hello@commune.example"]',
        )


def disk(settings: Settings) -> Iterator[Finding]:
    """There is room to grow."""
    place = settings.instance.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    seen = f"{free // MIB:,} MiB are free at {place}"
    if free < NO_SPACE:
        yield fail("disk", seen, "make room: nothing can be stored")
    elif free < LITTLE_SPACE:
        yield warn("disk", seen, "make room: the index of a large directory takes some 100 MiB")
    else:
        yield ok("disk", seen)


async def database(settings: Settings, now: Millis) -> AsyncIterator[Finding]:
    """The database opens, its schema is ours, and nothing in it waits for the operator."""
    try:
        db = await Database.open(settings.instance.database, settings.instance.data_dir)
    except NewerSchema as error:
        yield fail("database", error.sentence, "install the newer webring again")
        return
    except (StorageError, ConfigError) as error:
        yield fail("database", error.sentence, "see docs/operating.md, When something is wrong")
        return
    try:
        version = await schema.version(db.reader)
        servers = sum((await homeservers.counts(db.reader)).values())
        states = await peers.counts(db.reader)
        late = await outgoing.in_state(db.reader, OutgoingState.SENDING, 1)
        silent = await notices.not_told(db.reader, now - NOTICED_FOR, ROOMS_NAMED)
    finally:
        await db.close()
    yield ok("database", f"{db.dialect}: {servers} homeservers, {sum(states.values())} instances")
    yield ok("schema", f"{version}, the newest that this program knows")
    if states.get("frozen"):
        yield warn(
            "peers",
            f"{states['frozen']} are frozen: their keys are not those that were pinned",
            "see webring peers list; where its operator confirms it: webring peers repin NAME",
        )
    if late and now - late[0].at >= LATE:
        yield _late(late[0])
    if silent and settings.communities.notices:
        yield _silent(silent)


def _late(message: OutgoingMessage) -> Finding:
    why = terminal(message.reply_reason) or "it was not tried yet"
    return warn(
        "messages",
        f"the {message.kind} to {message.destination} is not delivered yet: {why}",
        "see that webring serve runs, and that the other side answers; it is tried for a week",
    )


def _silent(told: Sequence[StoredNotice]) -> Finding:
    rooms = ", ".join(sorted({str(each.community) for each in told}))
    return warn(
        "notices",
        f"the people in {rooms} could not be told: {terminal(told[0].room_reason)}",
        "see docs/operating.md, Choose what you publish; or tell them yourself",
    )


def names(settings: Settings) -> Iterator[Finding]:
    """The two names fit together."""
    own, base = settings.instance.name, settings.instance.base_url.server_name
    home = settings.homeserver.name
    if home and base == ServerName(home):
        yield warn(
            "base URL",
            f"its host {base} is your homeserver's name: Matrix requests cannot be signed as it",
            "serve webring at a host of its own, such as ring." + own.host,
        )
