"""Whether a room, a server or an instance is kept out, and in which words that is explained.

A blocked server takes with it: its own directory, the rooms whose id or canonical alias it gave,
and the instance of its name. A blocked space takes its children. Room ids of version 12 name no
server, so a block holds by id, by alias and by where the room was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks
from webring.storage.blocks import Block
from webring.storage.sql import Connection

_ACTIONS = {"block": "blocked by this instance's operator", "optout": "opted out"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be listed; `why` is a sentence for people where it may not."""

    allowed: bool
    why: str = ""


ALLOWED = Verdict(True)


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Everything that is kept out, as it stood when it was loaded."""

    rooms: Mapping[str, Block] = field(default_factory=dict)
    servers: Mapping[str, Block] = field(default_factory=dict)
    spaces: Mapping[str, Block] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Block]) -> Self:
        """Sort blocks by what they keep out."""
        by_kind: dict[str, dict[str, Block]] = {"room": {}, "server": {}, "space": {}}
        for entry in entries:
            by_kind[entry.kind][entry.target] = entry
        return cls(by_kind["room"], by_kind["server"], by_kind["space"])

    @classmethod
    async def load(cls, conn: Connection) -> Self:
        """Load from the database; within a transaction, it is what that transaction sees."""
        return cls.of(await blocks.all(conn))

    def server(self, name: ServerName) -> Verdict:
        """Whether a homeserver's directory, or an instance, may be read at all."""
        entry = self.servers.get(name)
        return _verdict(entry, f"The server {name}")

    def room(
        self, room_id: RoomId, alias: RoomAlias | None, parents: Iterable[RoomId] = ()
    ) -> Verdict:
        """Whether a room may be listed, given its alias and the spaces that hold it."""
        entry = self.rooms.get(room_id) or self.spaces.get(room_id)
        if entry:
            return _verdict(entry, "This room")
        for space in parents:
            if space in self.spaces:
                return _verdict(self.spaces[space], "A space that holds this room")
        for server in _servers(room_id, alias):
            if server in self.servers:
                return self.server(server)
        return ALLOWED


def _servers(room_id: RoomId, alias: RoomAlias | None) -> Iterable[ServerName]:
    """The servers that gave a room its id and its alias."""
    server = room_id.partition(":")[2]
    if server:
        yield ServerName(server.lower())
    if alias is not None:
        yield alias.server


def _verdict(entry: Block | None, what: str) -> Verdict:
    if entry is None:
        return ALLOWED
    reason = f": {entry.reason}" if entry.reason else ""
    return Verdict(False, f"{what} is {_ACTIONS.get(entry.action, entry.action)}{reason}.")
