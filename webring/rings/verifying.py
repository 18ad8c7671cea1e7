"""Walking a ring's whole chain, version by version, from whatever instance serves it.

Nothing that the server says is believed: each version is judged beside the one before it, as
anybody may (`documents.chain.Replay`). A server that serves without end is left in the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.crawler.fetching import PAGES_PATH, ManifestFetcher
from webring.documents import chain, trust
from webring.documents.chain import Replay, RingFreshness
from webring.documents.keys import VerifyKey
from webring.documents.manifest import read_manifest
from webring.documents.ring import Ring, read_ring
from webring.documents.ring_outcome import Link, RingOutcome
from webring.errors import BackingOff, DocumentError, FetchError, StatusRefused, TrustError
from webring.names import PeerUrl, RingId, ServerName
from webring.net.answer import Answer
from webring.net.budget import MANIFEST, MIB, SMALL, Budget
from webring.net.fetch import MAX_REDIRECTS, Fetcher
from webring.net.politeness import Sleep
from webring.net.visit import Visit
from webring.rings.ring_place import RingPlace, document_url

MISSING: Final = 10
"""Versions in a row that a server lacks before it is asked for no more."""
TRIES: Final = 6
"""How often a server that asks for a pause is asked for one thing."""
LONGEST_REST: Final[Millis] = MINUTE
"""The longest pause that is waited for."""
_NOT_FOUND: Final = (404, 410)
_BUSY: Final = frozenset({429, 503})

Progress = Callable[[int, int], None]
"""Told after each version: which it was, and of how many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a chain is walked: versions, bytes of all answers together, and time."""

    versions: int = 10_000
    bytes: int = 256 * MIB
    time: Millis = 60 * MINUTE


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Report:
    """What a walk came to.

    `links` are the versions that were walked, from 1; `head` is the newest, with its `freshness`.
    `unfounded` says why the founder's keys could not be had ("" where they were), `cut` why the
    walk ended before the head. `erased` counts the pages that nobody has any more.
    """

    base: PeerUrl
    head: Ring
    freshness: RingFreshness
    links: tuple[Link, ...]
    erased: int
    unfounded: str = ""
    cut: str = ""

    @property
    def broken(self) -> tuple[Link, ...]:
        """The links that do not hold, the oldest first."""
        return tuple(link for link in self.links if link.outcome is not RingOutcome.ACCEPTED)

    @property
    def holds(self) -> bool:
        """Whether the whole chain was walked, and every link of it holds."""
        return not self.broken and not self.cut


async def verify(
    fetcher: Fetcher,
    place: RingPlace,
    clock: Clock,
    *,
    allow_http: bool = False,
    limits: Limits = LIMITS,
    progress: Progress | None = None,
) -> Report:
    """Walk the chain of the ring at `place`.

    Raises a `FetchError` where the server cannot be asked (a version or a page that it does not
    have is reported instead), and a `DocumentError` where its newest version is none.
    """
    fetching = ManifestFetcher(fetcher, allow_http=allow_http)
    base = place.base or await fetching.ask_base(place.ring.instance)
    keys, unfounded = await _founder(fetching, place.ring.instance, clock())
    async with fetcher.visit() as visit:
        asking = _Asking(visit, base, place.ring, clock, limits, fetcher.sleep)
        head = read_ring((await asking.version(None)).body)
        _check_same(head, place.ring)
        walk = _Walk(asking, Replay(keys, asking.pages.get))
        cut = await walk.run(head, progress)
    freshness = chain.freshness(head, clock())
    return Report(base, head, freshness, tuple(walk.links), len(asking.erased), unfounded, cut)


async def _founder(
    fetching: ManifestFetcher, name: ServerName, now: Millis
) -> tuple[Mapping[str, VerifyKey] | None, str]:
    """The founder's keys by its manifest, or why they are not known: a founder may be gone."""
    try:
        fetched = await fetching.fetch(name, None, now)
        manifest = await asyncio.to_thread(read_manifest, fetched.body or b"")
    except (FetchError, DocumentError) as error:
        return None, error.sentence
    verdict = trust.judge(None, name, manifest, now)
    if not verdict.is_good:
        return None, f"its manifest is {verdict.outcome}: {verdict.why}"
    return chain.founder_keys(manifest), ""


class _Asking:
    """One server, asked within the limits. `pages` are those of the version at hand, by hash."""

    def __init__(
        self,
        visit: Visit,
        base: PeerUrl,
        ring: RingId,
        clock: Clock,
        limits: Limits,
        sleep: Sleep,
    ) -> None:
        self.ring = ring
        self.limits = limits
        self.pages: dict[str, bytes | None] = {}
        self.erased: set[str] = set()
        self._visit = visit
        self._base = base
        self._clock = clock
        self._sleep = sleep
        self._bytes = 0
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + limits.time / SECOND

    @property
    def spent(self) -> str:
        """Which limit is reached; "" for none."""
        if self._bytes > self.limits.bytes:
            return f"more than {self.limits.bytes // MIB} MiB were sent"
        if self._loop.time() > self._until:
            return f"it took longer than {self.limits.time // MINUTE} minutes"
        return ""

    async def version(self, sequence: int | None) -> Answer:
        """One version (None: the newest); any of the statuses of what is not there."""
        statuses = (200,) if sequence is None else (200, *_NOT_FOUND)
        return await self._get(document_url(self._base, self.ring, sequence), SMALL, statuses)

    async def fetch_pages(self, hashes: tuple[str, ...]) -> None:
        """Fetch pages, to be at hand until the next ones are; what is gone is erased."""
        self.pages.clear()
        for sha256 in hashes:
            url = f"{self._base}{PAGES_PATH}/{sha256}"
            answer = await self._get(url, MANIFEST, (200, *_NOT_FOUND))
            if answer.status in _NOT_FOUND:
                self.erased.add(sha256)
            self.pages[sha256] = None if answer.status in _NOT_FOUND else answer.body

    async def _get(self, url: str, budget: Budget, statuses: tuple[int, ...]) -> Answer:
        """Ask once, or after the pause that the server asks for."""
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                answer = await self._visit.request(
                    "GET", url, budget=budget, redirects=MAX_REDIRECTS, statuses=statuses
                )
            except StatusRefused as error:
                if error.status not in _BUSY or not tries_left:
                    raise
            except BackingOff as error:
                if not tries_left:
                    raise
                wait = min(max(error.until - self._clock(), 0), LONGEST_REST)
                await self._sleep(wait / SECOND)
            else:
                self._bytes += len(answer.body)
                return answer
        raise AssertionError("the last try ends it")


class _Walk:
    """A chain as far as it was walked."""

    def __init__(self, asking: _Asking, replay: Replay) -> None:
        self.links: list[Link] = []
        self._asking = asking
        self._replay = replay
        self._missing = 0

    async def run(self, head: Ring, progress: Progress | None) -> str:
        """Walk up to `head`; why it ended before, or ""."""
        for sequence in range(1, head.sequence + 1):
            if why := self._ends(sequence):
                return f"only {sequence - 1} of {head.sequence} versions were walked: {why}"
            self.links.append(await self._step(sequence))
            if progress:
                progress(sequence, head.sequence)
        last = self.links[-1]
        if last.sha256 not in {"", head.sha256}:
            why = f"the newest version is another one than version {head.sequence} of the chain"
            broken = Link(head.sequence, head.sha256, RingOutcome.BROKEN_CHAIN, why)
            self.links.append(broken)
        return ""

    def _ends(self, sequence: int) -> str:
        if sequence > self._asking.limits.versions:
            return f"{self._asking.limits.versions} are enough"
        if self._missing >= MISSING:
            return f"the last {MISSING} are not there"
        return self._asking.spent

    async def _step(self, sequence: int) -> Link:
        answer = await self._asking.version(sequence)
        if answer.status in _NOT_FOUND:
            self._missing += 1
            why = f"version {sequence} is not there"
            return Link(sequence, "", RingOutcome.BROKEN_CHAIN, why)
        self._missing = 0
        try:
            version = read_ring(answer.body)
            _check_same(version, self._asking.ring)
            _check_asked(version, sequence)
        except DocumentError as error:
            refused = chain.refuse(None, error)
            return Link(sequence, "", refused.outcome, refused.why)
        await self._asking.fetch_pages(self._replay.lacks(version))
        return await asyncio.to_thread(self._replay.add, version)


def _check_same(version: Ring, ring: RingId) -> None:
    if version.id != ring:
        raise TrustError(f"it is of {version.id}, not {ring}", RingOutcome.WRONG_RING)


def _check_asked(version: Ring, sequence: int) -> None:
    if version.sequence != sequence:
        raise TrustError(
            f"version {version.sequence} was answered when {sequence} was asked for",
            RingOutcome.BROKEN_CHAIN,
        )
