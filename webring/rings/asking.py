"""Asking an instance for a ring: its newest version, older ones, and pages, through the one door.

Whatever comes is bounded here and read strictly; whether it is believed is for others to say.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.documents import canonical
from webring.documents.ring import Ring, read_ring
from webring.errors import BackingOff, StatusRefused, TrustError
from webring.names import PeerUrl, RingId
from webring.net.answer import Answer
from webring.net.budget import KIB, MANIFEST, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher
from webring.net.visit import NO_HEADERS, Visit

RINGS_PATH: Final = "/webring/v1/rings"
PAGES_PATH: Final = "/webring/v1/pages"
HEAD: Final = Budget(15 * SECOND, 64 * KIB, 64 * KIB)
"""One version of a ring, without its pages."""
REMEMBERED: Final = 10_000
"""Entity tags that are kept at hand."""
MAX_ETAG: Final = 256
"""Characters; a longer one is not worth keeping."""
_NOT_MODIFIED: Final = 304
GONE: Final = (404, 410)
TRIES: Final = 8
"""How often an instance that asks for a pause is asked for one version or page."""
LONGEST_REST: Final[Millis] = MINUTE
"""The longest pause that is waited for."""
_BUSY: Final = frozenset({429, 503})

Alive = Callable[[], Awaitable[None]]
"""Called before each request; it raises where the work is no longer ours."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """What an instance calls a version that it answered."""

    sha256: str
    etag: str


class RingAsker:
    """Opens sources, and remembers what they call the versions that they answered."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self.clock = clock
        self._fetcher = fetcher
        self._tags: OrderedDict[tuple[RingId, PeerUrl], _Tag] = OrderedDict()

    @asynccontextmanager
    async def source(self, ring: RingId, base: PeerUrl, alive: Alive) -> AsyncIterator[Source]:
        """An instance that may have the ring, over connections of our own."""
        async with self._fetcher.visit() as visit:
            yield Source(self, visit, ring, base, alive)

    def tag(self, ring: RingId, base: PeerUrl, sha256: str) -> str:
        """What to send as If-None-Match to be told only of another version than this."""
        known = self._tags.get((ring, base))
        return known.etag if known and known.sha256 == sha256 else f'W/"{sha256}"'

    def remember(self, ring: RingId, base: PeerUrl, sha256: str, etag: str) -> None:
        """Remember what an instance calls a version, if that can be said again."""
        if len(etag) > MAX_ETAG or not (etag.isascii() and etag.isprintable()):
            return
        self._tags[ring, base] = _Tag(sha256, etag)
        self._tags.move_to_end((ring, base))
        if len(self._tags) > REMEMBERED:
            self._tags.popitem(last=False)


class Source:
    """One ring at one instance. Each question raises a `FetchError`, or a `DocumentError` for an
    answer that cannot be read; and whatever `alive` raises.
    """

    def __init__(
        self, asker: RingAsker, visit: Visit, ring: RingId, base: PeerUrl, alive: Alive
    ) -> None:
        self._asker = asker
        self._visit = visit
        self._ring = ring
        self._base = base
        self.alive = alive

    async def newest(self, held: str) -> Ring | None:
        """The newest version there; None where it is the one that is `held` (a hash, or "")."""
        tag = self._asker.tag(self._ring, self._base, held) if held else ""
        headers = {"If-None-Match": tag} if tag else NO_HEADERS
        statuses = (200, _NOT_MODIFIED) if tag else (200,)
        await self.alive()
        answer = await self._visit.request(
            "GET",
            self._url(),
            budget=HEAD,
            headers=headers,
            redirects=MAX_REDIRECTS,
            statuses=statuses,
        )
        if answer.status == _NOT_MODIFIED:
            return None
        ring = read_ring(answer.body)
        if answer.etag:
            self._asker.remember(self._ring, self._base, ring.sha256, answer.etag)
        return ring

    async def version(self, sequence: int) -> Ring:
        """The version of that sequence; `TrustError` broken_chain for another."""
        answer = await self._get(f"{self._url()}?sequence={sequence}", HEAD)
        ring = read_ring(answer.body)
        if ring.sequence != sequence:
            why = f"asked for version {sequence}, it answered version {ring.sequence}"
            raise TrustError(why, "broken_chain")
        return ring

    async def page(self, sha256: str) -> bytes:
        """One page; `TrustError` mixed_pages where it is not there, or another."""
        answer = await self._get(f"{self._base}{PAGES_PATH}/{sha256}", MANIFEST, *GONE)
        if answer.status in GONE:
            raise TrustError(f"the page {sha256} is missing", "mixed_pages")
        if canonical.digest(answer.body) != sha256:
            raise TrustError(f"the page {sha256} has another hash", "mixed_pages")
        return answer.body

    async def _get(self, url: str, budget: Budget, *statuses: int) -> Answer:
        """Ask, again after the pause where one is asked for: a long chain is many questions."""
        for tries_left in range(TRIES - 1, -1, -1):
            await self.alive()
            try:
                return await self._visit.request(
                    "GET", url, budget=budget, redirects=MAX_REDIRECTS, statuses=(200, *statuses)
                )
            except StatusRefused as error:
                # What it asked for is remembered, and told when it is asked again.
                if error.status not in _BUSY or not tries_left:
                    raise
            except BackingOff as error:
                if not tries_left:
                    raise
                wait = min(max(error.until - self._asker.clock(), 0), LONGEST_REST)
                await asyncio.sleep(wait / SECOND)
        raise AssertionError("the last try returns or raises")

    def _url(self) -> str:
        return f"{self._base}{RINGS_PATH}/{quote(self._ring, safe=':')}"
