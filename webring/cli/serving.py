"""`webring serve`: the instance itself, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from webring import __version__, jobs
from webring.cli import logs
from webring.cli.command import Setup, command, group
from webring.cli.workers import MOST, Worker, kept, leash
from webring.net.ports import Socket, bound
from webring.services import Services, open_services
from webring.settings import Settings
from webring.web.app import create_app
from webring.web.metrics import create_metrics_app
from webring.web.server import serving, settle

app = group("")

log = logging.getLogger("webring")


class Role(StrEnum):
    """What this process does."""

    WEB = "web"
    CRAWLER = "crawler"
    BOTH = "both"


RoleOption = Annotated[Role, typer.Option("--role", help="Answer requests, visit others, or both.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=MOST,
        help="Answer requests in so many processes, and crawl in this one.",
    ),
]
WorkerOption = Annotated[str | None, typer.Option("--worker", hidden=True)]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log everything.")]


@command(
    app,
    "serve",
    examples=[
        "webring serve",
        "webring serve --workers 2",
        "webring serve -c /etc/webring/webring.toml --role web",
    ],
)
async def serve(
    setup: Setup,
    role: RoleOption = Role.BOTH,
    workers: WorkersOption = None,
    verbose: VerboseOption = False,
    worker: WorkerOption = None,
) -> None:
    """Run the instance: pages, API, crawl, manifest.

    It ends in good order by SIGTERM or Ctrl-C. It listens on [web] host and port, without TLS: put
    a proxy before it (`webring init` prints one). One process does all of it; with --workers,
    several of this machine share the requests. With PostgreSQL processes may run on any number of
    hosts, some with --role web, others with --role crawler. It refuses to start without keys: a new
    identity is made only by `webring init`.
    """
    if workers and role is not Role.BOTH:
        raise typer.BadParameter("--workers is for --role both, which is the default")
    logs.begin(setup.settings.log, verbose=verbose)
    part = Part(role, workers or 0, Worker.parse(worker) if worker else None, verbose)
    ending = asyncio.Event()
    with (
        closing(Doors.of(setup.settings, part)) as doors,
        _signals(ending),
        leash(ending) if part.worker else nullcontext(),
    ):
        async with open_services(setup.settings) as services:
            log.info("%s", _greeting(setup.settings, part))
            await _work(services, part, doors, setup.path, ending)
    log.info("webring has ended.")


@dataclass(frozen=True, slots=True)
class Part:
    """What this process does: its role, and (0: itself) how many processes answer for it.

    `worker` is set in one of those.
    """

    role: Role
    workers: int
    worker: Worker | None
    verbose: bool


@dataclass(frozen=True, slots=True)
class Doors:
    """The sockets that are served, bound before anything else is done: a port may be taken."""

    web: Sequence[Socket] = ()
    metrics: Sequence[Socket] = ()

    @classmethod
    def of(cls, settings: Settings, part: Part) -> Doors:
        """Those that a process wants. Raises `Unavailable`."""
        web, metrics, worker = settings.web, settings.metrics, part.worker
        if part.role is Role.CRAWLER:
            answering = []
        else:
            answering = worker.doors() if worker else bound(web.host, web.port, "[web] port")
        port = metrics.port + (worker.number if worker else 0)
        counting = bound(metrics.host, port, "[metrics] port") if metrics.port else []
        return cls(answering, counting)

    def close(self) -> None:
        """Close them, also where nobody came to serve."""
        for each in (*self.web, *self.metrics):
            each.close()


async def _work(
    services: Services, part: Part, doors: Doors, config: Path, ending: asyncio.Event
) -> None:
    """Do what this process does until `ending`."""
    web, told = services.settings.web, asyncio.create_task(ending.wait())
    until: list[asyncio.Task[Any]] = [told]
    async with AsyncExitStack() as stack:
        if doors.metrics:
            app = create_metrics_app(services)
            until.append(await stack.enter_async_context(serving(app, web, doors.metrics)))
        answering = part.role is Role.WEB
        await stack.enter_async_context(jobs.running(services, answering=answering))
        if part.workers:
            keeping = kept(part.workers, doors.web, config, verbose=part.verbose)
            await stack.enter_async_context(keeping)
        elif doors.web:
            app = create_app(services)
            until.append(await stack.enter_async_context(serving(app, web, doors.web)))
            settle()
        await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()


@contextmanager
def _signals(ending: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `ending`; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def end() -> None:
        ending.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _greeting(settings: Settings, part: Part) -> str:
    instance, web = settings.instance, settings.web
    place = f"{web.host}:{web.port}"
    if part.worker:
        return f"Web process {part.worker.number} answers on {place}."
    by = f" by {part.workers} processes" if part.workers else ""
    doing = {
        Role.BOTH: f"answers on {place}{by} and crawls",
        Role.WEB: f"answers on {place}",
        Role.CRAWLER: "crawls",
    }[part.role]
    return f"webring {__version__}: {instance.name}, at {instance.base_url}, {doing}."
