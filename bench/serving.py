"""The server in a process of its own: the whole app as `webring serve` has it, with rings."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.material import SERVER
from webring import jobs
from webring.clock import now_ms
from webring.documents import canonical, envelope, ring
from webring.documents.keys import SigningKey
from webring.documents.ring import (
    MemberKind,
    Ring,
    RingMember,
    RingTerms,
    Stewards,
    site_member_id,
)
from webring.names import PeerUrl, RingId
from webring.services import Services, open_services
from webring.settings import InstanceSettings, Settings, WebSettings
from webring.storage import identity, ring_members, ring_versions, rings
from webring.storage.ring_members import StoredMember
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import RingHeadRow
from webring.web import hops
from webring.web.app import create_app
from webring.web.hops import Caller
from webring.web.server import configuration, settle

FIXED: Final = "/fixed/"
"""Where the constant redirect is."""
FIXED_URL: Final = "https://site1234.example/~1/"
BOUNDLESS: Final = 1_000_000_000
"""Requests that a client may make in a minute: it is counted, and never told to wait."""


@dataclass(frozen=True, slots=True)
class Place:
    """A member: its id, its URL, and that of the member after it."""

    id: str
    url: str
    after: str


class Constant:
    """Answers a hop's headers and body, always the same, at the place where hops are answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers, self._body = hops.redirect(FIXED_URL, Caller(""))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(FIXED):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 303, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def name(size: int) -> RingId:
    """The ring of that many members."""
    return RingId(f"of-{size}:{SERVER}")


def work(folder: Path, sizes: Sequence[int], pipe: Connection) -> None:
    """Serve rings of these sizes. Sends the port and each ring's members; then, to whatever it is
    sent, the seconds that the processor has worked for us; ends when it is sent None.
    """
    logging.disable(logging.WARNING)
    asyncio.run(_serve(folder, sizes, pipe))


async def _serve(folder: Path, sizes: Sequence[int], pipe: Connection) -> None:
    web = WebSettings(port=0, requests_per_minute=BOUNDLESS)
    settings = Settings(InstanceSettings(SERVER, PeerUrl(f"https://{SERVER}"), folder), web=web)
    identity.create(folder)
    async with open_services(settings) as services:
        places = {size: await _keep(services, size) for size in sizes}
        await services.circles.refresh()
        app = create_app(services)
        app.user_middleware.insert(1, Middleware(Constant))
        server = _Server(configuration(app, web), pipe, places)
        settle()
        async with jobs.running(services, answering=True):
            await server.serve()


class _Server(uvicorn.Server):
    """A server that says where it listens, and answers its pipe from then on."""

    def __init__(
        self, config: uvicorn.Config, pipe: Connection, places: dict[int, list[Place]]
    ) -> None:
        super().__init__(config)
        self._pipe = pipe
        self._places = places

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        self._pipe.send((port, self._places))
        threading.Thread(target=_answer, args=(self, self._pipe), daemon=True).start()


def _answer(server: uvicorn.Server, pipe: Connection) -> None:
    while pipe.recv() is not None:
        pipe.send(time.process_time())
    server.should_exit = True


async def _keep(services: Services, size: int) -> list[Place]:
    """Hold a ring of `size` sites, all of them active."""
    one = _ring(size)
    now = now_ms()
    version = StoredVersion(
        one.id,
        one.root,
        one.sequence,
        one.sha256,
        True,
        "accepted",
        now,
        canonical.encode(one.content),
    )
    validity = one.validity
    head = RingHeadRow(
        one.root, one.terms.name, one.sequence, one.sha256, validity.issued_at, one.expires_at
    )
    async with services.db.transaction() as tx:
        await rings.add(tx, one.id, one.root, "followed", now)
        await ring_versions.put(tx, version)
        await ring_members.put(tx, [_row(one, at, now) for at in range(size)])
        await rings.set_head(tx, one.id, head)
    urls = [member.url for member in one.members]
    afters = [*urls[1:], *urls[:1]]
    return [Place(m.id, m.url, after) for m, after in zip(one.members, afters, strict=True)]


def _ring(size: int) -> Ring:
    key = SigningKey.generate("ed25519:bench")
    terms = RingTerms("A ring", Stewards(1, {SERVER: {key.id: key.verify_key}}))
    root = _signed(ring.compose(name(size), terms, (), (), None, now_ms()), key)
    sites = [_site(root, number) for number in range(size)]
    return _signed(ring.compose(root.id, terms, sites, (), root, now_ms()), key)


def _signed(composed: ring.ComposedRing, key: SigningKey) -> Ring:
    content = envelope.sign(composed.content, SERVER, [key])
    return ring.with_members(ring.read_ring_content(content), composed.pages)


def _site(root: Ring, number: int) -> RingMember:
    url = f"https://site{number}.example/~{number % 7}/"
    return RingMember(site_member_id(root.root, url), MemberKind.SITE, None, None, url, now_ms())


def _row(one: Ring, at: int, now: int) -> StoredMember:
    member = one.members[at]
    return StoredMember(
        ring=one.id,
        member=member.id,
        kind=member.kind.value,
        instance=None,
        community=None,
        url=member.url,
        title=f"Site {at}",
        position=at,
        joined_at=now,
        slot=member.state.value,
        listed=True,
        consents=True,
        state="active",
        reason="",
        since=now,
        after=None,
        checked_at=now,
        next_at=None,
        failures=0,
        absences=0,
        struck_at=0,
    )
