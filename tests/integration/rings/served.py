"""A ring's chain on a real server, which may have lost some of it, or lie."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.fakes.hurried import Hurried
from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.vectors.chain_cases import VERSIONS
from tests.vectors.ring_world import SOIL
from webring.clock import DAY
from webring.names import PeerUrl, RingId
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.rings.ring_place import RingPlace
from webring.rings.verifying import LIMITS, Limits, Report, verify

NOW = 1_790_000_000_000 + 9 * DAY


@dataclass
class Server:
    """A server of one ring, and whoever walks its chain."""

    listener: Listener
    ring: RingId

    @property
    def base(self) -> PeerUrl:
        return PeerUrl(f"http://127.0.0.1:{self.listener.port}")

    def serve(self, versions: Mapping[int, bytes], pages: Mapping[str, bytes]) -> None:
        """Answer these versions by their sequence, the last one as the newest."""
        path = f"/webring/v1/rings/{self.ring}"
        for sequence, body in versions.items():
            self.listener.answers[f"{path}?sequence={sequence}"] = respond(body)
            self.listener.answers[path] = respond(body)
        for sha256, body in pages.items():
            self.listener.answers[f"/webring/v1/pages/{sha256}"] = respond(body)

    def serve_cases(self, *names: str) -> None:
        """Serve vectors, in the places of 1, 2, 3 and so on; "" for one that is not there."""
        known = {at: VERSIONS[name] for at, name in enumerate(names, 1) if name}
        pages = {sha: body for one in known.values() for sha, body in one.pages.items()}
        self.serve({at: one.body for at, one in known.items()}, pages)

    async def walk(self, limits: Limits = LIMITS, base: str = "") -> Report:
        time = Hurried(NOW)
        place = RingPlace(self.ring, PeerUrl(base) if base else self.base)
        return await verify(fetcher(time), place, time, allow_http=True, limits=limits)

    def asked(self) -> list[str]:
        return [request.split(" ")[1] for request in self.listener.requests]


def fetcher(time: Hurried) -> Fetcher:
    policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    resolver = FakeResolver({"127.0.0.1": ("127.0.0.1",)})
    return Fetcher(policy=policy, resolver=resolver, agent="test", clock=time, sleep=time.sleep)


@asynccontextmanager
async def serving(*names: str, ring_id: RingId = SOIL) -> AsyncIterator[Server]:
    async with listening({}) as listener:
        server = Server(listener, ring_id)
        server.serve_cases(*names)
        yield server
