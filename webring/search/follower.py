"""Keeping the index current: it follows the database's changes, and heals itself."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import Final

from webring.clock import SECOND, Millis
from webring.errors import SearchError, StorageError
from webring.search.index import NONE_YET, SearchIndex, Superseded
from webring.search.rebuild import Progress, SequenceGap, next_batch, rebuild
from webring.storage.database import Database

POLL: Final[Millis] = 250
"""How often changes by other processes are looked for; our own are told by `notify`."""
PAUSE: Final[Millis] = 5 * SECOND
"""How long to wait after a failure (a full disk, a lost database) before trying again."""

TOLD_EVERY: Final = 5.0
"""Seconds between two lines that say how far a rebuild has come."""

log = logging.getLogger(__name__)


class Told:
    """Logs how far a rebuild has come, now and then."""

    def __init__(self) -> None:
        self._at = monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Called after each page of listings."""
        now = monotonic()
        if now - self._at >= TOLD_EVERY:
            self._at = now
            log.info("The search index is rebuilt: %d of %d listings", done, total)


class Follower:
    """Brings one index up to date, for as long as `run` runs.

    Where another process writes the index, it only watches, and takes over once that is gone.
    """

    def __init__(self, db: Database, index: SearchIndex, progress: Progress | None = None) -> None:
        self._db = db
        self._index = index
        self._progress = progress
        self._told = asyncio.Event()

    def notify(self) -> None:
        """Say that there are changes, so that they are searched at once."""
        self._told.set()

    async def run(self) -> None:
        """Follow until cancelled. Failures are logged, and tried again after a pause."""
        while True:
            pause = POLL
            try:
                await self.catch_up()
            except Superseded:
                continue
            except (SearchError, StorageError) as error:
                log.warning("The search index falls behind: %s", error.sentence)
                pause = PAUSE
            await self._wait(pause)

    async def catch_up(self) -> None:
        """Apply every change there is, rebuilding first where the index is missing or damaged.

        Raises `SearchError` or `StorageError` where that is not possible now.
        """
        self._index.refresh()
        if self._index.needs_rebuild:
            await self.rebuild(self._progress)
        elif not self._index.take_over():
            return
        try:
            while batch := await next_batch(self._db, self._index.applied):
                last = batch.applied
                await asyncio.to_thread(
                    self._index.apply, batch.upserts, batch.removes, last.sequence, last.mark
                )
        except SequenceGap as gap:
            log.info("The search index is rebuilt: %s", gap.sentence)
            await self.rebuild(self._progress)

    async def rebuild(self, progress: Progress | None = None) -> int:
        """Build the index anew, whatever state it is in; how many listings it holds."""
        if damage := self._index.damage:
            level = logging.INFO if damage == NONE_YET else logging.WARNING
            log.log(level, "The search index is rebuilt: %s", damage)
        count = await rebuild(self._db, self._index, progress or Told())
        log.info("The search index is whole: %d listings", count)
        return count

    async def _wait(self, pause: Millis) -> None:
        try:
            async with asyncio.timeout(pause / SECOND):
                await self._told.wait()
        except TimeoutError:
            return
        finally:
            self._told.clear()
