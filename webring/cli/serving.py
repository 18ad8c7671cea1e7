"""`webring serve`: the instance itself, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from webring import __version__, jobs
from webring.cli import logs
from webring.cli.command import Setup, command, group
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
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log everything.")]


@command(
    app,
    "serve",
    examples=["webring serve", "webring serve -c /etc/webring/webring.toml --role web"],
)
async def serve(setup: Setup, role: RoleOption = Role.BOTH, verbose: VerboseOption = False) -> None:
    """Run the instance: pages, API, crawl, manifest.

    It ends in good order by SIGTERM or Ctrl-C. It listens on [web] host and port, without TLS: put
    a proxy before it (`webring init` prints one). With PostgreSQL any number of processes may run,
    some with --role web, others with --role crawler. It refuses to start without keys: a new
    identity is made only by `webring init`.
    """
    logs.begin(setup.settings.log, verbose=verbose)
    doors = _Doors.of(setup.settings, role)
    ending = asyncio.Event()
    with _signals(ending):
        async with open_services(setup.settings) as services:
            log.info("%s", _greeting(setup.settings, role))
            await _work(services, role, doors, ending)
    log.info("webring has ended.")


async def _work(services: Services, role: Role, doors: _Doors, ending: asyncio.Event) -> None:
    """Do what the role says until `ending`."""
    web, told = services.settings.web, asyncio.create_task(ending.wait())
    until: list[asyncio.Task[Any]] = [told]
    async with AsyncExitStack() as stack:
        if doors.metrics:
            app = create_metrics_app(services)
            until.append(await stack.enter_async_context(serving(app, web, doors.metrics)))
        await stack.enter_async_context(jobs.running(services, answering=role is Role.WEB))
        if role is not Role.CRAWLER:
            app = create_app(services)
            until.append(await stack.enter_async_context(serving(app, web, doors.web)))
            settle()
        await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()


@dataclass(frozen=True, slots=True)
class _Doors:
    """The sockets that are served, bound before anything else is done: a port may be taken."""

    web: Sequence[Socket] = ()
    metrics: Sequence[Socket] = ()

    @classmethod
    def of(cls, settings: Settings, role: Role) -> _Doors:
        """Those that the role wants. Raises `Unavailable`."""
        web, metrics = settings.web, settings.metrics
        return cls(
            [] if role is Role.CRAWLER else bound(web.host, web.port, "[web] port"),
            bound(metrics.host, metrics.port, "[metrics] port") if metrics.port else [],
        )


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


def _greeting(settings: Settings, role: Role) -> str:
    instance, web = settings.instance, settings.web
    doing = {
        Role.BOTH: f"answers on {web.host}:{web.port} and crawls",
        Role.WEB: f"answers on {web.host}:{web.port}",
        Role.CRAWLER: "crawls",
    }[role]
    return f"webring {__version__}: {instance.name}, at {instance.base_url}, {doing}."
