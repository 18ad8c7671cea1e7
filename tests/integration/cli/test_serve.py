"""An instance served for real, and what the other commands say meanwhile."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.integration.cli.running import PATIENCE, Instance, eventually
from webring.net.ports import bound, can_bind, free_port


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def test_a_day_in_the_life(instance: Instance) -> None:
    with instance.serving() as process:
        checked = instance.run("check", "--json")
        findings = json.loads(checked.stdout)
        failed = [each for each in findings if each["level"] == "fail"]
        assert (checked.returncode, failed) == (0, [])
        subjects = {each["subject"] for each in findings if each["level"] == "ok"}
        assert {"keys", "database", "base URL", "name", "manifest", "signature"} <= subjects
        assert "Matrix identity" in subjects

        for place in (instance.name, f"http://{instance.name}"):
            verified = instance.run("manifest", "verify", place)
            assert verified.returncode == 0, verified.stdout

        assert instance.run("servers", "add", "nowhere.invalid").returncode == 0
        assert instance.run("crawl", "--all", "--json").returncode == 0
        explained = _explained(instance, "nowhere.invalid")
        assert "has no address in the DNS" in explained
        assert "It is tried again in" in explained

        blocked = instance.run("block", "server", "nowhere.invalid", "--reason", "a test")
        assert blocked.returncode == 0, blocked.stderr
        assert "a test" in instance.run("servers", "explain", "nowhere.invalid").stdout

        backup = str(instance.folder / "backup")
        assert instance.run("backup", backup).returncode == 0
        refused = instance.run("restore", "--yes", backup)
        assert refused.returncode == 6, refused.stderr

        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        assert "webring has ended." in output
    assert instance.run("restore", "--yes", backup).returncode == 0
    assert "a test" in instance.run("block", "list").stdout


def _explained(instance: Instance, server: str) -> str:
    """What is said of a homeserver once it was visited: by the crawl, or by `serve` before it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        explained = instance.run("servers", "explain", server).stdout
        if "It is tried again in" in explained or time.monotonic() > deadline:
            return explained
        time.sleep(0.2)


def test_ctrl_c_ends_it_in_good_order(instance: Instance) -> None:
    with instance.serving("--role", "web") as process:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output


def test_a_port_that_is_taken_is_said(instance: Instance) -> None:
    with instance.serving():
        second = instance.run("serve")
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1] == (
        f"webring: 127.0.0.1:{instance.port} cannot be listened on (address already in use): "
        "end what does, or set [web] port"
    )


def test_without_directories_a_crawl_visits_instances_alone(instance: Instance) -> None:
    settings = instance.folder / "webring.toml"
    text = settings.read_text().replace("[crawl]\n", "[crawl]\ndirectories = false\n")
    settings.write_text(text)
    for what in ("peers", "servers"):
        assert instance.run(what, "add", "nowhere.invalid").returncode == 0
    crawled = instance.run("crawl", "--all", "--json")
    assert crawled.returncode == 0, crawled.stderr
    count = json.loads(crawled.stdout)
    assert (count["instances"], count["servers"]) == (1, 0)
    refused = instance.run("crawl", "nowhere.invalid")
    assert refused.returncode == 3
    assert "[crawl] directories is false" in refused.stderr


def test_a_process_that_only_crawls_answers_nobody_but_prometheus(instance: Instance) -> None:
    port = free_port()
    instance.set("metrics", f"port = {port}")
    with instance.serving("--role", "crawler") as process:
        line = process.stdout.readline() if process.stdout else ""
        assert line.rstrip().endswith("crawls.")
        assert can_bind(instance.port)
        ran = 'webring_job_runs_total{job="live",outcome="done"}'
        told = eventually(f"http://127.0.0.1:{port}/metrics", ran)
        assert "webring_database_up 1.0" in told
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_a_port_for_numbers_that_is_taken_is_said(instance: Instance) -> None:
    port = free_port()
    instance.set("metrics", f"port = {port}")
    (door,) = bound("127.0.0.1", port, "nothing")
    with door:
        door.listen()
        refused = instance.run("serve")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith("end what does, or set [metrics] port")


def test_nobody_serves_and_check_says_so(instance: Instance) -> None:
    checked = instance.run("check")
    assert checked.returncode == 1
    assert "fail  base URL" in checked.stdout
    assert "see that webring serve runs" in checked.stdout


def test_what_is_not_there_yet_is_said_in_one_line(instance: Instance) -> None:
    shown = instance.run("manifest", "show")
    assert shown.returncode == 1
    assert shown.stderr == (
        "webring: there is no manifest yet: webring serve issues one when it starts\n"
    )
