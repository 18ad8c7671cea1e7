"""A mail server on loopback that keeps what it is given."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

QUIT = b"QUIT"


@dataclass
class Mailbox:
    """`refuses` is answered to whoever wants to send; `starttls` is the context it offers."""

    port: int = 0
    refuses: bytes = b""
    starttls: ssl.SSLContext | None = None
    commands: list[bytes] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        try:
            while line := (await reader.readline()).strip():
                self.commands.append(line)
                writer.write(self._answer(line))
                await writer.drain()
                if line == b"STARTTLS" and self.starttls:
                    await writer.start_tls(self.starttls)
                elif line.upper() == b"DATA":
                    await self._take(reader, writer)
                elif line.upper() == QUIT:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def _answer(self, line: bytes) -> bytes:
        command = line.split(b" ")[0].upper()
        if command == b"EHLO":
            offers = b"250-STARTTLS\r\n" if self.starttls else b""
            return b"250-mail.example\r\n" + offers + b"250 AUTH PLAIN\r\n"
        if command == b"MAIL" and self.refuses:
            return self.refuses + b"\r\n"
        answers = {b"AUTH": b"235", b"DATA": b"354", QUIT: b"221", b"STARTTLS": b"220"}
        return answers.get(command, b"250") + b" yes\r\n"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await reader.readuntil(b"\r\n.\r\n")
        message = email.message_from_bytes(raw[:-3], policy=email.policy.default)
        self.messages.append(message)
        writer.write(b"250 taken\r\n")
        await writer.drain()


@asynccontextmanager
async def mailbox(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    refuses: bytes = b"",
) -> AsyncIterator[Mailbox]:
    """A mail server on a free port of 127.0.0.1, gone at the end."""
    box = Mailbox(refuses=refuses, starttls=starttls)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await asyncio.sleep(0)
