"""A ring's colours: made from its id, so that every mirror paints it alike, or chosen by a site."""

from __future__ import annotations

import colorsys
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.errors import BadRequest
from webring.names import RingId

LEAST_CONTRAST: Final = 4.5
"""Of ink on ground (WCAG 2.2, 1.4.3)."""
_HEX: Final = re.compile(r"[0-9a-f]{6}")
_GROUND: Final = (0.23, 0.45)
_MARK: Final = (0.74, 0.75)
"""Lightness and saturation (HSL): both white ink and the mark can be read on every ground."""
_WHITE: Final = "ffffff"
_SEEN: Final = 80


@dataclass(frozen=True, slots=True)
class Colours:
    """Six hex digits each: the ground, the ink on it, and the mark's line."""

    ground: str
    ink: str
    mark: str

    @property
    def query(self) -> dict[str, str]:
        """The two that a site chooses, as `chosen` reads them."""
        return {"ground": self.ground, "ink": self.ink}


def of_ring(ring: RingId) -> Colours:
    """The colours of a ring that chose none."""
    hue = int.from_bytes(hashlib.sha256(ring.encode()).digest()[:2], "big") / 65_536
    return Colours(_hsl(hue, *_GROUND), _WHITE, _hsl(hue, *_MARK))


def chosen(values: Mapping[str, str]) -> Colours | None:
    """The colours that an address names, or None; `BadRequest` for what nobody could read."""
    named = {name: values.get(name, "").lower() for name in ("ground", "ink")}
    if not any(named.values()):
        return None
    for name, text in named.items():
        if not _HEX.fullmatch(text):
            raise BadRequest(
                f"{name} is a colour of 6 hex digits beside the other, not {text[:_SEEN]!a}"
            )
    found = contrast(named["ground"], named["ink"])
    if found < LEAST_CONTRAST:
        raise BadRequest(
            f"ink on ground has a contrast of {found:.1f} to 1; {LEAST_CONTRAST} is the least"
        )
    return Colours(named["ground"], named["ink"], named["ink"])


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(colour: str) -> tuple[int, int, int]:
    """A colour as three numbers from 0 to 255."""
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _hsl(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return bytes(round(part * 255) for part in parts).hex()
