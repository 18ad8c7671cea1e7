"""A name server on loopback that answers from a table, and counts who asks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

Records = Mapping[tuple[str, str], list[str] | str]
"""(name, type) to the texts of its records, or to the word of a failure: SERVFAIL, SILENCE."""


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Names that are in no record do not exist; those that are, but not of this type, are empty."""

    records: Records
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = (str(question.name).rstrip("."), question.rdtype.name)
        self.asked[key] += 1
        found = self.records.get(key)
        if found == "SILENCE":
            return
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if found == "SERVFAIL":
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif isinstance(found, list):
            reply.answer.append(
                dns.rrset.from_text_list(question.name, 300, "IN", key[1], list(found))
            )
        elif all(name != key[0] for name, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        assert self.transport is not None
        self.transport.sendto(reply.to_wire(), addr)


@asynccontextmanager
async def serving(records: Records) -> AsyncIterator[tuple[NameServer, dns.asyncresolver.Resolver]]:
    """The server, and a resolver that asks it."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(records), local_addr=("127.0.0.1", 0)
    )
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    resolver.cache = dns.resolver.LRUCache(100)
    try:
        yield server, resolver
    finally:
        transport.close()
        await asyncio.sleep(0)
