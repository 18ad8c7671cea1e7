"""The rounds: looking at every member whose time has come, many at once and none twice."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.crawler.frontier import registrable
from webring.documents.ring_parts import MemberKind
from webring.errors import StorageError
from webring.names import ServerName
from webring.rings.host_turns import HostTurns
from webring.rings.recording import Look, Recorder
from webring.rings.seeing import LOOKING, Eyes
from webring.storage import ring_members
from webring.storage.database import Database
from webring.storage.ring_members import MemberJob
from webring.storage.sql import Connection

LEASE: Final[Millis] = LOOKING + 8 * MINUTE
"""How long a look may take before another process may begin it anew: longer than any does."""
LOOK_AGAIN: Final[Millis] = 2 * SECOND
"""How often others that are due are looked for while a slow site is being looked at."""
BURST: Final = 10
"""Sites of one registrable domain that are looked at without a pause."""
GAP: Final[Millis] = 30 * SECOND
"""Between two of them from then on: a ring may list as many addresses of somebody's as it likes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lane:
    """Members that keep no others waiting: of one kind, of rings that are wanted here or of any.

    At most `places` are looked at together. `asks`: over the network, each for itself.
    """

    kind: MemberKind
    wanted: bool | None
    places: int
    asks: bool


LANES: Final = (
    Lane(MemberKind.COMMUNITY, None, places=200, asks=False),
    Lane(MemberKind.SITE, True, places=32, asks=True),
    Lane(MemberKind.SITE, False, places=16, asks=True),
)


@dataclass(frozen=True, slots=True)
class _Errand:
    """Members that are being looked at together."""

    lane: Lane
    jobs: Sequence[MemberJob]


class Rounds:
    """Looks at members that are due."""

    def __init__(
        self, db: Database, eyes: Eyes, recorder: Recorder, clock: Clock, holder: str
    ) -> None:
        self._db = db
        self._eyes = eyes
        self._recorder = recorder
        self._clock = clock
        self._holder = holder
        self._turns = HostTurns(BURST, GAP)

    async def make(self) -> int:
        """Look at members until none is due; how many were. One that is slow delays no other."""
        done = 0
        under_way: dict[asyncio.Task[int], _Errand] = {}
        try:
            while True:
                for errand in await self._errands(under_way.values()):
                    under_way[asyncio.create_task(self._run(errand))] = errand
                if not under_way:
                    return done
                ended, _ = await asyncio.wait(
                    under_way, timeout=LOOK_AGAIN / SECOND, return_when=asyncio.FIRST_COMPLETED
                )
                for task in ended:
                    del under_way[task]
                    done += task.result()
        finally:
            await self._give_up(under_way)

    async def _errands(self, under_way: Iterable[_Errand]) -> list[_Errand]:
        """Take what is due, as far as there are places."""
        now, busy, found = self._clock(), Counter[Lane](), list[_Errand]()
        for each in under_way:
            busy[each.lane] += len(each.jobs)
        async with self._db.transaction() as tx:
            for lane in LANES:
                jobs = await self._claim(tx, lane, lane.places - busy[lane], now)
                if lane.asks:
                    found += [_Errand(lane, [job]) for job in await self._in_turn(tx, jobs, now)]
                elif jobs:
                    found.append(_Errand(lane, jobs))
        return found

    async def _claim(self, tx: Connection, lane: Lane, free: int, now: Millis) -> list[MemberJob]:
        if free <= 0:
            return []
        return await ring_members.claim(
            tx, self._holder, now, free, LEASE, kind=lane.kind, wanted=lane.wanted
        )

    async def _in_turn(
        self, tx: Connection, sites: Sequence[MemberJob], now: Millis
    ) -> list[MemberJob]:
        """The sites whose turn is now; the others are put off until theirs comes."""
        ready = []
        for job in sites:
            at = self._turns.take(domain(job.member.url), now)
            if at <= now:
                ready.append(job)
            else:
                await ring_members.put_off(tx, job, at)
        return ready

    async def _run(self, errand: _Errand) -> int:
        """Look, and write it down. What cannot be is tried again when its lease has ended."""
        seen = [await self._look(job) for job in errand.jobs]
        looks = [look for look in seen if look is not None]
        try:
            return len(await self._recorder.write(looks))
        except StorageError as error:
            log.warning("%d looks were not written down: %s", len(looks), error.sentence)
        except Exception:
            log.exception("%d looks were not written down", len(looks))
        return 0

    async def _look(self, job: MemberJob) -> Look | None:
        """One look. One that failed by a fault of ours must not end the others."""
        try:
            return Look(job, await self._eyes.see(self._db.reader, job.member))
        except Exception:
            log.exception("The look at %s of %s failed", job.member.member, job.member.ring)
            return None

    async def _give_up(self, under_way: Mapping[asyncio.Task[int], _Errand]) -> None:
        """End looks in the middle; they are due as before."""
        if not under_way:
            return
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        async with self._db.transaction() as tx:
            for errand in under_way.values():
                await ring_members.release(tx, errand.jobs)


def domain(url: str) -> str:
    """By what sites take turns: the registrable domain, whatever names stand below it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return url
    return registrable(ServerName(f"[{host}]" if ":" in host else host))
