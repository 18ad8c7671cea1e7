"""Who gets which port, and what each homeserver's own instance may say to it."""

from __future__ import annotations

import secrets
from typing import Final

import msgspec

from webring.demo import sample
from webring.errors import ConfigError
from webring.net.ports import LOOPBACK, can_bind, free_port

FIRST_INSTANCE_PORT: Final = 8101
FIRST_SERVER_PORT: Final = 8201


class Plan(msgspec.Struct, frozen=True):
    """The ports by key, and the token that each homeserver gives to its instance."""

    instance_ports: dict[str, int]
    server_ports: dict[str, int]
    tokens: dict[str, str]

    @property
    def federation(self) -> sample.Federation:
        """The sample under these ports."""
        return sample.federation(self.instance_ports, self.server_ports)

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port of the plan."""
        return (*self.instance_ports.values(), *self.server_ports.values())

    def base_url(self, instance: str) -> str:
        """Where an instance serves, by its key."""
        return f"http://{LOOPBACK}:{self.instance_ports[instance]}"

    def check_free(self) -> None:
        """Raise `ConfigError` where another program listens on one of the ports."""
        taken = [str(port) for port in self.ports if not can_bind(port)]
        if taken:
            raise ConfigError(
                f"the demo that is kept here needs port {', '.join(taken)}, which another program "
                "has: end that one, or keep this demo in another directory"
            )


def make_plan(file: sample.Sample | None = None) -> Plan:
    """For a sample (ours), the usual ports where they are free, others where not."""
    file = file or sample.read_file()
    used: set[int] = set()
    return Plan(
        _ports([instance.key for instance in file.instances], FIRST_INSTANCE_PORT, used),
        _ports([server.key for server in file.servers], FIRST_SERVER_PORT, used),
        {server.key: secrets.token_urlsafe(16) for server in file.servers},
    )


def _ports(keys: list[str], first: int, used: set[int]) -> dict[str, int]:
    ports = {}
    for port, key in enumerate(keys, start=first):
        ports[key] = port if can_bind(port) else _any_free(used)
        used.add(ports[key])
    return ports


def _any_free(used: set[int]) -> int:
    while (port := free_port()) in used:
        continue
    return port
