"""Seeing to a member's own half of consent, and whether the operator here keeps it out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from webring.clock import MINUTE, SECOND, Clock, Millis
from webring.documents.ring_parts import MemberKind
from webring.errors import InvalidName
from webring.moderation.blocklist import Blocklist
from webring.names import RingId, ServerName
from webring.rings.bases import Bases
from webring.rings.connectivity import Connectivity
from webring.rings.looking import SiteCheck, SiteLooker
from webring.rings.pledges import Pledge, Pledger, Pledges
from webring.rings.site import LEFT, ProofKind, Sought
from webring.rings.states import Finding
from webring.storage import rings
from webring.storage.ring_members import StoredMember
from webring.storage.sql import Connection

LOOKING: Final[Millis] = 2 * MINUTE
"""How long a look may take, the wait for its turn included."""
OFFLINE: Final = "nobody could be reached from here, so it says nothing about this site"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found of a member's own half.

    `code` is a stable word; `why` and `mend` are sentences for people (`mend` "" where nothing is
    to be done). `title` is raw text, None where none was read. `certain` where it is a signed
    statement or a decision, not a look. `proof` and `proof_url` tell by what a site says so.
    """

    finding: Finding
    code: str
    why: str
    mend: str = ""
    title: str | None = None
    certain: bool = False
    proof: ProofKind = ProofKind.NONE
    proof_url: str = ""


class Eyes:
    """Looks at members, communities and sites alike."""

    def __init__(
        self,
        looker: SiteLooker,
        pledges: Pledges,
        connectivity: Connectivity,
        bases: Bases,
        clock: Clock,
    ) -> None:
        self._looker = looker
        self._pledges = pledges
        self._connectivity = connectivity
        self._bases = bases
        self._clock = clock

    async def see(self, conn: Connection, member: StoredMember) -> Seen:
        """Its own half as it is now. A site is asked over the network: never in a transaction."""
        if why := await kept_out(conn, member):
            return Seen(Finding.ABSENT, "blocked", why, certain=True)
        if member.kind == MemberKind.SITE:
            return await self._site(conn, member)
        return await self._community(conn, member)

    async def look(self, sought: Sought) -> SiteCheck | None:
        """A look at a site, noted for the test of our own line; None where there was no turn."""
        try:
            async with asyncio.timeout(LOOKING / SECOND):
                check = await self._looker.look(sought)
        except TimeoutError:
            return None
        self._connectivity.note(check)
        return check

    async def sought(self, conn: Connection, ring: RingId, member: str, url: str) -> Sought:
        """What a look at `url` is for."""
        return Sought(ring, member, url, await self._bases.of(conn, ring))

    async def _site(self, conn: Connection, member: StoredMember) -> Seen:
        check = await self.look(await self.sought(conn, member.ring, member.member, member.url))
        if check is None:
            why = f"there was no turn with its host within {LOOKING // SECOND} s"
            return Seen(Finding.UNKNOWN, "busy", why)
        if check.is_silent and await self._connectivity.is_down(conn):
            return Seen(Finding.UNKNOWN, "offline", OFFLINE)
        return of_check(check)

    async def _community(self, conn: Connection, member: StoredMember) -> Seen:
        ring = await rings.get(conn, member.ring)
        if ring is None or member.instance is None or member.community is None:
            return Seen(Finding.UNKNOWN, "unknown", "the ring is not known here any more")
        pledger = Pledger(
            ring=member.ring,
            root=ring.root,
            instance=member.instance,
            community=member.community,
            joined_at=member.joined_at,
            confirmed=bool(member.consents),
        )
        return of_pledge(await self._pledges.look(conn, pledger, self._clock()))


def of_check(check: SiteCheck) -> Seen:
    """What a look at a site shows. A title counts only together with consent; that it says that it
    has left is a statement, which needs no second look.
    """
    return Seen(
        finding=check.finding,
        code=check.code,
        why=check.why,
        mend=check.mend,
        title=check.title if check.finding is Finding.SHOWN else None,
        certain=check.code == LEFT,
        proof=check.proof,
        proof_url=check.proof_url,
    )


def of_pledge(pledge: Pledge) -> Seen:
    """What a community's pledge shows."""
    title = pledge.title if pledge.finding is Finding.SHOWN else None
    return Seen(pledge.finding, pledge.code, pledge.why, pledge.mend, title, pledge.certain)


async def kept_out(conn: Connection, member: StoredMember) -> str:
    """Why the operator here keeps a member out, "" if nobody does."""
    blocklist = await Blocklist.load(conn)
    verdicts = map(blocklist.server, _servers(member))
    return next((each.why.rstrip(".") for each in verdicts if not each.allowed), "")


def _servers(member: StoredMember) -> list[ServerName]:
    """By which names a member could be kept out: its instance's, its host's with port and not."""
    try:
        host = ServerName.parse(urlsplit(member.url).netloc)
    except (InvalidName, ValueError):
        return [member.instance] if member.instance else []
    named = [member.instance] if member.instance else []
    return list(dict.fromkeys([*named, host, ServerName(host.host)]))
