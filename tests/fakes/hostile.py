"""Servers that mean harm: each takes a connection and misbehaves in its own way."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Hostile:
    """Where it listens and how many came."""

    port: int = 0
    connections: int = 0


@asynccontextmanager
async def hostile(behave: Behaviour) -> AsyncIterator[Hostile]:
    """A server that reads one request, behaves, and hangs up."""
    seen = Hostile()
    tasks: set[asyncio.Task[None]] = set()

    async def misbehave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behave(writer)
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        tasks.add(asyncio.create_task(misbehave(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def _endlessly(writer: asyncio.StreamWriter, start: bytes, piece: bytes) -> None:
    writer.write(start)
    for _ in count():
        writer.write(piece)
        await writer.drain()


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    await _endlessly(writer, HEAD, b"X-More: " + b"x" * 1_000 + b"\r\n")


async def one_endless_header(writer: asyncio.StreamWriter) -> None:
    await _endlessly(writer, HEAD + b"X-More: ", b"x" * 1_000)


async def endless_interim_answers(writer: asyncio.StreamWriter) -> None:
    await _endlessly(writer, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")


async def endless_body(writer: asyncio.StreamWriter) -> None:
    await _endlessly(writer, HEAD + b"Connection: close\r\n\r\n", b"x" * 10_000)


async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    await _endlessly(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n" * 100)


async def padded_chunks(writer: asyncio.StreamWriter) -> None:
    """Almost no body, and no end of chunk extensions."""
    piece = b"1;" + b"x" * 5_000 + b"\r\na\r\n"
    await _endlessly(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", piece)


async def endless_trailers(writer: asyncio.StreamWriter) -> None:
    start = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    await _endlessly(writer, start, b"X: " + b"x" * 1_000 + b"\r\n")


async def endless_gzip(writer: asyncio.StreamWriter) -> None:
    """A bomb that never ends: a thousandfold when unpacked."""
    piece = gzip.compress(bytes(10_000_000))
    writer.write(HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n")
    await _endlessly(writer, b"", piece)


async def a_drop_at_a_time(writer: asyncio.StreamWriter) -> None:
    """Each read is quick enough; the whole never ends."""
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    for _ in count():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    return


async def hanging_up_midway(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\nonly this")
    await writer.drain()


async def another_protocol(writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    await writer.drain()


async def two_lengths(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy")
    await writer.drain()
