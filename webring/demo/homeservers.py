"""The child process that plays every sample homeserver, each on a port of its own.

python -m webring.demo.homeservers PLAN.json
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import uvicorn

from webring import __version__
from webring.clock import now_ms
from webring.demo.homeserver import Homeserver
from webring.demo.plan import Plan
from webring.demo.routes import create_homeserver
from webring.demo.signatures import KeyRing
from webring.names import ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import Fetcher
from webring.net.ports import LOOPBACK
from webring.net.resolver import DnsResolver


async def serve(plan: Plan) -> None:
    """Serve every homeserver of the plan until SIGTERM or SIGINT."""
    policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    agent = f"webring-sample/{__version__}"
    fetcher = Fetcher(policy=policy, resolver=DnsResolver(), agent=agent)
    keyring = KeyRing(partial(_fetch_keys, fetcher), now_ms)
    servers = [_Server(plan, key, keyring) for key in plan.server_ports]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


async def _fetch_keys(fetcher: Fetcher, origin: ServerName) -> object:
    url = f"{fetcher.site(origin)}/_matrix/key/v2/server"
    async with fetcher.visit() as visit:
        return (await visit.get(url, budget=WELL_KNOWN, redirects=0)).json()


class _Server(uvicorn.Server):
    """One of several servers in a process; the first to hear a signal ends, and so do the rest."""

    def __init__(self, plan: Plan, key: str, keyring: KeyRing) -> None:
        federation = plan.federation
        homeserver = Homeserver(federation, federation.servers[key], plan.tokens[key])
        owners = [i.key for i in federation.instances if i.homeserver == key]
        instance_url = plan.base_url(owners[0]) if owners else ""
        app = create_homeserver(homeserver, keyring, now_ms, instance_url)
        port = plan.server_ports[key]
        super().__init__(
            uvicorn.Config(app, LOOPBACK, port, log_level="warning", lifespan="off", ws="none")
        )
        self._first = key == next(iter(plan.server_ports))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Only one of them listens for signals: handlers are the process's, not the server's."""
        if not self._first:
            yield
            return
        with super().capture_signals():
            yield


def main(arguments: list[str]) -> None:
    """Read the plan and serve it."""
    plan = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Plan)
    asyncio.run(serve(plan))


if __name__ == "__main__":
    main(sys.argv[1:])
