"""The communities of a manifest, as their instance presents them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.listing import Activity, ChildRoom, JoinRule, Kind
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.fields import Dropped, Reader, is_web_url, read_object, tag
from webring.names import CommunityId, MxcUri, RoomAlias, RoomId, ServerName, Slug

MAX_NAME: Final = 255
"""Characters in a name; what is longer is cut."""
MAX_TOPIC: Final = 8_192
"""Characters in a topic; what is longer is cut."""
MAX_TAGS: Final = 32
"""Interests, languages or `via` servers of one community; further ones are passed over."""
MAX_ROOMS: Final = 500
"""Rooms of one community; further ones are passed over."""
MAX_LINKS: Final = 64
"""Bridges, links, vouches or accepted vouches of one community; further ones are passed over."""
MAX_SENTENCE: Final = 500
"""Characters in a vouch."""
MAX_PROTOCOL: Final = 32

_PROTOCOL: Final = re.compile(rf"[a-z0-9-]{{1,{MAX_PROTOCOL}}}")
_BRIDGED: Final = re.compile(r"(?:ircs?://|xmpp:)[!#-;=?-\[\]_a-z~]{1,512}")
"""Printable ASCII without space, quote, angle brackets, backslash and braces."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Where else a community can be reached: a short word for the network, and the address."""

    protocol: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page that belongs to a community."""

    title: str
    url: str


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
    bridges: tuple[Bridge, ...] = ()
    links: tuple[Link, ...] = ()
    vouches: tuple[Vouch, ...] = ()
    accepted_vouches: tuple[AcceptedVouch, ...] = ()

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
            "bridges": [{"protocol": one.protocol, "url": one.url} for one in self.bridges],
            "links": [{"title": one.title, "url": one.url} for one in self.links],
            "vouches": [one.to_json() for one in self.vouches],
            "accepted_vouches": [one.to_json() for one in self.accepted_vouches],
            "updated_at": self.updated_at,
        }
        return {key: value for key, value in entry.items() if value is not None}


def read_community(content: object, path: str, dropped: list[Dropped]) -> ManifestCommunity:
    """Read one entry; `MalformedDocument` where it must be dropped.

    Parts that can be spared (a tag, a child room, a server in `via`) go to `dropped` instead.
    """
    reader = read_object(content, path)
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
        activity=reader.word("activity", Activity) if "activity" in reader.content else None,
        join_rule=reader.word("join_rule", JoinRule),
        world_readable=reader.flag("world_readable"),
        nsfw=reader.flag("nsfw"),
        rooms=_read_children(reader, dropped),
        updated_at=reader.integer("updated_at", default=0),
        bridges=reader.entries("bridges", _read_bridge, dropped)[:MAX_LINKS],
        links=reader.entries("links", _read_link, dropped)[:MAX_LINKS],
        vouches=_read_vouches(reader, dropped),
        accepted_vouches=reader.entries("accepted_vouches", _read_accepted, dropped)[:MAX_LINKS],
    )


def _read_children(reader: Reader, dropped: list[Dropped]) -> tuple[ChildRoom, ...]:
    rooms: dict[RoomId, ChildRoom] = {}
    for child in reader.entries("rooms", _read_child, dropped):
        rooms.setdefault(child.room_id, child)
    return tuple(rooms.values())[:MAX_ROOMS]


def _read_child(reader: Reader) -> ChildRoom:
    return ChildRoom(
        room_id=reader.name("room_id", RoomId.parse),
        alias=reader.optional("alias", RoomAlias.parse),
        name=reader.text("name", limit=MAX_NAME, default=""),
        topic=reader.text("topic", limit=MAX_TOPIC, default=""),
        members=reader.integer("members", default=0),
        suggested=reader.flag("suggested"),
    )


def _read_bridge(reader: Reader) -> Bridge:
    protocol, url = reader.text("protocol", limit=MAX_PROTOCOL + 1), reader.content.get("url")
    if not _PROTOCOL.fullmatch(protocol):
        raise reader.wrong("protocol", "a short word such as irc", protocol)
    if not isinstance(url, str) or not (is_web_url(url) or _BRIDGED.fullmatch(url)):
        raise reader.wrong("url", "an https, irc, ircs or xmpp URL", url)
    return Bridge(protocol, url)


def _read_link(reader: Reader) -> Link:
    url = reader.url("url")
    if not url:
        raise reader.wrong("url", "an https URL", url)
    return Link(reader.text("title", limit=MAX_NAME, default=""), url)


def _read_vouches(reader: Reader, dropped: list[Dropped]) -> tuple[Vouch, ...]:
    """Its vouches; of several for one place the first counts."""
    vouches: dict[tuple[RoomId | None, str], Vouch] = {}
    for vouch in reader.entries("vouches", _read_vouch, dropped):
        vouches.setdefault((vouch.room_id, vouch.url), vouch)
    return tuple(vouches.values())[:MAX_LINKS]


def _read_vouch(reader: Reader) -> Vouch:
    room_id, url = reader.optional("room_id", RoomId.parse), reader.url("url")
    if (room_id is None) == (not url):
        raise reader.wrong("room_id", "given, or else url, and not both", reader.content.get("url"))
    return Vouch(reader.text("sentence", limit=MAX_SENTENCE), room_id, url)


def _read_accepted(reader: Reader) -> AcceptedVouch:
    voucher = reader.name("from", CommunityId.parse)
    return AcceptedVouch(voucher, reader.text("sentence", limit=MAX_SENTENCE))


def _child_to_json(room: ChildRoom) -> dict[str, object]:
    entry: dict[str, object] = {
        "room_id": room.room_id,
        "name": room.name,
        "topic": room.topic,
        "members": room.members,
        "suggested": room.suggested,
    }
    return entry if room.alias is None else {**entry, "alias": room.alias}
