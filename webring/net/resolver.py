"""Names to addresses: asynchronous, bounded in time and number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.rdata
import dns.resolver
from dns.rdtypes.IN.SRV import SRV

from webring.clock import SECOND, Millis
from webring.errors import DnsFailed, InvalidName
from webring.names import ServerName

LIFETIME: Final[Millis] = 5 * SECOND
CONCURRENT: Final = 64
"""Questions under way at once."""
MAX_ADDRESSES: Final = 16
"""Addresses that one name may have; a name with more is refused."""
CACHED: Final = 10_000
"""Answers kept in memory."""
MAX_WHY: Final = 200
"""Characters of a resolver's own words that are kept."""


@dataclass(frozen=True, slots=True)
class SrvTarget:
    """One answer to an SRV question (RFC 2782)."""

    host: str
    port: int
    priority: int
    weight: int


class Resolver(Protocol):
    """What the guarded transport asks; tests answer as they like."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Every IPv4 and IPv6 address of `host`; `DnsFailed` where there is none."""

    async def srv(self, name: str) -> tuple[SrvTarget, ...]:
        """The SRV targets of `name`, best first; empty where there are none."""


class DnsResolver:
    """Asks the system's name servers. `localhost` and IP literals need no question (RFC 6761).

    Answers are kept for as long as they say, in memory. `system` is for tests.
    """

    def __init__(self, system: dns.asyncresolver.Resolver | None = None) -> None:
        self._questions = asyncio.Semaphore(CONCURRENT)
        self._system = system

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Every address of `host`, IPv4 first; one family may fail where the other answers."""
        literal = _literal(host)
        if literal:
            return (literal,)
        if _is_localhost(host):
            return ("127.0.0.1",)
        families = await asyncio.gather(
            self._ask(host, "A"), self._ask(host, "AAAA"), return_exceptions=True
        )
        found = [r.to_text() for family in families if isinstance(family, tuple) for r in family]
        failed = [family for family in families if isinstance(family, BaseException)]
        if not found and failed:
            raise failed[0]
        if not found:
            raise DnsFailed(f"{host} has no address in the DNS", host=host)
        if len(found) > MAX_ADDRESSES:
            raise DnsFailed(
                f"{host} has {len(found)} addresses, more than {MAX_ADDRESSES}", host=host
            )
        return tuple(found)

    async def srv(self, name: str) -> tuple[SrvTarget, ...]:
        """The SRV targets of `name`."""
        if _is_localhost(name):
            return ()
        answers = await self._ask(name, "SRV")
        targets = [_target(record) for record in answers if isinstance(record, SRV)]
        usable = [target for target in targets if target is not None]
        return tuple(sorted(usable, key=lambda target: (target.priority, -target.weight)))

    async def _ask(self, name: str, kind: str) -> tuple[dns.rdata.Rdata, ...]:
        async with self._questions:
            try:
                answer = await self._resolver().resolve(
                    f"{name}.",
                    kind,
                    lifetime=LIFETIME / SECOND,
                    raise_on_no_answer=False,
                    search=False,
                )
            except dns.resolver.NXDOMAIN:
                return ()
            except (dns.exception.DNSException, OSError) as error:
                why = str(error)[:MAX_WHY]
                raise DnsFailed(f"{name} does not resolve: {why}", host=name) from error
        return tuple(answer.rrset or ())

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made at the first question: a machine without name servers may still use literals."""
        if self._system is None:
            self._system = dns.asyncresolver.Resolver()
            self._system.cache = dns.resolver.LRUCache(CACHED)
        return self._system


def _target(record: SRV) -> SrvTarget | None:
    """A record's target; None for the root ("no such service") and for what is no host's name."""
    try:
        name = ServerName.parse(f"{str(record.target).rstrip('.')}:{record.port}")
    except InvalidName:
        return None
    return SrvTarget(name.host, record.port, record.priority, record.weight)


def _is_localhost(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")


def _literal(host: str) -> str:
    try:
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return ""
