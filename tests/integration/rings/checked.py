"""A ring whose members are checked: sites on loopback, communities of verified manifests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.integration.rings import pledged
from tests.integration.rings.web import Time, Web, page, web
from webring import settings
from webring.clock import Millis
from webring.documents.ring_parts import site_member_id
from webring.names import PeerUrl, RingId, Slug
from webring.rings.checking import Checking
from webring.rings.connectivity import Connectivity
from webring.rings.looking import SiteLooker
from webring.rings.pledges import Pledges
from webring.settings import InstanceSettings, Settings
from webring.storage import ring_members, rings
from webring.storage.database import Database
from webring.storage.ring_members import StoredMember
from webring.storage.sql import Connection

RING, ROOT, OWN, NOW = pledged.RING, pledged.ROOT, pledged.OWN, pledged.NOW
OTHERS = ("b.example", "c.example", "d.example")
SETTINGS = Settings(
    InstanceSettings(OWN, PeerUrl("https://ring.commune.example"), Path("unused")),
    testing=settings.TestingSettings(allow=("127.0.0.0/8:*",), http=True),
)


@dataclass
class Said:
    """Notices, as they were recorded."""

    notes: list[tuple[str, str, str, Slug | None]] = field(default_factory=list)

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        self.notes.append((member, kind, text, community))

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _, _ in self.notes]


@dataclass
class World:
    """A ring, its members, and whoever checks them."""

    db: Database
    web: Web
    said: Said
    checking: Checking

    async def join(
        self, host: str = "site.example", path: str = "/", *, ring: RingId = RING, **changes: object
    ) -> str:
        """A site is in the ring from now on; its member id."""
        url = self.web.url(host, path)
        member = site_member_id(ROOT, url)
        await self.put(replace(site(url, member, self.web.time.now), ring=ring), **changes)
        return member

    async def put(self, member: StoredMember, **changes: object) -> None:
        async with self.db.transaction() as tx:
            await ring_members.put(tx, [replace(member, **changes)])  # type: ignore[arg-type]

    async def get(self, member: str, ring: RingId = RING) -> StoredMember:
        stored = await ring_members.get(self.db.reader, ring, member)
        assert stored is not None
        return stored

    async def check(self, after: Millis = 0) -> int:
        """Let time pass, and check who is due by then."""
        self.web.time.now += after
        return await self.checking.check_due()

    async def live(self, days: float, step: Millis) -> None:
        """Let days pass, with a round every `step`."""
        for _ in range(int(days * 86_400_000 / step)):
            await self.check(step)

    async def revision(self, ring: RingId = RING) -> int:
        return (await rings.revisions(self.db.reader))[ring]

    def show(self, member: str, path: str = "/", title: str = "My garden") -> None:
        self.web.serve(path, page(RING, member, title))


def site(url: str, member: str, now: Millis) -> StoredMember:
    """A new site, due at once."""
    return StoredMember(
        ring=RING,
        member=member,
        kind="site",
        instance=None,
        community=None,
        url=url,
        title="",
        position=0,
        joined_at=now,
        slot="active",
        listed=True,
        consents=None,
        state="pending",
        reason="it was not looked at yet",
        since=now,
        after=None,
        checked_at=None,
        next_at=now,
        failures=0,
        absences=0,
        struck_at=0,
    )


def community(now: Millis = NOW) -> StoredMember:
    """A new community of the peer of `pledged`, due at once."""
    url = "https://garden.example/herbs"
    return replace(
        site(url, "c" * 20, now), kind="community", instance=pledged.PEER, community=pledged.HERBS
    )


def checking(db: Database, here: Web, said: Said, holder: str = "test") -> Checking:
    return Checking(
        db=db,
        looker=SiteLooker(here.fetcher, here.time),
        pledges=Pledges(OWN),
        connectivity=Connectivity(here.fetcher, here.time),
        notes=said,
        settings=SETTINGS,
        clock=here.time,
        holder=holder,
        spread=lambda: 0.5,
    )


@asynccontextmanager
async def world(
    db: Database, answers: Mapping[str, bytes | None] | None = None, *hosts: str
) -> AsyncIterator[World]:
    """A ring of nobody yet, on a web of `hosts` (or four)."""
    async with db.transaction() as tx:
        await rings.add(tx, RING, ROOT, "followed", NOW, name="Gardens", accepted=True)
    async with web(answers or {}, *(hosts or ("site.example", *OTHERS)), time=Time(NOW)) as here:
        said = Said()
        yield World(db, here, said, checking(db, here, said))
