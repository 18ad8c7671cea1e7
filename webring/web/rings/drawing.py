"""A ring drawn as what it is: a circle with its members' marks, and threads for shared rooms.

It is a picture of the list that stands beside it, so it holds no links; numbers are those of the
list. Colours and lines are the stylesheet's: a page's policy admits no style of its own. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from webring.documents.ring import MemberKind
from webring.rings.states import MemberState

SIZE: Final = 400
"""The side of the picture's square, in its own units."""
NUMBERED: Final = 40
"""Members up to which each mark carries its number."""
MOST: Final = 240
"""Marks that are drawn; of a larger ring, every so many."""
_CENTRE: Final = SIZE / 2
_RADIUS: Final = 160
_LARGEST: Final = 19.0
_SMALLEST: Final = 3.5
_NUMBER_FROM: Final = 9.0
"""Radius from which a number can be read."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A member as it is drawn."""

    kind: MemberKind
    state: MemberState


@dataclass(frozen=True, slots=True)
class Thread:
    """Two members, by their places in the list from 0, whose spaces share a room."""

    one: int
    other: int


def drawing(marks: Sequence[Mark], threads: Sequence[Thread], label: str) -> Markup:
    """The picture as SVG; `label` says in a sentence what is to be seen."""
    shown = _sampled(len(marks))
    places = {at: _place(rank, len(shown)) for rank, at in enumerate(shown)}
    size = _size(len(shown))
    numbered = len(marks) <= NUMBERED and size >= _NUMBER_FROM
    parts = [
        Markup('<circle class="line" cx="{0}" cy="{0}" r="{1}"/>').format(_CENTRE, _RADIUS),
        *(
            _thread(places[each.one], places[each.other])
            for each in threads
            if each.one in places and each.other in places
        ),
        *(_mark(marks[at], places[at], size, at + 1 if numbered else None) for at in shown),
    ]
    return Markup(
        '<svg class="ring" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">{2}</svg>'
    ).format(SIZE, label, Markup().join(parts))


def _sampled(count: int) -> list[int]:
    if count <= MOST:
        return list(range(count))
    return [at * count // MOST for at in range(MOST)]


def _place(rank: int, count: int) -> tuple[float, float]:
    """On the circle, from the top, clockwise."""
    turn = math.tau * (rank / count - 0.25)
    return _CENTRE + _RADIUS * math.cos(turn), _CENTRE + _RADIUS * math.sin(turn)


def _size(count: int) -> float:
    """Marks grow smaller so that neighbours do not touch."""
    apart = math.tau * _RADIUS / max(count, 1)
    return min(max(apart * 0.36, _SMALLEST), _LARGEST)


def _thread(one: tuple[float, float], other: tuple[float, float]) -> Markup:
    """A curve bent towards the middle, so that it is told from the circle."""
    return Markup('<path class="thread" d="M{:.1f} {:.1f}Q{} {} {:.1f} {:.1f}"/>').format(
        *one, _CENTRE, _CENTRE, *other
    )


def _mark(mark: Mark, place: tuple[float, float], size: float, number: int | None) -> Markup:
    x, y = place
    classes = f"slot {mark.state.value}"
    if mark.kind is MemberKind.SITE:
        shape = Markup(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}"/>'
        ).format(classes, x - size * 0.88, y - size * 0.88, size * 1.76, size * 1.76, size * 0.3)
    else:
        shape = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(
            classes, x, y, size
        )
    if number is None:
        return shape
    return shape + Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
        mark.state.value, x, y, number
    )
