"""Every ring's circle in memory: a hop asks it, and never the database.

`refresh` follows the database: it reads again what changed there, or what time alone changes (the
day of a daily order, a version that expires). Whoever walks a circle holds one that never changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import Clock, Millis
from webring.errors import DocumentError
from webring.interests.vocabulary import normalise
from webring.moderation.blocklist import Blocklist
from webring.names import RingId
from webring.rings.circle import Circle, Walk
from webring.rings.circling import Encircled, encircle
from webring.rings.topics import across
from webring.storage import blocks, ring_members, ring_versions, rings
from webring.storage.database import Database

MAX_WALKS: Final = 64
"""Interests whose walks are kept; that unasked for longest is forgotten first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """What was made of a ring (None: nothing that can be walked), of which state, and when."""

    made: Encircled | None
    revision: int
    kept_out: tuple[int, int]
    at: Millis

    def holds(self, revision: int, kept_out: tuple[int, int], now: Millis) -> bool:
        """Whether it would be made the same now."""
        if (self.revision, self.kept_out) != (revision, kept_out):
            return False
        return self.made is None or self.at <= now < self.made.until


class Circles:
    """The circles of all rings of which a version is held, as they were at the last `refresh`.

    `loopback` tells whether people may be sent to their own machines, as tests are.
    """

    def __init__(self, db: Database, clock: Clock, *, loopback: bool = False) -> None:
        self._loopback = loopback
        self._db = db
        self._clock = clock
        self._held: Mapping[RingId, _Held] = {}
        self._made: tuple[Encircled, ...] = ()
        self._circles: Mapping[str, Circle] = {}
        self._topics: Mapping[str, tuple[Circle, ...]] = {}
        self._walks: OrderedDict[str, tuple[tuple[Circle, ...], Walk]] = OrderedDict()
        self._refreshing = asyncio.Lock()
        self._joining = asyncio.Lock()
        self._begun = self._done = 0

    @property
    def loaded(self) -> bool:
        """Whether the database has been read at all."""
        return self._done > 0

    def get(self, name: str) -> Circle | None:
        """The circle of a ring, by its id as we write it."""
        return self._circles.get(name)

    def rings(self) -> Sequence[Circle]:
        """Every circle, by the ring's id."""
        return tuple(self._circles.values())

    def all(self) -> Sequence[Encircled]:
        """Every ring with its terms, by id."""
        return self._made

    def encircled(self, name: str) -> Encircled | None:
        """A ring with its terms, by its id as we write it."""
        held = self._held.get(RingId(name))
        return held.made if held else None

    def about(self, slug: str) -> Sequence[Circle]:
        """The circles of the rings that name an interest, by the ring's id."""
        return self._topics.get(slug, ())

    async def topic(self, slug: str) -> Walk | None:
        """The walk along an interest, a slug or whatever means it; None where no ring is about it.

        It is made when it is first asked for.
        """
        if slug not in self._topics:
            slug = normalise(slug)
        circles = self._topics.get(slug)
        if circles is None:
            return None
        known = self._walks.get(slug)
        if known is not None and known[0] is circles:
            self._walks.move_to_end(slug)
            return known[1]
        return await self._join(slug, circles)

    async def refresh(self) -> None:
        """Read what has changed. Whoever asks meanwhile shares the next reading with all others.

        Raises `StorageError`; everything stays as it was then.
        """
        asked = self._begun
        async with self._refreshing:
            if self._done > asked:
                return
            self._begun += 1
            begun = self._begun
            await self._read()
            self._done = begun

    async def _read(self) -> None:
        now = self._clock()
        kept_out = await blocks.mark(self._db.reader)
        revisions = await rings.revisions(self._db.reader)
        held = {ring: each for ring, each in self._held.items() if ring in revisions}
        changed = [
            ring
            for ring, revision in revisions.items()
            if ring not in held or not held[ring].holds(revision, kept_out, now)
        ]
        if not changed and len(held) == len(self._held):
            return
        blocklist = await Blocklist.load(self._db.reader) if changed else Blocklist()
        for ring in changed:
            made = await self._make(ring, blocklist, now)
            held[ring] = _Held(made, revisions[ring], kept_out, now)
        self._show(held)

    async def _make(self, ring: RingId, blocklist: Blocklist, now: Millis) -> Encircled | None:
        """Make a ring's circle, in a thread: large ones take a while."""
        conn = self._db.reader
        stored = await rings.get(conn, ring)
        head = await ring_versions.head(conn, ring)
        if stored is None or head is None:
            return None
        members = await ring_members.slots(conn, ring)
        try:
            return await asyncio.to_thread(
                encircle, stored, head, members, blocklist, now, loopback=self._loopback
            )
        except DocumentError as error:
            log.warning("%s cannot be walked: %s", ring, error.sentence)
            return None

    def _show(self, held: Mapping[RingId, _Held]) -> None:
        """Take over what was made, all at once."""
        made = [each.made for _, each in sorted(held.items()) if each.made]
        topics: dict[str, list[Circle]] = {}
        for each in made:
            for slug in each.topics:
                topics.setdefault(slug, []).append(each.circle)
        self._held = held
        self._made = tuple(made)
        self._circles = {each.circle.ring: each.circle for each in made}
        self._topics = {slug: self._same(slug, tuple(new)) for slug, new in topics.items()}
        self._walks = OrderedDict(
            (slug, walk) for slug, walk in self._walks.items() if self._topics.get(slug) is walk[0]
        )

    def _same(self, slug: str, circles: tuple[Circle, ...]) -> tuple[Circle, ...]:
        """The tuple of before where it held the same circles: a walk made of it is still good."""
        before = self._topics.get(slug)
        return before if before == circles else circles

    async def _join(self, slug: str, circles: tuple[Circle, ...]) -> Walk:
        async with self._joining:
            known = self._walks.get(slug)
            if known is not None and known[0] is circles:
                return known[1]
            walk = await asyncio.to_thread(across, circles)
            self._walks[slug] = circles, walk
            if len(self._walks) > MAX_WALKS:
                self._walks.popitem(last=False)
            return walk
