"""The communities of a manifest, as their instance presents them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.listing import Activity, ChildRoom, JoinRule, Kind
from webring.documents.fields import Dropped, Reader, tag
from webring.errors import MalformedDocument
from webring.names import MxcUri, RoomAlias, RoomId, ServerName, Slug

MAX_NAME: Final = 255
"""Characters in a name; what is longer is cut."""
MAX_TOPIC: Final = 8_192
"""Characters in a topic; what is longer is cut."""
MAX_TAGS: Final = 32
"""Interests, languages or `via` servers of one community; further ones are passed over."""
MAX_ROOMS: Final = 500
"""Rooms of one community; further ones are passed over."""


@dataclass(frozen=True, slots=True)
class ManifestCommunity:
    """One community of a manifest; text is raw."""

    id: Slug
    room_id: RoomId
    kind: Kind
    alias: RoomAlias | None
    via: tuple[ServerName, ...]
    name: str
    topic: str
    avatar: MxcUri | None
    url: str
    interests: tuple[str, ...]
    languages: tuple[str, ...]
    members: int
    activity: Activity | None
    join_rule: JoinRule
    world_readable: bool
    nsfw: bool
    rooms: tuple[ChildRoom, ...]
    updated_at: Millis

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a manifest; absent values are left out."""
        entry: dict[str, object] = {
            "id": self.id,
            "room_id": self.room_id,
            "kind": self.kind.value,
            "alias": self.alias,
            "via": list(self.via),
            "name": self.name,
            "topic": self.topic,
            "avatar": self.avatar,
            "url": self.url,
            "interests": list(self.interests),
            "languages": list(self.languages),
            "members": self.members,
            "activity": self.activity and self.activity.value,
            "join_rule": self.join_rule.value,
            "world_readable": self.world_readable,
            "nsfw": self.nsfw,
            "rooms": [_child_to_json(room) for room in self.rooms],
            "updated_at": self.updated_at,
        }
        return {key: value for key, value in entry.items() if value is not None}


def read_community(content: object, path: str, dropped: list[Dropped]) -> ManifestCommunity:
    """Read one entry; `MalformedDocument` where it must be dropped.

    Parts that can be spared (a tag, a child room, a server in `via`) go to `dropped` instead.
    """
    if not isinstance(content, dict):
        raise MalformedDocument(f"{path} is an object, not {type(content).__name__}")
    reader = Reader(content, path)
    return ManifestCommunity(
        id=reader.name("id", Slug.parse),
        room_id=reader.name("room_id", RoomId.parse),
        kind=reader.word("kind", Kind),
        alias=reader.optional("alias", RoomAlias.parse),
        via=reader.each("via", ServerName.parse, dropped)[:MAX_TAGS],
        name=reader.text("name", limit=MAX_NAME),
        topic=reader.text("topic", limit=MAX_TOPIC, default=""),
        avatar=reader.optional("avatar", MxcUri.parse),
        url=reader.url("url"),
        interests=reader.each("interests", tag, dropped)[:MAX_TAGS],
        languages=reader.each("languages", tag, dropped)[:MAX_TAGS],
        members=reader.integer("members", default=0),
        activity=reader.word("activity", Activity) if "activity" in content else None,
        join_rule=reader.word("join_rule", JoinRule),
        world_readable=reader.flag("world_readable"),
        nsfw=reader.flag("nsfw"),
        rooms=_read_children(reader, dropped),
        updated_at=reader.integer("updated_at", default=0),
    )


def _read_children(reader: Reader, dropped: list[Dropped]) -> tuple[ChildRoom, ...]:
    rooms: dict[RoomId, ChildRoom] = {}
    for path, item in reader.objects("rooms"):
        try:
            child = _read_child(item, path)
        except MalformedDocument as error:
            dropped.append(Dropped(path, str(error)))
            continue
        rooms.setdefault(child.room_id, child)
    return tuple(rooms.values())[:MAX_ROOMS]


def _read_child(content: object, path: str) -> ChildRoom:
    if not isinstance(content, dict):
        raise MalformedDocument(f"{path} is an object, not {type(content).__name__}")
    reader = Reader(content, path)
    return ChildRoom(
        room_id=reader.name("room_id", RoomId.parse),
        alias=reader.optional("alias", RoomAlias.parse),
        name=reader.text("name", limit=MAX_NAME, default=""),
        topic=reader.text("topic", limit=MAX_TOPIC, default=""),
        members=reader.integer("members", default=0),
        suggested=reader.flag("suggested"),
    )


def _child_to_json(room: ChildRoom) -> dict[str, object]:
    entry: dict[str, object] = {
        "room_id": room.room_id,
        "name": room.name,
        "topic": room.topic,
        "members": room.members,
        "suggested": room.suggested,
    }
    return entry if room.alias is None else {**entry, "alias": room.alias}
