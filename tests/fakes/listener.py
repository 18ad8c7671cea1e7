"""A listener on loopback that answers what it is told, byte for byte, and counts who came."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from webring.errors import DnsFailed
from webring.net.resolver import SrvTarget


@dataclass
class FakeResolver:
    """Answers from a table; counts nothing, dials nothing."""

    names: Mapping[str, tuple[str, ...]]

    async def addresses(self, host: str) -> tuple[str, ...]:
        if host not in self.names:
            raise DnsFailed(f"{host} does not resolve", host=host)
        return self.names[host]

    async def srv(self, name: str) -> tuple[SrvTarget, ...]:
        return ()


@dataclass
class Listener:
    """`answers` maps a request target to the raw bytes of an answer: None for one that never comes,
    nothing at all for hanging up.
    """

    answers: dict[str, bytes | None]
    port: int = 0
    connections: int = 0
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _open: list[asyncio.StreamWriter] = field(default_factory=list)
    _later: dict[int, Mapping[str, bytes | None]] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                text = head.decode()
                self.requests.append(text)
                length = re.search(r"content-length: ([0-9]+)", text.lower())
                self.bodies.append(await reader.readexactly(int(length[1]) if length else 0))
                answer = self.answers.get(text.split(" ")[1], respond(b"", status="404 None"))
                self.answers.update(self._later.pop(len(self.requests), {}))
                if answer is None:
                    await asyncio.sleep(60)
                if not answer:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def after(self, requests: int, answers: Mapping[str, bytes | None]) -> None:
        """Answer otherwise once so many requests have come."""
        self._later[requests] = answers

    def hang_up(self) -> None:
        """Close every connection, as a server does with those that idle."""
        for writer in self._open:
            writer.transport.abort()


def respond(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def listening(
    answers: Mapping[str, bytes | None], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listener]:
    """A listener on a free port of 127.0.0.1, gone at the end."""
    listener = Listener(dict(answers))
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=tls)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        listener.hang_up()
        await asyncio.sleep(0)
