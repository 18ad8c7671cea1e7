"""`webring` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from webring.net.ports import can_bind, free_port

PROGRAM = [sys.executable, "-m", "webring"]
PATIENCE = 120.0
"""Seconds for a process to begin or to end."""


def environment() -> dict[str, str]:
    """This process's environment without settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("WEBRING_")}


def eventually(url: str, saying: str = "") -> str:
    """What stands at `url`, as soon as somebody answers 200 there, and says so."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = httpx.get(url)
            if answer.status_code == httpx.codes.OK and saying in answer.text:
                return answer.text
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, url
        time.sleep(0.05)


class Instance:
    """A new instance on a loopback port; `run` gives its commands, `serving` serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.name = f"127.0.0.1:{self.port}"
        made = self.run("init", "--name", self.name, "--base-url", f"http://{self.name}")
        assert made.returncode == 0, made.stderr

    def set(self, section: str, lines: str) -> None:
        """Put settings into `webring.toml`."""
        file = self.folder / "webring.toml"
        text = file.read_text()
        assert f"[{section}]\n" in text
        file.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{lines}\n"))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`webring serve` until the end of the block."""
        process = subprocess.Popen(
            [*PROGRAM, "serve", *arguments],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while can_bind(self.port) and "crawler" not in arguments:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process
        finally:
            process.kill()
            process.communicate()
