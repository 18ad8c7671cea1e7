"""Requests that wait: looked at again until both halves are there, or too late.

Communities' halves are in our database, so they are seen as soon as their manifests came. A site is
looked at once an hour where the ring is open, and else once a day, so that whoever decides sees its
title.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from webring.clock import DAY, HOUR, MINUTE, Clock, Millis
from webring.documents.ring import JoinPolicy, MemberKind, Reason, Ring
from webring.errors import NotFound, WebringError
from webring.names import RingId
from webring.rings.admitting import settle, tell
from webring.rings.looking import SiteCheck
from webring.rings.previewing import SitePreview
from webring.rings.requests import Hold, Requests
from webring.rings.shelf import Shelf
from webring.rings.verdicts import Verdicts
from webring.storage import ring_requests
from webring.storage.database import Database
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.sql import Connection

ONE_SIDED_AFTER: Final[Millis] = 7 * DAY
"""How long the other half of a request is waited for."""
UNDECIDED_AFTER: Final[Millis] = 90 * DAY
"""How long a request waits for a decision."""
LOOKED_AGAIN: Final[Millis] = HOUR
TITLED_AGAIN: Final[Millis] = DAY
"""The pauses between two looks at a site: for its half, and for its title."""
DELAYED: Final[Millis] = 5 * MINUTE
"""The pause where a site could not be looked at: its domain had too many turns."""
AT_ONCE: Final = 4
"""Sites that are looked at together."""
LOOKS: Final = 8
"""Sites that are looked at in one run; the next one goes on."""
MOST: Final = 10_000
"""Requests that are considered in one run, the oldest first."""
log = logging.getLogger(__name__)


_LOOKED_AT: Final = (RequestState.PENDING, RequestState.INVITED)


class Looks(Protocol):
    """Whoever looks at sites before they are members (`webring.rings.checking.Checking`)."""

    async def preview(self, ring: RingId, url: str) -> SitePreview:
        """Look at a site; a `RequestError` where it cannot be looked at now."""


class Waiting:
    """Comes back to requests of rings that we steward."""

    def __init__(
        self,
        db: Database,
        shelf: Shelf,
        requests: Requests,
        verdicts: Verdicts,
        looks: Looks,
        clock: Clock,
    ) -> None:
        self._db = db
        self._shelf = shelf
        self._requests = requests
        self._verdicts = verdicts
        self._looks = looks
        self._clock = clock
        self._next_at: dict[str, Millis] = {}

    async def look_again(self) -> int:
        """Consider every request that waits; how many are decided now."""
        conn, now = self._db.reader, self._clock()
        waiting = await ring_requests.in_state(conn, RequestState.PENDING, limit=MOST)
        invited = await ring_requests.in_state(conn, RequestState.INVITED, limit=MOST)
        waiting += [each for each in invited if each.kind == MemberKind.SITE]
        ids = {each.id for each in waiting}
        self._next_at = {key: at for key, at in self._next_at.items() if key in ids}
        due = [each for each in waiting if self._is_due(each, now)][:LOOKS]
        to_look_at = {each.id for each in due}
        others = [each for each in waiting if each.id not in to_look_at]
        decided = sum([await self._consider(each, None) for each in others])
        await self._tell()
        turns = asyncio.Semaphore(AT_ONCE)
        decided += sum(await asyncio.gather(*(self._look(each, turns) for each in due)))
        return decided

    async def look_now(self, request_id: str) -> StoredRequest:
        """Look at whoever asked, at its wish, and consider the request; how it stands then.

        Raises `NotFound`, and for a site what `Checking.preview` does.
        """
        request = await ring_requests.get(self._db.reader, request_id)
        if request is None:
            raise NotFound(f"there is no request {request_id[:64]!a}")
        if request.state in _LOOKED_AT:
            check = None
            if request.kind == MemberKind.SITE:
                seen = await self._looks.preview(request.ring, request.url)
                check = seen.check
                self._next_at[request.id] = await self._again_at(request, seen)
            await self._consider(request, check)
        return await ring_requests.get(self._db.reader, request_id) or request

    def _is_due(self, request: StoredRequest, now: Millis) -> bool:
        """Whether it is a site, and its look has come."""
        next_at = self._next_at.get(request.id, now)
        return request.kind == MemberKind.SITE and not now < next_at <= now + TITLED_AGAIN

    async def _look(self, request: StoredRequest, turns: asyncio.Semaphore) -> bool:
        """Look at a site, and consider it by what is seen; whether it is decided."""
        async with turns:
            try:
                seen = await self._looks.preview(request.ring, request.url)
            except WebringError as error:
                log.info("%s could not be looked at: %s", request.url, error.sentence)
                self._next_at[request.id] = self._clock() + DELAYED
                return await self._consider(request, None)
            self._next_at[request.id] = await self._again_at(request, seen)
            return await self._consider(request, seen.check)

    async def _again_at(self, request: StoredRequest, seen: SitePreview) -> Millis:
        """When a site is looked at again: as soon as may be where nobody looked just now, since
        whoever asked for it has mended the page meanwhile.
        """
        if not seen.is_fresh:
            return seen.again_at
        head = await self._shelf.head(self._db.reader, request.ring)
        is_open = head is not None and head.terms.policy is JoinPolicy.OPEN
        return self._clock() + (LOOKED_AGAIN if is_open else TITLED_AGAIN)

    async def _consider(self, request: StoredRequest, check: SiteCheck | None) -> bool:
        """One request; whether it is decided now."""
        now, conn = self._clock(), self._db.reader
        head = await self._shelf.head(conn, request.ring)
        if head is None:
            return False
        hold = await self._hold(conn, head, request, check, now)
        title = check.title if check and check.title else request.title
        if hold is not None and _is_as_before(request, hold, title, now):
            return False
        async with self._db.transaction() as tx:
            stored = await ring_requests.get(tx, request.id)
            if stored is None or stored.state is not request.state:
                return False
            if hold is None:
                hold = await self._requests.consider(tx, head, stored, check, now)
            return hold is None or await _keep(tx, stored, hold, title, now)

    async def _hold(
        self,
        conn: Connection,
        head: Ring,
        request: StoredRequest,
        check: SiteCheck | None,
        now: Millis,
    ) -> Hold | None:
        """Why a request waits. A site is judged by a look alone; until the next one it stands."""
        is_open = head.terms.policy is JoinPolicy.OPEN
        by_look = is_open or request.state is RequestState.INVITED
        if check is None and by_look and request.kind == MemberKind.SITE:
            return Hold(request.reason, undecided=not is_open)
        return await self._requests.held(conn, head, request, check, now)

    async def _tell(self) -> None:
        """Let the inbox say what versions have decided since."""
        if not await ring_requests.untold(self._db.reader):
            return
        async with self._db.transaction() as tx:
            for each in await ring_requests.untold(tx):
                await tell(tx, each, each.state, each.reason)


async def _keep(
    tx: Connection, request: StoredRequest, hold: Hold, title: str, now: Millis
) -> bool:
    """Write down why a request waits, or that it has waited long enough; whether that is so."""
    late = _too_late(request, hold, now)
    if late is not None:
        why = f"{late[1]}: {hold.why}"
        await settle(tx, request, RequestState.DECLINED, late[0], "", why, now)
        return True
    await ring_requests.note(tx, request.id, title=title, reason=hold.why)
    await tell(tx, request, RequestState.PENDING, hold.why)
    return False


def _is_as_before(request: StoredRequest, hold: Hold, title: str, now: Millis) -> bool:
    """Whether there is nothing to write down."""
    same = (hold.why, title) == (request.reason, request.title)
    return same and _too_late(request, hold, now) is None


def _too_late(request: StoredRequest, hold: Hold, now: Millis) -> tuple[Reason, str] | None:
    """As what, and why, a request ends that has waited long enough. An invitation stands."""
    if request.state is RequestState.INVITED:
        return None
    waited = now - request.at
    if (hold.silent or not hold.undecided) and waited >= ONE_SIDED_AFTER:
        return Reason.ONE_SIDED, f"nothing changed within {ONE_SIDED_AFTER // DAY} days"
    if waited >= UNDECIDED_AFTER:
        return Reason.OTHER, f"nobody decided within {UNDECIDED_AFTER // DAY} days"
    return None
