"""`webring crawl`: visit what is due, now, with progress."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from webring.cli.arguments import operator, read_names
from webring.cli.command import Setup, command, group
from webring.cli.printing import AsJson, console, print_json, say
from webring.clock import SECOND, Millis, now_ms
from webring.crawler.homeservers import Reading, Visited
from webring.errors import ConfigError
from webring.moderation.roster import Roster
from webring.names import ServerName
from webring.services import Services, open_services
from webring.storage import homeservers, peers
from webring.text import terminal

app = group("")

GLANCE: Final[Millis] = SECOND // 2
"""Between two looks at how many are still due."""

ServersArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Only these homeservers, due or not.", metavar="NAME"),
]
AllOption = Annotated[bool, typer.Option("--all", help="Everything that is known, due or not.")]


@dataclass
class Count:
    """What the crawl has come to so far."""

    servers: int = 0
    rooms: int = 0
    added: int = 0
    removed: int = 0
    instances: int = 0
    states: Counter[str] = field(default_factory=Counter)
    began: Millis = field(default_factory=now_ms)

    def add(self, visited: Visited) -> None:
        """Count one homeserver."""
        self.servers += 1
        self.rooms += visited.rooms if visited.state == "open" else 0
        self.added += visited.added
        self.removed += visited.removed
        self.states[visited.state] += 1

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return max(now_ms() - self.began, 1) / SECOND

    def sentence(self) -> str:
        """Servers by what they answered, rooms, and how fast."""
        states = ", ".join(f"{count} {state}" for state, count in self.states.most_common())
        rate = self.servers / self.seconds
        return f"rooms: {self.rooms}, {states or 'nobody asked yet'}, {rate:.1f} servers/s"


@command(
    app,
    "crawl",
    examples=[
        "webring crawl",
        "webring crawl matrix.org commune.example",
        "webring crawl --all --json",
    ],
)
async def crawl(
    setup: Setup,
    names: ServersArgument = None,
    everything: AllOption = False,
    as_json: AsJson = False,
) -> None:
    """Visit instances and homeservers that are due, until none is.

    It may run while `webring serve` does: they share the work. What a visit discovers is visited
    too, when it is due. Without a terminal, one line is printed for each server. With [crawl]
    directories = false, only instances are visited.
    """
    if names and not setup.settings.crawl.directories:
        raise ConfigError("homeservers are not crawled: [crawl] directories is false")
    count = Count()
    async with open_services(setup.settings) as services:
        with _shown(count, quiet=as_json) as shown:
            await _begin(services, read_names(names or []), everything=everything)
            if names:
                await _these(services, read_names(names), shown)
            else:
                await _due(services, shown)
        await services.follower.catch_up()
    if as_json:
        print_json(_described(count))
    elif not (count.servers or count.instances):
        say("Nothing is due. With --all, everything that is known is visited.")
    else:
        say(f"Visited: homeservers {count.servers}, instances {count.instances}.")
        say(f"{count.sentence()}; new rooms: {count.added}, gone: {count.removed}.")


class _Shown:
    """Where progress goes: a bar on a terminal, else lines."""

    def __init__(self, count: Count, bar: Progress | None, *, quiet: bool) -> None:
        self.count = count
        self._bar = bar
        self._quiet = quiet
        self._task = bar.add_task("homeservers", total=None, told="") if bar else TaskID(0)

    def visited(self, visited: Visited, reading: Reading) -> None:
        """One homeserver was visited."""
        self.count.add(visited)
        if self._bar:
            self._bar.update(self._task, advance=1, told=self.count.sentence())
        elif not self._quiet:
            why = "" if visited.state == "open" else " ".join(reading.reasons.values())
            print(f"{visited.state:<11} {visited.server} {visited.rooms} rooms {terminal(why)}")

    def expect(self, due: int) -> None:
        """How many are still to come."""
        if self._bar:
            self._bar.update(self._task, total=self.count.servers + due)


@contextmanager
def _shown(count: Count, *, quiet: bool) -> Iterator[_Shown]:
    if quiet or not sys.stdout.isatty():
        yield _Shown(count, None, quiet=quiet)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}", markup=False),
    )
    with Progress(*columns, console=console()) as bar:
        yield _Shown(count, bar, quiet=False)


async def _begin(services: Services, names: list[ServerName], *, everything: bool) -> None:
    """Make what is wanted known, and due."""
    await services.signing.make_sure()
    now = services.clock()
    if names:
        await Roster(services.db, now_ms, operator()).add_servers(names)
    elif everything:
        async with services.db.transaction() as tx:
            if services.settings.crawl.directories:
                await homeservers.hasten(tx, None, now)
            await peers.hasten(tx, None, now)


async def _these(services: Services, names: list[ServerName], shown: _Shown) -> None:
    shown.expect(len(names))
    for name in names:
        if await services.homeservers.crawl(name, shown.visited) is None:
            say(f"{name} is being visited by another process.")


async def _due(services: Services, shown: _Shown) -> None:
    """Instances first: they name homeservers."""
    await services.publisher.refresh()
    while visited := await services.peers.visit_due():
        shown.count.instances += len(visited)
    if not services.settings.crawl.directories:
        return
    crawl = asyncio.create_task(services.homeservers.crawl_due(shown.visited))
    try:
        while not crawl.done():
            due = await homeservers.due(services.db.reader, services.clock())
            shown.expect(due + services.homeservers.under_way)
            await asyncio.wait([crawl], timeout=GLANCE / SECOND)
        crawl.result()
    finally:
        crawl.cancel()
        await asyncio.gather(crawl, return_exceptions=True)


def _described(count: Count) -> dict[str, Any]:
    return {
        "servers": count.servers,
        "instances": count.instances,
        "rooms": count.rooms,
        "added": count.added,
        "removed": count.removed,
        "states": dict(count.states),
        "seconds": round(count.seconds, 3),
    }
