"""Few requests at a time to any one host, and none at all while it wants a rest.

Slots are per host, so that one slow or dead host never delays another; a global ceiling bounds the
sum. A host that fails is left alone for longer each time, with jitter, across restarts; one that
answers is forgiven at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Final

from webring.clock import DAY, MINUTE, SECOND, Clock, Millis
from webring.errors import BackingOff
from webring.net.headers import MAX_RETRY_AFTER
from webring.net.hosts import HostBook

PER_HOST: Final = 2
"""Requests under way at once to one host."""
BURST: Final = 10
"""Requests that a rested host gets without a gap."""
GAP: Final[Millis] = SECOND // 10
"""Between requests beyond the burst: Synapse answers about ten a second, then delays."""
PATIENCE: Final[Millis] = 3 * SECOND
"""A pause this short is waited for; a longer one is the caller's to hear of."""
FIRST_PAUSE: Final[Millis] = SECOND
LONGEST_PAUSE: Final[Millis] = 5 * MINUTE
"""Shorter than any schedule's: the next visit of a host that is back must not find us waiting."""
IDLE_SLOTS: Final = 4_096
"""Slots kept while nobody uses them."""
_CLOCK_JUMP: Final[Millis] = MINUTE
_MAX_DOUBLINGS: Final = 32
_CHANCE: Final = SystemRandom().random

Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]
"""A number from 0 up to 1."""


class Slot:
    """One host's turn: how many are asking it now, and when the next may (a leaky bucket)."""

    __slots__ = ("_next", "places", "users")

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(PER_HOST)
        self.users = 0
        self._next: Millis = 0

    def reserve(self, now: Millis) -> Millis:
        """Take the next turn; how long to wait for it."""
        if self._next > now + DAY or self._next < now:
            self._next = now
        wait = max(0, self._next - now - BURST * GAP)
        self._next += GAP
        return min(wait, _CLOCK_JUMP)


class Politeness:
    """Who may be asked now. `concurrency` is the global ceiling of requests under way."""

    def __init__(
        self,
        book: HostBook,
        clock: Clock,
        *,
        concurrency: int = 32,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = _CHANCE,
    ) -> None:
        self._book = book
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._ceiling = asyncio.Semaphore(concurrency)
        self._slots: OrderedDict[str, Slot] = OrderedDict()

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """A turn with `host`; `BackingOff` while it is to be left alone.

        The host's own place is taken before the global one: whoever waits for a busy host keeps
        nobody else waiting.
        """
        slot = self._slots.setdefault(host, Slot())
        self._slots.move_to_end(host)
        slot.users += 1
        try:
            async with slot.places:
                await self.rest(host)
                wait = slot.reserve(self._clock())
                if wait:
                    await self._sleep(wait / SECOND)
                async with self._ceiling:
                    yield
        finally:
            slot.users -= 1
            self._forget_idle()

    async def succeeded(self, host: str) -> None:
        """It answered: its failures are forgiven."""
        if (await self._book.get(host)).failures:
            await self._book.change(host, failures=0, not_before=0, reason="")

    async def failed(self, host: str, reason: str, retry_after: Millis | None = None) -> None:
        """It failed, or asked for a pause of `retry_after`: leave it alone for a while."""
        failures = (await self._book.get(host)).failures + 1
        pause = max(retry_after or 0, self._pause(failures))
        await self._book.change(
            host, failures=failures, not_before=self._clock() + pause, reason=reason
        )

    def _pause(self, failures: int) -> Millis:
        """Twice as long each time, up to five minutes, and half of it left to chance."""
        longest = min(FIRST_PAUSE << min(failures - 1, _MAX_DOUBLINGS), LONGEST_PAUSE)
        return int(longest * (0.5 + self._chance() / 2))

    async def rest(self, host: str) -> None:
        """Wait for the end of a short pause; `BackingOff` for one that is longer."""
        state = await self._book.get(host)
        left = state.not_before - self._clock()
        if left <= 0 or left > MAX_RETRY_AFTER:  # no pause is that long: the clock was turned back
            return
        if left > PATIENCE:
            raise BackingOff(
                f"{host} is left alone for {-(-left // SECOND)} s more, after {state.failures} "
                f"failures in a row ({state.reason})",
                host=host,
                until=state.not_before,
                because=state.reason,
            )
        await self._sleep(left / SECOND)

    def _forget_idle(self) -> None:
        while len(self._slots) > IDLE_SLOTS:
            host = next(iter(self._slots))
            if self._slots[host].users:
                self._slots.move_to_end(host)
                return
            del self._slots[host]
