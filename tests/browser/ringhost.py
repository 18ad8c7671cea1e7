"""A ring's host as a browser meets it: the real app on a real port, with circles from memory."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvicorn

from webring.names import PeerUrl, ServerName
from webring.rings.circle import Circle
from webring.rings.circles import Circles
from webring.services import Services, open_services
from webring.settings import (
    InstanceSettings,
    ProfileSettings,
    Settings,
    TestingSettings,
    WebSettings,
)
from webring.storage import identity
from webring.web.app import create_app

PATIENCE: Final = 120.0


class StandingCircles(Circles):
    """Circles that were given: no database is read."""

    def __init__(self, services: Services, circles: Iterable[Circle]) -> None:
        super().__init__(services.db, services.clock)
        self._circles = {circle.ring: circle for circle in circles}
        self._done = 1


class RingHost:
    """An instance that answers for some rings, in a thread, until `end`."""

    def __init__(self, folder: Path, circles: Iterable[Circle]) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._folder = folder
        self._circles = tuple(circles)
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(PATIENCE), "the ring's host did not start"

    def end(self) -> None:
        """End it in good order."""
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(PATIENCE)

    async def _serve(self) -> None:
        identity.create(self._folder)
        async with open_services(self._settings()) as services:
            held = replace(services, circles=StandingCircles(services, self._circles))
            config = uvicorn.Config(create_app(held), lifespan="off", log_config=None)
            self._server = uvicorn.Server(config)
            self._ready.set()
            await self._server.serve(sockets=[self._socket])

    def _settings(self) -> Settings:
        return Settings(
            InstanceSettings(
                ServerName("commune.example"),
                PeerUrl.parse(self.base_url, allow_http=True),
                self._folder,
            ),
            profile=ProfileSettings(name="Commune"),
            web=WebSettings(requests_per_minute=100_000),
            testing=TestingSettings(http=True),
        )
