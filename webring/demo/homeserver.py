"""What a sample homeserver knows and answers: the parts of Matrix that a directory crawl touches.

It answers as Synapse does (status codes, errcodes, capped pages, what is left out). No I/O:
`webring.demo.routes` puts it on HTTP. Source: Matrix specification 1.16, client-server and
server-server APIs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from webring.demo.sample import OWNER, Federation, SampleRoom, SampleServer
from webring.directory.listing import JoinRule
from webring.documents.keys import KeySet, SigningKey
from webring.errors import BadRequest, Forbidden, InvalidName, NotFound, RequestError
from webring.names import RoomAlias, RoomId, ServerName

Answer = dict[str, object]

PAGE_LIMIT: Final = 100
"""Rooms on one page of a directory, whatever is asked for."""
HIERARCHY_LIMIT: Final = 50
_OPEN_RULES: Final = frozenset({JoinRule.PUBLIC, JoinRule.KNOCK, JoinRule.KNOCK_RESTRICTED})


class Unauthorised(RequestError):
    """The request carries no valid token or signature."""

    status: ClassVar[int] = 401
    errcode: ClassVar[str] = "M_UNAUTHORIZED"


class MissingToken(Unauthorised):
    """Missing access token."""

    errcode: ClassVar[str] = "M_MISSING_TOKEN"


class Unreached(RequestError):
    """Failed to fetch room list"""

    status: ClassVar[int] = 502
    errcode: ClassVar[str] = "M_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a directory is wanted: `since` is an opaque token of ours, or empty."""

    since: str = ""
    limit: int = PAGE_LIMIT
    term: str = ""
    types: tuple[str | None, ...] | None = None

    @property
    def start(self) -> int:
        """How many rooms come before this page."""
        if not self.since:
            return 0
        if not (self.since.startswith("p") and self.since[1:].isdecimal()):
            raise BadRequest(f"`since` is no token of ours: {ascii(self.since)[:40]}")
        return int(self.since[1:])

    @property
    def size(self) -> int:
        """How many rooms the page may hold."""
        return min(max(self.limit, 1), PAGE_LIMIT)


class Homeserver:
    """One sample homeserver. `tokens` are the access tokens that it takes, guests' included."""

    def __init__(self, federation: Federation, server: SampleServer, token: str) -> None:
        self.federation = federation
        self.server = server
        self.keys = KeySet(SigningKey.generate())
        self._tokens = {token}

    @property
    def name(self) -> ServerName:
        """Its server name."""
        return self.server.name

    def guest(self) -> Answer:
        """Take in a guest."""
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        user = f"@guest-{secrets.token_hex(4)}:{self.name}"
        return {"user_id": user, "access_token": token, "device_id": "guest_device"}

    def check_token(self, header: str) -> None:
        """Raise unless an Authorization header bears one of our tokens."""
        scheme, _, token = header.partition(" ")
        if not header:
            raise MissingToken
        if scheme.lower() != "bearer" or token not in self._tokens:
            raise Unauthorised("the access token is not one of ours")

    def federation_directory(self, page: Page) -> Answer:
        """The directory as other servers may read it."""
        if not self.server.federation:
            raise Forbidden("You are not authorized to read the public room list over federation")
        return self.directory(page)

    def client_directory(self, page: Page, header: str) -> Answer:
        """The directory as a client may read it."""
        if header or not self.server.client:
            self.check_token(header)
        return self.directory(page)

    def proxied_directory(self, server: str, page: Page, header: str) -> Answer:
        """Another server's directory, asked for by one of our users."""
        self.check_token(header)
        if server in {"", self.name}:
            return self.directory(page)
        for other in self.federation.servers.values():
            if other.name == server and other.federation:
                return Homeserver(self.federation, other, "").directory(page)
        raise Unreached

    def directory(self, page: Page) -> Answer:
        """A page of the public room directory, largest room first."""
        listed = [r for r in self.federation.published_by(self.name) if _listed(r, page)]
        rooms = listed[page.start : page.start + page.size]
        answer: Answer = {
            "chunk": [entry(room) for room in rooms],
            "total_room_count_estimate": len(listed),
        }
        if page.start + page.size < len(listed):
            answer["next_batch"] = f"p{page.start + page.size}"
        if page.start:
            answer["prev_batch"] = f"p{max(0, page.start - page.size)}"
        return answer

    def resolve(self, text: str) -> Answer:
        """The room behind an alias of any server of the federation."""
        room = self._by_alias(text)
        return {"room_id": room.room_id, "servers": list(via(room))}

    def own_alias(self, text: str) -> Answer:
        """The room behind an alias of ours, for another server."""
        if _alias(text).server != self.name:
            raise BadRequest(f"{ascii(text)[:80]} is not an alias of {self.name}")
        return self.resolve(text)

    def summary(self, text: str) -> Answer:
        """A room that anybody may look at: listed or not."""
        return {**entry(self._visible(text)), "membership": "leave"}

    def hierarchy(self, text: str) -> Answer:
        """A space and its direct children, for another server."""
        space = self._visible(text)
        rooms = self.federation.rooms
        children = [rooms[child] for child in space.children if child in rooms]
        return {
            "room": {**entry(space), "children_state": children_state(space, rooms)},
            "children": [
                {**entry(child), "children_state": []} for child in children if _visible(child)
            ],
            "inaccessible_children": [c.room_id for c in children if not _visible(c)],
        }

    def walk(self, text: str, since: str, limit: int) -> Answer:
        """A space and everything below it, page by page, for a client."""
        rooms = self.federation.rooms
        found = [
            {**entry(room), "children_state": children_state(room, rooms)}
            for room in self._below(self._visible(text))
        ]
        start = Page(since).start
        size = min(max(limit, 1), HIERARCHY_LIMIT)
        answer: Answer = {"rooms": found[start : start + size]}
        if start + size < len(found):
            answer["next_batch"] = f"p{start + size}"
        return answer

    def state(self, text: str) -> list[Answer]:
        """The state of a world-readable room that we take part in."""
        room = self._visible(text)
        if not room.world_readable or self.name not in via(room):
            raise Forbidden("you are not in the room, and it is not world-readable")
        return list(state_events(room, self.federation.rooms))

    def state_content(self, text: str, kind: str, key: str) -> object:
        """The content of one state event."""
        for event in self.state(text):
            if (event["type"], event["state_key"]) == (kind, key):
                return event["content"]
        raise NotFound("Event not found.")

    def _below(self, space: SampleRoom) -> list[SampleRoom]:
        rooms, found, queue = self.federation.rooms, dict[RoomId, SampleRoom](), [space]
        while queue:
            room = queue.pop(0)
            if room.room_id not in found and _visible(room):
                found[room.room_id] = room
                queue += [rooms[child] for child in room.children if child in rooms]
        return list(found.values())

    def _by_alias(self, text: str) -> SampleRoom:
        alias = _alias(text)
        for room in self.federation.rooms.values():
            if room.alias == alias:
                return room
        raise NotFound(f"Room alias {ascii(text)[:80]} not found")

    def _visible(self, text: str) -> SampleRoom:
        if text.startswith("#"):
            room = self._by_alias(text)
        else:
            found = self.federation.rooms.get(RoomId(text))
            if found is None:
                raise NotFound("Room is unknown")
            room = found
        if not _visible(room):
            raise NotFound("Room is not accessible")
        return room


def via(room: SampleRoom) -> tuple[ServerName, ...]:
    """The servers that take part in a room, its own first."""
    return tuple(dict.fromkeys((room.home, *room.published_by)))


def entry(room: SampleRoom) -> Answer:
    """A room as directories, hierarchies and summaries show it."""
    shown: Answer = {
        "room_id": room.room_id,
        "name": room.name,
        "topic": room.topic,
        "canonical_alias": room.alias,
        "num_joined_members": room.members,
        "join_rule": room.join_rule.value,
        "world_readable": room.world_readable,
        "guest_can_join": False,
    }
    return {**shown, "room_type": "m.space"} if room.is_space else shown


def children_state(space: SampleRoom, rooms: Mapping[RoomId, SampleRoom]) -> list[Answer]:
    """The `m.space.child` events of a space."""
    return [
        _event(space, "m.space.child", child, {"via": list(via(rooms[child]))})
        for child in space.children
        if child in rooms
    ]


def state_events(room: SampleRoom, rooms: Mapping[RoomId, SampleRoom]) -> Iterator[Answer]:
    """The state of a room, as far as a directory has any use for it."""
    kind: Answer = {"type": "m.space"} if room.is_space else {}
    visibility = "world_readable" if room.world_readable else "shared"
    yield _event(room, "m.room.create", "", {"room_version": "12", **kind})
    yield _event(room, "m.room.name", "", {"name": room.name})
    yield _event(room, "m.room.topic", "", {"topic": room.topic})
    yield _event(room, "m.room.canonical_alias", "", {"alias": room.alias})
    yield _event(room, "m.room.join_rules", "", {"join_rule": room.join_rule.value})
    yield _event(room, "m.room.history_visibility", "", {"history_visibility": visibility})
    yield from children_state(room, rooms)


def _event(room: SampleRoom, kind: str, key: str, content: Answer) -> Answer:
    return {
        "type": kind,
        "state_key": key,
        "sender": f"@{OWNER}:{room.home}",
        "origin_server_ts": 1_700_000_000_000,
        "content": content,
    }


def _listed(room: SampleRoom, page: Page) -> bool:
    """Whether a directory shows a published room (Synapse hides those that nobody could enter)."""
    text = f"{room.name}\n{room.topic}\n{room.alias}".casefold()
    room_type = "m.space" if room.is_space else None
    return (
        _visible(room)
        and page.term.casefold() in text
        and (page.types is None or room_type in page.types)
    )


def _visible(room: SampleRoom) -> bool:
    return room.join_rule in _OPEN_RULES or room.world_readable


def _alias(text: str) -> RoomAlias:
    try:
        return RoomAlias.parse(text)
    except InvalidName as error:
        raise BadRequest(error.sentence) from None
