"""Telling people what happens to them: notices on pages and in feeds, in rooms, and by mail.

A notice is written down where it happens; posting and mailing come later, by a job. A room of ours
is told once: a notice's number is the transaction that its homeserver knows it by. Where the room
cannot be told, that is noted with the reason, and tried again for a week: the account may be
invited meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from webring.clock import DAY, HOUR, MINUTE, SECOND, Clock, Millis
from webring.documents.ring_changes import ChangeKind
from webring.errors import FetchError, StatusRefused
from webring.matrix.client import MatrixClient
from webring.names import CommunityId, RingId, RoomId, Slug
from webring.net.mail import Mailer
from webring.rings import wording
from webring.rings.wording import Here
from webring.settings import Settings
from webring.storage import communities, facts, notices, rings
from webring.storage.database import Database
from webring.storage.notices import LISTED, REQUEST, NoticeDraft, RoomState, StoredNotice
from webring.storage.sql import Connection

IN_ROOM: Final = frozenset(
    {LISTED, ChangeKind.JOIN.value, ChangeKind.LEAVE.value, ChangeKind.REMOVE.value}
)
"""The kinds of notices that a room is told of: others are for whoever looks after a member."""
PATIENCE: Final[Millis] = 7 * DAY
"""How long it is tried to tell a room."""
FIRST_RETRY: Final[Millis] = MINUTE
LONGEST_RETRY: Final[Millis] = 6 * HOUR
"""Pauses between attempts double from the one to the other."""
RUN: Final[Millis] = 30 * SECOND
"""How long one run goes on posting; the next one goes on where it ended."""
AT_ONCE: Final = 20_000
"""Notices that are looked at in one run: most of them wait for their next attempt."""
MAILED: Final = "mailed_notice"
"""The fact that holds the number of the last notice that was sent, or needs no mail."""
SETTLED: Final[Millis] = MINUTE
"""A notice is mailed once it is so old: several go together, and numbers are in order by then."""
MAILED_FOR: Final[Millis] = 7 * DAY
"""An older one is not mailed any more."""
IN_ONE_MAIL: Final = 100
MAIL_PAUSE: Final[Millis] = 15 * MINUTE
"""How long a mail server that failed is left alone."""

_OFF: Final = "notices are switched off: [communities] notices"
_NO_TOKEN: Final = "there is no account to post by: [homeserver] access_token"  # noqa: S105
_GONE: Final = "it is not listed here any more"
_INVITE: Final = "invite the account of [homeserver] access_token, let it join, and let it write"
_NOT_LET: Final = frozenset({401, 403, 404})

log = logging.getLogger(__name__)


class Noticing:
    """Keeps notices, and passes them on."""

    def __init__(
        self, db: Database, matrix: MatrixClient, mailer: Mailer, settings: Settings, clock: Clock
    ) -> None:
        own = settings.instance
        self._here = Here(own.name, settings.profile.name or own.name, own.base_url)
        self._db = db
        self._matrix = matrix
        self._mailer = mailer
        self._enabled = settings.communities.notices
        self._clock = clock
        self._pauses: dict[int, tuple[Millis, Millis]] = {}
        self._mail_after: Millis = 0

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        """Record a notice about a member; `community` is its id where it is one of ours."""
        await self._add(tx, NoticeDraft(kind, text, ring, member, community))

    async def note_listed(self, tx: Connection, published: Iterable[Slug]) -> None:
        """Record that these communities of ours are published: once for each."""
        told = await notices.told(tx, LISTED)
        for community in sorted(set(published) - told):
            text = wording.listed(self._here)
            await self._add(tx, NoticeDraft(LISTED, text, community=community))

    async def post_due(self) -> int:
        """Tell rooms of ours what is new; how many were told."""
        told, began = 0, self._clock()
        for notice in await notices.to_post(self._db.reader, AT_ONCE):
            now = self._clock()
            if now - began >= RUN:
                break
            if now < self._pauses.get(notice.id, (0, 0))[0]:
                continue
            try:
                told += await self._post(notice, now)
            except FetchError as error:
                await self._not_told(notice, error.sentence, now)
                break
        return told

    async def mail_due(self) -> int:
        """Send the operator what is new in one mail; how many notices it held."""
        now = self._clock()
        if not self._mailer.is_configured or now < self._mail_after:
            return 0
        mark = int(await facts.get(self._db.reader, MAILED) or 0)
        since, until = now - MAILED_FOR, now - SETTLED
        found = await notices.between(self._db.reader, mark, since, until, IN_ONE_MAIL)
        stewarded = {ring.id for ring in await rings.stewarded(self._db.reader)} if found else set()
        wanted = [each for each in found if _concerns_operator(each, stewarded)]
        if wanted and not await self._mail(wanted, now):
            return 0
        if found:
            async with self._db.transaction() as tx:
                await facts.put(tx, MAILED, found[-1].id)
        return len(wanted)

    async def _add(self, tx: Connection, notice: NoticeDraft) -> None:
        if notice.community is not None and notice.kind in IN_ROOM:
            state = RoomState.PENDING if self._enabled else RoomState.FAILED
            reason = "" if self._enabled else _OFF
            notice = replace(notice, room_state=state, room_reason=reason)
        await notices.add(tx, notice, self._clock())

    async def _post(self, notice: StoredNotice, now: Millis) -> bool:
        """Tell one room; whether it was told. Raises a `FetchError` where others had no luck."""
        room = await self._room(notice)
        if room is None:
            await self._settle(notice, RoomState.NONE, _GONE)
            return False
        if not self._enabled:
            await self._settle(notice, RoomState.FAILED, _OFF)
            return False
        own = self._matrix.own
        if not own.has_token:
            await self._not_told(notice, _NO_TOKEN, now)
            return False
        text = wording.in_room(notice, self._here)
        try:
            await own.send_notice(room, text, f"webring-{notice.id}-{notice.at}")
        except StatusRefused as error:
            if error.status not in _NOT_LET:
                raise
            await self._not_told(notice, f"{error.sentence}: {_INVITE}", now)
            return False
        await self._settle(notice, RoomState.POSTED, "")
        return True

    async def _room(self, notice: StoredNotice) -> RoomId | None:
        own = CommunityId(f"{notice.community}:{self._here.instance}")
        claim = await communities.get(self._db.reader, own)
        return claim.room_id if claim else None

    async def _not_told(self, notice: StoredNotice, why: str, now: Millis) -> None:
        if now - notice.at >= PATIENCE:
            log.warning("The room of %s was not told: %s", notice.community, why)
            await self._settle(notice, RoomState.FAILED, why)
            return
        pause = min(2 * self._pauses.get(notice.id, (0, FIRST_RETRY // 2))[1], LONGEST_RETRY)
        self._pauses[notice.id] = (now + pause, pause)
        if why != notice.room_reason:
            await self._write(notice, RoomState.PENDING, why)

    async def _settle(self, notice: StoredNotice, state: RoomState, why: str) -> None:
        self._pauses.pop(notice.id, None)
        await self._write(notice, state, why)

    async def _write(self, notice: StoredNotice, state: RoomState, why: str) -> None:
        async with self._db.transaction() as tx:
            await notices.set_room_state(tx, notice.id, state, why)

    async def _mail(self, wanted: Sequence[StoredNotice], now: Millis) -> bool:
        try:
            await self._mailer.send(wording.mail(wanted, self._here))
        except FetchError as error:
            log.warning("Notices were not mailed, and are tried again: %s", error.sentence)
            self._mail_after = now + MAIL_PAUSE
            return False
        return True


def _concerns_operator(notice: StoredNotice, stewarded: Collection[RingId]) -> bool:
    """Whether it is about a community of ours, or a ring of ours; that it is listed is no news."""
    if notice.kind in {LISTED, REQUEST}:
        return notice.kind == REQUEST
    return notice.community is not None or notice.ring in stewarded
