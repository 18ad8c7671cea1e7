"""Real Synapse homeservers that federate over verified TLS on loopback.

`hs1` is named by its address; `hs2` is plain `localhost`, delegated by a real
`https://localhost/.well-known/matrix/server` on port 443 where that port can be had (root), and
named by its address otherwise; `hs3` keeps Synapse's stock, closed directory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.acceptance.synapse.config import Address
from tests.acceptance.synapse.content import DECOYS, NASTY, READABLE, SPACES, Spec
from tests.acceptance.synapse.server import Synapse
from tests.acceptance.synapse.wellknown import WellKnown
from tests.fakes.authority import Authority
from webring.net.ports import can_bind, free_port

DIRECTORY_SECONDS: Final = 60.0
DELEGATED: Final = "localhost"


@dataclass(slots=True)
class Homeserver:
    """A Synapse with what was made on it, by key, and what its directory must list."""

    synapse: Synapse
    rooms: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    listed_federation: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its server name."""
        return self.synapse.name

    def alias(self, key: str) -> str:
        """The alias of a room that was made under its key."""
        return f"#{key}:{self.name}"

    def make(self, spec: Spec) -> str:
        """Make a room."""
        body: dict[str, object] = {
            "preset": spec.preset,
            "visibility": "public" if spec.published else "private",
            "initial_state": [{"type": kind, "content": value} for kind, value in spec.state],
        }
        creation = dict(spec.creation)
        if spec.room_type:
            creation["type"] = spec.room_type
        optional = {
            "name": spec.name,
            "topic": spec.topic,
            "room_alias_name": spec.key if spec.alias == "" else spec.alias,
            "room_version": spec.version,
            "creation_content": creation or None,
        }
        body |= {key: value for key, value in optional.items() if value is not None}
        room: str = self.synapse.call("POST", "/_matrix/client/v3/createRoom", body)["room_id"]
        self.rooms[spec.key] = room
        if spec.listed:
            self.listed.add(room)
        if spec.listed and spec.federated:
            self.listed_federation.add(room)
        return room

    def make_space(self, key: str, children: tuple[Spec, ...], topic: str) -> str:
        """Make a space of new rooms."""
        links = {self.make(spec): {"via": [self.name], "suggested": True} for spec in children}
        title = key.replace("-", " ").title()
        space = self.make(Spec(key, title, topic, room_type="m.space", state=(READABLE,)))
        for room, content in links.items():
            self.synapse.put_state(space, "m.space.child", content, room)
        return space

    def fill(self, key: str) -> None:
        """Everything that this homeserver has of its own."""
        spaces = SPACES[key]
        made = [
            self.make_space(name, children, f"All about the {name}")
            for name, children in spaces.items()
        ]
        nested = self.make(Spec("nested", "Nested", room_type="m.space", state=(READABLE,)))
        link = {"via": [self.name]}
        self.synapse.put_state(nested, "m.space.child", link, made[0])  # a circle
        self.synapse.put_state(made[0], "m.space.child", link, nested)
        self.synapse.put_state(made[0], "m.space.child", link, f"!dangling:{self.name}")
        self.synapse.put_state(made[0], "m.space.child", {"via": "no list"}, f"!odd:{self.name}")
        for spec in (*DECOYS, *NASTY):
            self.make(spec)
        hidden = self.rooms["private"]
        self.synapse.put_state(made[0], "m.space.child", link, hidden)

    def settle(self) -> None:
        """Wait until the directory shows what it should: Synapse fills it in the background."""
        deadline = time.monotonic() + DIRECTORY_SECONDS
        while (seen := set(self.synapse.directory())) != self.listed:
            if time.monotonic() > deadline:
                keys = {room: key for key, room in self.rooms.items()}
                differing = sorted(keys.get(room, room) for room in seen ^ self.listed)
                raise RuntimeError(f"the directory of {self.name} differs in {differing}")
            time.sleep(0.3)


@dataclass(frozen=True, slots=True)
class Lab:
    """The homeservers by key, and the authority whose certificates they trust."""

    authority: Authority
    servers: Mapping[str, Homeserver]
    well_known: WellKnown | None

    def share(self) -> str:
        """A room of hs1 that hs2 publishes as well."""
        first, second = self.servers["hs1"], self.servers["hs2"]
        shared = first.make(Spec("shared", "Published by two", state=(READABLE,)))
        user = second.synapse.call("GET", "/_matrix/client/v3/account/whoami")["user_id"]
        levels = first.synapse.call(
            "GET", f"/_matrix/client/v3/rooms/{quote(shared)}/state/m.room.power_levels/"
        )
        levels["users"] = {**levels.get("users", {}), user: 50}
        levels["state_default"] = 50
        levels["events"] = {**levels.get("events", {}), "m.room.canonical_alias": 50}
        first.synapse.put_state(shared, "m.room.power_levels", levels)
        second.synapse.call(
            "POST", f"/_matrix/client/v3/join/{quote(shared)}?server_name={quote(first.name)}", {}
        )
        path = f"/_matrix/client/v3/directory/list/room/{quote(shared)}"
        second.synapse.call("PUT", path, {"visibility": "public"})
        second.rooms["shared"] = shared
        second.listed.add(shared)
        second.listed_federation.add(shared)
        return shared


@contextmanager
def running(
    folder: Path, python: str, keys: tuple[str, ...], closed: frozenset[str] = frozenset()
) -> Iterator[Lab]:
    """Start and fill the homeservers `keys`; they end with the block."""
    authority = Authority(folder)
    servers: dict[str, Homeserver] = {}
    well_known: WellKnown | None = None
    if "hs2" in keys and can_bind(443):
        well_known = WellKnown(authority)
    for key in keys:
        name = DELEGATED if key == "hs2" and well_known else ""
        address = _address(int(key.removeprefix("hs")), name)
        synapse = Synapse(folder / key, address, authority, closed=key in closed)
        servers[key] = Homeserver(synapse)
    try:
        if well_known is not None:
            hs2 = servers["hs2"].synapse.address
            well_known.delegate(hs2.federation_place, hs2.client_url)
        _start(servers, python)
        lab = Lab(authority, servers, well_known)
        if {"hs1", "hs2"} <= servers.keys():
            lab.share()
        for server in servers.values():
            server.settle()
        yield lab
    finally:
        for server in servers.values():
            server.synapse.stop()
        if well_known is not None:
            well_known.close()


def _address(number: int, name: str) -> Address:
    ip = f"127.0.0.{10 + number}"
    federation, client = free_port(ip), free_port(ip)
    return Address(name or f"{ip}:{federation}", ip, federation, client)


def _start(servers: Mapping[str, Homeserver], python: str) -> None:
    for server in servers.values():
        server.synapse.start(python)

    def prepare(item: tuple[str, Homeserver]) -> None:
        key, server = item
        server.synapse.ready()
        server.synapse.register()
        server.fill(key)

    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(prepare, servers.items()))
