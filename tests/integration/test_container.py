"""The Dockerfile, as far as it can be told without an engine: files, commands, user, health."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.unit.cli.commands import COMMANDS
from webring import config

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
STEPS = [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in LINES if line]
RUNS_WEBRING = re.compile(r"\bdocker (?:run|exec) .*?\bwebring (?P<command>[a-z]+)$")
SETTINGS = '[instance]\nname = "a.example"\nbase_url = "https://ring.a.example"\n'


def steps(word: str) -> list[str]:
    return [rest for first, rest in STEPS if first == word]


def copied() -> list[str]:
    """What is copied out of this tree (not out of an earlier stage)."""
    copies = [rest.split() for rest in steps("COPY") if not rest.startswith("--from")]
    return [source for words in copies for source in words[:-1]]


def environment() -> dict[str, str]:
    (line,) = steps("ENV")
    return dict(word.split("=", 1) for word in shlex.split(line))


def test_what_it_copies_is_there_and_nothing_else_is_sent_to_the_engine() -> None:
    assert all((ROOT / source).exists() for source in copied())
    ignored = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied())


def test_what_it_copies_is_enough_to_make_the_program(tmp_path: Path) -> None:
    source, target = tmp_path / "src", tmp_path / "out"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name)
        else:
            shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*command, str(target), str(source)], check=True)
    (wheel,) = target.glob("webring-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"webring/static/style.css", "webring/web/templates/home.html"} <= names


def test_its_commands_are_the_program_s() -> None:
    (entry,), (default,) = steps("ENTRYPOINT"), steps("CMD")
    program = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert json.loads(entry) == ["webring"]
    assert "webring" in program["project"]["scripts"]
    assert " ".join(json.loads(default)) in COMMANDS
    shown = re.sub(r"\s*\\\n#\s*", " ", TEXT)
    told = [found["command"] for line in shown.splitlines() if (found := RUNS_WEBRING.search(line))]
    assert told == ["init", "check"]
    assert set(told) <= set(COMMANDS)


def test_it_runs_as_nobody_in_particular_and_writes_to_one_place() -> None:
    (user,), (volume,), (place,) = steps("USER"), steps("VOLUME"), steps("WORKDIR")[1:]
    assert user.split(":")[0].isdecimal()
    assert int(user.split(":")[0]) > 0
    assert volume == place == "/var/lib/webring"
    assert environment()["WEBRING_CONFIG"].startswith(f"{volume}/")
    order = [word for word, _ in STEPS]
    assert order.index("USER") > max(at for at, word in enumerate(order) if word == "RUN")


def test_its_variables_are_settings_and_the_port_is_the_one_that_is_exposed() -> None:
    settings = config.parse(SETTINGS, environment())
    assert settings.web.host == "0.0.0.0"
    assert [str(settings.web.port)] == steps("EXPOSE")


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody who is healthy, and whoever asks for anything else learns that he is not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def healthy(port: int) -> int:
    (line,) = steps("HEALTHCHECK")
    python, *words = json.loads(line[line.index("[") :])
    assert python == "python"
    made = subprocess.run(
        [sys.executable, *words],
        env={"WEBRING_WEB_PORT": str(port)},
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return made.returncode


def test_its_health_is_what_healthz_says(port: int) -> None:
    assert healthy(port) == 0


def test_nobody_there_is_not_healthy() -> None:
    assert healthy(1) != 0
