"""Checking members' consent: on a schedule, at a member's wish, and before a site has joined."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from webring.clock import SECOND, Clock, Millis
from webring.documents.ring_parts import MemberKind
from webring.errors import NotFound
from webring.names import RingId
from webring.rings import reports
from webring.rings.bases import Bases
from webring.rings.connectivity import Connectivity
from webring.rings.host_turns import HostTurns
from webring.rings.keeping import Notes
from webring.rings.looking import SiteLooker
from webring.rings.pledges import Pledges
from webring.rings.previewing import Previews, SitePreview
from webring.rings.recording import Look, Recorded, Recorder
from webring.rings.reports import CheckReport
from webring.rings.rounds import LEASE, Rounds, domain
from webring.rings.seeing import Eyes
from webring.settings import Settings
from webring.storage import ring_members
from webring.storage.database import Database
from webring.storage.ring_members import MemberJob, StoredMember

PAUSE: Final[Millis] = 20 * SECOND
"""The least time between two looks at one member."""
BURST: Final = 5
"""Looks at sites of one registrable domain, by people's wish, without a pause."""
GAP: Final[Millis] = 20 * SECOND
"""Between two of them from then on."""
REMEMBERED: Final = 500
"""Reports that are kept at hand, so that they can be told again."""


class Checking:
    """Finds out who stands by their ring. `eyes` are what it looks with."""

    def __init__(
        self,
        db: Database,
        looker: SiteLooker,
        pledges: Pledges,
        connectivity: Connectivity,
        notes: Notes,
        settings: Settings,
        clock: Clock,
        holder: str,
        spread: Callable[[], float],
    ) -> None:
        own, interval = settings.instance.name, settings.rings.check_interval
        self.bases = bases = Bases(own, settings.instance.base_url, clock)
        self._db = db
        self._clock = clock
        self._holder = holder
        self.eyes = Eyes(looker, pledges, connectivity, bases, clock)
        self._recorder = Recorder(db, notes, own, interval, clock, spread)
        self._rounds = Rounds(db, self.eyes, self._recorder, clock, holder)
        self._previews = Previews(self.eyes, clock, allow_http=settings.testing.http)
        self._turns = HostTurns(BURST, GAP)
        self._last: OrderedDict[tuple[RingId, str], CheckReport] = OrderedDict()

    async def check_due(self) -> int:
        """Look at every member whose time has come; how many were."""
        return await self._rounds.make()

    async def preview(self, ring: RingId, url: str) -> SitePreview:
        """Look at a site that is not a member: see `Previews.look`."""
        return await self._previews.look(self._db.reader, ring, url)

    async def check_now(self, ring: RingId, member: str) -> CheckReport:
        """Look at a member now, and write it down; or the last result, where that was just now.

        Raises `NotFound` where the ring has no such slot.
        """
        stored = await ring_members.get(self._db.reader, ring, member)
        if stored is None:
            raise NotFound(f"{ring} has no member {member[:40]!a}")
        if why := self._held_back(stored):
            return self._told_again(stored, why)
        now = self._clock()
        async with self._db.transaction() as tx:
            job = await ring_members.claim_one(tx, ring, member, self._holder, now, LEASE)
        if job is None:
            return self._told_again(stored, "it is being looked at just now")
        recorded = await self._looked(job)
        if recorded is None:
            return self._told_again(stored, "something changed meanwhile: it is looked at again")
        return self._remember(reports.of_look(recorded))

    def _held_back(self, member: StoredMember) -> str:
        """Why it is not looked at now; "" where it may be."""
        now = self._clock()
        if not member.listed:
            return "the ring does not list it any more"
        if member.checked_at is not None and 0 <= now - member.checked_at < PAUSE:
            return f"it was looked at less than {PAUSE // SECOND} s ago"
        if member.kind == MemberKind.SITE and self._turns.take(domain(member.url), now) > now:
            return "other sites there were looked at a moment ago: try again in a minute"
        return ""

    async def _looked(self, job: MemberJob) -> Recorded | None:
        """Look, and write it down; None where another was faster."""
        try:
            seen = await self.eyes.see(self._db.reader, job.member)
            written = await self._recorder.write([Look(job, seen)])
        except BaseException:
            async with self._db.transaction() as tx:
                await ring_members.release(tx, [job])
            raise
        return written[0] if written else None

    def _told_again(self, member: StoredMember, why: str) -> CheckReport:
        """The last result, with its time."""
        last = self._last.get((member.ring, member.member))
        if last is None or (last.at, last.url) != (member.checked_at, member.url):
            return reports.of_stored(member, why)
        return replace(last, next_at=member.next_at, is_fresh=False, held_back=why)

    def _remember(self, report: CheckReport) -> CheckReport:
        self._last[report.ring, report.member] = report
        self._last.move_to_end((report.ring, report.member))
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return report


__all__ = ["CheckReport", "Checking", "SitePreview"]
