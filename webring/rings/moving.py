"""Whether a member has moved: the old place and the new one both say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from webring.documents.fields import is_web_url
from webring.documents.ring import RingMember
from webring.errors import FetchError, StatusRefused, UrlRefused
from webring.names import CommunityId, PeerUrl, RingId, ServerName
from webring.net.budget import WELL_KNOWN
from webring.net.fetch import Fetcher
from webring.net.urls import parse_url
from webring.net.visit import Visit
from webring.rings.looking import file_word, origin_of, why_of
from webring.rings.seeing import Eyes
from webring.rings.site import ProofKind, same_url
from webring.rings.site_file import FileWord
from webring.rings.states import Finding
from webring.storage import communities, peers
from webring.storage.sql import Connection

_FOR_GOOD: Final = (301, 308)
"""What says that an address has changed for good."""


@dataclass(frozen=True, slots=True)
class MoveProof:
    """Whether a move was seen at a place, and in which words."""

    proven: bool
    why: str


class Moves:
    """Looks at both ends of a site's move."""

    def __init__(self, fetcher: Fetcher, eyes: Eyes) -> None:
        self._fetcher = fetcher
        self._eyes = eyes

    async def site_moved(
        self, conn: Connection, ring: RingId, member: str, old: str, new: str
    ) -> MoveProof:
        """Whether the site `member` has moved from `old` to `new`. Asks the network at both."""
        there = await self._arrived(conn, ring, member, new)
        return await self._left(ring, old, new) if there.proven else there

    async def _arrived(self, conn: Connection, ring: RingId, member: str, new: str) -> MoveProof:
        """Whether the new page carries the member's id: that it is in the ring is not enough, for
        it may be another site that is about to join.
        """
        check = await self._eyes.look(await self._eyes.sought(conn, ring, member, new))
        if check is None:
            return MoveProof(False, "the new address was not looked at in time")
        if check.finding is not Finding.SHOWN:
            return MoveProof(False, f"at the new address {check.why}")
        if check.proof is ProofKind.FILE or member not in check.proof_url:
            return MoveProof(False, f"no link at the new address carries the member's id, {member}")
        return MoveProof(True, "the new address carries the member's id")

    async def _left(self, ring: RingId, old: str, new: str) -> MoveProof:
        try:
            async with self._fetcher.visit() as visit:
                if await _redirects(visit, old, new):
                    return MoveProof(True, "the old address leads to the new one for good")
                if await file_word(visit, origin_of(old), ring, new) is FileWord.MEMBER:
                    return MoveProof(True, "the old host's webring.json names the new address")
        except FetchError as error:
            return MoveProof(False, f"the old address does not say so: {why_of(error)}")
        why = "the old address neither leads to the new one for good, nor does its host's file"
        return MoveProof(False, f"{why} name it")


async def _redirects(visit: Visit, old: str, new: str) -> bool:
    """Whether `old` answers 301 or 308 to `new`."""
    try:
        answer = await visit.request("GET", old, budget=WELL_KNOWN, statuses=_FOR_GOOD, robots=True)
        target = parse_url(old, allow_http=True).join(answer.headers.get("location") or "")
    except (StatusRefused, UrlRefused, ValueError):
        return False
    return same_url(target.url, new)


async def serves_at(conn: Connection, member: RingMember, own: ServerName, base: PeerUrl) -> bool:
    """Whether a community's own instance presents it at the address of its entry.

    That is the one in its manifest, or where that gives none, the instance's own page of it. `own`
    is our own name, `base` our base URL.
    """
    if member.instance is None or member.community is None:
        return False
    name = CommunityId(f"{member.community}:{member.instance}")
    claim = await communities.get(conn, name)
    if claim is None:
        return False
    if is_web_url(claim.url):
        return same_url(claim.url, member.url)
    known = {**await peers.base_urls(conn, [member.instance]), own: base}
    start = known.get(member.instance, f"https://{member.instance}")
    return same_url(f"{start}/communities/{quote(name, safe=':')}", member.url)
