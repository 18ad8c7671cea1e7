"""Which addresses may be dialled. A policy of our own.

`ipaddress.is_global` is not a guard: it is true for multicast and for several ways to write
127.0.0.1. Source: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890 and successors).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from webring.errors import AddressRefused, ConfigError
from webring.net.place import Dial
from webring.settings import TestingSettings

Address = IPv4Address | IPv6Address

_REFUSED_V4: Final = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers, some clouds' metadata
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "168.63.129.16/32",  # one cloud's host services
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PRIVATE: Final = tuple(
    ip_network(block)
    for block in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # overlay networks between one's own machines
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
"""Where an operator's own machines are; no metadata service, no link-local neighbour."""
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_REFUSED_V6: Final = tuple(
    ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "3ffe::/16",  # the retired 6bone
    )
)


@dataclass(frozen=True, slots=True)
class Exemption:
    """Addresses that a test may dial although they are not public; `port` None is any port."""

    network: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Exemption:
        """Read "127.0.0.0/8:*" or "[::1]/128:8448"; `ConfigError` for anything else."""
        block, colon, port = text.rpartition(":")
        try:
            network = ip_network(block.replace("[", "").replace("]", ""))
            number = None if port == "*" else int(port)
        except ValueError as error:
            raise ConfigError(f'testing.allow is like "127.0.0.0/8:*", not {text!a}') from error
        if not colon or (number is not None and not 0 < number < 65_536):
            raise ConfigError(f'testing.allow is like "127.0.0.0/8:*", not {text!a}')
        return cls(str(network), number)

    def covers(self, address: Address, port: int) -> bool:
        """Whether this exemption allows `address` at `port`."""
        return address in ip_network(self.network) and self.port in {None, port}


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be dialled. `http` says whether plain HTTP is spoken to exempted addresses."""

    exemptions: tuple[Exemption, ...] = ()
    http: bool = False

    @classmethod
    def from_settings(cls, testing: TestingSettings) -> AddressPolicy:
        """The policy that `[testing]` asks for."""
        return cls(tuple(Exemption.parse(text) for text in testing.allow), testing.http)

    def speaks_http(self, host: str, port: int) -> bool:
        """Whether plain HTTP is spoken to `host`: an exempted IP literal or a localhost name."""
        if host == "localhost" or host.endswith(".localhost"):
            return self.speaks_http("127.0.0.1", port)
        try:
            address = ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return self.http and self.exempts(unwrapped(address), port)

    def check(self, dial: Dial, text: str) -> None:
        """Raise `AddressRefused` unless the address `text` may be dialled as `dial` wants.

        What the settings name may be at a private address; of everything else, only what a test
        exempts. Plain HTTP never goes to a public address.
        """
        address, host = unwrapped(ip_address(text)), dial.place.host
        if self.exempts(address, dial.place.port) or (dial.configured and is_private(address)):
            return
        if dial.plain:
            raise AddressRefused(f"{host} ({text}) is not one to speak plain HTTP to", host=host)
        if not is_public(address):
            raise AddressRefused(f"{host} resolves to {text}, which is not public", host=host)

    def exempts(self, address: Address, port: int) -> bool:
        """Whether a test exemption covers this address and port."""
        return any(exemption.covers(address, port) for exemption in self.exemptions)


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped one; any other as it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_private(address: Address) -> bool:
    """Whether an (unwrapped) address is one of this machine or of a private network."""
    scoped = isinstance(address, IPv6Address) and address.scope_id is not None
    return not scoped and any(address in block for block in _PRIVATE)


def is_public(address: Address) -> bool:
    """Whether an (unwrapped) address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _REFUSED_V4)
    scoped = address.scope_id is not None
    return (
        not scoped and address in _GLOBAL_V6 and not any(address in block for block in _REFUSED_V6)
    )
