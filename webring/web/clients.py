"""Who is asking: the client's address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

REMEMBERED: Final = 1_024
"""Addresses as written that need not be parsed again."""
MAX_ADDRESS: Final = 64
"""Characters of one that are looked at."""
_IPV6_HOME: Final = 64
"""One IPv6 customer has a whole /64."""

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose X-Forwarded-For is believed."""

    networks: tuple[Network, ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Proxies:
        """Read addresses and networks (checked before, with the settings)."""
        return cls(tuple(ip_network(text) for text in texts))

    def client(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The client's address: the last one in the chain that is no trusted proxy.

        `headers` are those of the request, their names in lower case. Read from the right: what
        stands left of the first untrusted address is that one's word.
        """
        client = peer
        for text in reversed(self.forwarded(headers)):
            if not self.trusts(client):
                break
            client = text
        return _home(client)

    @staticmethod
    def forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
        """The addresses that X-Forwarded-For names, in order, each as it was written."""
        values = [value for name, value in headers if name == b"x-forwarded-for"]
        chain = b",".join(values).decode("latin-1").split(",")
        return [part.strip()[:MAX_ADDRESS] for part in chain if part.strip()]

    def trusts(self, text: str) -> bool:
        """Whether this is the address of a trusted proxy."""
        address = _address(text)
        return address is not None and any(address in network for network in self.networks)


@lru_cache(maxsize=REMEMBERED)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=REMEMBERED)
def _home(text: str) -> str:
    """An address as a client is counted by; whatever is no address is one client."""
    address = _address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, _IPV6_HOME), strict=False))
    return "unknown" if address is None else str(address)
