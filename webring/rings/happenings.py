"""What happened to the slots of a ring from version to version, also where pages are gone. Pure.

Two versions whose pages are there are compared. Where pages were erased, heads still tell a little:
how many slots a version had, and who is named in `removed`. Whoever is still there afterwards says
by `joined_at` when it came; the others are counted, and have no id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from webring.documents.ring import Reason, Ring, RingMember
from webring.documents.ring_changes import ChangeKind, member_changes

_KEPT = frozenset({ChangeKind.SLEEP, ChangeKind.WAKE, ChangeKind.MOVE, ChangeKind.ALTER})
"""What happens to a slot that stays."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to the slot `member`, or to `count` slots whose ids nothing tells ("").

    `code` is the reason of a departure, where one is named.
    """

    kind: ChangeKind
    member: str = ""
    code: Reason | None = None
    count: int = 1


def happenings(versions: Sequence[Ring]) -> list[list[Happening]]:
    """For each of these consecutive versions, oldest first, what it did to slots.

    The first one is but what the second is compared with. Versions are read with their members, or
    without them where a page is gone.
    """
    told: list[list[Happening]] = [[] for _ in versions]
    start = 0
    for at in range(1, len(versions)):
        if not is_whole(versions[at]) and at + 1 < len(versions):
            continue
        run = versions[start : at + 1]
        found = [_compared(*run)] if all(map(is_whole, run)) else _across(run)
        told[start + 1 : at + 1] = found
        start = at
    return told


def is_whole(version: Ring) -> bool:
    """Whether its members were read."""
    return bool(version.members) or not version.member_count


def is_reordered(before: Ring, after: Ring) -> bool:
    """Whether slots that stayed changed their order, as far as both versions' pages are there."""
    old, new = ([member.id for member in ring.members] for ring in (before, after))
    stayed = set(old) & set(new)
    return [one for one in old if one in stayed] != [one for one in new if one in stayed]


def _compared(before: Ring, after: Ring) -> list[Happening]:
    return [Happening(each.kind, each.id, each.code) for each in member_changes(before, after)]


def _across(run: Sequence[Ring]) -> list[list[Happening]]:
    """What happened since the first version; between it and the last one all are erased."""
    first, last = run[0], run[-1]
    newcomers = deque(_newcomers(run))
    told: list[list[Happening]] = []
    for before, after in pairwise(run):
        gone = _departures(before, after)
        came = after.member_count - before.member_count + len(gone)
        named = [Happening(ChangeKind.JOIN, each.id) for each in _arrived(newcomers, after, came)]
        if after is last:
            named += [Happening(ChangeKind.JOIN, each.id) for each in newcomers]
        told.append([*gone, *_unnamed(ChangeKind.REMOVE, -came), *named])
        told[-1] += _unnamed(ChangeKind.JOIN, came - len(named))
    if is_whole(first) and is_whole(last):
        told[-1] += [each for each in _compared(first, last) if each.kind in _KEPT]
    return told


def _newcomers(run: Sequence[Ring]) -> Iterator[RingMember]:
    """Those of the last version who came after the first, in the order of their slots."""
    first, last = run[0], run[-1]
    old = {member.id for member in first.members}
    back = {gone.id for version in run[1:] for gone in version.removed}
    for member in last.members:
        if is_whole(first):
            is_new = member.id not in old or member.id in back
        else:
            is_new = member.joined_at > first.validity.issued_at
        if is_new:
            yield member


def _arrived(newcomers: deque[RingMember], version: Ring, most: int) -> Iterator[RingMember]:
    """Take those newcomers who may have come with this version, `most` at most."""
    for _ in range(most):
        if not newcomers or newcomers[0].joined_at > version.validity.issued_at:
            return
        yield newcomers.popleft()


def _departures(before: Ring, after: Ring) -> list[Happening]:
    """Who is named in `removed` for the first time."""
    known = {(gone.id, gone.at) for gone in before.removed}
    return [
        Happening(
            ChangeKind.LEAVE if gone.code is Reason.LEFT else ChangeKind.REMOVE, gone.id, gone.code
        )
        for gone in after.removed
        if (gone.id, gone.at) not in known
    ]


def _unnamed(kind: ChangeKind, count: int) -> list[Happening]:
    return [Happening(kind, count=count)] if count > 0 else []
