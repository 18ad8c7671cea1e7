"""Reports: a visitor says that something is wrong with a listing, and the operator decides.

Nothing of the visitor is kept. A client reports only so much in an hour, and a listing that many
have reported already waits for the operator instead of filling the database.
"""

from __future__ import annotations

from typing import Final

from webring.clock import DAY, HOUR, MINUTE, Clock, Millis
from webring.errors import BadRequest, Conflict, NotFound, RateLimited, Unavailable
from webring.limiter import RateLimiter
from webring.moderation.desk import Desk
from webring.moderation.reasons import Code, Kept, Reason
from webring.moderation.targets import Action, Target
from webring.names import CommunityId, RoomId
from webring.storage import decisions, listings, reports
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.reports import Report

MAX_TEXT: Final = 2_000
"""Characters of what a visitor writes."""
PER_HOUR: Final = 6
"""Reports of one client in an hour, in the long run."""
AT_ONCE: Final = 3
"""Reports of one client at once."""
PER_ROOM: Final = 20
"""Open reports about one room: what more of them say, these have said."""
MOST_OPEN: Final = 5_000
"""Open reports in all."""
KEPT: Final[Millis] = 365 * DAY
"""How long a report is remembered once it is resolved."""
UNCHOSEN: Final = "choose what is wrong"
UNSAID: Final = "say in a few words what is wrong"
"""What the form says, in the reader's language."""


class Reporting:
    """Takes reports in, from pages."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._limiter = RateLimiter(PER_HOUR * MINUTE / HOUR, clock, AT_ONCE)

    async def report(
        self, room_id: RoomId, community: CommunityId | None, reason: str, text: str, client: str
    ) -> None:
        """Take in what a visitor at the address `client` says.

        Raises `NotFound` for what is not listed, `BadRequest` for a report that says nothing,
        `RateLimited` and `Unavailable` for one too many. A report that is refused costs nothing.
        """
        read, text = _read(reason), text.strip()
        if len(text) > MAX_TEXT:
            raise BadRequest(
                f"a report has at most {MAX_TEXT} characters, and this has {len(text)}"
            )
        if read is Reason.OTHER and not text:
            raise BadRequest(UNSAID)
        shown = await listings.get(self._db.reader, room_id)
        if shown is None:
            raise NotFound(f"no room {room_id} is listed here")
        await self._make_sure_of_room(room_id)
        if wait := self._limiter.take(client):
            minutes = -(-wait // MINUTE)
            raise RateLimited(f"wait {minutes} minutes before the next report", retry_after=wait)
        name = shown.name or shown.alias or ""
        new = Report(self._clock(), room_id, community, name, read.value, text)
        async with self._db.transaction() as tx:
            await reports.add(tx, [new])

    async def _make_sure_of_room(self, room_id: RoomId) -> None:
        if await reports.count_open(self._db.reader, room_id) >= PER_ROOM:
            raise RateLimited(
                "this has been reported often, and will be looked at", retry_after=DAY
            )
        if await reports.count_open(self._db.reader) >= MOST_OPEN:
            raise Unavailable("so much is reported that it has to be looked at first")


async def delist(
    db: Database, clock: Clock, report_id: int, code: Code, note: str, actor: str
) -> int:
    """Keep out what a report is about, a space with its rooms, and resolve every report about it.

    Returns how many listings went. Raises `NotFound` and `Conflict`.
    """
    report = await _open_one(db, report_id)
    shown = await listings.get(db.reader, report.room_id)
    kind = Target(shown.kind.value) if shown else Target.ROOM
    desk = Desk(db, clock)
    kept = await desk.keep_out(Action.BLOCK, kind, report.room_id, note, actor, code)
    return kept.removed


async def leave(
    db: Database, clock: Clock, report_id: int, kept: Kept, note: str, actor: str
) -> None:
    """Resolve one report, and leave what it is about. Raises `NotFound` and `Conflict`."""
    report, now = await _open_one(db, report_id), clock()
    async with db.transaction() as tx:
        await reports.resolve(tx, report.room_id, kept.value, note, now, only=report_id)
        reason = f"{kept.value}: {note}".removesuffix(": ")
        await decisions.log(tx, Decision(now, actor, "left_listed", report.room_id, reason))


async def _open_one(db: Database, report_id: int) -> Report:
    report = await reports.get(db.reader, report_id)
    if report is None:
        raise NotFound(f"there is no report {report_id}: see webring reports list")
    if report.code is not None:
        raise Conflict(f"report {report_id} is resolved: {report.code}")
    return report


def _read(reason: str) -> Reason:
    try:
        return Reason(reason)
    except ValueError:
        raise BadRequest(UNCHOSEN) from None
