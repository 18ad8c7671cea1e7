"""Whether a room, a server or an instance is kept out, and in which words that is explained.

A blocked server takes with it: its own directory, the rooms whose id or canonical alias it gave,
and the instance of its name. A blocked space takes the rooms that it holds, but for those that
another instance speaks for (`webring.moderation.spaces`). A room whose moderators ask to be left
out (`webring.crawler.admitting`) is listed only where an instance speaks for it by the word of
another server. Room ids of version 12 name no server, so a block holds by id, by alias and by where
the room was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks, declined, space_rooms
from webring.storage.blocks import Block
from webring.storage.declined import Declined
from webring.storage.space_rooms import SpaceRoom
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
    with_spaces: Mapping[RoomId, Sequence[SpaceRoom]] = field(default_factory=dict)
    declined: Mapping[RoomId, Sequence[Declined]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        entries: Iterable[Block],
        held: Iterable[SpaceRoom] = (),
        unwilling: Iterable[Declined] = (),
    ) -> Self:
        """Sort blocks by what they keep out; the rooms of spaces that are among them; and rooms
        whose moderators ask to be left out.
        """
        by_kind: dict[str, dict[str, Block]] = {"room": {}, "server": {}, "space": {}}
        for entry in entries:
            by_kind[entry.kind][entry.target] = entry
        with_spaces: dict[RoomId, list[SpaceRoom]] = {}
        for each in held:
            if each.space in by_kind["space"]:
                with_spaces.setdefault(each.room_id, []).append(each)
        refusals: dict[RoomId, list[Declined]] = {}
        for no in unwilling:
            refusals.setdefault(no.room_id, []).append(no)
        return cls(by_kind["room"], by_kind["server"], by_kind["space"], with_spaces, refusals)

    @classmethod
    async def load(cls, conn: Connection, rooms: Iterable[RoomId] = ()) -> Self:
        """Load from the database; within a transaction, it is what that transaction sees.

        Which moderators ask to be left out is loaded of these `rooms` alone: they are many.
        """
        held, unwilling = await space_rooms.in_force(conn), await declined.of_rooms(conn, rooms)
        return cls.of(await blocks.all(conn), held, unwilling)

    def server(self, name: ServerName) -> Verdict:
        """Whether a homeserver's directory, or an instance, may be read at all."""
        entry = self.servers.get(name)
        return _verdict(entry, f"The server {name}")

    def page(self, url: str) -> Verdict:
        """Whether anybody may be pointed at a web page, given who serves it."""
        parts = urlsplit(url) if self.servers else None
        names = [parts.netloc.lower(), parts.hostname or ""] if parts else []
        verdicts = [self.server(ServerName(name)) for name in names]
        return next((each for each in verdicts if not each.allowed), ALLOWED)

    def room(
        self, room_id: RoomId, alias: RoomAlias | None, speaker: ServerName | None = None
    ) -> Verdict:
        """Whether a room may be listed, given its alias; `speaker` is an instance that presents
        it and may speak for it.
        """
        entry = self.rooms.get(room_id) or self.spaces.get(room_id)
        if entry:
            return _verdict(entry, "This room")
        held = self.with_spaces.get(room_id, ())
        if held and (speaker is None or speaker in {each.instance for each in held}):
            return _verdict(self.spaces[held[0].space], "A space that holds this room")
        for no in self.declined.get(room_id, ()):
            if speaker is None or no.ours or (alias and alias.server == no.server):
                return Verdict(False, f"This room asks to be left out, says {no.server}.")
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
