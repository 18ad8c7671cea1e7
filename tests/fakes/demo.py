"""`webring demo` as a visitor starts it: a process that prints where to look."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

PATIENCE: Final = 120.0
_ADDRESS: Final = re.compile(r"(http://127\.0\.0\.1:\d+)/\s+lists (\d+) of (\d+)")
_RING: Final = re.compile(r"is a ring of \d+ members now: (http://127\.0\.0\.1:\d+/rings/\S+)")


class RunningDemo:
    """The demo, with its data in `folder`. `addresses` are those that it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._logs: list[Path] = []
        self._ring = ""
        self.start()

    def start(self) -> None:
        """Start it, once more where it has ended: on the data that it kept."""
        self._logs.append(self.folder / f"demo{len(self._logs)}.log")
        command = [sys.executable, "-m", "webring", "demo", "--keep", str(self.folder / "data")]
        with self._logs[-1].open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self.listed: dict[str, tuple[int, int]] = {}
        self._read_addresses()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The instances' base URLs."""
        return tuple(self.listed)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        if self.is_running:
            self._process.send_signal(number)
        return self._process.wait(PATIENCE)

    def output(self) -> str:
        """All that it printed since it was started last."""
        return self._logs[-1].read_text(encoding="utf-8", errors="replace")

    def ring(self) -> str:
        """The address of the page of the ring that it founds, once all of its members are in."""
        deadline = time.monotonic() + 2 * PATIENCE
        while not self._ring:
            if found := _RING.search(self.output()):
                self._ring = found[1]
            assert self.is_running, f"the demo has ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"the demo founded no ring:\n{self.output()}"
            time.sleep(0.1)
        return self._ring

    def _read_addresses(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "Ctrl-C" not in self.output():
            assert self.is_running, f"the demo has ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"the demo said nothing:\n{self.output()}"
            time.sleep(0.1)
        for url, listed, wanted in _ADDRESS.findall(self.output()):
            self.listed[url] = (int(listed), int(wanted))
