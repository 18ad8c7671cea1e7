"""Which vouches are shown with their sentence, and why (`docs/protocol.md`, "Vouches").

A sentence about somebody is shown where they have a part in it: they vouch back, stand in the same
ring, or have accepted this very sentence. All others are only counted, each instance once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webring.directory.listing import Claim, Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, RingId, ServerName
from webring.rings.circle import Circle, Slot
from webring.storage import communities, listings, vouches
from webring.storage.sql import Connection
from webring.storage.vouches import InRing, place_of, url_place

MOST_LOOKED: Final = 500
"""Vouchers in shared rings that are looked at."""
MOST_SHOWN: Final = 24
"""Vouches of one community that are shown: so many that others make, and so many of its own."""
_ORDER: Final = list(Standing)


class VouchReason(StrEnum):
    """Why a vouch counts."""

    MUTUAL = "mutual"
    RING = "ring"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class InCircle:
    """A place in a ring."""

    circle: Circle
    slot: Slot

    @property
    def is_active(self) -> bool:
        """Whether anybody is sent there."""
        return self.slot.navigable and not self.circle.lapsed


@dataclass(frozen=True, slots=True)
class Counting:
    """A vouch that counts. Its sentence is raw text.

    `other` is the community that says it, or that it is about; where that is a site, it is `slot`.
    `circle` is the ring that both are in, where that is the reason.
    """

    vouch: Vouch
    reason: VouchReason
    other: Claim | None = None
    slot: Slot | None = None
    circle: Circle | None = None

    @property
    def sentence(self) -> str:
        """What is said."""
        return self.vouch.sentence


@dataclass(frozen=True, slots=True)
class Vouches:
    """What is said of a community, and what it says.

    `others` counts further instances that have a community which vouches for it; `unanswered` its
    own vouches of which nobody is told.
    """

    received: tuple[Counting, ...] = ()
    others: int = 0
    given: tuple[Counting, ...] = ()
    unanswered: int = 0


async def vouches_of(
    conn: Connection,
    claim: Claim,
    standings: Sequence[InCircle],
    *,
    adult: bool,
    most: int = MOST_SHOWN,
) -> Vouches:
    """The vouches of a community that is spoken for; of any other, none.

    `standings` are its places in rings. What is for adults only is not shown unless `adult`; of
    either side, up to `most` are told.
    """
    if not claim.standing.is_spoken_for:
        return Vouches()
    active = [each for each in standings if each.is_active]
    pages = [url_place(each.slot.url) for each in active]
    places = tuple(dict.fromkeys([claim.room_id, *pages]))
    circles = {each.circle.ring: each.circle for each in active}
    look = _Look(claim, places, circles, adult, most)
    targets = await _targets(conn, look)
    received = await _received(conn, look, {each.id for each in targets.values()})
    given = await _given(conn, look, targets)
    named = {claim.id.instance} | {each.other.id.instance for each in received if each.other}
    return Vouches(
        received=received,
        others=await vouches.instances(conn, places, named),
        given=given,
        unanswered=len(claim.vouches) - len(given),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a community: what of it is vouched for, and the rings that it is active in."""

    claim: Claim
    places: Sequence[str]
    circles: Mapping[RingId, Circle]
    adult: bool
    most: int

    @property
    def rings(self) -> Sequence[RingId]:
        return tuple(self.circles)

    def slot(self, vouch: Vouch) -> tuple[Slot, Circle] | None:
        """Another active member of a ring of its own, that has the address."""
        for circle in self.circles.values() if vouch.url else ():
            slot = circle.get(circle.find(vouch.url) or "")
            if slot and slot.navigable and slot.community_id != self.claim.id:
                return slot, circle
        return None

    def about_it(self, other: Claim) -> list[Vouch]:
        """What another says of it."""
        return [each for each in other.vouches if place_of(each) in self.places]


async def _targets(conn: Connection, look: _Look) -> dict[Vouch, Claim]:
    """The communities that it vouches for, as far as they are known here and spoken for."""
    said = look.claim.vouches
    at_rooms = await communities.of_rooms(conn, [each.room_id for each in said if each.room_id])
    slots = {each: found[0] for each in said if (found := look.slot(each))}
    named = [slot.community_id for slot in slots.values() if slot.community_id]
    members = await communities.many(conn, named)
    targets: dict[Vouch, Claim] = {}
    for each in said:
        if each.room_id is not None:
            claims = at_rooms.get(each.room_id, [])
        else:
            member = slots[each].community_id if each in slots else None
            claims = [members[member]] if member in members else []
        best = min(claims, key=lambda claim: _ORDER.index(claim.standing), default=None)
        if best is not None and best.standing.is_spoken_for and best.id != look.claim.id:
            targets[each] = best
    return targets


async def _received(
    conn: Connection, look: _Look, answered: Set[CommunityId]
) -> tuple[Counting, ...]:
    """What others say of it, that counts; `answered` are those that it vouches for."""
    claim = look.claim
    there = await vouches.vouchers_in(conn, look.rings, look.places, MOST_LOOKED)
    accepted = {each.voucher for each in claim.accepted_vouches}
    among = answered | accepted | {each.community for each in there}
    found = await vouches.vouchers(conn, look.places, among=among - {claim.id}, limit=len(among))
    shared, counting = _rings_of(there), list[Counting]()
    for other in await fit(conn, found, adult=look.adult):
        tie = _Tie(other.id in answered, look.circles.get(shared.get(other.id, RingId())))
        said = [tie.counting(each, other.id, claim, other) for each in look.about_it(other)]
        counting += list(filter(None, said))[:1]
    counting.sort(key=lambda each: list(VouchReason).index(each.reason))
    return tuple(_neighbours_first(counting, claim)[: look.most])


async def _given(
    conn: Connection, look: _Look, targets: Mapping[Vouch, Claim]
) -> tuple[Counting, ...]:
    """What it says of others, that counts."""
    claim = look.claim
    known = {target.id: target for target in targets.values()}
    fitting = await fit(conn, list(known.values()), adult=look.adult)
    named = {target.id for target in fitting}
    there = await vouches.members_of(conn, look.rings, sorted(known))
    shared, counting = _rings_of(there), list[Counting]()
    for vouch in claim.vouches:
        target = targets.get(vouch)
        if target is None:
            if (found := look.slot(vouch)) is not None:
                counting.append(Counting(vouch, VouchReason.RING, None, *found))
        elif target.id in named:
            circle = look.circles.get(shared.get(target.id, RingId()))
            tie = _Tie(bool(look.about_it(target)), circle)
            counting += filter(None, [tie.counting(vouch, claim.id, target, target)])
    return tuple(counting[: look.most])


@dataclass(frozen=True, slots=True)
class _Tie:
    """What ties two communities: a vouch back, and a ring that both are in."""

    mutual: bool
    circle: Circle | None

    def counting(
        self, vouch: Vouch, voucher: CommunityId, target: Claim, other: Claim
    ) -> Counting | None:
        """A vouch of `voucher` for `target`, where it counts; `other` of the two is to be named."""
        if self.mutual:
            return Counting(vouch, VouchReason.MUTUAL, other)
        if self.circle is not None:
            return Counting(vouch, VouchReason.RING, other, circle=self.circle)
        if AcceptedVouch(voucher, vouch.sentence) in target.accepted_vouches:
            return Counting(vouch, VouchReason.ACCEPTED, other)
        return None


def _neighbours_first(counting: Sequence[Counting], claim: Claim) -> list[Counting]:
    """One of each instance first, those elsewhere before its own: nobody crowds others out."""
    turns: dict[ServerName, int] = {claim.id.instance: MOST_LOOKED}
    ranked: list[tuple[int, Counting]] = []
    for each in counting:
        instance = each.other.id.instance if each.other else claim.id.instance
        turns[instance] = turns.get(instance, 0) + 1
        ranked.append((turns[instance], each))
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def _rings_of(there: Iterable[InRing]) -> dict[CommunityId, RingId]:
    """The first shared ring of each."""
    found: dict[CommunityId, RingId] = {}
    for each in there:
        found.setdefault(each.community, each.ring)
    return found


async def fit(conn: Connection, claims: Sequence[Claim], *, adult: bool) -> list[Claim]:
    """Those that may be named: without those for adults only, unless `adult`."""
    if adult:
        return list(claims)
    shown = await listings.many(conn, [each.room_id for each in claims])
    return [
        each
        for each in claims
        if not each.adult and (each.room_id not in shown or not shown[each.room_id].adult)
    ]
