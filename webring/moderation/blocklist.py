"""Whether a room, a server or an instance is kept out, and in which words that is explained.

A blocked server takes with it: its own directory, the rooms whose id or canonical alias it gave,
and the instance of its name. A blocked space takes the rooms that it holds, but for those that
another instance speaks for (`webring.moderation.spaces`). A room whose moderators ask to be left
out (`webring.crawler.admitting`) is listed only where an instance speaks for it by the word of
another server. Room ids of version 12 name no server, so a block holds by id, by alias and by where
the room was seen.

A glob that begins with `!` or `#` keeps out the rooms whose id or alias it matches; any other, the
servers. A word keeps out what says it in its name, topic or alias, whoever presents it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import blocks, declined, space_rooms
from webring.storage.blocks import Block
from webring.storage.declined import Declined
from webring.storage.space_rooms import SpaceRoom
from webring.storage.sql import Connection
from webring.text import Globs, Phrases

KINDS: Final = ("room", "server", "space", "glob", "word")
SIGILS: Final = frozenset("!#")
"""What a glob begins with that is about rooms."""
_ACTIONS = {"block": "blocked by this instance's operator", "optout": "opted out"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be listed; `why` is a sentence for people where it may not."""

    allowed: bool
    why: str = ""


ALLOWED = Verdict(True)


class Matched:
    """Blocks that are compared rather than looked up: globs, and words."""

    __slots__ = ("_by_glob", "_by_word", "_room_globs", "_server_globs", "_servers", "_words")

    def __init__(self, globs: Mapping[str, Block], by_word: Mapping[str, Block]) -> None:
        self._by_glob, self._by_word = globs, by_word
        self._server_globs = Globs(each for each in globs if each[:1] not in SIGILS)
        self._room_globs = Globs(each for each in globs if each[:1] in SIGILS)
        self._words = Phrases(by_word)
        self._servers: dict[str, str | None] = {}

    @property
    def has_servers(self) -> bool:
        """Whether any server may be among them."""
        return bool(self._server_globs)

    def server(self, name: ServerName) -> Block | None:
        """The glob that a server's name matches, with its port or without."""
        if not self._server_globs:
            return None
        if name not in self._servers:
            globs = self._server_globs
            self._servers[name] = globs.find(name) or globs.find(name.host)
        return self._by_glob.get(self._servers[name] or "")

    def room(self, room_id: RoomId, alias: RoomAlias | None) -> Block | None:
        """The glob that a room's id or alias matches."""
        if not self._room_globs:
            return None
        found = self._room_globs.find(room_id) or (alias and self._room_globs.find(alias))
        return self._by_glob.get(found or "")

    def says(self, *texts: str) -> Block | None:
        """The word that stands in one of these texts."""
        if not self._words:
            return None
        found = (self._words.find(text) for text in texts if text)
        return self._by_word.get(next(filter(None, found), ""))


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Everything that is kept out, as it stood when it was loaded."""

    rooms: Mapping[str, Block] = field(default_factory=dict)
    servers: Mapping[str, Block] = field(default_factory=dict)
    spaces: Mapping[str, Block] = field(default_factory=dict)
    with_spaces: Mapping[RoomId, Sequence[SpaceRoom]] = field(default_factory=dict)
    declined: Mapping[RoomId, Sequence[Declined]] = field(default_factory=dict)
    matched: Matched = field(default_factory=lambda: Matched({}, {}))

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
        by_kind: dict[str, dict[str, Block]] = {kind: {} for kind in KINDS}
        for entry in entries:
            by_kind[entry.kind][entry.target] = entry
        with_spaces: dict[RoomId, list[SpaceRoom]] = {}
        for each in held:
            if each.space in by_kind["space"]:
                with_spaces.setdefault(each.room_id, []).append(each)
        refusals: dict[RoomId, list[Declined]] = {}
        for no in unwilling:
            refusals.setdefault(no.room_id, []).append(no)
        matched = Matched(by_kind["glob"], by_kind["word"])
        rooms, servers, spaces = by_kind["room"], by_kind["server"], by_kind["space"]
        return cls(rooms, servers, spaces, with_spaces, refusals, matched)

    @classmethod
    async def load(cls, conn: Connection, rooms: Iterable[RoomId] = ()) -> Self:
        """Load from the database; within a transaction, it is what that transaction sees.

        Which moderators ask to be left out is loaded of these `rooms` alone: they are many.
        """
        held, unwilling = await space_rooms.in_force(conn), await declined.of_rooms(conn, rooms)
        return cls.of(await blocks.all(conn), held, unwilling)

    def server(self, name: ServerName) -> Verdict:
        """Whether a homeserver's directory, or an instance, may be read at all."""
        entry = self.servers.get(name) or self.matched.server(name)
        return _verdict(entry, f"The server {name}")

    @property
    def has_servers(self) -> bool:
        """Whether any server is kept out."""
        return bool(self.servers) or self.matched.has_servers

    def page(self, url: str) -> Verdict:
        """Whether anybody may be pointed at a web page, given who serves it."""
        parts = urlsplit(url) if self.has_servers else None
        names = [parts.netloc.lower(), parts.hostname or ""] if parts else []
        verdicts = [self.server(ServerName(name)) for name in names]
        return next((each for each in verdicts if not each.allowed), ALLOWED)

    def room(
        self,
        room_id: RoomId,
        alias: RoomAlias | None,
        speaker: ServerName | None = None,
        says: Sequence[str] = (),
    ) -> Verdict:
        """Whether a room may be listed, given its alias and what it `says` (name and topic);
        `speaker` is an instance that presents it and may speak for it.
        """
        entry = (
            self.rooms.get(room_id)
            or self.spaces.get(room_id)
            or self.matched.room(room_id, alias)
            or self.matched.says(*says, alias.local if says and alias else "")
        )
        if entry:
            return _verdict(entry, "This room")
        held = self.with_spaces.get(room_id, ())
        if held and (speaker is None or speaker in {each.instance for each in held}):
            return _verdict(self.spaces[held[0].space], "A space that holds this room")
        for no in self.declined.get(room_id, ()):
            if speaker is None or no.ours or (alias and alias.server == no.server):
                return Verdict(False, f"This room asks to be left out, says {no.server}.")
        for server in _servers(room_id, alias):
            verdict = self.server(server)
            if not verdict.allowed:
                return verdict
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
