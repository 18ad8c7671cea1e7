"""`webring demo`: starts the sample federation, says when it is alive, and ends all of it.

Three instances are ordinary `webring serve` processes; one more process plays the homeservers.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from webring import __version__
from webring.demo.children import Child, end_all
from webring.demo.databases import make_databases
from webring.demo.instances import PRIVATE, Place, lay_out
from webring.demo.plan import Plan, make_plan
from webring.demo.ring import TITLE, SampleRing
from webring.demo.vouches import vouch
from webring.demo.watching import Watcher
from webring.errors import ConfigError, Unavailable
from webring.net.ports import can_bind

Say = Callable[[str], None]

PLAN_FILE: Final = "plan.json"
FOUNDED_FILE: Final = "founded"
"""It is there once the ring was founded."""
START_SECONDS: Final = 30.0
"""How long a process may take until it listens."""
ALIVE_SECONDS: Final = 30.0
"""How long the directories may take to fill; after that the demo says how far they are."""
GLANCE: Final = 0.1
"""Seconds between two looks at the processes."""


class Demo:
    """One run of the sample federation, with its data in `folder`."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say
        self._plan = _plan(folder)
        self._places = lay_out(self._plan, folder)
        self._watcher = Watcher(f"webring-demo/{__version__}")
        self._ring = SampleRing(self._places, self._watcher)
        self._children: list[Child] = []
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGINT or SIGTERM; `Unavailable` where a process ends before that."""
        with _stop_signals(self._stopped):
            try:
                await self._start()
                await self._greet()
                async with _beside(self._found()):
                    while not self._stopped.is_set():
                        self._check()
                        await asyncio.sleep(GLANCE)
            finally:
                self._say("Ending the demo.")
                await asyncio.to_thread(end_all, self._children)

    async def _start(self) -> None:
        plan_file = str(self._folder / PLAN_FILE)
        self._begin("homeservers", ["webring.demo.homeservers", plan_file])
        await asyncio.gather(
            self._listening(self._plan.server_ports.values()),
            make_databases(place.data_dir for place in self._places),
        )
        for place in self._places:
            self._begin(place.key, ["webring", "serve", "--config", str(place.config)])
        await self._listening(self._plan.instance_ports.values())

    async def _greet(self) -> None:
        """Wait for the directories, then say where they are."""
        wanted = _communities(self._plan)
        listed = [0 for _ in self._places]
        deadline = asyncio.get_running_loop().time() + ALIVE_SECONDS
        while min(listed) < wanted and not self._stopped.is_set():
            self._check()
            listed = [await self._watcher.communities(place.base_url) for place in self._places]
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(GLANCE)
        if not self._stopped.is_set():
            for line in greeting(self._places, listed, wanted, self._ring.page):
                self._say(line)

    async def _found(self) -> None:
        """Let the communities vouch, and found the ring, once: then both are the operators' own.

        Interrupted, it goes on at the next start. The demo goes on without it as well.
        """
        founded = self._folder / FOUNDED_FILE
        if founded.exists():
            return
        try:
            await vouch(self._places)
            members = await self._ring.found()
        except Unavailable as error:
            self._say(f"The ring was not founded: {error.sentence}")
            return
        founded.touch()
        self._say(f"{TITLE} is a ring of {members} members now: {self._ring.page}")

    async def _listening(self, ports: Collection[int]) -> None:
        """Wait until somebody listens on all of these ports."""
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while any(can_bind(port) for port in ports) and not self._stopped.is_set():
            self._check()
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable(f"nothing listens on {sorted(ports)} after {START_SECONDS:g} s")
            await asyncio.sleep(GLANCE)

    def _begin(self, name: str, arguments: Sequence[str]) -> None:
        self._children.append(Child(name, arguments, self._folder / f"{name}.log"))

    def _check(self) -> None:
        for child in self._children:
            if not child.is_running and not self._stopped.is_set():
                raise Unavailable(f"{child.name} has ended by itself:\n{child.tail()}")


async def run_demo(*, keep: Path | None = None, say: Say = print) -> None:
    """Run the demo; its data is thrown away unless `keep` names a directory for it.

    Raises `Unavailable` where a process ends by itself, and `ConfigError` where the ports of a
    demo that was kept are taken.
    """
    with _folder(keep) as folder:
        await Demo(folder, say).run()


def greeting(
    places: Sequence[Place], listed: Sequence[int], wanted: int, ring: str
) -> Iterator[str]:
    """What is said once the directories are filled, or as far as they are; `ring` is its page."""
    yield "Three instances, each with its own keys, database and communities:"
    yield ""
    for place, communities in zip(places, listed, strict=True):
        yield f"  {place.title:<10}{place.base_url}/   lists {communities} of {wanted} communities"
    yield ""
    yield f"At the first start they found a ring, which takes a minute: {ring}"
    yield ""
    yield "They crawl and verify each other every few seconds. Ctrl-C ends all of it."


def _plan(folder: Path) -> Plan:
    """The plan of a demo that was kept here, or a new one."""
    file = folder / PLAN_FILE
    if file.exists():
        try:
            plan = msgspec.json.decode(file.read_bytes(), type=Plan)
        except msgspec.DecodeError as error:
            raise ConfigError(f"{file} is not a demo's plan: {error}; delete it") from None
        plan.check_free()
        return plan
    plan = make_plan()
    file.touch(mode=PRIVATE)  # it holds tokens
    file.write_bytes(msgspec.json.encode(plan))
    return plan


def _communities(plan: Plan) -> int:
    """How many communities all instances publish together, the one that is marked included."""
    instances = plan.federation.instances
    marked = sum(instance.directory == "marked" for instance in instances)
    return sum(len(instance.communities) for instance in instances) + marked


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something beside the block; what is left of it at the end is given up."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    folder = keep or Path(tempfile.mkdtemp(prefix="webring-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stop_signals(stopped: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stopped`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
