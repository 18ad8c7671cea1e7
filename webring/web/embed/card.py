"""The picture that a chat shows beside a link to a ring (Open Graph): the ring as it stands."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from webring.web.embed.colours import Colours, rgb
from webring.web.embed.lettering import can_write, fitted, font, runs_left

WIDTH: Final = 1_200
HEIGHT: Final = 630
"""Pixels: what Open Graph's readers expect."""
MAX_DOTS: Final = 60
"""Members that are drawn; of a larger ring, every so many."""
KEPT: Final = 64
"""Cards that are remembered."""
_CENTRE: Final = (330, 315)
_RADIUS: Final = 220
_LINE: Final = 10
_LARGEST_DOT: Final = 34
_SMALLEST_DOT: Final = 8
_TEXT_AT: Final = 650
_TEXT_WIDTH: Final = 490
_NAME_FITS: Final = (_TEXT_WIDTH, 4, (84, 72, 60, 50))
_HOST_FITS: Final = (_TEXT_WIDTH, 2, (34, 28, 22))
"""Width in pixels, most lines, sizes."""
_COUNT_SIZES: Final = (120, 90)
_COUNT_WIDTH: Final = 340
_LEADING: Final = 1.2
_BETWEEN: Final = 40
_FINER: Final = 2


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows: the ring's name (or `spare`, where our font cannot write it), where it is
    kept, how many can be visited, and for every slot that is `drawn` whether it can.
    """

    name: str
    spare: str
    host: str
    count: int
    slots: tuple[bool, ...]
    colours: Colours


@lru_cache(KEPT)
def png(card: Card) -> bytes:
    """The picture: a tenth of a second's work, for a thread of its own."""
    picture = _circle(card)
    draw = ImageDraw.Draw(picture)
    ink = rgb(card.colours.ink)
    count = fitted(f"{card.count}", _COUNT_WIDTH, 1, _COUNT_SIZES)
    draw.text(_CENTRE, count.lines[0], ink, font(count.size), anchor="mm")
    _write(draw, card)
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def drawn(slots: Sequence[bool]) -> tuple[bool, ...]:
    """The slots that are drawn: all, or of a large ring some, evenly apart."""
    count = len(slots)
    if count <= MAX_DOTS:
        return tuple(slots)
    return tuple(slots[at * count // MAX_DOTS] for at in range(MAX_DOTS))


def _write(draw: ImageDraw.ImageDraw, card: Card) -> None:
    """The name and the host, one below the other, in the middle of the picture's height."""
    text = fitted(card.name if can_write(card.name) else card.spare, *_NAME_FITS)
    host = fitted(card.host, *_HOST_FITS)
    leading, host_leading = text.size * _LEADING, host.size * _LEADING
    tall = leading * len(text.lines) + _BETWEEN + host_leading * len(host.lines)
    y = (HEIGHT - tall) / 2 + leading / 2
    edge, anchor = (_TEXT_AT, "lm")
    if runs_left(text.lines[0]):
        edge, anchor = (_TEXT_AT + _TEXT_WIDTH, "rm")
    for line in text.lines:
        draw.text((edge, y), line, rgb(card.colours.ink), font(text.size), anchor=anchor)
        y += leading
    y += _BETWEEN
    for line in host.lines:
        draw.text((edge, y), line, rgb(card.colours.mark), font(host.size), anchor=anchor)
        y += host_leading


def _circle(card: Card) -> Image.Image:
    """The circle with its members: full where somebody is at home, hollow where not."""
    size = (WIDTH * _FINER, HEIGHT * _FINER)
    ground, ink, mark = rgb(card.colours.ground), rgb(card.colours.ink), rgb(card.colours.mark)
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    _disc(draw, _CENTRE, _RADIUS + _LINE / 2, mark)
    _disc(draw, _CENTRE, _RADIUS - _LINE / 2, ground)
    apart = math.tau * _RADIUS / max(len(card.slots), 1)
    dot = min(max(apart * 0.32, _SMALLEST_DOT), _LARGEST_DOT)
    for at, is_open in enumerate(card.slots):
        turn = math.tau * (at / len(card.slots) - 0.25)
        x, y = _CENTRE
        centre = (x + _RADIUS * math.cos(turn), y + _RADIUS * math.sin(turn))
        _disc(draw, centre, dot, ink if is_open else mark)
        if not is_open:
            _disc(draw, centre, dot * 0.6, ground)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _disc(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    x, y, radius = centre[0] * _FINER, centre[1] * _FINER, radius * _FINER
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
