"""A steward that is asked: one database with a ring, whoever asks, and what was told to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.rooms import claim
from tests.integration.rings.kept import keep
from tests.integration.rings.pledged import HERBS, PEER, membership, standing, verified
from tests.unit.documents.ring_world import ID as SOIL
from tests.unit.documents.ring_world import NOW, TERMS, A, B, after, first, pages_of
from webring.clock import MINUTE, Millis
from webring.directory.listing import Claim, Standing
from webring.documents.message import new_id
from webring.documents.ring import JoinPolicy, RemovedMember, Ring, RingMember
from webring.errors import BadRequest
from webring.names import PeerUrl, RingId, RoomId, ServerName, Slug
from webring.rings import askers
from webring.rings.askers import Asker
from webring.rings.clearing import clear
from webring.rings.deciding import Deciding
from webring.rings.joining import FORM, MESSAGE, Asked, Asking
from webring.rings.looking import SiteCheck
from webring.rings.membership import Memberships
from webring.rings.pledges import Pledges
from webring.rings.previewing import SitePreview
from webring.rings.requests import Requests
from webring.rings.shelf import Shelf
from webring.rings.site import ProofKind
from webring.rings.site_asking import SiteAsking
from webring.rings.states import Finding
from webring.rings.verdicts import Verdicts
from webring.rings.waiting import Waiting
from webring.storage import communities, ring_requests, ring_versions, ring_wishes, rings
from webring.storage.database import Database
from webring.storage.ring_requests import StoredRequest
from webring.storage.ring_wishes import StoredWish
from webring.storage.sql import Connection, rows

BASE = PeerUrl("https://ring.a.example")
SITE = "https://hay.example/"
HAY = Slug("hay")
ADA = "ada"


@dataclass
class Notices:
    """What people were told: member, kind, text, and our community."""

    told: list[tuple[str, str, str, Slug | None]] = field(default_factory=list)

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        self.told.append((member, kind, text, community))


@dataclass
class Sites:
    """Sites as they would be seen: by URL, absent unless they are here."""

    shown: set[str] = field(default_factory=set)
    code: str = "absent"
    error: Exception | None = None
    looked_at: list[str] = field(default_factory=list)
    again_at: Millis | None = None
    """Until when a look a moment ago is told of again."""

    async def preview(self, ring: RingId, url: str) -> SitePreview:
        self.looked_at.append(url)
        if self.error is not None:
            raise self.error
        if self.again_at is not None:
            seen = SitePreview(ring, "", url, self.check(url), self.again_at, is_fresh=False)
            return replace(seen, check=Sites().check(url))
        return SitePreview(ring, "", url, self.check(url), NOW)

    def check(self, url: str) -> SiteCheck:
        there = url in self.shown
        return SiteCheck(
            finding=Finding.SHOWN if there else Finding.ABSENT,
            code="linked" if there else self.code,
            why="the page links to the ring" if there else "the page has no link to the ring",
            mend="" if there else "Put the link on the page.",
            title="Hay",
            proof=ProofKind.LINK if there else ProofKind.NONE,
            proof_url="",
            origin=url,
            at=NOW,
        )


@dataclass
class World:
    """An instance, and everything that decides about requests there."""

    db: Database
    ring: Ring
    now: Millis = NOW + MINUTE
    own: ServerName = A

    def __post_init__(self) -> None:
        self.shelf, self.notices, self.sites = Shelf(), Notices(), Sites()
        self.requests = Requests(self.own, BASE, self.shelf, Pledges(self.own), self.notices)
        self.verdicts = Verdicts(self.own, self.shelf, self.notices)
        self.deciding = Deciding(self.own, BASE, self.shelf, self.verdicts)
        self.memberships = Memberships(self.own, BASE, self.shelf, self.requests)
        clock = lambda: self.now  # noqa: E731
        self.waiting = Waiting(self.db, self.shelf, self.requests, self.verdicts, self.sites, clock)
        self.form = SiteAsking(self.db, self.own, self.shelf, self.requests, self.sites, clock)

    async def asked(self, asker: Asker, **given: Any) -> Asked:
        """Somebody asks, by a message unless it is said otherwise."""
        stored = await rings.get(self.db.reader, self.ring.id)
        assert stored is not None
        form = asker.community is None
        how: dict[str, Any] = {
            "note": "Please.",
            "origin": FORM if form else MESSAGE,
            "id": new_id(),
            "by": asker.instance,
        }
        async with self.db.transaction() as tx:
            return await self.requests.asked(
                tx, Asking(stored, asker, **{**how, **given}), self.now
            )

    async def herbs(self) -> Asker:
        """The community of a peer."""
        return await askers.community(self.db.reader, self.own, BASE, PEER, HERBS)

    async def looked_at(self, url: str = SITE, **given: Any) -> Asked:
        """A site asks that was looked at a moment ago."""
        return await self.asked(askers.site(url), look=self.sites.check(url), **given)

    async def wishes(self) -> list[StoredWish]:
        return await ring_wishes.of_ring(self.db.reader, self.ring.id)

    async def joins(self) -> list[tuple[str, str]]:
        """Who is wanted in the next version, by address, and who decided that."""
        return [(str(each.wanted.payload["url"]), each.decider) for each in await self.wishes()]

    async def requests_kept(self) -> list[StoredRequest]:
        return await ring_requests.of_ring(self.db.reader, self.ring.id)

    async def sent(self) -> list[tuple[str, str]]:
        """The messages that were queued: kind, and to whom."""
        found = await rows(
            self.db.reader, "SELECT kind, destination FROM outbox ORDER BY kind, destination"
        )
        return [(str(row[0]), str(row[1])) for row in found]

    async def hold(self, ring: Ring) -> None:
        """Hold this as the newest version."""
        self.ring = ring
        await keep(self.db, ring, now=ring.validity.issued_at)
        async with self.db.transaction() as tx:
            await ring_versions.put_pages(tx, ring.id, pages_of(ring))

    async def clear(self) -> None:
        """Time settles what it can."""
        async with self.db.transaction() as tx:
            await clear(tx, self.verdicts, self.now)

    async def next(self, **given: Any) -> None:
        """The ring has a next version."""
        await self.hold(after(self.ring, now=self.now, **given))

    async def pledged(self, root: str = "") -> None:
        """The manifest of the peer says that its community is in the ring."""
        await verified(self.db, [membership(self.ring.id, root or self.ring.root)], self.now)
        await standing(self.db)

    async def publish(self, *slugs: str, standing: Standing = Standing.SPOKEN_FOR) -> None:
        """Communities of our own."""
        claims: list[tuple[Claim, dict[str, object], Millis]] = [
            (
                claim(
                    f"{slug}:{self.own}",
                    RoomId(f"!{slug}:{self.own}"),
                    standing,
                    url=f"https://{self.own}/{slug}",
                ),
                {},
                NOW,
            )
            for slug in slugs
        ]
        async with self.db.transaction() as tx:
            await communities.apply(tx, self.own, claims, 0)


async def world(
    db: Database,
    policy: JoinPolicy = JoinPolicy.OPEN,
    *,
    members: Sequence[RingMember] = (),
    removed: Sequence[RemovedMember] = (),
    stewarded: bool = True,
    own: ServerName = A,
) -> World:
    """An instance that holds a ring of version 2, of which a, b and c are stewards."""
    root = first(replace(TERMS, policy=policy))
    made = World(db, root, own=own)
    await made.hold(root)
    if members:
        await made.hold(after(root, members=members, now=NOW))
    if removed:
        gone = [each for each in made.ring.members if each.id not in {one.id for one in removed}]
        await made.hold(after(made.ring, members=gone, removed=removed, now=NOW))
    async with db.transaction() as tx:
        await rings.set_stewarded(tx, SOIL, stewarded)
    return made


__all__ = ["ADA", "BASE", "HAY", "SITE", "SOIL", "B", "BadRequest", "World", "world"]
