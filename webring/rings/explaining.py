"""Why a member is shown, or is not: both halves of its consent, in words for its own page.

Sentences of ours are phrases that pages translate; what a look found is told as it was written down
then, with how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webring.clock import Millis
from webring.documents import chain
from webring.documents.chain import RingFreshness
from webring.documents.ring import read_ring
from webring.documents.ring_parts import SlotState
from webring.errors import NotFound
from webring.names import RingId
from webring.rings.reports import last_finding
from webring.rings.states import ABSENCES, STRIKES, Finding, MemberState
from webring.rings.telling import REASONS, Phrase
from webring.storage import ring_members, ring_versions
from webring.storage.ring_members import StoredMember
from webring.storage.sql import Connection

SUMMARIES: Final[Mapping[MemberState, str]] = MappingProxyType(
    {
        MemberState.PENDING: "Nobody is sent here yet: it is looked at first.",
        MemberState.ACTIVE: "People are sent here.",
        MemberState.SLEEPING: "Nobody is sent here while it sleeps. It keeps its place.",
        MemberState.UNREACHABLE: "Nobody is sent here: it could not be reached.",
        MemberState.ONE_SIDED: (
            "Nobody is sent here: it does not say itself that it is in the ring."
        ),
        MemberState.LEFT: "It has left the ring.",
        MemberState.REMOVED: "The stewards took it out of the ring.",
    }
)
RING_HALVES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "listed": "Version %(version)s of the ring lists it.",
        "sleeping": "It sleeps, by its own wish.",
        "gone": "The ring does not list it any more.",
        "stale": "The ring was not renewed by its stewards in time. It is walked as it was.",
        "lapsed": "The ring was not renewed by its stewards for a year. Nobody is sent on by it.",
    }
)
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "failures": (
            "Looks that failed: %(count)s of %(most)s, after which nobody is sent here. One a day "
            "counts, and the first good one takes all of them back."
        ),
        "absences": (
            "Looks that found no link: %(count)s of %(most)s, after which nobody is sent here. One "
            "in six hours counts, and the first good one takes all of them back."
        ),
    }
)
_THERE: Final[Mapping[Finding, bool]] = {Finding.SHOWN: True, Finding.ABSENT: False}


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a member stands since `since`.

    `ring_half` tells whether the ring lists it, and `ring_says` in which words; `own_half` whether
    its own half is there (None: it could not be told), and `own_says` what the last look found, in
    English. `strikes` are of looks since the last good one (None: there are none). `checked_at` and
    `next_at` are when it was looked at last and is next (None: never).
    """

    member: StoredMember
    state: MemberState
    since: Millis
    is_shown: bool
    summary: Phrase
    ring_half: bool
    ring_says: tuple[Phrase, ...]
    own_half: bool | None
    own_says: str
    strikes: Phrase | None
    checked_at: Millis | None
    next_at: Millis | None


async def why_not_shown(conn: Connection, ring: RingId, member: str, now: Millis) -> Explanation:
    """How a member stands at `now`, and why. Raises `NotFound` where the ring has no such slot."""
    stored = await ring_members.get(conn, ring, member)
    if stored is None:
        raise NotFound(f"{ring} has no member {member[:40]!a}")
    head = await ring_versions.head(conn, ring)
    freshness = chain.freshness(read_ring(head.body), now) if head else RingFreshness.FRESH
    return explained(stored, head.sequence if head else 0, freshness)


def explained(member: StoredMember, version: int, freshness: RingFreshness) -> Explanation:
    """How a stored member stands in a ring whose newest version, of that freshness, is known."""
    state = MemberState(member.state)
    return Explanation(
        member=member,
        state=state,
        since=member.since,
        is_shown=state.is_navigable and freshness is not RingFreshness.LAPSED,
        summary=_phrase(SUMMARIES[state]),
        ring_half=member.listed,
        ring_says=tuple(_ring_says(member, version, freshness)),
        own_half=_THERE.get(last_finding(member)) if member.listed else None,
        own_says=member.reason if member.listed else "",
        strikes=_strikes(member),
        checked_at=member.checked_at,
        next_at=member.next_at,
    )


def _ring_says(member: StoredMember, version: int, freshness: RingFreshness) -> Iterator[Phrase]:
    if not member.listed:
        # The reason by which it went stands in place of what a look found.
        reasons = [text for reason, text in REASONS.items() if reason.value == member.reason]
        yield from map(_phrase, [RING_HALVES["gone"], *reasons])
        return
    yield _phrase(RING_HALVES["listed"], version=str(version))
    if member.slot == SlotState.SLEEPING:
        yield _phrase(RING_HALVES["sleeping"])
    if freshness is not RingFreshness.FRESH:
        yield _phrase(RING_HALVES[freshness.value])


def _strikes(member: StoredMember) -> Phrase | None:
    counts = (("absences", member.absences, ABSENCES), ("failures", member.failures, STRIKES))
    for name, count, most in counts:
        if count:
            return _phrase(SENTENCES[name], count=str(min(count, most)), most=str(most))
    return None


def _phrase(text: str, **values: str) -> Phrase:
    return Phrase(text, MappingProxyType(values))
