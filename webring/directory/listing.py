"""The types that the directory is made of. One room id is one listing, however many name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from webring.clock import Millis
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, MxcUri, RoomAlias, RoomId, ServerName


class Kind(StrEnum):
    """What a listing is in Matrix: a space, or a single room."""

    SPACE = "space"
    ROOM = "room"


class Standing(StrEnum):
    """How well a listing is vouched for, best first (`docs/protocol.md`, "Authority")."""

    SPOKEN_FOR = "spoken_for"
    UNCONFIRMED = "unconfirmed"
    CLAIMED = "claimed"
    DISPUTED = "disputed"
    FOUND = "found"

    @property
    def is_spoken_for(self) -> bool:
        """Whether its instance may speak for it: such listings may leave in feeds and sitemaps."""
        return self in {Standing.SPOKEN_FOR, Standing.UNCONFIRMED}


class Activity(StrEnum):
    """How recently people talked there, as a band instead of a count."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    QUIET = "quiet"


class JoinRule(StrEnum):
    """Who may join (Matrix specification, `m.room.join_rules`)."""

    PUBLIC = "public"
    KNOCK = "knock"
    RESTRICTED = "restricted"
    KNOCK_RESTRICTED = "knock_restricted"
    INVITE = "invite"


@dataclass(frozen=True, slots=True)
class DirectoryRoom:
    """One entry of a homeserver's public room directory, checked and clamped; text is raw."""

    room_id: RoomId
    kind: Kind
    name: str
    topic: str
    alias: RoomAlias | None
    avatar: MxcUri | None
    members: int
    join_rule: JoinRule
    world_readable: bool
    guest_can_join: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A room as one homeserver's directory publishes it."""

    server: ServerName
    room: DirectoryRoom
    seen_at: Millis


@dataclass(frozen=True, slots=True)
class ChildRoom:
    """A room of a community's space, as the community's manifest lists it."""

    room_id: RoomId
    alias: RoomAlias | None
    name: str
    topic: str
    members: int
    suggested: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A community as one instance's verified manifest presents it, and how that claim stands.

    `why` is the reason for the standing, in one sentence for people.
    """

    id: CommunityId
    room_id: RoomId
    standing: Standing
    why: str
    kind: Kind
    alias: RoomAlias | None
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
    adult: bool
    via: tuple[ServerName, ...]
    rooms: tuple[ChildRoom, ...]
    updated_at: Millis
    vouches: tuple[Vouch, ...] = ()
    accepted_vouches: tuple[AcceptedVouch, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What the directory shows for one room id: the best of its claims and sightings.

    `community` is set where an instance presents this very room as a community; `parents` are the
    communities whose spaces hold it as a child. `servers` publish it in their room directories.
    `first_seen_at` is when the directory first listed it, 0 where that is not known.
    """

    room_id: RoomId
    kind: Kind
    standing: Standing
    why: str
    community: CommunityId | None
    parents: tuple[CommunityId, ...]
    servers: tuple[ServerName, ...]
    name: str
    topic: str
    alias: RoomAlias | None
    avatar: MxcUri | None
    url: str
    interests: tuple[str, ...]
    languages: tuple[str, ...]
    members: int
    activity: Activity | None
    join_rule: JoinRule
    world_readable: bool
    adult: bool
    via: tuple[ServerName, ...] = field(default=())
    first_seen_at: Millis = field(default=0, compare=False)

    @property
    def instance(self) -> ServerName | None:
        """The instance that presents it, where one does."""
        return self.community.instance if self.community else None
