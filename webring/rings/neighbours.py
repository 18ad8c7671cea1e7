"""A community's neighbours: the rings that it stands in, the rooms that it shares, its vouches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.directory.listing import Claim, Listing
from webring.names import CommunityId, ServerName
from webring.rings.circle import Circle, Slot
from webring.rings.circles import Circles
from webring.rings.states import MemberState
from webring.rings.vouching import InCircle, Vouches, fit, vouches_of
from webring.storage import communities, listings, ring_members
from webring.storage.sql import Connection

MOST_RINGS: Final = 50
"""Rings of one community that are shown."""
MOST_SHARED: Final = 12
"""Shared rooms that are shown."""
MOST_SHARERS: Final = 6
"""Other communities that are named beside one shared room."""
MOST_LOOKED: Final = 1_000
"""Pairs of a shared room and another community that are looked at."""
_SAID: Final = frozenset({MemberState.ACTIVE, MemberState.SLEEPING, MemberState.UNREACHABLE})
"""How members stand who have said that they are in the ring."""


@dataclass(frozen=True, slots=True)
class RingStanding:
    """A ring that a community stands in, how it stands there, and its neighbours in the circle."""

    circle: Circle
    slot: Slot
    previous: Slot | None
    next: Slot | None


@dataclass(frozen=True, slots=True)
class SharedRoom:
    """A room that stands in the spaces of other communities too; `more` are not named."""

    room: Listing
    communities: tuple[Claim, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Everything that ties a community to others. `more_shared` rooms are not named."""

    rings: tuple[RingStanding, ...]
    vouches: Vouches
    shared: tuple[SharedRoom, ...]
    more_shared: int


async def neighbours(
    conn: Connection, circles: Circles, claim: Claim, *, adult: bool
) -> Neighbours:
    """The neighbours of a community; those for adults only where `adult`."""
    standings = await in_circles(conn, circles, claim.id)
    shared = await _shared(conn, claim, adult=adult)
    return Neighbours(
        rings=tuple(map(_standing, standings[:MOST_RINGS])),
        vouches=await vouches_of(conn, claim, standings, adult=adult),
        shared=tuple(shared[:MOST_SHARED]),
        more_shared=len(shared[MOST_SHARED:]),
    )


async def in_circles(conn: Connection, circles: Circles, community: CommunityId) -> list[InCircle]:
    """A community's places in rings in which it says itself that it stands, open ones first.

    That a ring lists somebody is not enough to be shown beside them.
    """
    if not circles.loaded:
        await circles.refresh()
    found: list[InCircle] = []
    for each in await ring_members.of_community(conn, community.instance, community.slug):
        circle = circles.get(each.ring)
        slot = circle.get(each.member) if circle else None
        if circle and slot and each.consents and slot.state in _SAID:
            found.append(InCircle(circle, slot))
    return sorted(found, key=lambda place: not place.is_active)


def _standing(place: InCircle) -> RingStanding:
    circle, slot = place.circle, place.slot
    if not place.is_active:
        return RingStanding(circle, slot, None, None)
    before, after = circle.previous(slot.id), circle.next(slot.id)
    return RingStanding(
        circle,
        slot,
        before if before is not slot else None,
        after if after is not slot else None,
    )


async def _shared(conn: Connection, claim: Claim, *, adult: bool) -> list[SharedRoom]:
    """The rooms that it shares, those of many first."""
    if not claim.standing.is_spoken_for:
        return []
    held = await communities.sharing(conn, claim.id, MOST_LOOKED)
    rooms = await listings.many(conn, list(held))
    others = await communities.many(conn, {each for ids in held.values() for each in ids})
    named = {each.id: each for each in await fit(conn, list(others.values()), adult=adult)}
    found = [
        _shared_room(rooms[room], ids, named)
        for room, ids in held.items()
        if room in rooms and (adult or not rooms[room].adult)
    ]
    some = [each for each in found if each.communities]
    return sorted(some, key=lambda each: (-len(each.communities) - each.more, each.room.room_id))


def _shared_room(
    room: Listing, holders: Sequence[CommunityId], named: Mapping[CommunityId, Claim]
) -> SharedRoom:
    """One of each instance first: nobody crowds others out."""
    turns = Counter[ServerName]()
    ranked: list[tuple[int, Claim]] = []
    for each in filter(named.__contains__, holders):
        turns[each.instance] += 1
        ranked.append((turns[each.instance], named[each]))
    there = [claim for _, claim in sorted(ranked, key=lambda pair: pair[0])]
    return SharedRoom(room, tuple(there[:MOST_SHARERS]), len(there[MOST_SHARERS:]))
