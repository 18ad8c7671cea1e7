"""Rooms, listings and claims as rows, and back. Names parsed once are not parsed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from webring.directory.listing import (
    Activity,
    ChildRoom,
    Claim,
    DirectoryRoom,
    JoinRule,
    Kind,
    Listing,
    Sighting,
    Standing,
)
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, MxcUri, RoomAlias, RoomId, ServerName
from webring.storage.models import Community
from webring.storage.sql import Row, from_json, storable, to_json

SIGHTING: Final = (
    "room_id", "kind", "name", "topic", "alias", "avatar", "members", "join_rule",
    "world_readable", "guest_can_join",
)  # fmt: skip
"""Columns that hold what a directory says, in the order of `sighting_row`."""

LISTING: Final = (
    "room_id", "kind", "standing", "why", "community", "instance", "parents", "servers", "name",
    "topic", "alias", "avatar", "url", "interests", "languages", "members", "activity",
    "join_rule", "world_readable", "adult", "via",
)  # fmt: skip
"""Columns of a listing's content, in the order of `listing_row`."""


def sighting_row(room: DirectoryRoom) -> tuple[Any, ...]:
    """What a directory says of a room, as `SIGHTING` orders it."""
    return (
        str(room.room_id),
        room.kind.value,
        storable(room.name),
        storable(room.topic),
        _text(room.alias),
        _text(room.avatar),
        room.members,
        room.join_rule.value,
        room.world_readable,
        room.guest_can_join,
    )


def read_sighting(server: str, seen_at: int, row: Row) -> Sighting:
    """A sighting from columns in the order of `SIGHTING`."""
    return Sighting(
        ServerName(server),
        DirectoryRoom(
            room_id=RoomId(row[0]),
            kind=Kind(row[1]),
            name=row[2],
            topic=row[3],
            alias=RoomAlias(row[4]) if row[4] else None,
            avatar=MxcUri(row[5]) if row[5] else None,
            members=row[6],
            join_rule=JoinRule(row[7]),
            world_readable=bool(row[8]),
            guest_can_join=bool(row[9]),
        ),
        seen_at,
    )


def listing_row(listing: Listing) -> tuple[Any, ...]:
    """A listing, as `LISTING` orders it."""
    return (
        str(listing.room_id),
        listing.kind.value,
        listing.standing.value,
        storable(listing.why),
        _text(listing.community),
        _text(listing.instance),
        to_json(listing.parents),
        to_json(listing.servers),
        storable(listing.name),
        storable(listing.topic),
        _text(listing.alias),
        _text(listing.avatar),
        storable(listing.url),
        to_json(listing.interests),
        to_json(listing.languages),
        listing.members,
        listing.activity.value if listing.activity else None,
        listing.join_rule.value,
        listing.world_readable,
        listing.adult,
        to_json(listing.via),
    )


def read_listing(row: Row) -> Listing:
    """A listing from columns in the order of `LISTING`, and when it was first seen."""
    return Listing(
        room_id=RoomId(row[0]),
        kind=_KINDS[row[1]],
        standing=_STANDINGS[row[2]],
        why=row[3],
        community=CommunityId(row[4]) if row[4] else None,
        parents=tuple(map(CommunityId, from_json(row[6]))),
        servers=tuple(map(ServerName, from_json(row[7]))),
        name=row[8],
        topic=row[9],
        alias=RoomAlias(row[10]) if row[10] else None,
        avatar=MxcUri(row[11]) if row[11] else None,
        url=row[12],
        interests=tuple(from_json(row[13])),
        languages=tuple(from_json(row[14])),
        members=row[15],
        activity=_ACTIVITIES[row[16]] if row[16] else None,
        join_rule=_JOIN_RULES[row[17]],
        world_readable=bool(row[18]),
        adult=bool(row[19]),
        via=tuple(map(ServerName, from_json(row[20]))),
        first_seen_at=row[21],
    )


def claim_values(claim: Claim) -> dict[str, Any]:
    """A claim's content, as columns of the community table."""
    return {
        "id": str(claim.id),
        "instance": str(claim.id.instance),
        "slug": str(claim.id.slug),
        "room_id": str(claim.room_id),
        "standing": claim.standing.value,
        "why": claim.why,
        "kind": claim.kind.value,
        "alias": _text(claim.alias),
        "name": claim.name,
        "topic": claim.topic,
        "avatar": _text(claim.avatar),
        "url": claim.url,
        "interests": list(claim.interests),
        "languages": list(claim.languages),
        "members": claim.members,
        "activity": claim.activity.value if claim.activity else None,
        "join_rule": claim.join_rule.value,
        "world_readable": claim.world_readable,
        "adult": claim.adult,
        "via": list(claim.via),
        "rooms": [_child_values(child) for child in claim.rooms],
        "updated_at": claim.updated_at,
        **vouch_values(claim.vouches, claim.accepted_vouches),
    }


def vouch_values(
    vouches: Sequence[Vouch], accepted: Sequence[AcceptedVouch]
) -> dict[str, list[dict[str, object]] | None]:
    """What a community says of others, and to what of theirs it agrees, as columns of its table."""
    return {
        "vouches": [each.to_json() for each in vouches] or None,
        "accepted_vouches": [each.to_json() for each in accepted] or None,
    }


def read_claim(row: Community) -> Claim:
    """A claim from its row."""
    return Claim(
        id=CommunityId(row.id),
        room_id=RoomId(row.room_id),
        standing=Standing(row.standing),
        why=row.why,
        kind=Kind(row.kind),
        alias=RoomAlias(row.alias) if row.alias else None,
        name=row.name,
        topic=row.topic,
        avatar=MxcUri(row.avatar) if row.avatar else None,
        url=row.url,
        interests=tuple(row.interests),
        languages=tuple(row.languages),
        members=row.members,
        activity=Activity(row.activity) if row.activity else None,
        join_rule=JoinRule(row.join_rule),
        world_readable=row.world_readable,
        adult=row.adult,
        via=tuple(map(ServerName, row.via)),
        rooms=_children(row.rooms),
        updated_at=row.updated_at,
        vouches=_vouches(row.vouches or ()),
        accepted_vouches=_accepted(row.accepted_vouches or ()),
    )


def _child_values(child: ChildRoom) -> dict[str, object]:
    return {
        "room_id": str(child.room_id),
        "alias": _text(child.alias),
        "name": child.name,
        "topic": child.topic,
        "members": child.members,
        "suggested": child.suggested,
    }


def _children(stored: Sequence[Mapping[str, Any]]) -> tuple[ChildRoom, ...]:
    return tuple(
        ChildRoom(
            room_id=RoomId(child["room_id"]),
            alias=RoomAlias(child["alias"]) if child["alias"] else None,
            name=child["name"],
            topic=child["topic"],
            members=child["members"],
            suggested=child["suggested"],
        )
        for child in stored
    )


def _vouches(stored: Sequence[Mapping[str, Any]]) -> tuple[Vouch, ...]:
    return tuple(
        Vouch(each["sentence"], RoomId(each["room_id"]))
        if "room_id" in each
        else Vouch(each["sentence"], url=each["url"])
        for each in stored
    )


def _accepted(stored: Sequence[Mapping[str, Any]]) -> tuple[AcceptedVouch, ...]:
    return tuple(AcceptedVouch(CommunityId(each["from"]), each["sentence"]) for each in stored)


def _text(name: str | None) -> str | None:
    return None if name is None else str(name)


_KINDS = {kind.value: kind for kind in Kind}
_STANDINGS = {standing.value: standing for standing in Standing}
_ACTIVITIES = {activity.value: activity for activity in Activity}
_JOIN_RULES = {rule.value: rule for rule in JoinRule}
