"""A real `webring serve` process, and the questions that a test has for it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from webring.demo.children import Child, end_all
from webring.example import render
from webring.net.ports import LOOPBACK, free_port
from webring.storage import identity

T = TypeVar("T")
PATIENCE: Final = 120.0
"""Seconds until what should happen has to have happened: a limit, not a measure."""

Values = Mapping[str, Mapping[str, object]]


class Serving:
    """An instance by its settings, and the process that serves it at `url`."""

    def __init__(self, name: str, url: str, config: Path) -> None:
        self.name = name
        self.url = url
        self.config = config
        self.folder = config.parent
        self.data = self.folder / "data"
        self._child: Child | None = None
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start, and wait for nothing."""
        arguments = ["webring", "serve", "--config", str(self.config)]
        self._child = Child(self.name, arguments, self.folder / "serve.log")

    def wait(self) -> None:
        """Wait until it is ready."""
        self.until(lambda: self._is_ready() or None, "ready")

    def kill(self) -> None:
        """End it as `kill -9` does: nothing is said, nothing is finished."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGKILL)
        end_all([self._child])

    def stop(self) -> None:
        """End it in good order."""
        self._http.close()
        if self._child is not None:
            end_all([self._child])

    def get(self, path: str) -> Any:
        """What its API answers."""
        answer = self._http.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def page(self, path: str) -> httpx.Response:
        """One of its pages, whatever the status."""
        return self._http.get(path)

    def run(self, *arguments: str) -> str:
        """What a command prints; it has to succeed."""
        done = self._run(*arguments)
        assert done.returncode == 0, f"{arguments}: {(done.stdout + done.stderr).decode()}"
        return done.stdout.decode()

    def fails(self, *arguments: str) -> str:
        """What a command prints that must not succeed."""
        done = self._run(*arguments)
        assert done.returncode != 0, f"{arguments}: {done.stdout.decode()}"
        return (done.stdout + done.stderr).decode()

    def command(self, *arguments: str) -> Any:
        """What a command prints with --json."""
        return json.loads(self.run(*arguments, "--json"))

    def rows(self, query: str, *values: object) -> list[Any]:
        """Rows of its database, read beside it."""
        database = sqlite3.connect(f"file:{self.data / 'webring.sqlite3'}?mode=ro", uri=True)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    def until(self, look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
        """Look until there is something to see; the log's end says why there was nothing."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            assert self._child is not None
            assert self._child.is_running, f"{self.name} has ended:\n{self._child.tail()}"
            if (seen := look()) is not None:
                return seen
            time.sleep(0.1)
        log = self._child.tail() if self._child else ""
        raise AssertionError(f"{self.name}: not {what} within {patience:g} s:\n{log}")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "webring", *arguments, "--config", str(self.config)],
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )

    def _is_ready(self) -> bool:
        try:
            return self._http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class Instance(Serving):
    """A new instance under `folder`. It listens on a loopback port, wherever `base_url` leads."""

    def __init__(self, folder: Path, values: Values, *, port: int | None = None) -> None:
        self.port = port or free_port()
        own: dict[str, dict[str, object]] = {key: dict(value) for key, value in values.items()}
        url = f"http://{LOOPBACK}:{self.port}"
        data = folder / "data"
        data.mkdir(parents=True)
        own["instance"] = {
            "name": f"{LOOPBACK}:{self.port}",
            "base_url": url,
            **own.get("instance", {}),
            "data_dir": str(data),
        }
        own["web"] = {"host": LOOPBACK, "port": self.port, **own.get("web", {})}
        config = folder / "webring.toml"
        config.write_text(render(own), encoding="utf-8")
        super().__init__(str(own["instance"]["name"]), url, config)
        identity.create(data)
