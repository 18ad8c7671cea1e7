"""Building the index anew from the database, beside the one that is searched meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from webring.directory.listing import Listing
from webring.errors import SearchError
from webring.names import RoomId
from webring.search.generations import NOTHING, Applied
from webring.search.index import Build, SearchIndex
from webring.storage import changes, listings
from webring.storage.changes import Change
from webring.storage.database import Database

PAGE: Final = 1_000
"""Listings read at once."""

Progress = Callable[[int, int], None]
"""Told how many listings are done, and of how many (the second may grow or shrink meanwhile)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes in order, and what the database says of their rooms now."""

    upserts: tuple[Listing, ...]
    removes: tuple[RoomId, ...]
    applied: Applied


class SequenceGap(SearchError):
    """Changes between the index and the database are forgotten: the index has to be rebuilt."""


async def rebuild(db: Database, index: SearchIndex, progress: Progress | None = None) -> int:
    """Build the index anew and swap it in; how many listings it holds.

    Searches go on in the old one. Changes that are made meanwhile are in the new one when it is
    swapped in. Raises `SearchError` while another process builds.
    """
    build = index.begin()
    try:
        last = await changes.last(db.reader)
        applied = Applied(last.sequence, last.mark) if last else NOTHING
        done = await _fill(db, build, progress or _silent)
        while batch := await next_batch(db, applied):
            await asyncio.to_thread(build.apply, batch.upserts, batch.removes)
            applied = batch.applied
        await asyncio.to_thread(index.publish, build, applied.sequence, applied.mark)
        return done
    finally:
        build.close()


async def next_batch(db: Database, applied: Applied) -> Batch | None:
    """What changed after `applied`, or None. Raises `SequenceGap` where that is unknown."""
    found = await changes.after(db.reader, applied.sequence - 1, PAGE + 1)
    if found and found[0].sequence == applied.sequence:
        if applied.mark and found[0].mark != applied.mark:
            raise SequenceGap("the database, which was restored or replaced, has another history")
        found = found[1:]
    elif found and found[0].sequence != applied.sequence + 1:
        raise SequenceGap(f"the changes after {applied.sequence} are not kept any more")
    elif not found and applied.sequence:
        raise SequenceGap("the index is ahead of the database, which was restored or replaced")
    return await _batch(db, found) if found else None


async def _batch(db: Database, found: Sequence[Change]) -> Batch:
    rooms = tuple(dict.fromkeys(change.room_id for change in found))
    there = await listings.many(db.reader, rooms)
    gone = tuple(room_id for room_id in rooms if room_id not in there)
    return Batch(tuple(there.values()), gone, Applied(found[-1].sequence, found[-1].mark))


async def _fill(db: Database, build: Build, progress: Progress) -> int:
    done, after = 0, None
    total = await listings.count(db.reader)
    progress(0, total)
    while page := await listings.page(db.reader, after=after, limit=PAGE):
        await asyncio.to_thread(build.add, page)
        done, after = done + len(page), page[-1].room_id
        progress(done, max(total, done))
    return done


def _silent(done: int, total: int) -> None:
    """Nobody watches."""
