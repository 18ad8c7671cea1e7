"""A small web on loopback that can be cut off, in a time that passes when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from webring.clock import Millis
from webring.names import RingId
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher

NOW: Millis = 1_790_000_000_000
RING = RingId("gardens:commune.example")
HOST = "https://ring.commune.example"
HTML = "Content-Type: text/html; charset=utf-8"
AGENT = "webring/test (+https://ring.example/about)"


@dataclass
class Time:
    """A clock that stands still until it is moved."""

    now: Millis = NOW

    def __call__(self) -> Millis:
        return self.now


@dataclass
class Web:
    """Hosts of one listener: `names` resolve, and are taken away where a line is cut."""

    listener: Listener
    names: dict[str, tuple[str, ...]]
    time: Time
    fetcher: Fetcher

    def origin(self, host: str = "site.example") -> str:
        """Where a host is asked."""
        return f"http://{host}:{self.listener.port}"

    def url(self, host: str = "site.example", path: str = "/") -> str:
        """An address at a host."""
        return self.origin(host) + path

    def serve(self, path: str, answer: bytes | None) -> None:
        """Answer so from now on, at every host."""
        self.listener.answers[path] = answer

    def cut(self, *hosts: str) -> None:
        """Let these hosts be reached no more (none named: no host at all)."""
        for host in hosts or tuple(self.names):
            del self.names[host]

    def mend(self, *hosts: str) -> None:
        """Let these hosts be reached."""
        self.names |= dict.fromkeys(hosts, ("127.0.0.1",))

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.split(" ")[1] == path for request in self.listener.requests)


def page(ring: RingId, member: str, title: str = "My garden") -> bytes:
    """A page with a member's link."""
    link = f'<title>{title}</title><a href="{HOST}/rings/{ring}/{member}/next">Next</a>'
    return respond(link.encode(), HTML)


def html(body: str, *headers: str, status: str = "200 OK") -> bytes:
    """Any other page."""
    return respond(body.encode(), HTML, *headers, status=status)


@asynccontextmanager
async def web(
    answers: Mapping[str, bytes | None], *hosts: str, time: Time | None = None
) -> AsyncIterator[Web]:
    """A web of `hosts`, all of which answer so."""
    async with listening(answers) as listener:
        clock = time or Time()
        names: dict[str, tuple[str, ...]] = {}
        names |= dict.fromkeys(hosts or ("site.example",), ("127.0.0.1",))
        yield Web(listener, names, clock, fetcher_for(names, clock, listener.port))


def fetcher_for(
    names: Mapping[str, tuple[str, ...]], clock: Time, port: int = 1, *, exempt: bool = True
) -> Fetcher:
    """A door that lets out to loopback over plain HTTP, unless nothing is exempt."""
    loopback = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
    return Fetcher(
        policy=loopback if exempt else AddressPolicy(),
        resolver=FakeResolver(names),
        agent=AGENT,
        own=(f"own.example:{port}",),
        clock=clock,
    )
