"""What homeservers answer about one room: where an alias leads, and what a space holds.

Source: Matrix specification, `query/directory` and `hierarchy` of both APIs. These do answer about
rooms that nobody listed: never take them for consent to list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from webring.directory.listing import DirectoryRoom
from webring.errors import InvalidName, TypeRefused
from webring.matrix.directory import MAX_TOKEN, read_some
from webring.names import RoomId, ServerName

MAX_SERVERS: Final = 50
"""Servers kept of an answer."""
MAX_CHILDREN: Final = 1_000
"""Children kept of one space."""
MAX_ORDER: Final = 50
"""Characters of a child's `order` (Matrix specification, `m.space.child`)."""
_CHILD: Final = "m.space.child"


@dataclass(frozen=True, slots=True)
class AliasAnswer:
    """Where an alias leads, and servers that take part in that room."""

    room_id: RoomId
    servers: tuple[ServerName, ...]


@dataclass(frozen=True, slots=True)
class SpaceChild:
    """One child as its space names it: `via` are servers to ask for it."""

    room_id: RoomId
    via: tuple[ServerName, ...]
    suggested: bool
    order: str = ""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A space's children as it names them, and those rooms of which something is known.

    `rooms` begin with the space itself; a child that nobody may see is in `children` only.
    `next_batch` is the token of the next page, where there is one.
    """

    rooms: tuple[DirectoryRoom, ...]
    children: tuple[SpaceChild, ...]
    next_batch: str | None = None


def read_alias(payload: object) -> AliasAnswer:
    """Read the answer of a room directory about one alias; `TypeRefused` where it is none."""
    if not isinstance(payload, dict):
        raise TypeRefused("what an alias leads to is an object")
    try:
        room_id = RoomId.parse(payload.get("room_id"))
    except InvalidName as error:
        raise TypeRefused(f"an alias leads to a room id: {error}") from None
    return AliasAnswer(room_id, read_servers(payload.get("servers")))


def read_federation_hierarchy(payload: object) -> Hierarchy:
    """Read the server-server form: `room` and `children`, one level deep."""
    if not isinstance(payload, dict) or not isinstance(payload.get("room"), dict):
        raise TypeRefused("a hierarchy is an object with a `room`")
    root, children = payload["room"], payload.get("children")
    rooms = [root, *(children if isinstance(children, list) else [])]
    return Hierarchy(read_some(rooms), _children(root))


def read_client_hierarchy(payload: object, space: RoomId) -> Hierarchy:
    """Read one page of the client-server form: `rooms`, of which `space` names the children."""
    if not isinstance(payload, dict) or not isinstance(payload.get("rooms"), list):
        raise TypeRefused("a hierarchy is an object with a list `rooms`")
    entries = [entry for entry in payload["rooms"] if isinstance(entry, dict)]
    token = payload.get("next_batch")
    if token is not None and (not isinstance(token, str) or len(token) > MAX_TOKEN):
        raise TypeRefused(f"next_batch is text of at most {MAX_TOKEN} characters")
    named = [
        child for entry in entries if entry.get("room_id") == space for child in _children(entry)
    ]
    return Hierarchy(read_some(entries), tuple(named), token or None)


def read_servers(value: object) -> tuple[ServerName, ...]:
    """The well-formed server names of a list, each once."""
    names: dict[ServerName, None] = {}
    for entry in value if isinstance(value, list) else []:
        if len(names) == MAX_SERVERS:
            break
        try:
            names[ServerName.parse(entry)] = None
        except InvalidName:
            continue
    return tuple(names)


def _children(room: Mapping[str, object]) -> tuple[SpaceChild, ...]:
    """The children that `children_state` names; one without `via` was taken out (MSC1772)."""
    state = room.get("children_state")
    found: dict[RoomId, SpaceChild] = {}
    for event in _events(state if isinstance(state, list) else []):
        content = event.get("content")
        if event.get("type") != _CHILD or not isinstance(content, dict):
            continue
        try:
            room_id = RoomId.parse(event.get("state_key"))
        except InvalidName:
            continue
        via = read_servers(content.get("via"))
        if via and len(found) < MAX_CHILDREN:
            order = content.get("order")
            found[room_id] = SpaceChild(
                room_id,
                via,
                content.get("suggested") is True,
                order if isinstance(order, str) and len(order) <= MAX_ORDER else "",
            )
    return tuple(sorted(found.values(), key=lambda child: (not child.order, child.order)))


def _events(entries: Iterable[object]) -> Iterable[Mapping[str, object]]:
    return (entry for entry in entries if isinstance(entry, dict))
