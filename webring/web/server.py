"""Serving an app over HTTP (uvicorn), until somebody says that it is enough."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from webring.errors import Unavailable
from webring.net.ports import Socket
from webring.settings import WebSettings

GRACE: Final = 10
"""Seconds for requests under way when the process is told to end."""
KEEP_ALIVE: Final = 15
"""Seconds that an idle connection stays open."""


class Server(uvicorn.Server):
    """A server that leaves signals to us: everything else has to end in good order too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def configuration(app: ASGIApp, web: WebSettings) -> uvicorn.Config:
    """How an app is served."""
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


@asynccontextmanager
async def serving(
    app: ASGIApp, web: WebSettings, doors: Sequence[Socket]
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve on sockets that are bound; the task ends early only where that fails (`Unavailable`).

    At the end nobody new is let in, and requests that are under way are answered first.
    """
    server = Server(configuration(app, web))
    task = asyncio.create_task(server.serve(sockets=list(doors)))
    try:
        yield task
    finally:
        server.should_exit = True
        try:
            await task
        except OSError as error:  # whoever has bound the same port was the first to listen
            raise Unavailable(f"{web.host}:{web.port} cannot be listened on: {error}") from None
