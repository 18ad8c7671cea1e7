"""`webring serve`: the instance itself, until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Final

import typer
import uvicorn
from starlette.types import ASGIApp

from webring import __version__, jobs
from webring.cli.command import Setup, command, group
from webring.cli.printing import say
from webring.errors import Unavailable
from webring.services import Services, open_services
from webring.settings import Settings, WebSettings
from webring.web.app import create_app

app = group("")

GRACE: Final = 10
"""Seconds for requests under way when the process is told to end."""
KEEP_ALIVE: Final = 15
"""Seconds that an idle connection stays open."""
QUIET: Final = ("apscheduler", "httpx", "httpcore", "uvicorn.access", "tortoise")
"""Loggers whose news are of no use to an operator. Visitors are not logged at all."""


class Role(StrEnum):
    """What this process does."""

    WEB = "web"
    CRAWLER = "crawler"
    BOTH = "both"


RoleOption = Annotated[Role, typer.Option("--role", help="Answer requests, visit others, or both.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]


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
    _log(verbose=verbose)
    ending = asyncio.Event()
    with _signals(ending):
        async with open_services(setup.settings) as services:
            say(_greeting(setup.settings, role))
            async with jobs.running(services, answering=role is Role.WEB):
                if role is Role.CRAWLER:
                    await ending.wait()
                else:
                    await _answer(services, ending)
    say("webring has ended.")


def configuration(app: ASGIApp, web: WebSettings) -> uvicorn.Config:
    """How the app is served."""
    return uvicorn.Config(
        app,
        host=web.host,
        port=web.port,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # `create_app` believes configured proxies only
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def settle() -> None:
    """Have the garbage collector pass over all that the start has made, and that stays: each look
    through it would be a pause of a tenth of a second for visitors.
    """
    gc.collect()
    gc.freeze()


class _Server(uvicorn.Server):
    """A server that leaves signals to us: everything else has to end in good order too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _answer(services: Services, ending: asyncio.Event) -> None:
    """Serve until `ending`; `Unavailable` where the port is taken."""
    web = services.settings.web
    server = _Server(configuration(create_app(services), web))
    settle()
    stopper = asyncio.create_task(_stop(server, ending))
    try:
        await server.serve()  # no task of its own: its SystemExit would end the loop
    except SystemExit:
        raise Unavailable(
            f"{web.host}:{web.port} cannot be listened on: end what does, or set [web] port"
        ) from None
    finally:
        stopper.cancel()


async def _stop(server: uvicorn.Server, ending: asyncio.Event) -> None:
    await ending.wait()
    server.should_exit = True


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


def _log(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
