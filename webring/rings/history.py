"""A ring's versions as a history that people read. Pure.

Names are those that members have now, from their own manifests and sites: whoever left, or stands
in no page any more, is a former member, and several of one kind are counted together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import chain as joined
from types import MappingProxyType
from typing import Final

from webring.clock import Millis
from webring.documents.chain import signing_stewards
from webring.documents.ring import Reason, Ring, Stewards
from webring.documents.ring_changes import ChangeKind, changed_terms
from webring.names import ServerName
from webring.rings.happenings import Happening, happenings, is_reordered, is_whole

Naming = Callable[[str], str]
"""How the member of an id is called now: raw text; "" for whoever is no member any more."""


class EventKind(StrEnum):
    """What a version did. `UNTOLD`: to slots of which no page tells any more."""

    FOUNDED = "founded"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    SLEPT = "slept"
    WOKE = "woke"
    MOVED = "moved"
    ALTERED = "altered"
    REORDERED = "reordered"
    NAME = "name"
    DESCRIPTION = "description"
    INTERESTS = "interests"
    LANGUAGES = "languages"
    CRITERIA = "criteria"
    POLICY = "policy"
    ORDER = "order"
    MIRRORS = "mirrors"
    STEWARD_JOINED = "steward_joined"
    STEWARD_LEFT = "steward_left"
    STEWARD_KEYS = "steward_keys"
    THRESHOLD = "threshold"
    UNKNOWN = "unknown"
    UNTOLD = "untold"
    RENEWED = "renewed"


SLOT_KINDS: Final = MappingProxyType(
    {
        ChangeKind.JOIN: EventKind.JOINED,
        ChangeKind.LEAVE: EventKind.LEFT,
        ChangeKind.REMOVE: EventKind.REMOVED,
        ChangeKind.SLEEP: EventKind.SLEPT,
        ChangeKind.WAKE: EventKind.WOKE,
        ChangeKind.MOVE: EventKind.MOVED,
        ChangeKind.ALTER: EventKind.ALTERED,
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a version changed. All text is raw.

    `signers` are the stewards who signed the version. `member` and `name` are the id and the name
    of a member, both "" where it happened to `count` former ones; of a steward's event, `name` is
    the steward's. `before` and `after` are what a term said: one value, or a list's.
    """

    kind: EventKind
    sequence: int
    sha256: str
    issued_at: Millis
    signers: tuple[ServerName, ...]
    member: str = ""
    name: str = ""
    count: int = 1
    code: Reason | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from the version's other events."""
        return "/".join(filter(None, (self.kind, self.member or self.name, self.code)))


_Make = Callable[..., Event]


def history(versions: Sequence[Ring], named: Naming) -> tuple[Event, ...]:
    """What consecutive versions changed, the newest first; `versions` begin with the oldest.

    They are read with their members, or without them where a page is gone. Unless it is version 1,
    the first one is but what the second is compared with.
    """
    told = happenings(versions)
    by_version = [_founding(one) for one in versions[:1]]
    by_version += [
        _changes(versions[at - 1], versions[at], told[at], named) for at in range(1, len(versions))
    ]
    return tuple(joined.from_iterable(reversed(by_version)))


def _founding(version: Ring) -> list[Event]:
    if version.sequence != 1:
        return []
    stewards = tuple(sorted(version.terms.stewards.instances))
    return [_maker(version, ())(EventKind.FOUNDED, after=stewards)]


def _changes(before: Ring, after: Ring, told: Sequence[Happening], named: Naming) -> list[Event]:
    make = _maker(after, (before.terms.stewards,))
    events = [
        *_of_slots(told, named, make),
        *_of_terms(before, after, make),
        *_of_stewards(before.terms.stewards, after.terms.stewards, make),
    ]
    if is_reordered(before, after):
        events.append(make(EventKind.REORDERED))
    if before.unknown != after.unknown:
        events.append(make(EventKind.UNKNOWN))
    if events:
        return events
    is_told = (is_whole(before) and is_whole(after)) or before.pages == after.pages
    return [make(EventKind.RENEWED if is_told else EventKind.UNTOLD)]


def _maker(version: Ring, others: Iterable[Stewards]) -> _Make:
    """Makes events of one version."""
    lists = (version.terms.stewards, *others)
    signers = {name for stewards in lists for name in signing_stewards(version, stewards)}
    return partial(
        Event,
        sequence=version.sequence,
        sha256=version.sha256,
        issued_at=version.validity.issued_at,
        signers=tuple(sorted(signers)),
    )


def _of_slots(told: Sequence[Happening], named: Naming, make: _Make) -> Iterator[Event]:
    """An event for each slot that has a name, and one of each kind for all that have none."""
    former: dict[tuple[EventKind, Reason | None], Event] = {}
    for each in told:
        kind = SLOT_KINDS[each.kind]
        name = named(each.member) if each.member else ""
        if name:
            yield make(kind, member=each.member, name=name, code=each.code)
        elif known := former.get((kind, each.code)):
            former[kind, each.code] = replace(known, count=known.count + each.count)
        else:
            former[kind, each.code] = make(kind, count=each.count, code=each.code)
    yield from former.values()


def _of_terms(before: Ring, after: Ring, make: _Make) -> Iterator[Event]:
    for name in changed_terms(before.terms, after.terms):
        if name != "stewards":
            old, new = (_values(getattr(ring.terms, name)) for ring in (before, after))
            yield make(EventKind(name), before=old, after=new)


def _of_stewards(before: Stewards, after: Stewards, make: _Make) -> Iterator[Event]:
    old, new = before.instances, after.instances
    for name in sorted({*old, *new}):
        if name not in old:
            yield make(EventKind.STEWARD_JOINED, name=name)
        elif name not in new:
            yield make(EventKind.STEWARD_LEFT, name=name)
        elif old[name] != new[name]:
            yield make(EventKind.STEWARD_KEYS, name=name)
    if before.threshold != after.threshold:
        yield make(
            EventKind.THRESHOLD, before=(str(before.threshold),), after=(str(after.threshold),)
        )


def _values(term: object) -> tuple[str, ...]:
    return tuple(map(str, term)) if isinstance(term, tuple) else (str(term),)
