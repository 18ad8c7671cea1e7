"""An interest walked across rings: one circle after another, every place once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from webring.rings.circle import Circle, Slot, Walk
from webring.rings.places import Address, read_address

Place = Address | str
"""Where a member is: its address as it compares, or its URL as it stands."""


def across(circles: Sequence[Circle]) -> Walk:
    """All members of these circles in one walk: those of the first, then those of the second.

    Who stands in several, by its URL, has its slot in the first where it is navigable, or else in
    the first; its other ids are aliases of that. A ring that lapsed leads nobody anywhere.
    """
    walked = [circle for circle in circles if not circle.lapsed]
    chosen: dict[Place, Slot] = {}
    places: dict[str, Place] = {}
    for slot in _distinct(walked):
        place = places[slot.id] = read_address(slot.url) or slot.url
        if place not in chosen or (slot.navigable and not chosen[place].navigable):
            chosen[place] = slot
    ghosts: dict[str, str] = {}
    past: dict[str, str] = {}
    for circle in walked:
        ghosts |= circle.ghosts
        past |= circle.past
    aliases = {member_id: chosen[place].id for member_id, place in places.items()}
    kept = {slot.id: slot for slot in chosen.values()}
    return Walk([kept[each] for each in places if each in kept], ghosts, past, aliases)


def _distinct(circles: Iterable[Circle]) -> Iterator[Slot]:
    """Every slot. An id that stood before, which no honest ring has, is told apart by its ring."""
    seen: set[str] = set()
    for circle in circles:
        for slot in circle.slots:
            if slot.id in seen:
                yield replace(slot, id=f"{circle.ring}/{slot.id}")
            else:
                seen.add(slot.id)
                yield slot
