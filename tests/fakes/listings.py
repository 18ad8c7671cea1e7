"""Listings for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webring.directory.listing import JoinRule, Kind, Listing, Standing
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import listings
from webring.storage.database import Database
from webring.storage.rooms import listing_row

NOW = 1_700_000_000_000


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


async def store(db: Database, *changed: Listing, gone: Iterable[RoomId] = ()) -> None:
    """Write listings as a crawl would, with their changes."""
    async with db.transaction() as tx:
        rows = {each.room_id: listing_row(each) for each in changed}
        await listings._write(tx, rows, list(gone), NOW)
