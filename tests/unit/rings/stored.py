"""Rings as they are stored, made of signed documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from webring.clock import Millis
from webring.documents import canonical
from webring.documents.ring import Ring, RingMember
from webring.names import ServerName
from webring.rings.states import MemberState
from webring.storage.ring_members import StoredMember, StoredSlot
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import StoredRing

EVERYBODY: Mapping[str, MemberState] = MappingProxyType({})
"""States of nobody in particular: all are active."""


def stored_ring(ring: Ring, now: Millis, behind_since: Millis | None = None) -> StoredRing:
    """The ring's row, with this version as the newest that we hold."""
    return StoredRing(
        id=ring.id,
        root=ring.root,
        origin="followed",
        stewarded=False,
        accepted=False,
        unread=False,
        name=ring.terms.name,
        sequence=ring.sequence,
        sha256=ring.sha256,
        issued_at=ring.validity.issued_at,
        expires_at=ring.expires_at,
        outcome="accepted",
        why="",
        revision=1,
        failures=0,
        added_at=now,
        tried_at=now,
        answered_at=now,
        next_at=now,
        behind_since=behind_since,
    )


def stored_version(ring: Ring, now: Millis) -> StoredVersion:
    """The version with its bytes."""
    return StoredVersion(
        ring=ring.id,
        root=ring.root,
        sequence=ring.sequence,
        sha256=ring.sha256,
        on_branch=True,
        code="accepted",
        at=now,
        body=canonical.encode(ring.content),
    )


def stored_members(
    ring: Ring, now: Millis, states: Mapping[str, MemberState] = EVERYBODY
) -> list[StoredMember]:
    """Its slots; `states` of those that are not active, by id."""
    return [
        stored_member(ring, member, now, position, states.get(member.id, MemberState.ACTIVE))
        for position, member in enumerate(ring.members)
    ]


def stored_member(
    ring: Ring,
    member: RingMember,
    now: Millis,
    position: int = 0,
    state: MemberState = MemberState.ACTIVE,
    after: str | None = None,
) -> StoredMember:
    """One slot; of somebody who is gone where `after` names the slot before."""
    return StoredMember(
        ring=ring.id,
        member=member.id,
        kind=member.kind.value,
        instance=None if member.instance is None else ServerName(member.instance),
        community=member.community,
        url=member.url,
        title=f"Title of {member.url}",
        position=position,
        joined_at=member.joined_at,
        slot=member.state.value,
        listed=after is None,
        consents=True,
        state=state.value,
        reason="",
        since=now,
        after=after,
        checked_at=now,
        next_at=None,
        failures=0,
        absences=0,
        struck_at=0,
    )


def as_slots(members: Iterable[StoredMember]) -> list[StoredSlot]:
    """As much of them as a circle shows."""
    names = StoredSlot.__dataclass_fields__
    return [StoredSlot(**{name: getattr(each, name) for name in names}) for each in members]
