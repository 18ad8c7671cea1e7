"""`serve --workers`: several processes answer, one crawls, and all of them end together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.integration.cli.running import PATIENCE, Instance, eventually
from webring.cli.workers import Worker
from webring.net.ports import can_bind, free_port


def children(pid: int) -> set[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return set()
    return {int(each) for each in text.split()}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2 * PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_the_others_answer_while_one_is_begun_anew(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    first = free_port()
    instance.set("metrics", f"port = {first}")
    with instance.serving("--workers", "2") as process:
        for number in range(3):
            eventually(f"http://127.0.0.1:{first + number}/metrics", "webring_database_up 1.0")
        before = children(process.pid)
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        for _ in range(20):
            assert httpx.get(f"http://{instance.name}/readyz").status_code in {200, 503}
        until(lambda: len(children(process.pid) - {min(before)}) == 2)
        blocked = instance.run("block", "server", "a.example", "--reason", "a test")
        assert blocked.returncode == 0, blocked.stderr
        for _ in range(10):
            eventually(f"http://{instance.name}/servers/a.example", "a test")
        every = children(process.pid)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode == 0, output
    assert "has ended with -9, and is begun anew" in output
    assert output.count("webring has ended.") == 3
    assert not any(map(is_alive, every))
    assert can_bind(instance.port)


def test_nobody_is_left_when_the_first_is_killed(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    with instance.serving("--workers", "1") as process:
        eventually(f"http://{instance.name}/healthz")
        (worker,) = children(process.pid)
        process.kill()
        until(lambda: not is_alive(worker))
    assert can_bind(instance.port)


def test_workers_are_for_whoever_does_both(tmp_path: Path) -> None:
    refused = Instance(tmp_path).run("serve", "--workers", "2", "--role", "crawler")
    assert refused.returncode == 2
    assert "--workers is for --role both" in refused.stderr


@pytest.mark.parametrize("worker", [Worker(1, (5,)), Worker(64, (5, 6))])
def test_a_worker_is_told_who_it_is(worker: Worker) -> None:
    assert Worker.parse(str(worker)) == worker
