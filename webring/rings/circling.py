"""What is stored of a ring, made into the circle that is walked. It does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import chain
from webring.documents.chain import STALE_FOR
from webring.documents.fields import is_loopback_url
from webring.documents.ring import MemberKind, Order, Ring, RingTerms, read_ring
from webring.documents.ring_outcome import RingFreshness
from webring.documents.trust import SKEW
from webring.interests.vocabulary import normalise
from webring.moderation.blocklist import Blocklist
from webring.rings.circle import Circle, Slot
from webring.rings.order import arranged, utc_day
from webring.rings.states import MemberState
from webring.storage.ring_members import StoredMember, StoredSlot
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import StoredRing

KEPT_OUT: Final = MemberState.ONE_SIDED
"""How a member stands whom the operator here keeps out, until its own half is looked at next."""

NEVER: Final[Millis] = 2**53 - 1
"""When a ring that lapsed becomes another by itself."""


@dataclass(frozen=True, slots=True)
class Encircled:
    """A ring's circle, what its stewards decided about it, the slugs of what it is about, and the
    time from which it is another.
    """

    circle: Circle
    terms: RingTerms
    topics: frozenset[str]
    until: Millis


def encircle(
    stored: StoredRing,
    head: StoredVersion,
    members: Iterable[StoredSlot],
    blocklist: Blocklist,
    now: Millis,
    *,
    loopback: bool = False,
) -> Encircled | None:
    """The circle at `now`; None where every steward is kept out here.

    `head` is the newest version, `members` are the ring's, the listed ones in their order.
    `loopback` tells whether people may be sent to their own machines, as tests are. Raises
    `MalformedDocument` for a head that cannot be read.
    """
    ring = read_ring(head.body)
    if not any(blocklist.server(name).allowed for name in ring.terms.stewards.instances):
        return None
    freshness = chain.freshness(ring, now)
    slots: list[Slot] = []
    gone: list[StoredSlot] = []
    for each in members:
        if each.listed:
            slots.append(_slot(each, blocklist, loopback=loopback))
        else:
            gone.append(each)
    circle = Circle(
        ring=ring.id,
        root=ring.root,
        slots=arranged(slots, ring.terms.order, ring.root, utc_day(now)),
        ghosts={each.member: each.after or "" for each in gone},
        version=ring.sequence,
        label=ring.terms.name,
        stale=freshness is not RingFreshness.FRESH or stored.behind_since is not None,
        past={each.member: each.url for each in gone if each.url},
        lapsed=freshness is RingFreshness.LAPSED,
    )
    topics = frozenset(filter(None, map(normalise, ring.terms.interests)))
    return Encircled(circle, ring.terms, topics, min(_turns(ring, now), default=NEVER))


def _turns(ring: Ring, now: Millis) -> Iterator[Millis]:
    """When time alone makes another circle of it."""
    if ring.terms.order is Order.DAILY:
        yield (now // DAY + 1) * DAY
    for end in (ring.expires_at + SKEW, ring.expires_at + STALE_FOR):
        if end > now:
            yield end


def _slot(member: StoredSlot, blocklist: Blocklist, *, loopback: bool) -> Slot:
    state = MemberState(member.state)
    unfit = not loopback and is_loopback_url(member.url)
    if state.is_navigable and (unfit or is_kept_out(member, blocklist)):
        state = KEPT_OUT
    return Slot(
        id=member.member,
        url=member.url,
        title=member.title,
        kind=MemberKind(member.kind),
        instance=member.instance,
        community=member.community,
        state=state,
    )


def is_kept_out(member: StoredMember | StoredSlot | Slot, blocklist: Blocklist) -> bool:
    """Whether the operator here keeps out its instance, or the host of its page."""
    if not blocklist.has_servers:
        return False
    verdicts = [blocklist.page(member.url)]
    if member.instance is not None:
        verdicts.append(blocklist.server(member.instance))
    return not all(each.allowed for each in verdicts)
