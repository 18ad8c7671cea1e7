"""Reading a ring from one instance, as far as it proves what it says: versions, then pages.

Versions are asked for in their order and judged as they come, a few at a time: whoever sends what
does not verify is not listened to any further, and of a long chain only the bytes are held. All of
it counts or nothing; `documents.chain` says which.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Final, overload

from webring.clock import MINUTE, SECOND, Millis
from webring.documents import canonical, chain
from webring.documents.keys import VerifyKey
from webring.documents.ring import Ring, read_ring, with_members
from webring.documents.ring_outcome import RingOutcome, RingVerdict
from webring.errors import DocumentError, StatusRefused, TrustError
from webring.names import RingId
from webring.net.budget import MIB
from webring.rings.asking import Source

WINDOW: Final = 32
"""Versions that are judged together."""
TOO_LONG: Final = "too_long"
"""The code of a chain, or of pages, that are more than is read in one go."""


FEW_PAGES: Final = 2
"""Pages that are fetched without waiting for others who fetch many."""
STILL_THERE: Final[Millis] = MINUTE
"""How often whoever waits for a turn says that the work is still its own."""


class Limits:
    """How much is read in one go: versions, and bytes of versions, or of pages; and how many, of
    those who read much, read at once: what they read is held in memory.

    `most` versions are held of a ring (None: any number), and `former` bytes of superseded pages.
    """

    def __init__(
        self, versions: int, size: int, at_once: int, *, most: int | None = None, former: int = 0
    ) -> None:
        self.versions = versions
        self.size = size
        self.most = most
        self.former = former
        self._turns = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self, source: Source) -> AsyncIterator[None]:
        """A turn to read much; the work stays ours while it is waited for."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(STILL_THERE / SECOND):
                    await self._turns.acquire()
                break
            await source.alive()
        try:
            yield
        finally:
            self._turns.release()

    @classmethod
    def by_wanted(cls) -> Mapping[bool, Limits]:
        """For rings that are wanted here, and for those that somebody only mentioned."""
        return {
            True: cls(10_000, 64 * MIB, 2, former=64 * MIB),
            False: cls(200, 2 * MIB, 1, most=200),
        }


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a ring: its root ("": whichever comes), the pinned head, and the version
    before that one. `declined` are hashes of versions that the operator chose to leave.
    """

    id: RingId
    root: str
    pinned: Ring | None = None
    before: Ring | None = None
    declined: frozenset[str] = frozenset()

    def followed_by(self, new: Sequence[Ring]) -> Held:
        """The same with new versions: those after the pinned one, or in its place."""
        head, before = new[-1], self.before
        if len(new) > 1:
            before = new[-2]
        elif self.pinned is not None and head.sequence > self.pinned.sequence:
            before = self.pinned
        return replace(self, root=head.root, pinned=head, before=before)


class Versions(Sequence[Ring]):
    """Versions of one ring, oldest first, held as bytes: each look reads one anew."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self.size = 0

    def add(self, version: Ring) -> None:
        """One more, the newest."""
        body = canonical.encode(version.content)
        self._bodies.append(body)
        self.size += len(body)

    def __len__(self) -> int:
        return len(self._bodies)

    @overload
    def __getitem__(self, at: int) -> Ring: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Ring]: ...
    def __getitem__(self, at: int | slice) -> Ring | Sequence[Ring]:
        if isinstance(at, slice):
            return [read_ring(body) for body in self._bodies[at]]
        return read_ring(self._bodies[at])

    def __iter__(self) -> Iterator[Ring]:
        return map(read_ring, self._bodies)


@dataclass(frozen=True, slots=True)
class Offer:
    """What an instance offered: the verdict on it, what is held once that is written down, the
    versions that are new (where it is good), and those that are worth keeping as evidence.
    """

    verdict: RingVerdict
    held: Held
    versions: Versions = field(default_factory=Versions, repr=False)
    evidence: tuple[Ring, ...] = ()


class ChainReader:
    """Reads one ring from one source, against what is held. `founders` are the keys by which a
    first version is judged.
    """

    def __init__(
        self,
        source: Source,
        held: Held,
        founders: Mapping[str, VerifyKey],
        limits: Limits,
        now: Millis,
    ) -> None:
        self._source = source
        self._held = held
        self._founders = founders
        self._limits = limits
        self._now = now

    async def read(self) -> Offer:
        """Read all that is new. Raises a `FetchError`, or `TrustError` too_long."""
        pinned = self._held.pinned
        try:
            newest = await self._source.newest(pinned.sha256 if pinned else "")
            if newest is None or (pinned is not None and newest.sha256 == pinned.sha256):
                why = "it is the version that we have"
                return Offer(RingVerdict(RingOutcome.UNCHANGED, why, pinned), self._held)
            self._check_identity(newest)
            return await self._read_up_to(newest)
        except DocumentError as error:
            if error.code == TOO_LONG:
                raise
            return Offer(chain.refuse(pinned, error), self._held)

    def _check_identity(self, newest: Ring) -> None:
        """Refuse another ring before anything more of it is asked for."""
        if newest.id != self._held.id:
            raise TrustError(f"it is of {newest.id}, not {self._held.id}", "wrong_ring")
        if self._held.root and newest.root != self._held.root:
            why = f"its root is {newest.root}, and {self._held.root} is sought"
            raise TrustError(why, "wrong_root")

    async def _read_up_to(self, newest: Ring) -> Offer:
        """Read every version behind the pinned one up to `newest`, which has come already."""
        pinned = self._held.pinned
        first = pinned.sequence + 1 if pinned else 1
        if self._limits.most is not None and newest.sequence > self._limits.most:
            why = f"of a ring that nobody here wants, {self._limits.most} versions are kept at most"
            raise TrustError(f"{why}, not {newest.sequence}", TOO_LONG)
        if newest.sequence - first >= self._limits.versions:
            raise too_long(newest.sequence - first + 1, self._limits.versions, "versions")
        if newest.sequence - first < WINDOW:
            return await self._read_from(first, newest)
        async with self._limits.turn(self._source):
            return await self._read_from(first, newest)

    async def _read_from(self, first: int, newest: Ring) -> Offer:
        pinned = self._held.pinned
        offer = Offer(RingVerdict(RingOutcome.UNCHANGED, "", pinned), self._held)
        for start in range(min(first, newest.sequence), newest.sequence + 1, WINDOW):
            window = await self._window(start, newest)
            if start == first and pinned is not None and window[0].previous != pinned.sha256:
                # Its own version of that sequence tells a sibling or a fork from a broken chain.
                with suppress(StatusRefused):
                    window.insert(0, await self._source.version(pinned.sequence))
            offer = await self._judged(offer, window, newest)
            if not offer.verdict.is_good:
                break
        return offer

    async def _window(self, start: int, newest: Ring) -> list[Ring]:
        """Some versions from `start` on, up to the newest one at most."""
        asked = range(start, min(start + WINDOW, newest.sequence))
        window = [await self._source.version(sequence) for sequence in asked]
        return [*window, newest] if len(asked) < WINDOW else window

    async def _judged(self, offer: Offer, window: Sequence[Ring], newest: Ring) -> Offer:
        """What the offer comes to with some more versions."""
        held = offer.held
        verdict = await asyncio.to_thread(
            chain.follow, held.pinned, held.before, window, self._founders, self._now
        )
        if verdict.is_good and held.declined & {each.sha256 for each in window}:
            why = "it is of the branch that was left by choice: ours goes on"
            verdict = RingVerdict(RingOutcome.FORKED, why, None, evidence=True)
        if not verdict.is_good:
            kept = (window[0], newest) if verdict.evidence else ()
            return Offer(replace(verdict, head=self._held.pinned), self._held, evidence=kept)
        new = [each for each in window if held.pinned is None or each.sha256 != held.pinned.sha256]
        for version in new:
            offer.versions.add(version)
        if offer.versions.size > self._limits.size:
            raise too_long(offer.versions.size, self._limits.size, "bytes of versions")
        if offer.versions and offer.verdict.outcome is RingOutcome.SIBLING_WON:
            verdict = replace(offer.verdict, head=verdict.head)
        return Offer(verdict, held.followed_by(new), offer.versions)


async def fetch_pages(source: Source, head: Ring, bodies: dict[str, bytes], limits: Limits) -> None:
    """Add to `bodies` those pages of a head that it lacks, and make sure that all of them fit.

    Raises `TrustError`, mixed_pages or too_long, or a `FetchError`; what was fetched until then
    stays in `bodies`, for another source need not send it.
    """
    missing = [ref.sha256 for ref in head.pages if ref.sha256 not in bodies]
    async with limits.turn(source) if len(missing) > FEW_PAGES else nullcontext():
        for sha256 in missing:
            bodies[sha256] = await source.page(sha256)
            size = sum(map(len, bodies.values()))
            if size > limits.size:
                raise too_long(size, limits.size, "bytes of pages")
    await asyncio.to_thread(with_members, head, bodies)


def too_long(seen: int, most: int, what: str) -> TrustError:
    """The error for more than is read in one go."""
    return TrustError(f"{seen} {what} are more than the {most} that are read in one go", TOO_LONG)
