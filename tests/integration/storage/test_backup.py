"""Backup and restore: what is copied, what is carried over, and what is never lost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.rooms import child, claim, directory_room
from webring.clock import DAY
from webring.documents.keys import SigningKey
from webring.errors import StorageError, StorageUnavailable
from webring.moderation.blocklist import Blocklist
from webring.moderation.desk import Action, Desk, Target
from webring.names import RoomId, ServerName
from webring.storage import (
    blocks,
    changes,
    communities,
    decisions,
    declined,
    documents,
    facts,
    homeservers,
    identity,
    keyfiles,
    listings,
    lock,
    peers,
    rotation,
    sightings,
    withdrawals,
)
from webring.storage import restore as restoring
from webring.storage.backup import CONTENTS, Contents, backup
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.declined import Declined
from webring.storage.homeservers import Candidate
from webring.storage.restore import restore
from webring.storage.withdrawals import Withdrawal

pytestmark = pytest.mark.anyio
NOW = 1_700_000_000_000
LATER = NOW + DAY
SERVER, INSTANCE = ServerName("hs.example"), ServerName("one.example")
FOUND = [RoomId(f"!{n}:hs.example") for n in range(4)]
SPACE, CHILD = RoomId("!space:one.example"), RoomId("!child:one.example")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of an instance with an identity."""
    identity.create(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def source(data: Path, tmp_path: Path) -> Path:
    """A backup of it, with some content."""
    db = await Database.open("", data)
    async with db.transaction() as tx:
        await homeservers.add(tx, [Candidate(SERVER, SERVER, "seed")], NOW, NOW + DAY)
        names = [Candidate(INSTANCE, INSTANCE, "accepted")]
        await peers.add(tx, names, NOW, NOW + DAY)
        rooms = [directory_room(room) for room in FOUND]
        seen = await sightings.record(tx, SERVER, rooms, complete=True, now=NOW, lived=0)
        space = claim("garden:one.example", SPACE, rooms=(child(CHILD),))
        claimed = await communities.apply(tx, INSTANCE, [(space, {}, NOW)], 0)
        await listings.refresh(tx, seen.touched | claimed, NOW)
        await blocks.add(tx, Block("room", "!old:x.example", "block", "spam", NOW))
        await documents.raise_own_sequence(tx, NOW)
    await backup(db, data, tmp_path / "backup", NOW)
    await db.close()
    return tmp_path / "backup"


async def later(data: Path) -> None:
    """What happens after the backup, and must not be forgotten."""
    db = await Database.open("", data)
    async with db.transaction() as tx:
        await blocks.add(tx, Block("room", FOUND[0], "optout", "asked", LATER))
        await withdrawals.add(tx, [Withdrawal(INSTANCE, CHILD, LATER)])
        await decisions.log(tx, Decision(LATER, "operator", "optout", FOUND[0], "asked"))
        await documents.raise_own_sequence(tx, LATER)
        await peers.set_accepted(tx, INSTANCE, False, LATER)
        left = await sightings.drop_rooms(tx, FOUND[:2])  # FOUND[1] took its topic's word back
        left |= await communities.drop_rooms(tx, [CHILD], INSTANCE)
        await listings.refresh(tx, left, LATER)
        await changes.append(tx, {RoomId("!x:x.example"): True}, LATER)
    await db.close()


async def listed(data: Path) -> set[str]:
    db = await Database.open("", data)
    try:
        return {each.room_id for each in await listings.page(db.reader, after=None, limit=100)}
    finally:
        await db.close()


async def test_a_backup_is_made_while_others_write(data: Path, tmp_path: Path) -> None:
    db = await Database.open("", data)
    stop = asyncio.Event()

    async def write() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            async with db.transaction() as tx:
                await facts.put(tx, "pair", [number, number])
        return number

    writing = asyncio.create_task(write())
    for each in range(3):
        made = await backup(db, data, tmp_path / f"backup{each}", NOW)
    stop.set()
    assert await writing > 0
    await db.close()
    assert sorted(made.files) == [*(f"keys/{name}" for name in sorted(_KEYS)), "webring.sqlite3"]
    copy = await Database.open("", tmp_path / "backup2")
    first, second = await facts.get(copy.reader, "pair")
    assert first == second
    await copy.close()


_KEYS = {"instance.key", "matrix.key", "recovery.key", "recovery.pub"}


async def test_a_backup_is_nobody_elses_to_read(source: Path) -> None:
    modes = {path.stat().st_mode & 0o077 for path in [source, *source.rglob("*")] if path.is_file()}
    assert modes == {0}
    assert source.stat().st_mode & 0o077 == 0


async def test_a_backup_replaces_nothing(source: Path, data: Path) -> None:
    db = await Database.open("", data)
    with pytest.raises(StorageError, match="there already"):
        await backup(db, data, source, NOW)
    await db.close()


async def test_what_is_newer_is_carried_over(source: Path, data: Path) -> None:
    await later(data)
    done = await restore(source, data, LATER)
    assert done.known_until is None
    assert [each.target for each in done.carried.blocks] == [FOUND[0]]
    assert (done.carried.withdrawals, done.carried.decisions) == (1, 1)
    assert done.carried.own_sequence == LATER
    assert await listed(data) == {*FOUND[2:], SPACE}
    db = await Database.open("", data)
    assert {each.target for each in await blocks.all(db.reader)} == {FOUND[0], "!old:x.example"}
    assert await documents.own_sequence(db.reader) == LATER
    peer = await peers.get(db.reader, INSTANCE)
    server = await homeservers.get(db.reader, SERVER)
    assert peer is not None
    assert server is not None
    assert (peer.accepted, server.next_at) == (False, LATER)
    await db.close()


async def test_a_space_that_was_kept_out_since_takes_its_rooms_along(
    source: Path, data: Path
) -> None:
    db = await Database.open("", data)
    desk = Desk(db, lambda: LATER)
    await desk.keep_out(Action.OPTOUT, Target.SPACE, SPACE, "asked", "operator")
    await db.close()
    await restore(source, data, LATER)
    assert await listed(data) == {*FOUND}
    db = await Database.open("", data)
    assert list((await Blocklist.load(db.reader)).with_spaces) == [CHILD]
    await db.close()


async def test_a_room_that_declined_since_stays_away(source: Path, data: Path) -> None:
    db = await Database.open("", data)
    async with db.transaction() as tx:
        await declined.add(tx, [Declined(SERVER, FOUND[0], ours=False)])
    await db.close()
    await restore(source, data, LATER)
    assert await listed(data) == {*FOUND[1:], SPACE, CHILD}
    db = await Database.open("", data)
    assert FOUND[0] in (await Blocklist.load(db.reader, FOUND)).declined
    await db.close()


async def test_a_follower_notices_that_the_past_has_changed(source: Path, data: Path) -> None:
    await later(data)
    db = await Database.open("", data)
    before = await changes.latest(db.reader)
    await db.close()
    await restore(source, data, LATER)
    db = await Database.open("", data)
    news = await changes.after(db.reader, before)
    assert news[0].sequence > before + 1
    await db.close()


async def test_what_is_replaced_is_kept_aside(source: Path, data: Path) -> None:
    await later(data)
    (data / "index").mkdir()
    (data / "index" / "meta.json").write_text("{}")
    done = await restore(source, data, LATER)
    assert done.aside is not None
    assert (done.aside / "index" / "meta.json").exists()
    assert not (data / "index").exists()
    aside = await Database.open("", done.aside)
    assert len(await withdrawals.all(aside.reader)) == 1
    await aside.close()
    again = await restore(source, data, LATER)
    assert again.aside not in {None, done.aside}
    assert done.aside.exists()


async def test_without_the_old_database_found_rooms_are_hidden(source: Path, data: Path) -> None:
    await later(data)
    for path in data.glob("webring.sqlite3*"):
        path.unlink()
    done = await restore(source, data, LATER)
    assert done.known_until == NOW
    assert done.carried.hidden == len(FOUND)
    assert await listed(data) == {SPACE, CHILD}
    db = await Database.open("", data)
    server = await homeservers.get(db.reader, SERVER)
    assert server is not None
    assert server.next_at == LATER
    await db.close()


async def test_a_damaged_old_database_counts_as_lost(source: Path, data: Path) -> None:
    path = data / "webring.sqlite3"
    path.write_bytes(b"\0" * path.stat().st_size)
    assert (await restore(source, data, LATER)).known_until == NOW


async def test_a_lost_data_directory_comes_back_whole(source: Path, data: Path) -> None:
    keys = identity.load(data)
    shutil.rmtree(data)
    done = await restore(source, data, LATER)
    assert (done.aside, done.known_until) == (None, NOW)
    assert identity.load(data) == keys


async def test_newer_keys_stay(source: Path, data: Path) -> None:
    keys = rotation.rotate(data, identity.INSTANCE, LATER)
    done = await restore(source, data, LATER)
    assert done.newer_keys == (identity.INSTANCE,)
    assert identity.load(data).instance_keys == keys


async def test_a_newer_recovery_stays(source: Path, data: Path) -> None:
    secret = identity.path(data, identity.RECOVERY)
    keys = rotation.recover(data, INSTANCE, secret, LATER)
    done = await restore(source, data, LATER)
    assert done.newer_keys == (identity.INSTANCE,)
    restored = identity.load(data)
    assert restored.instance_keys == keys
    assert restored.recovery is not None


async def test_foreign_keys_give_way(source: Path, data: Path) -> None:
    keys = identity.load(data)
    file = identity.path(data, identity.INSTANCE)
    file.unlink()
    keyfiles.create(file, type(keys.instance_keys)(SigningKey.generate()))
    assert (await restore(source, data, LATER)).newer_keys == ()
    assert identity.load(data) == keys


async def test_it_is_refused_while_anybody_has_the_database_open(source: Path, data: Path) -> None:
    db = await Database.open("", data)
    with pytest.raises(StorageError, match="is in use"):
        await restore(source, data, LATER)
    await db.close()
    with lock.alone(data), pytest.raises(StorageError, match="is being restored"):
        await Database.open("", data)
    await restore(source, data, LATER)


def _unknown_format(source: Path) -> None:
    written = json.loads((source / CONTENTS).read_text())
    (source / CONTENTS).write_text(json.dumps(written | {"format": 9}))


def _outside(source: Path) -> None:
    written = json.loads((source / CONTENTS).read_text())
    written["files"]["../data/webring.sqlite3"] = "0" * 64
    (source / CONTENTS).write_text(json.dumps(written))


def _no_database(source: Path) -> None:
    written = json.loads((source / CONTENTS).read_text())
    del written["files"]["webring.sqlite3"]
    (source / CONTENTS).write_text(json.dumps(written))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no contents": (lambda source: (source / CONTENTS).unlink(), "not a backup"),
    "contents that are no JSON": (lambda s: (s / CONTENTS).write_text("{"), "not a backup"),
    "another version's": (_unknown_format, "another version"),
    "a file outside": (_outside, "lacks ../data"),
    "no database": (_no_database, "holds no database"),
    "a file less": (lambda s: (s / "keys" / "instance.key").unlink(), "lacks keys/instance.key"),
    "one byte changed": (
        lambda s: (s / "keys" / "matrix.key").write_text("ed25519 a AAAA\n"),
        "its hash differs",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_backup_is_refused_and_changes_nothing(
    damage: str, source: Path, data: Path
) -> None:
    make, sentence = DAMAGES[damage]
    make(source)
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(StorageError, match=sentence):
        await restore(source, data, LATER)
    assert sorted(path.name for path in data.iterdir()) == before
    assert await listed(data) == {*FOUND, SPACE, CHILD}


@pytest.mark.parametrize("moves", range(5))
async def test_an_interrupted_restore_is_undone(
    moves: int, source: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after so many moves; the next restore finds everything again."""
    await later(data)
    (data / "index").mkdir()
    (data / "index" / "mine").write_text("")
    left = moves
    rename, undo = Path.rename, restoring._undo

    def dying(self: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", dying)
    monkeypatch.setattr(restoring, "_undo", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        await restore(source, data, LATER)
    monkeypatch.undo()
    with pytest.raises(StorageError, match="interrupted"):
        await Database.open("", data)
    undo(data)
    assert (data / "index" / "mine").exists()
    assert await listed(data) == {*FOUND[2:], SPACE}
    done = await restore(source, data, LATER)
    assert done.known_until is None
    assert await listed(data) == {*FOUND[2:], SPACE}


async def test_a_backup_of_a_full_disk_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await Database.open("", data)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable, match="No space left"):
        await backup(db, data, tmp_path / "backup", NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    await db.close()


@pytest.mark.postgres
async def test_a_postgresql_is_backed_up_by_its_own_tools(db: Database, tmp_path: Path) -> None:
    if db.dialect == "sqlite":
        made = await backup(db, tmp_path / "data", tmp_path / "backup", NOW)
        assert isinstance(made, Contents)
        return
    with pytest.raises(StorageError, match="pg_dump"):
        await backup(db, tmp_path, tmp_path / "backup", NOW)
