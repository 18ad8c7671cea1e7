"""Listings for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from typing import Any

from webring.directory.listing import JoinRule, Kind, Listing, Standing
from webring.names import RoomAlias, RoomId, ServerName


def listing(room: str, name: str = "", **changes: Any) -> Listing:
    """What the directory shows for `!{room}:hs.example`; an alias may be given as a string."""
    values: dict[str, Any] = {
        "kind": Kind.ROOM,
        "standing": Standing.SPOKEN_FOR,
        "why": "its instance speaks for it",
        "community": None,
        "parents": (),
        "servers": (ServerName("hs.example"),),
        "name": name,
        "topic": "",
        "alias": None,
        "avatar": None,
        "url": "",
        "interests": (),
        "languages": (),
        "members": 10,
        "activity": None,
        "join_rule": JoinRule.PUBLIC,
        "world_readable": True,
        "adult": False,
    }
    if isinstance(changes.get("alias"), str):
        changes["alias"] = RoomAlias.parse(changes["alias"])
    return Listing(room_id=room_id(room), **{**values, **changes})


def room_id(room: str) -> RoomId:
    """The id that `listing` gives to a room."""
    return RoomId(f"!{room}:hs.example")
