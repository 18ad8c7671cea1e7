"""A simulated federation: thousands of homeserver names on loopback, by TLS, in one process.

Every name resolves (by a name server of ours) to loopback; most answer as homeservers do, and a
share is dead, slow, closed, hostile, or so large that its directory is paged. Names are
`hsN.example`, and what `hsN` is follows from N alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import dns.message
import dns.rcode
import dns.rrset

from bench.certificates import Certificates
from bench.material import Maker

HOST: Final = "127.0.0.1"
NOWHERE: Final = "127.0.0.99"
"""Where nothing listens."""
ROOMS: Final = 40
LARGE: Final = 250
PAGE: Final = 100
NEIGHBOURS: Final = 5
"""Other servers whose aliases a directory shows."""
SLOW_SECONDS: Final = 1.0
ENDLESS: Final = 8 * 1024 * 1024
"""Bytes of a body that is too long."""


class Sort(StrEnum):
    """What a homeserver is like."""

    OPEN = "open"
    LARGE = "large"
    SLOW = "slow"
    CLOSED = "closed"
    HOSTILE = "hostile"
    DEAD = "dead"
    UNKNOWN = "unknown"


_S: Final = Sort
MIXED: Final = (_S.DEAD, _S.UNKNOWN, _S.SLOW, _S.CLOSED, _S.CLOSED, _S.HOSTILE, _S.LARGE)
"""Of twenty names these, and thirteen that are open."""
HALF_GONE: Final = (*(_S.DEAD,) * 4, *(_S.UNKNOWN,) * 2, *(_S.CLOSED,) * 4, _S.SLOW)
"""The same, where half of the names are dead or closed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many names there are, and what they are like."""

    servers: int
    rooms: int = ROOMS
    sorts: tuple[Sort, ...] = MIXED

    def sort(self, number: int) -> Sort:
        """What `hsN` is like."""
        place = number % 20
        return self.sorts[place] if place < len(self.sorts) else Sort.OPEN


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the federation stands: the port of every name ("" where they need none), the name
    server's port, and its certificate authority's file.
    """

    suffix: str
    dns: int
    ca_file: str

    def name(self, number: int) -> str:
        """The server name of `hsN`."""
        return f"hs{number}.example{self.suffix}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was asked since the last look: requests and connections, and each request's name, port
    and path.
    """

    requests: int
    connections: int
    asked: tuple[tuple[str, int, str], ...]


def number_of(name: str) -> int | None:
    """N of `hsN.example`; None for another name."""
    head, _, tail = name.lower().partition(".")
    digits = head.removeprefix("hs")
    return int(digits) if tail.split(":")[0] == "example" and digits.isdecimal() else None


class Homeservers:
    """Answers as all of them, by the Host header."""

    def __init__(self, plan: Plan, ground: Ground) -> None:
        self._plan = plan
        self._ground = ground
        self._maker = Maker(7)
        self._texts = [(self._maker.text(3), self._maker.text(14)) for _ in range(2_000)]
        self._asked: list[tuple[str, int, str]] = []
        self._connections = 0

    def seen(self) -> Seen:
        """What was asked, and forget it."""
        seen = Seen(len(self._asked), self._connections, tuple(self._asked))
        self._asked, self._connections = [], 0
        return seen

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._connections += 1
        port = cast("tuple[str, int]", writer.get_extra_info("sockname"))[1]
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                headers = {key.lower(): value for key, _, value in map(_header, lines[1:])}
                path = lines[0].split(" ")[1]
                host = headers.get("host", "").split(":")[0]
                self._asked.append((host, port, path))
                await self._answer(writer, host, path)
                await writer.drain()
                if self._is_hostile(host):
                    break
        writer.close()

    def _is_hostile(self, host: str) -> bool:
        number = number_of(host)
        return number is not None and self._plan.sort(number) is Sort.HOSTILE

    async def _answer(self, writer: asyncio.StreamWriter, host: str, path: str) -> None:
        number = number_of(host)
        sort = Sort.DEAD if number is None else self._plan.sort(number)
        if number is None or sort in {Sort.DEAD, Sort.UNKNOWN}:
            writer.write(_response(b"{}", 404))
        elif path == "/robots.txt":
            writer.write(_response(b"", 404))
        elif path == "/.well-known/matrix/server":
            writer.write(_response(b"{}", 404))
        else:
            await self._directory(writer, number, sort, path)

    async def _directory(
        self, writer: asyncio.StreamWriter, number: int, sort: Sort, path: str
    ) -> None:
        if sort is Sort.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if sort is Sort.CLOSED:
            writer.write(_response(b'{"errcode":"M_FORBIDDEN","error":"closed"}', 403))
        elif sort is Sort.HOSTILE:
            writer.write(_hostile(number))
        else:
            writer.write(_response(self._page(number, sort, path)))

    def _page(self, number: int, sort: Sort, path: str) -> bytes:
        query = parse_qs(urlsplit(path).query)
        start = int(query.get("since", ["0"])[0])
        whole = LARGE if sort is Sort.LARGE else self._plan.rooms
        end = min(start + PAGE, whole)
        page: dict[str, Any] = {
            "chunk": [self._room(number, at) for at in range(start, end)],
            "total_room_count_estimate": whole,
        }
        if end < whole:
            page["next_batch"] = str(end)
        return json.dumps(page).encode()

    def _room(self, number: int, at: int) -> dict[str, Any]:
        name, topic = self._texts[(number * 31 + at * 7) % len(self._texts)]
        own = self._ground.name(number)
        by = own
        if at < NEIGHBOURS:
            by = self._ground.name((number * 3 + at + 1) % self._plan.servers)
        return {
            "room_id": f"!r{at}h{number}:{own}",
            "name": name,
            "topic": topic,
            "canonical_alias": f"#r{at}h{number}:{by}",
            "num_joined_members": (number * at) % 900,
            "world_readable": bool(at % 2),
            "guest_can_join": False,
            "join_rule": "public",
        }


class Names(asyncio.DatagramProtocol):
    """The name server: every name of the plan is on loopback."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go by."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One question."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        number = number_of(str(question.name).rstrip("."))
        sort = Sort.UNKNOWN if number is None else self._plan.sort(number)
        reply = dns.message.make_response(query)
        if sort is Sort.UNKNOWN:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype.name == "A":
            address = NOWHERE if sort is Sort.DEAD else HOST
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", "A", address))
        assert self._transport is not None, "a question comes over a transport"
        self._transport.sendto(reply.to_wire(), addr)


def work(plan: Plan, folder: Path, pipe: Connection) -> None:
    """Be the federation. Sends the `Ground`; then what was `Seen` for whatever it is sent; ends
    when it is sent None.
    """
    logging.disable(logging.WARNING)
    asyncio.run(_work(plan, folder, pipe))


async def _work(plan: Plan, folder: Path, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    certificates = Certificates(folder, [f"hs{number}.example" for number in range(plan.servers)])
    context = certificates.server()
    transport, _ = await loop.create_datagram_endpoint(lambda: Names(plan), (HOST, 0))
    answering: list[Homeservers] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering[0].serve(reader, writer)

    suffix, servers = await _listen(serve, context)
    dns_port = transport.get_extra_info("sockname")[1]
    ground = Ground(suffix, dns_port, str(certificates.ca_file))
    answering.append(Homeservers(plan, ground))
    pipe.send(ground)
    try:
        while await asyncio.to_thread(pipe.recv) is not None:
            pipe.send(answering[0].seen())
    finally:
        for server in servers:
            server.close()
        transport.close()


async def _listen(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], context: ssl.SSLContext
) -> tuple[str, list[asyncio.Server]]:
    """Where names need no port, if we may listen there; else at a port that they all name."""
    try:
        ports = (443, 8448)
        listening = [await _at(serve, context, port) for port in ports]
    except OSError:
        server = await _at(serve, context, 0)
        return f":{server.sockets[0].getsockname()[1]}", [server]
    return "", listening


async def _at(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any],
    context: ssl.SSLContext,
    port: int,
) -> asyncio.Server:
    return await asyncio.start_server(serve, HOST, port, ssl=context, backlog=4_096)


def _header(line: str) -> tuple[str, str, str]:
    key, colon, value = line.partition(":")
    return key.strip(), colon, value.strip()


def _response(body: bytes, status: int = 200, more: str = "") -> bytes:
    reasons = {200: "OK", 302: "Found", 403: "Forbidden", 404: "Not Found"}
    head = (
        f"HTTP/1.1 {status} {reasons[status]}\r\nContent-Type: application/json\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _hostile(number: int) -> bytes:
    """One of several ways to be a nuisance."""
    bodies = [
        _response(b'{"chunk":[' + b" " * ENDLESS + b"]}"),
        _response(b"[" * 200_000),
        _response(b"<html>welcome</html>"),
        _response(b"", 302, "Location: /elsewhere\r\n"),
        _response(b'{"chunk":[{"room_id":7},null,{}],"next_batch":"0"}'),
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ]
    return bodies[number // 20 % len(bodies)]
