"""The processes of a demonstration, each on a leash that we hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from webring.config import PREFIX

PATIENCE: Final = 10.0
"""Seconds that a process gets to end in good order."""
TAIL: Final = 1_500
"""Characters of its log that are shown where a process ends too early."""


class Child:
    """One of our modules as a process of its own; what it prints goes to the file `log`."""

    def __init__(self, name: str, arguments: Iterable[str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "webring.demo.leash", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def tail(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-TAIL:]

    def let_go(self) -> None:
        """Drop the leash: it ends in good order."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> None:
        """Wait until it has ended, and end it by force where it does not."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end_all(children: Iterable[Child]) -> None:
    """End all of them, side by side."""
    held = list(children)
    for child in held:
        child.let_go()
    for child in held:
        child.wait()


def environment() -> dict[str, str]:
    """Ours without the settings that belong to another instance."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**kept, "PYTHONUNBUFFERED": "1"}
