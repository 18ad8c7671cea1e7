"""Cursors: the place in a result where the next page begins, for one search and no other.

A cursor is no secret and no capability: whoever makes one up sees another page of the same results.
"""

from __future__ import annotations

import binascii
import hashlib
import math
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from typing import Final

from webring.search import schema
from webring.search.finding import ANCHORS, MAX_DEPTH, Place
from webring.search.planning import Pass, SearchRequest

MAX_CURSOR: Final = 80
"""Characters of a cursor, at most."""
_LAYOUT: Final = struct.Struct(f">6scHd{ANCHORS}Q")
_PAGING: Final = frozenset({"cursor", "limit", "facets"})
"""What may differ from page to page of one search."""


def write(request: SearchRequest, how: Pass, place: Place) -> str:
    """The cursor of a place in what `request` finds."""
    keys = (*place.keys, *[0] * ANCHORS)[:ANCHORS]
    packed = _LAYOUT.pack(_mark(request), how.value.encode(), place.shown, place.rank, *keys)
    return urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def read(request: SearchRequest) -> tuple[Pass, Place] | None:
    """The pass and place that the request's cursor tells; None for one of nowhere, or elsewhere."""
    text = request.cursor
    if len(text) > MAX_CURSOR:
        return None
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        mark, how, shown, rank, *keys = _LAYOUT.unpack(packed)
        read = Pass(how.decode("ascii"))
    except (ValueError, binascii.Error, struct.error):
        return None
    sound = 0 < shown < MAX_DEPTH and math.isfinite(rank) and mark == _mark(request)
    return (read, Place(shown, rank, tuple(key for key in keys if key))) if sound else None


def _mark(request: SearchRequest) -> bytes:
    """What tells one search from another: all that decides about its results and their order."""
    said = {key: value for key, value in asdict(request).items() if key not in _PAGING}
    written = repr((schema.VERSION, sorted(said.items())))
    return hashlib.sha256(written.encode("utf-8", "replace")).digest()[:6]
