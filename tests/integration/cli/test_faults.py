"""A served instance whose disk is full, whose index is gone, or whose database is of tomorrow."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.running import PATIENCE, Instance, eventually
from webring.clock import now_ms
from webring.documents import message as messages
from webring.documents.keys import SigningKey
from webring.names import ServerName
from webring.storage.address import FILE_NAME

KEY = SigningKey("ed25519:first", bytes([1]) * 32)
STRANGER = ServerName("stranger.example")


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def write(instance: Instance) -> httpx.Response:
    """Something that has to be stored before it is answered."""
    note = messages.announce(STRANGER, ServerName(instance.name))
    body = messages.sign_message(note, [KEY], now_ms())
    return httpx.post(f"http://{instance.name}/webring/v1/inbox", content=body)


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_full_disk_is_survived(instance: Instance) -> None:
    """No file of the process may grow: to it that is a disk without room."""
    with instance.serving() as process:
        eventually(f"http://{instance.name}/readyz")
        assert write(instance).status_code == 202
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        refused = write(instance)
        assert (refused.status_code, refused.json()["errcode"]) == (503, "M_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) > 0
        for path in ("/", "/search?q=bees", "/servers", "/api/v1/stats", "/webring/v1/manifest"):
            assert httpx.get(f"http://{instance.name}{path}").status_code == 200, path
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        until(lambda: write(instance).status_code == 202)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert "Traceback" not in output


def test_an_index_that_is_missing_or_damaged_is_built_anew_with_progress(
    instance: Instance,
) -> None:
    index = instance.folder / "data" / "index"
    with instance.serving():
        eventually(f"http://{instance.name}/readyz")
    for harm in (shutil.rmtree, _damage):
        harm(index)
        with instance.serving() as process:
            eventually(f"http://{instance.name}/readyz")
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=PATIENCE)
        assert "The search index is rebuilt: " in output
        assert "The search index is whole: " in output


def _damage(index: Path) -> None:
    for path in index.glob("g-*/meta.json"):
        path.write_text('{"segments": [')


def test_a_database_of_a_newer_program_is_left_alone(instance: Instance) -> None:
    with instance.serving():
        eventually(f"http://{instance.name}/readyz")
    with closing(sqlite3.connect(instance.folder / "data" / FILE_NAME)) as stored:
        stored.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) "
            "SELECT app, '9999_tomorrow', applied_at FROM tortoise_migrations LIMIT 1"
        )
        stored.commit()
        before = stored.execute("SELECT count(*) FROM sqlite_master").fetchall()
        refused = instance.run("serve")
        assert refused.returncode == 6
        assert "a newer version of webring (9999_tomorrow)" in refused.stderr
        assert stored.execute("SELECT count(*) FROM sqlite_master").fetchall() == before
    checked = instance.run("check")
    assert "install the newer webring again" in checked.stdout
