"""One peer that really answers on loopback, and everything that visits it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.fakes.rooms import child, directory_room
from tests.unit.documents.test_trust import DRAFT, community
from webring.clock import Millis
from webring.crawler.evidence import Witnesses
from webring.crawler.fetching import ManifestFetcher
from webring.crawler.inbox import Inbox
from webring.crawler.peers import PeerVisited, PeerVisitor
from webring.crawler.replies import RingMessages
from webring.directory.listing import DirectoryRoom, Standing
from webring.documents import manifest
from webring.documents.keys import KeySet
from webring.documents.manifest import IssuedManifest, ManifestDraft
from webring.errors import FetchError
from webring.matrix.rooms import AliasAnswer
from webring.names import PeerUrl, RoomAlias, RoomId, ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.settings import InstanceSettings, PeersSettings, Settings
from webring.storage import communities, homeservers, listings, peers, sightings
from webring.storage.database import Database
from webring.storage.models import Peer

NOW = 1_790_000_000_000
OWN = ServerName("own.example")
DEFAULTS = PeersSettings()
ALIASES = {f"#{slug}:garden.example": f"!{slug}:garden.example" for slug in ("a", "b")}


@dataclass
class FakeMatrix:
    """Homeservers as far as authority asks them."""

    aliases: dict[str, str] = field(default_factory=lambda: dict(ALIASES))
    asked: int = 0
    pause: float = 0
    error: FetchError | None = None

    @property
    def own(self) -> FakeMatrix:
        return self

    has_token = False

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        self.asked += 1
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.error:
            raise self.error
        room = self.aliases.get(alias)
        return AliasAnswer(RoomId(room), ()) if room else None

    async def summary(self, room: RoomId, via: tuple[ServerName, ...]) -> DirectoryRoom | None:
        return None


@dataclass
class World:
    """One peer on loopback and everything that visits it."""

    db: Database
    listener: Listener
    matrix: FakeMatrix
    name: ServerName
    visitor: PeerVisitor
    inbox: Inbox
    times: list[Millis]

    def serve(self, draft: ManifestDraft, keys: KeySet, sequence: int) -> IssuedManifest:
        """What the peer answers from now on."""
        named = replace(draft, instance=self.name)
        issued = manifest.issue(named, keys, sequence=sequence, now=self.times[0])
        self.listener.answers["/webring/v1/manifest"] = respond(issued.body, 'ETag: "x"')
        for sha256, body in issued.pages.items():
            self.listener.answers[f"/webring/v1/pages/{sha256}"] = respond(body)
        return issued

    async def row(self) -> Peer:
        """What is known of the peer."""
        row = await peers.get(self.db.reader, self.name)
        assert row is not None
        return row

    async def listed(self) -> dict[str, Standing]:
        """How what it lists stands."""
        claims = await communities.of_instance(self.db.reader, self.name)
        return {str(claim.id.slug): claim.standing for claim in claims}

    async def visit(self) -> PeerVisited:
        async with self.db.transaction() as tx:
            await peers.hasten(tx, [self.name], self.times[0])
        done = await self.visitor.visit_due()
        return next(visited for visited in done if visited.name == self.name)

    async def found(self, room: RoomId) -> None:
        """A homeserver's directory lists the room."""
        async with self.db.transaction() as tx:
            rooms = [directory_room(room)]
            server = ServerName("elsewhere.example")
            diff = await sightings.record(tx, server, rooms, complete=True, now=NOW, lived=0)
            await listings.refresh(tx, diff.touched, NOW)

    async def accept(self, accepted: bool = True) -> None:
        async with self.db.transaction() as tx:
            await peers.set_accepted(tx, self.name, accepted, self.times[0])


@asynccontextmanager
async def world(
    db: Database, settings: PeersSettings = DEFAULTS, rings: RingMessages | None = None
) -> AsyncIterator[World]:
    async with listening({}) as listener:
        name = ServerName(f"127.0.0.1:{listener.port}")
        own = InstanceSettings(OWN, PeerUrl("https://own.example"), Path("unused"))
        whole = Settings(own, peers=settings)
        policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
        resolver = FakeResolver({"127.0.0.1": ("127.0.0.1",)})
        fetcher = Fetcher(policy=policy, resolver=resolver, agent="test")
        matrix, times = FakeMatrix(), [NOW]

        def witnesses() -> Witnesses:
            return Witnesses(db, fetcher, matrix, None, True)  # type: ignore[arg-type]

        visitor = PeerVisitor(
            db,
            ManifestFetcher(fetcher, allow_http=True),
            witnesses,
            whole,
            lambda: times[0],
            "test",
            lambda: 0.5,
        )
        url = f'{{"instance":"{name}","base_url":"http://{name}"}}'
        listener.answers["/.well-known/federated-webring"] = respond(url.encode())
        inbox = Inbox(db, whole, lambda: times[0], rings)
        async with db.transaction() as tx:
            new = [homeservers.Candidate(name, "127.0.0.1", "configured")]
            await peers.add(tx, new, NOW, NOW)
        yield World(db, listener, matrix, name, visitor, inbox, times)


def draft(*slugs: str, children: Mapping[str, str] = MappingProxyType({})) -> ManifestDraft:
    """What a peer says: communities, and the room that one's space holds."""
    alike = [replace(community(slug), url="") for slug in slugs]
    listed = [
        replace(each, rooms=(child(children[each.id]),)) if each.id in children else each
        for each in alike
    ]
    return replace(
        DRAFT, communities=listed, withdrawn=(), peers=(ServerName("forest.example"), OWN)
    )
