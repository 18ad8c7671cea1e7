"""Runs one of our modules as `python -m` would, until the pipe that is its standard input ends.

    python -m webring.demo.leash webring serve -c webring.toml

Whoever started it holds the other end: however that one dies, `kill -9` included, the pipe ends,
and this process with it. Nothing is left running.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

GRACE: Final = 8.0
"""Seconds to end in good order before it is ended anyway."""


def hold(descriptor: int = 0) -> None:
    """End this process when `descriptor` reaches its end, from a thread of its own."""
    threading.Thread(target=_wait, args=(descriptor,), name="leash", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def main(arguments: list[str]) -> None:
    """Become the module that `arguments` begin with."""
    hold()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
