"""Rings and their members as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from urllib.parse import quote, urlsplit

from webring.documents.ring import MemberKind
from webring.names import CommunityId, RingId, RoomId
from webring.rings.chronicle import UNTITLED
from webring.rings.circle import Circle, Slot
from webring.rings.states import MemberState
from webring.text import cut, line, shown_server
from webring.web.rings.drawing import Mark, Thread

NAME_LENGTH: Final = 80
"""Graphemes of a member's name."""
MAX_THREADS: Final = 200
"""Shared rooms that are drawn and named on one page."""


@dataclass(frozen=True, slots=True)
class Row:
    """A member in a list. `number` counts from 1; `name` is fit to be shown; `page` is a path."""

    number: int
    id: str
    name: str
    host: str
    url: str
    kind: MemberKind
    state: MemberState
    page: str
    community: CommunityId | None


@dataclass(frozen=True, slots=True)
class SharedRoom:
    """A room that stands in the spaces of several members: their numbers in the list."""

    room: RoomId
    numbers: tuple[int, ...]


def ring_path(ring: RingId) -> str:
    """The path of a ring's page."""
    return f"/rings/{quote(ring, safe=':')}"


def name_of(slot: Slot) -> str:
    """What a member is called: by its own manifest or page, else by its host.

    Whoever does not say that it is in the ring is called by its host alone.
    """
    title = "" if slot.state in UNTITLED else slot.title
    return cut(line(title), NAME_LENGTH) or host_of(slot.url)


def host_of(url: str) -> str:
    """A member URL's host, as people may trust it."""
    return shown_server(urlsplit(url).netloc)


def rows(circle: Circle, first: int = 0, most: int | None = None) -> list[Row]:
    """Members in walking order, from the one at `first` on."""
    end = None if most is None else first + most
    return [
        _row(circle, slot, number) for number, slot in enumerate(circle.slots[first:end], first + 1)
    ]


def marks(circle: Circle) -> list[Mark]:
    """Every member as it is drawn."""
    return [Mark(slot.kind, slot.state) for slot in circle.slots]


def numbered(circle: Circle) -> dict[CommunityId, int]:
    """The number of each community in the list."""
    return {
        community: at
        for at, slot in enumerate(circle.slots, 1)
        if (community := slot.community_id) is not None
    }


def shared(
    numbers: Mapping[CommunityId, int], rooms: Mapping[RoomId, Sequence[CommunityId]]
) -> list[SharedRoom]:
    """The rooms that members share, those of many first."""
    found = [
        SharedRoom(room, tuple(sorted(numbers[each] for each in holders if each in numbers)))
        for room, holders in rooms.items()
    ]
    several = [each for each in found if len(each.numbers) > 1]
    return sorted(several, key=lambda each: (-len(each.numbers), each.room))[:MAX_THREADS]


def threads(rooms: Sequence[SharedRoom]) -> list[Thread]:
    """Each pair of members that share a room, once."""
    pairs = {pair for each in rooms for pair in combinations(each.numbers, 2)}
    return [Thread(one - 1, other - 1) for one, other in sorted(pairs)[:MAX_THREADS]]


def _row(circle: Circle, slot: Slot, number: int) -> Row:
    return Row(
        number=number,
        id=slot.id,
        name=name_of(slot),
        host=host_of(slot.url),
        url=slot.url,
        kind=slot.kind,
        state=slot.state,
        page=f"{ring_path(circle.ring)}/{slot.id}",
        community=slot.community_id,
    )
