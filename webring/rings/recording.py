"""Writing down what looks at members came to: states, revisions of rings, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from webring import metrics
from webring.clock import Clock, Millis
from webring.crawler.schedule import jittered
from webring.documents.ring_parts import MemberKind
from webring.errors import LeaseLost
from webring.names import ServerName, Slug
from webring.rings import wanting
from webring.rings.assessing import CHANGED, assessed, is_seen, news
from webring.rings.keeping import Notes
from webring.rings.seeing import Seen
from webring.rings.site import LEFT
from webring.storage import ring_members, rings
from webring.storage.database import Database
from webring.storage.ring_members import MemberJob, StoredMember
from webring.storage.sql import Connection


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a member that was claimed, and what it showed."""

    job: MemberJob
    seen: Seen


@dataclass(frozen=True, slots=True)
class Recorded:
    """A look as it was written down: the member before and after."""

    before: StoredMember
    after: StoredMember
    seen: Seen


class Recorder:
    """Writes looks down. `own` is our own name, of whose communities the room is told as well."""

    def __init__(
        self,
        db: Database,
        notes: Notes,
        own: ServerName,
        interval: Millis,
        clock: Clock,
        spread: Callable[[], float],
    ) -> None:
        self._db = db
        self._notes = notes
        self._own = own
        self._interval = interval
        self._clock = clock
        self._spread = spread

    async def write(self, looks: Sequence[Look]) -> list[Recorded]:
        """Write looks down in one transaction; those that others have not overtaken."""
        judged = [self._judged(look) for look in sorted(looks, key=lambda look: look.job.key)]
        async with self._db.transaction() as tx:
            # Revisions first, as whoever writes a new head does: in one order, nobody waits
            # for each other.
            changed = [each for _, each in judged if is_seen(each.before, each.after)]
            for ring in sorted({each.before.ring for each in changed}):
                await rings.touch(tx, ring)
            written = [each for job, each in judged if await self._finish(tx, job, each)]
        for each in written:
            metrics.ring_checked(each.seen.finding.value)
        return written

    def _judged(self, look: Look) -> tuple[MemberJob, Recorded]:
        before, now = look.job.member, self._clock()
        after = assessed(before, look.seen, self._interval, now)
        if after.next_at is not None:
            wait = jittered(after.next_at - now, self._spread())
            after = replace(after, next_at=now + wait)
        return look.job, Recorded(before, after, look.seen)

    async def _finish(self, tx: Connection, job: MemberJob, recorded: Recorded) -> bool:
        changes = {name: getattr(recorded.after, name) for name in CHANGED}
        try:
            await ring_members.finish(tx, job, changes)
        except LeaseLost:
            return False
        await _heed(tx, recorded, self._clock())
        await self._tell(tx, recorded)
        return True

    async def _tell(self, tx: Connection, recorded: Recorded) -> None:
        before, after = recorded.before, recorded.after
        if before.state == after.state:
            return
        ring = await rings.get(tx, after.ring)
        text = news(before, after, ring.name if ring and ring.name else after.ring)
        if text:
            await self._notes.note(
                tx, after.ring, after.member, after.state, text, self._community(after)
            )

    def _community(self, member: StoredMember) -> Slug | None:
        return member.community if member.instance == self._own else None


async def _heed(tx: Connection, recorded: Recorded, now: Millis) -> None:
    """As a steward, do what a site said of itself: that it leaves, or stands by the ring again.

    What a community wants of its slot comes by its instance's messages.
    """
    after = recorded.after
    has_left, is_back = recorded.seen.code == LEFT, after.state != recorded.before.state
    if after.kind != MemberKind.SITE or not (has_left or (is_back and after.consents)):
        return
    ring = await rings.get(tx, after.ring)
    if ring is None or not ring.stewarded:
        return
    if has_left:
        await wanting.go(tx, after, now)
    else:
        await wanting.stay(tx, after)
