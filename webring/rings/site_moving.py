"""A site moves, at a steward: both ends are looked at, and the next version leads to the new one.

Anybody may say that a site has moved, for the site itself has to: by its old address and by its new
one. Nothing is kept of a move that neither says.
"""

from __future__ import annotations

from typing import Final

from webring.clock import SECOND, Clock, Millis
from webring.documents.ring import MemberKind
from webring.errors import BadRequest, Conflict, InvalidName, NotFound, RateLimited
from webring.names import RingId
from webring.rings import wanting
from webring.rings.askers import domain_of
from webring.rings.host_turns import HostTurns
from webring.rings.moving import MoveProof, Moves
from webring.rings.shelf import Shelf
from webring.rings.site_urls import read_site_url
from webring.storage import ring_members, rings
from webring.storage.database import Database
from webring.storage.ring_members import StoredMember

BURST: Final = 3
"""Moves of sites of one registrable domain that are looked at without a pause."""
GAP: Final[Millis] = 60 * SECOND
"""Between two of them from then on."""


class SiteMoving:
    """Takes moves. `lenient` reads addresses that no public site has, for tests alone."""

    def __init__(
        self, db: Database, shelf: Shelf, moves: Moves, clock: Clock, *, lenient: bool = False
    ) -> None:
        self._db = db
        self._shelf = shelf
        self._moves = moves
        self._clock = clock
        self._lenient = lenient
        self._turns = HostTurns(BURST, GAP)

    async def move(self, ring: RingId, member: str, url: str) -> MoveProof:
        """Look at both ends of a site's move; where they agree, the next version has it.

        Raises `NotFound` where we do not steward the ring or it lists no such site, `BadRequest`
        for what is no site's address, `Conflict` where that is taken, and `RateLimited`.
        """
        url = self._read(url)
        slot = await self._slot(ring, member)
        if url == slot.url:
            raise Conflict(f"the ring leads to {url[:80]!a} already")
        await self._check_place(slot, url)
        self._take_turn(slot.url, url)
        proof = await self._moves.site_moved(self._db.reader, ring, member, slot.url, url)
        if not proof.proven:
            return proof
        async with self._db.transaction() as tx:
            head = await self._shelf.head(tx, ring)
            why = await wanting.move(tx, head, slot, url, None, self._clock()) if head else ""
        return MoveProof(False, why) if why else proof

    async def _slot(self, ring: RingId, member: str) -> StoredMember:
        stored = await rings.get(self._db.reader, ring)
        if stored is None or not stored.stewarded:
            raise NotFound(f"this instance is no steward of {ring}")
        slot = await ring_members.get(self._db.reader, ring, member)
        if slot is None or not slot.listed or slot.kind != MemberKind.SITE:
            raise NotFound(f"{ring} lists no site {member[:40]!a}")
        return slot

    async def _check_place(self, slot: StoredMember, url: str) -> None:
        head = await self._shelf.head(self._db.reader, slot.ring)
        if head is None:
            raise NotFound(f"no version of {slot.ring} is known here")
        if why := await wanting.taken(self._db.reader, head, wanting.moved(slot, url, None)):
            raise Conflict(why)

    def _take_turn(self, *urls: str) -> None:
        now = self._clock()
        at = max(self._turns.take(domain, now) for domain in {domain_of(url) for url in urls})
        if at > now:
            why = "moves of sites there were looked at a moment ago: try again a little later"
            raise RateLimited(why, retry_after=at - now)

    def _read(self, url: str) -> str:
        try:
            return read_site_url(url, lenient=self._lenient)
        except InvalidName as error:
            raise BadRequest(f"url: {error.sentence}") from None
