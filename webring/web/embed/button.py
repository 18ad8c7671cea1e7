"""The 88x31 button of a ring: its name beside a small circle, as SVG and as PNG.

The same ring and colours always give the same bytes (of a PNG: with the same Pillow).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markupsafe import Markup
from PIL import Image, ImageDraw

from webring.web.embed.colours import Colours, rgb
from webring.web.embed.lettering import Fitted, can_write, fitted, font, measured
from webring.web.embed.snippets import BUTTON_HEIGHT, BUTTON_WIDTH

KEPT: Final = 512
"""Buttons that are remembered."""
_CENTRE: Final = (15.5, 15.5)
_RADIUS: Final = 8.5
_DOT: Final = 3.2
_DOTS: Final = 3
_TEXT_AT: Final = 58
_TEXT_WIDTH: Final = 54
_LINES: Final = 2
_SIZES: Final = (11, 10, 9)
_LEADING: Final = 1.15
_BASELINE: Final = 0.36
"""How far a baseline lies below the middle of its line, as a part of the size."""
_FINER: Final = 4
"""Circles are drawn so many times larger, and made smaller: their edges become smooth."""


@dataclass(frozen=True, slots=True)
class Button:
    """What a button shows. `spare` is written where a PNG cannot write `name`."""

    name: str
    spare: str
    colours: Colours


@lru_cache(KEPT)
def svg(button: Button) -> bytes:
    """The button as SVG, with the letters of whoever looks at it. It has no script and no style."""
    text = fitted(button.name, _TEXT_WIDTH, _LINES, _SIZES)
    colours = button.colours
    dots = Markup().join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="#{}"/>').format(
            x, y, _DOT, colours.ink
        )
        for x, y in _dots()
    )
    return _SVG.format(
        width=BUTTON_WIDTH,
        height=BUTTON_HEIGHT,
        name=button.name,
        inner_width=BUTTON_WIDTH - 1,
        inner_height=BUTTON_HEIGHT - 1,
        ground=colours.ground,
        mark=colours.mark,
        ink=colours.ink,
        centre=_CENTRE[0],
        radius=_RADIUS,
        dots=dots,
        size=text.size,
        lines=Markup().join(_svg_line(text, at) for at in range(len(text.lines))),
    ).encode()


@lru_cache(KEPT)
def png(button: Button) -> bytes:
    """The button as PNG."""
    name = button.name if can_write(button.name) else button.spare
    text = fitted(name, _TEXT_WIDTH, _LINES, _SIZES)
    picture = _plate(button.colours)
    draw = ImageDraw.Draw(picture)
    for at, line in enumerate(text.lines):
        draw.text(
            (_TEXT_AT, _baseline(text, at)),
            line,
            rgb(button.colours.ink),
            font(text.size),
            anchor="ms",
        )
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


_SVG: Final = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" role="img"><title>{name}</title>'
    '<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" fill="#{ground}" '
    'stroke="#{mark}"/>'
    '<circle cx="{centre}" cy="{centre}" r="{radius}" fill="none" stroke="#{mark}" '
    'stroke-width="2"/>{dots}'
    "<g fill=\"#{ink}\" font-family=\"'DejaVu Sans Condensed', 'Arial Narrow', Verdana, "
    'sans-serif" font-size="{size}" font-weight="bold" text-anchor="middle" '
    'unicode-bidi="plaintext">{lines}</g></svg>\n'
)


def _svg_line(text: Fitted, at: int) -> Markup:
    """One line, squeezed into the width that it was measured for: other fonts are wider."""
    line = text.lines[at]
    width = min(round(measured(line, text.size)), _TEXT_WIDTH)
    return Markup(
        '<text x="{}" y="{}" textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text>'
    ).format(_TEXT_AT, _baseline(text, at), width, line)


def _plate(colours: Colours) -> Image.Image:
    """The button without its letters."""
    size = (BUTTON_WIDTH * _FINER, BUTTON_HEIGHT * _FINER)
    picture = Image.new("RGB", size, rgb(colours.mark))
    draw = ImageDraw.Draw(picture)
    edge = _FINER
    draw.rectangle((edge, edge, size[0] - edge - 1, size[1] - edge - 1), rgb(colours.ground))
    _circle(draw, _CENTRE, _RADIUS + 1, rgb(colours.mark))
    _circle(draw, _CENTRE, _RADIUS - 1, rgb(colours.ground))
    for dot in _dots():
        _circle(draw, dot, _DOT, rgb(colours.ink))
    return picture.resize((BUTTON_WIDTH, BUTTON_HEIGHT), Image.Resampling.BOX)


def _circle(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    x, y, radius = centre[0] * _FINER, centre[1] * _FINER, radius * _FINER
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _dots() -> list[tuple[float, float]]:
    turns = [math.tau * (at / _DOTS - 0.25) for at in range(_DOTS)]
    x, y = _CENTRE
    return [(x + _RADIUS * math.cos(turn), y + _RADIUS * math.sin(turn)) for turn in turns]


def _baseline(text: Fitted, at: int) -> int:
    middle = BUTTON_HEIGHT / 2 + (at - (len(text.lines) - 1) / 2) * text.size * _LEADING
    return round(middle + text.size * _BASELINE)
