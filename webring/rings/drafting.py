"""The next version of a ring: the newest one, with what its stewards want changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from webring.clock import Millis
from webring.documents.canonical import Json
from webring.documents.fields import Reader
from webring.documents.ring import Ring, RingMember, RingTerms, read_terms
from webring.documents.ring_changes import RENEWED_BEFORE
from webring.documents.ring_parts import (
    MemberKind,
    Reason,
    RemovedMember,
    SlotState,
    member_marks,
    read_member,
)
from webring.errors import MalformedDocument
from webring.names import ServerName, Slug


class WantedKind(StrEnum):
    """What a steward may want of the next version."""

    JOIN = "join"
    LEAVE = "leave"
    SLEEP = "sleep"
    WAKE = "wake"
    MOVE = "move"
    REMOVE = "remove"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that is wanted. `payload` holds what the kind needs: see `join`, `move`, `remove`
    and `terms`; `member` is empty for terms.
    """

    kind: WantedKind
    member: str
    payload: Json


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version's contents; `changed` tells whether they differ from the newest one's."""

    terms: RingTerms
    members: tuple[RingMember, ...]
    removed: tuple[RemovedMember, ...]
    changed: bool


def join(member: RingMember) -> Wanted:
    """Let `member` in."""
    return Wanted(WantedKind.JOIN, member.id, member.to_json())


def leave(member: str) -> Wanted:
    """Let a member go, at its own wish."""
    return Wanted(WantedKind.LEAVE, member, {})


def departed(member: str) -> Wanted:
    """Let a member go whose own half is gone, which is looked at again before."""
    return Wanted(WantedKind.LEAVE, member, {"said": False})


def sleep(member: str) -> Wanted:
    """Keep a member's slot, and send nobody there."""
    return Wanted(WantedKind.SLEEP, member, {})


def wake(member: str) -> Wanted:
    """Send people there again."""
    return Wanted(WantedKind.WAKE, member, {})


def move(member: str, url: str, home: tuple[ServerName, Slug] | None) -> Wanted:
    """Give a member another address; `home` where it is a community of an instance."""
    place: dict[str, object] = {"url": url}
    if home:
        place |= {"instance": home[0], "community": home[1]}
    return Wanted(WantedKind.MOVE, member, place)


def remove(member: str, code: Reason) -> Wanted:
    """Take a member out, by the stewards' decision."""
    return Wanted(WantedKind.REMOVE, member, {"code": code.value})


def terms(changes: Mapping[str, object]) -> Wanted:
    """Change some of what the stewards decide: fields as they stand in a head."""
    return Wanted(WantedKind.TERMS, "", dict(changes))


def is_due(head: Ring, draft: Draft, now: Millis) -> bool:
    """Whether a next version is to be proposed: something changed, or the newest one ends soon."""
    return draft.changed or now >= head.expires_at - RENEWED_BEFORE


def draft(head: Ring, wanted: Sequence[Wanted], now: Millis) -> Draft:
    """What follows `head` (with its members) when everything wanted is done, in order.

    A change that has happened already, or whose member is gone, changes nothing: a member that
    left is never brought back by an older wish. So does a join or a move to a place where somebody
    else stands: no version could hold both. Raises `MalformedDocument` for a payload that
    cannot be read.
    """
    made = _Draft(head, now)
    for change in wanted:
        made.apply(change)
    after = tuple(made.members.values())
    changed = (made.terms, after) != (head.terms, head.members)
    return Draft(made.terms, after, tuple(made.removed), changed)


class _Draft:
    """A draft while it is made."""

    def __init__(self, head: Ring, now: Millis) -> None:
        self.terms = head.terms
        self.members = {member.id: member for member in head.members}
        self._listed = frozenset(self.members)
        self._places: dict[object, str] | None = None
        self.removed: list[RemovedMember] = []
        self._now = now

    def apply(self, change: Wanted) -> None:
        if change.kind is WantedKind.TERMS:
            self.terms = read_terms(Reader({**self.terms.to_json(), **change.payload}), [])
        elif change.kind is WantedKind.JOIN:
            self._join(change)
        elif (member := self.members.get(change.member)) is not None:
            self._change(member, change)

    def _join(self, change: Wanted) -> None:
        member = read_member(Reader(change.payload, "join"))
        if member.id != change.member:
            raise MalformedDocument(f"the join of {change.member} holds {member.id}")
        if member.id not in self.members and self._has_room(member):
            self._put(member)

    def _has_room(self, member: RingMember) -> bool:
        """Whether nobody else stands where `member` wants to."""
        if self._places is None:
            self._places = {
                mark: each.id for each in self.members.values() for mark in member_marks(each)
            }
        holders = {self._places.get(mark, member.id) for mark in member_marks(member)}
        return holders == {member.id}

    def _put(self, member: RingMember) -> None:
        self._vacate(self.members.get(member.id))
        self.members[member.id] = member
        if self._places is not None:
            self._places |= dict.fromkeys(member_marks(member), member.id)

    def _vacate(self, member: RingMember | None) -> None:
        if member is not None and self._places is not None:
            for mark in member_marks(member):
                self._places.pop(mark, None)

    def _change(self, member: RingMember, change: Wanted) -> None:
        if change.kind is WantedKind.LEAVE:
            self._remove(member, Reason.LEFT)
        elif change.kind is WantedKind.REMOVE:
            self._remove(member, Reader(change.payload, "remove").word("code", Reason))
        elif change.kind is WantedKind.MOVE:
            moved = _moved(member, change.payload)
            if self._has_room(moved):
                self._put(moved)
        else:
            asleep = change.kind is WantedKind.SLEEP
            state = SlotState.SLEEPING if asleep else SlotState.ACTIVE
            self.members[member.id] = replace(member, state=state)

    def _remove(self, member: RingMember, code: Reason) -> None:
        self._vacate(self.members.pop(member.id))
        if member.id in self._listed:
            self.removed.append(RemovedMember(member.id, code, self._now))


def _moved(member: RingMember, place: Json) -> RingMember:
    """`member` at its new address; a site stays a site."""
    home = dict(place) if member.kind is MemberKind.COMMUNITY else {"url": place.get("url")}
    return read_member(Reader({**member.to_json(), **home}, "move"))
