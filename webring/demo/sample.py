"""The sample federation: who takes part, as `sample.json` tells it, with names given to it."""

from __future__ import annotations

import base64
import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

from webring.directory.listing import JoinRule
from webring.names import RoomAlias, RoomId, ServerName

FILE: Final = "sample.json"
DOMAIN: Final = "localhost"
"""RFC 6761: every name under it is this machine; no name server is asked."""
OWNER: Final = "keeper"
"""The local part of the user who made every sample room."""


class _Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A room as the file writes it."""

    key: str
    name: str
    topic: str
    members: int
    space: bool = False
    readable: bool = False
    published: bool = True
    rule: JoinRule = JoinRule.PUBLIC
    children: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class _Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A homeserver as the file writes it."""

    key: str
    federation: bool
    client: bool
    rooms: tuple[_Room, ...]


class SampleInstance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instance: its homeserver's key, and the keys of the rooms that it chose to publish."""

    key: str
    title: str
    description: str
    homeserver: str
    languages: tuple[str, ...]
    communities: tuple[str, ...]
    directory: str
    seeds: tuple[str, ...] = ()


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file: who takes part, without names or ports."""

    servers: tuple[_Server, ...]
    instances: tuple[SampleInstance, ...]


@dataclass(frozen=True, slots=True)
class SampleRoom:
    """A room with its identifiers. `published_by` are the servers whose directory lists it."""

    key: str
    room_id: RoomId
    alias: RoomAlias
    home: ServerName
    is_space: bool
    name: str
    topic: str
    members: int
    join_rule: JoinRule
    world_readable: bool
    children: tuple[RoomId, ...]
    published_by: tuple[ServerName, ...]
    interests: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SampleServer:
    """A homeserver: which doors to its directory are open, and the rooms that live there."""

    key: str
    name: ServerName
    federation: bool
    client: bool
    rooms: tuple[SampleRoom, ...]


@dataclass(frozen=True, slots=True)
class Federation:
    """Everybody, by key; `instance_names` and each server's name carry the ports they got."""

    servers: Mapping[str, SampleServer]
    instances: tuple[SampleInstance, ...]
    instance_names: Mapping[str, ServerName]

    @property
    def rooms(self) -> dict[RoomId, SampleRoom]:
        """Every room by its id."""
        return {room.room_id: room for s in self.servers.values() for room in s.rooms}

    def published_by(self, server: ServerName) -> list[SampleRoom]:
        """The rooms that one server's directory lists, largest first."""
        rooms = [room for room in self.rooms.values() if server in room.published_by]
        return sorted(rooms, key=lambda room: (-room.members, room.room_id))

    def instance_of(self, server: str) -> ServerName | None:
        """The instance that belongs to a homeserver, by the homeserver's key."""
        named = (self.instance_names[i.key] for i in self.instances if i.homeserver == server)
        return next(named, None)


def read_file() -> Sample:
    """The sample as it is written, without names or ports."""
    data = resources.files("webring.demo").joinpath(FILE).read_bytes()
    return msgspec.json.decode(data, type=Sample)


def federation(
    instance_ports: Mapping[str, int], server_ports: Mapping[str, int], file: Sample | None = None
) -> Federation:
    """A sample (ours) with its names: `{key}.localhost:{port}`."""
    file = file or read_file()
    instances = {key: _name(key, port) for key, port in instance_ports.items()}
    names = {key: _name(key, port) for key, port in server_ports.items()}
    ids = {
        room.key: room_id(room.key, names[server.key])
        for server in file.servers
        for room in server.rooms
    }
    servers = {
        server.key: SampleServer(
            key=server.key,
            name=names[server.key],
            federation=server.federation,
            client=server.client,
            rooms=tuple(_room(room, server.key, names, ids, instances) for room in server.rooms),
        )
        for server in file.servers
    }
    return Federation(servers, file.instances, instances)


def room_id(key: str, server: ServerName) -> RoomId:
    """A stable id: like room version 12's, a hash alone, or like the older ones with a server."""
    digest = hashlib.sha256(f"{key}\n{server}".encode()).digest()
    if digest[0] % 2:
        return RoomId.parse("!" + base64.urlsafe_b64encode(digest).decode().rstrip("="))
    letters = "".join(string.ascii_letters[byte % 52] for byte in digest[:18])
    return RoomId.parse(f"!{letters}:{server}")


def _name(key: str, port: int) -> ServerName:
    return ServerName.parse(f"{key}.{DOMAIN}:{port}")


def _room(
    room: _Room,
    home: str,
    names: Mapping[str, ServerName],
    ids: Mapping[str, RoomId],
    instances: Mapping[str, ServerName],
) -> SampleRoom:
    topic = room.topic
    for key, name in instances.items():
        topic = topic.replace(f"{{instance:{key}}}", name)
    return SampleRoom(
        key=room.key,
        room_id=ids[room.key],
        alias=RoomAlias.parse(f"#{room.key}:{names[home]}"),
        home=names[home],
        is_space=room.space,
        name=room.name,
        topic=topic,
        members=room.members,
        join_rule=room.rule,
        world_readable=room.readable,
        children=tuple(ids[child] for child in room.children),
        published_by=tuple(names[key] for key in (home, *room.also)) if room.published else (),
        interests=room.interests,
        languages=room.languages,
    )
