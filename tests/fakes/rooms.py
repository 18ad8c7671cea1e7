"""Rooms, sightings and claims for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from typing import Any

from webring.directory.listing import (
    ChildRoom,
    Claim,
    DirectoryRoom,
    JoinRule,
    Kind,
    Sighting,
    Standing,
)
from webring.names import CommunityId, RoomAlias, RoomId, ServerName

SEEN_AT = 1_700_000_000_000


def directory_room(room_id: str = "!room:hs.example", **changes: Any) -> DirectoryRoom:
    """An entry of a public room directory."""
    values: dict[str, Any] = {
        "kind": Kind.ROOM,
        "name": f"The room {room_id}",
        "topic": "About nothing",
        "alias": None,
        "avatar": None,
        "members": 10,
        "join_rule": JoinRule.PUBLIC,
        "world_readable": True,
        "guest_can_join": False,
    }
    return DirectoryRoom(room_id=RoomId(room_id), **{**values, **changes})


def sighting(
    server: str = "hs.example", room_id: str = "!room:hs.example", **changes: Any
) -> Sighting:
    """What one server says of a room."""
    return Sighting(ServerName(server), directory_room(room_id, **changes), SEEN_AT)


def child(room_id: str, **changes: Any) -> ChildRoom:
    """A room of a community's space, as its manifest lists it."""
    values: dict[str, Any] = {
        "alias": None,
        "name": f"The child {room_id}",
        "topic": "",
        "members": 3,
        "suggested": False,
    }
    return ChildRoom(room_id=RoomId(room_id), **{**values, **changes})


def claim(
    community: str = "garden:one.example",
    room_id: str = "!room:hs.example",
    standing: Standing = Standing.SPOKEN_FOR,
    **changes: Any,
) -> Claim:
    """A community of a verified manifest."""
    values: dict[str, Any] = {
        "why": f"it stands as {standing.value}",
        "kind": Kind.SPACE,
        "alias": RoomAlias("#garden:one.example"),
        "name": f"The community {community}",
        "topic": "Gardening",
        "avatar": None,
        "url": "https://one.example/garden",
        "interests": ("gardening",),
        "languages": ("en",),
        "members": 20,
        "activity": None,
        "join_rule": JoinRule.PUBLIC,
        "world_readable": True,
        "adult": False,
        "via": (ServerName("one.example"),),
        "rooms": (),
        "updated_at": SEEN_AT,
    }
    return Claim(
        id=CommunityId(community),
        room_id=RoomId(room_id),
        standing=standing,
        **{**values, **changes},
    )
