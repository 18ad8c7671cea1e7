"""Rings' histories as pages and feeds show them: read from what is stored, some versions at a time.

What was made once is kept until the ring's circle is another: then a version is new, a member is
called otherwise, or somebody is kept out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from webring.documents.ring import Ring
from webring.moderation.blocklist import Blocklist
from webring.names import RingId
from webring.rings.circle import Circle
from webring.rings.circles import Circles
from webring.rings.circling import is_kept_out
from webring.rings.history import Event, Naming, history
from webring.rings.shelf import Shelf
from webring.rings.states import MemberState
from webring.storage import ring_versions
from webring.storage.database import Database
from webring.text import shown_server

MAX_EVENTS: Final = 200
"""Events of one chapter."""
MAX_VERSIONS: Final = 50
"""Versions of one chapter."""
WORK: Final = 30_000
"""Members that are read for one chapter: large rings have chapters of fewer versions."""
REMEMBERED: Final = 128
"""Chapters that are kept; the one unasked for longest is forgotten first."""
UNTITLED: Final = frozenset({MemberState.PENDING, MemberState.ONE_SIDED})
"""How members stand who do not say that they are in the ring: no title of theirs is shown."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Part of a ring's history, the newest event first.

    `older` is what to ask the chapter before this one by, None at the beginning; `left_out` counts
    the events of one large version for which there was no room.
    """

    events: tuple[Event, ...]
    older: int | None
    left_out: int = 0


class Chronicle:
    """Tells the histories of the rings that are walked here."""

    def __init__(self, db: Database, circles: Circles, shelf: Shelf) -> None:
        self._db = db
        self._circles = circles
        self._shelf = shelf
        self._chapters: OrderedDict[tuple[RingId, int], tuple[Circle, Chapter]] = OrderedDict()
        self._reading = asyncio.Lock()

    async def chapter(self, ring: RingId, before: int | None = None) -> Chapter | None:
        """What happened in versions before that sequence (None: up to the newest).

        None where the ring is not known. It stays within `MAX_EVENTS` and `MAX_VERSIONS`.
        """
        circle = self._circles.get(ring)
        if circle is None:
            return None
        last = circle.version if before is None else min(before - 1, circle.version)
        if last < 1:
            return Chapter((), None)
        async with self._reading:
            known = self._chapters.pop((ring, last), None)
            if known is None or known[0] is not circle:
                known = circle, await self._read(circle, last)
            self._chapters[ring, last] = known
            if len(self._chapters) > REMEMBERED:
                self._chapters.popitem(last=False)
            return known[1]

    async def _read(self, circle: Circle, last: int) -> Chapter:
        conn = self._db.reader
        count = max(1, min(MAX_VERSIONS, WORK // max(len(circle.slots), 1)))
        # One more than is told, for the oldest to be compared with.
        first = max(1, last - count)
        stored = await ring_versions.branch(conn, circle.ring, first, last - first + 1)
        versions = [await self._shelf.read(conn, each) for each in stored]
        named = names(circle, await Blocklist.load(conn))
        return await asyncio.to_thread(_told, versions, named)


def names(circle: Circle, blocklist: Blocklist) -> Naming:
    """How members are called now: by their titles, or else by their hosts.

    Whoever is kept out here has no name, and whoever does not consent has no title.
    """

    def named(member: str) -> str:
        slot = circle.get(member)
        if slot is None or is_kept_out(slot, blocklist):
            return ""
        title = "" if slot.state in UNTITLED else slot.title.strip()
        return title or shown_server(urlsplit(slot.url).hostname or "")

    return named


def _told(versions: Sequence[Ring], named: Naming) -> Chapter:
    """A chapter of these versions: whole versions, as many as there is room for."""
    kept: list[Event] = []
    by_version = groupby(history(versions, named), key=lambda event: event.sequence)
    for _, group in by_version:
        events = list(group)
        if not kept and len(events) > MAX_EVENTS:
            kept, left_out = events[:MAX_EVENTS], len(events) - MAX_EVENTS
            return Chapter(tuple(kept), _older(kept), left_out)
        if len(kept) + len(events) > MAX_EVENTS:
            break
        kept += events
    return Chapter(tuple(kept), _older(kept))


def _older(kept: Sequence[Event]) -> int | None:
    return kept[-1].sequence if kept and kept[-1].sequence > 1 else None
