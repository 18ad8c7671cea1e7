"""A site asks by a form, at any instance that holds the ring: it is looked at first, and then asked
for here, or by every steward.
"""

from __future__ import annotations

from webring.clock import Clock
from webring.documents import message as messages
from webring.documents.fields import cut
from webring.documents.ring import Ring
from webring.documents.ring_messages import MAX_NOTE
from webring.errors import BadRequest, InvalidName, NotFound
from webring.names import RingId, ServerName
from webring.rings import askers, passing
from webring.rings.askers import Asker
from webring.rings.crowding import full
from webring.rings.joining import FORM, Asked, Asking, refused
from webring.rings.looking import SiteCheck
from webring.rings.passing import RequestStatus
from webring.rings.requests import Requests, closed, kept_out
from webring.rings.shelf import Shelf
from webring.rings.site_urls import read_site_url
from webring.rings.waiting import Looks
from webring.storage import ring_requests, rings
from webring.storage.database import Database
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

_NEVER = frozenset({"url", "address"})
"""Codes of looks at what is no public site: nothing is kept of it."""


class SiteAsking:
    """Takes the form. `lenient` reads addresses that no public site has, for tests alone."""

    def __init__(
        self,
        db: Database,
        own: ServerName,
        shelf: Shelf,
        requests: Requests,
        looks: Looks,
        clock: Clock,
        *,
        lenient: bool = False,
    ) -> None:
        self._db = db
        self._own = own
        self._shelf = shelf
        self._requests = requests
        self._looks = looks
        self._clock = clock
        self._lenient = lenient

    async def ask(self, ring: RingId, url: str, note: str) -> Asked:
        """Ask for the site at `url`, which is looked at first.

        Raises `NotFound` where the ring is not known here, `BadRequest` for what is no site's
        address, and what `Checking.preview` does where too much is looked at.
        """
        asker = askers.site(self._read(url))
        stored, head = await self._ring(self._db.reader, ring)
        asking = Asking(stored, asker, cut(note.strip(), MAX_NOTE), FORM, messages.new_id())
        if why := await self._hindrance(self._db.reader, asking, head):
            return refused(asking, why)
        check = await self._look(stored, asker)
        if check is not None and check.code in _NEVER:
            raise BadRequest(f"url: {check.why}")
        asking = Asking(stored, asker, asking.note, FORM, asking.id, look=check)
        async with self._db.transaction() as tx:
            stored, head = await self._ring(tx, ring)
            if stored.stewarded:
                return await self._requests.asked(tx, asking, self._clock())
            return await self._passed_on(tx, head, asking)

    async def status(self, request_id: str) -> RequestStatus | None:
        """How a request stands, and what each steward made of it where it was passed on."""
        conn = self._db.reader
        request = await ring_requests.get(conn, request_id)
        if request is None:
            return None
        return await passing.status(conn, await self._shelf.head(conn, request.ring), request_id)

    async def _passed_on(self, tx: Connection, head: Ring, asking: Asking) -> Asked:
        member = asking.asker.member_id(head.root)
        before = await passing.of_site(tx, head.id, member)
        if before is not None:
            return Asked(before.id, before.state, before.reason, member)
        if why := await self._hindrance(tx, asking, head):
            return refused(asking, why)
        now = self._clock()
        title = asking.look.title if asking.look else ""
        asker = Asker(asking.asker.url, title=title)
        request = passing.passed(head, asker, asking.id, asking.note, FORM, now)
        await ring_requests.add(tx, request)
        await passing.send(tx, self._own, head, asking.id, asker, asking.note, now)
        return Asked(request.id, request.state, request.reason, request.member)

    async def _hindrance(self, conn: Connection, asking: Asking, head: Ring) -> str:
        """Why the site is not even looked at, "" if it is."""
        if why := closed(asking.ring, head, self._clock()) or await kept_out(conn, asking.asker):
            return why
        member = asking.asker.member_id(head.root)
        if await ring_requests.of_member(conn, head.id, member):
            return ""
        return await full(conn, head.id, asking.asker, None)

    async def _look(self, ring: StoredRing, asker: Asker) -> SiteCheck | None:
        return (await self._looks.preview(ring.id, asker.url)).check

    async def _ring(self, conn: Connection, ring: RingId) -> tuple[StoredRing, Ring]:
        stored = await rings.get(conn, ring)
        head = await self._shelf.head(conn, ring) if stored else None
        if stored is None or head is None:
            raise NotFound(f"no ring {ring} is known here")
        return stored, head

    def _read(self, url: str) -> str:
        try:
            return read_site_url(url, lenient=self._lenient)
        except InvalidName as error:
            raise BadRequest(f"url: {error.sentence}") from None
