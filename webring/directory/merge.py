"""One listing from everything that is known of a room. Pure, and blind to the order of its inputs.

Who decides, best first:

1. a claim whose instance may speak for the room (spoken for, unconfirmed);
2. a community that is spoken for and holds the room as a child of its space: the standing is that
   community's, the text the directory's where one publishes the room;
3. a disputed claim: each of several instances may speak for the room. Where a directory publishes
   it, the text is the directory's;
4. the directories: found. What is merely claimed neither hides nor lifts nor rewrites a found room;
5. a claim that only stands as claimed, and is shown as such, where no directory has the room.

Whatever the one who decides leaves out is filled from the others, but for mere claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from webring.directory.listing import (
    ChildRoom,
    Claim,
    DirectoryRoom,
    JoinRule,
    Kind,
    Listing,
    Sighting,
    Standing,
)
from webring.interests import extract, is_adult, normalise
from webring.names import RoomId
from webring.text import read_markers

MAX_SERVERS: Final = 100
"""Servers named in one listing: a room may be in thousands of directories."""
MAX_VIA: Final = 5
"""Servers offered to join through."""

MAX_INTERESTS: Final = 12
"""The declared ones first."""

_ORDER: Final = (
    Standing.SPOKEN_FOR,
    Standing.UNCONFIRMED,
    Standing.DISPUTED,
    Standing.CLAIMED,
    Standing.FOUND,
)
"""Which of several claims decides: a mere one never before one that might."""


def merge(
    room_id: RoomId,
    sightings: Iterable[Sighting],
    claims: Iterable[Claim],
    parents: Iterable[Claim],
) -> Listing | None:
    """The listing of `room_id`, or None where nothing names it.

    `claims` are the communities at this very room; `parents` the communities whose spaces hold it
    (those that are not spoken for are passed over).
    """
    seen = sorted(sightings, key=lambda sighting: sighting.server)
    best = min(claims, key=_preference, default=None)
    above = sorted((each for each in parents if each.standing.is_spoken_for), key=_preference)
    found = _of_directory(_most_credible(room_id, seen), seen) if seen else None
    if best and best.standing.is_spoken_for:
        decided = _of_claim(best, found)
    elif above:
        decided = _of_child(room_id, above, found)
    elif best and found and best.standing is Standing.DISPUTED:
        decided = _of_disputed(best, found)
    elif found:
        decided = found
    elif best:
        decided = _of_claim(best, None)
    else:
        return None
    return _described(replace(decided, parents=tuple(sorted(each.id for each in above))))


def _described(listing: Listing) -> Listing:
    """What it is about, in which language and for whom, also where nobody declared it."""
    declared = map(normalise, listing.interests)
    interests = dict.fromkeys([*filter(None, declared), *extract(listing.name, listing.topic)])
    spoken = read_markers(listing.topic).language
    return replace(
        listing,
        interests=tuple(interests)[:MAX_INTERESTS],
        languages=listing.languages or ((spoken,) if spoken else ()),
        adult=listing.adult or is_adult(listing.name, listing.topic),
    )


def _preference(claim: Claim) -> tuple[int, str]:
    return _ORDER.index(claim.standing), claim.id


def _most_credible(room_id: RoomId, seen: list[Sighting]) -> DirectoryRoom:
    """The entry that most directories agree with on the alias, then the room's own server's."""
    agreement = Counter(sighting.room.alias for sighting in seen)
    origin = room_id.partition(":")[2]
    return min(
        seen,
        key=lambda each: (
            each.room.alias is None,
            -agreement[each.room.alias],
            each.server != origin,
            each.server,
        ),
    ).room


def _of_directory(room: DirectoryRoom, seen: list[Sighting]) -> Listing:
    servers = [sighting.server for sighting in seen]
    where = servers[0] if len(servers) == 1 else f"{len(servers)} homeservers"
    return Listing(
        room_id=room.room_id,
        kind=room.kind,
        standing=Standing.FOUND,
        why=f"found in the public room directory of {where}",
        community=None,
        parents=(),
        servers=tuple(servers[:MAX_SERVERS]),
        name=room.name,
        topic=room.topic,
        alias=room.alias,
        avatar=room.avatar,
        url="",
        interests=(),
        languages=(),
        members=room.members,
        activity=None,
        join_rule=room.join_rule,
        world_readable=room.world_readable,
        adult=False,
        via=tuple(servers[:MAX_VIA]),
    )


def _of_claim(claim: Claim, found: Listing | None) -> Listing:
    return Listing(
        room_id=claim.room_id,
        kind=claim.kind,
        standing=claim.standing,
        why=claim.why,
        community=claim.id,
        parents=(),
        servers=found.servers if found else (),
        name=claim.name or (found.name if found else ""),
        topic=claim.topic or (found.topic if found else ""),
        alias=claim.alias or (found.alias if found else None),
        avatar=claim.avatar or (found.avatar if found else None),
        url=claim.url,
        interests=claim.interests,
        languages=claim.languages,
        members=claim.members or (found.members if found else 0),
        activity=claim.activity,
        join_rule=claim.join_rule,
        world_readable=claim.world_readable,
        adult=claim.adult,
        via=claim.via[:MAX_VIA] or (found.via if found else ()),
    )


def _of_disputed(claim: Claim, found: Listing) -> Listing:
    """One of several claims that might each decide, of a room that a directory has."""
    return replace(
        found,
        standing=claim.standing,
        why=claim.why,
        community=claim.id,
        adult=claim.adult,
    )


def _of_child(room_id: RoomId, above: list[Claim], found: Listing | None) -> Listing:
    """A room of a spoken-for community's space; the first of its communities decides."""
    parent = above[0]
    child = next(each for each in parent.rooms if each.room_id == room_id)
    base = found or _of_child_alone(child, parent)
    return replace(
        base,
        standing=parent.standing,
        why=f"{parent.name or parent.id} lists it among its rooms",
        name=base.name or child.name,
        topic=base.topic or child.topic,
        alias=base.alias or child.alias,
        members=base.members or child.members,
        adult=any(each.adult for each in above),
    )


def _of_child_alone(child: ChildRoom, parent: Claim) -> Listing:
    return Listing(
        room_id=child.room_id,
        kind=Kind.ROOM,
        standing=parent.standing,
        why="",
        community=None,
        parents=(),
        servers=(),
        name=child.name,
        topic=child.topic,
        alias=child.alias,
        avatar=None,
        url="",
        interests=(),
        languages=parent.languages,
        members=child.members,
        activity=None,
        join_rule=JoinRule.PUBLIC,
        world_readable=False,
        adult=parent.adult,
        via=parent.via[:MAX_VIA],
    )
