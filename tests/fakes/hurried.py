"""Time that nobody has to wait for."""

from __future__ import annotations

import asyncio

from webring.clock import SECOND, Millis


class Hurried:
    """A clock, and a `sleep` that moves it on in the place of waiting."""

    def __init__(self, now: Millis) -> None:
        self.now = now

    def __call__(self) -> Millis:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let others go on meanwhile, as sleeping does."""
        self.now += round(seconds * SECOND)
        await asyncio.sleep(0)
