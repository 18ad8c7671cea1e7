"""Several processes that answer requests, beside the one that crawls and watches over them.

They share the sockets: whoever is free takes the next connection, and while one is begun anew the
others go on. Each is told to end by its standard input, a pipe whose other end the process that
crawls holds: however that one dies, `kill -9` included, they end too, in good order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from webring.clock import SECOND, Millis
from webring.net.ports import Socket, inherited
from webring.web.server import GRACE

MOST: Final = 64
SHORTEST_PAUSE: Final[Millis] = SECOND
LONGEST_PAUSE: Final[Millis] = 30 * SECOND
"""Before one that ends again and again is begun anew."""
STEADY: Final = 60.0
"""Seconds after which one that ends did well until then."""
PATIENCE: Final = GRACE + 10
"""Seconds that one gets to end in good order."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Which of them a process is, from 1, and the descriptors of the sockets that it shares."""

    number: int
    descriptors: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote, in the process that was begun."""
        number, _, descriptors = text.partition(":")
        return cls(int(number), tuple(map(int, descriptors.split(","))))

    def __str__(self) -> str:
        return f"{self.number}:{','.join(map(str, self.descriptors))}"

    def doors(self) -> list[Socket]:
        """The sockets."""
        return [inherited(each) for each in self.descriptors]


@contextmanager
def leash(ending: asyncio.Event) -> Iterator[None]:
    """Set `ending` when the pipe that is our standard input ends."""
    loop, pipe = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(pipe, 1024):
            loop.remove_reader(pipe)
            ending.set()

    loop.add_reader(pipe, read)
    try:
        yield
    finally:
        loop.remove_reader(pipe)


@asynccontextmanager
async def kept(
    count: int, doors: Sequence[Socket], config: Path, *, verbose: bool
) -> AsyncIterator[None]:
    """Keep `count` processes answering on these sockets; at the end all of them have ended."""
    descriptors = tuple(door.fileno() for door in doors)
    workers = [Worker(number, descriptors) for number in range(1, count + 1)]
    tasks = [asyncio.create_task(_keep(each, config, verbose=verbose)) for each in workers]
    try:
        yield
    finally:
        for door in doors:
            door.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(worker: Worker, config: Path, *, verbose: bool) -> None:
    """Begin a process, and another whenever it has ended."""
    loop, pause = asyncio.get_running_loop(), SHORTEST_PAUSE
    while True:
        began = loop.time()
        code = await _run(worker, config, verbose=verbose)
        pause = SHORTEST_PAUSE if loop.time() - began > STEADY else min(2 * pause, LONGEST_PAUSE)
        log.warning(
            "Web process %d has ended with %d, and is begun anew in %d s",
            worker.number,
            code,
            pause // SECOND,
        )
        await asyncio.sleep(pause / SECOND)


async def _run(worker: Worker, config: Path, *, verbose: bool) -> int:
    """One process from beginning to end; its exit code (negative: the signal that ended it)."""
    words = ["-c", str(config), "serve", "--role", "web", "--worker", str(worker)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "webring",
        *words,
        *(["--verbose"] if verbose else []),
        stdin=asyncio.subprocess.PIPE,
        pass_fds=worker.descriptors,
    )
    try:
        return await process.wait()
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let go of the leash, and wait; end by force what does not end."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
