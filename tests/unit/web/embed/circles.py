"""Circles that these tests make places and pictures of."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.rings.circles import member_id, slot
from tests.unit.web.embed.places import PLACE
from webring.rings.circle import Circle, Slot
from webring.rings.states import MemberState

ROOT = "a" * 64


def circle(*slots: Slot, label: str = "Kitchen Gardens", lapsed: bool = False) -> Circle:
    """A ring of these slots."""
    ghosts = {member_id(99): member_id(0)}
    return Circle(PLACE.ring, ROOT, slots, ghosts, 1, label, False, lapsed=lapsed)


def ring(count: int = 3, label: str = "Kitchen Gardens") -> Circle:
    """A ring of sites that all can be visited."""
    return circle(*(slot(number) for number in range(count)), label=label)


def sleepy() -> Circle:
    """A ring of four of which the second sleeps."""
    awake = [slot(number) for number in range(4)]
    return circle(awake[0], replace(awake[1], state=MemberState.SLEEPING), *awake[2:])
