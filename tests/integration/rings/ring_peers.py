"""Instances that really answer for a ring on loopback, and everything that follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.unit.documents.ring_world import ID, KEYS, NAMES, NOW, A, B, C, D, pages_of
from tests.unit.documents.test_trust import SAFE
from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.crawler.fetching import ManifestFetcher
from webring.documents import canonical, trust
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import ManifestDraft, issue, read_manifest
from webring.documents.parts import Profile, RingHead
from webring.documents.ring import Ring
from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.rings.following import Following
from webring.rings.keeping import Keeper
from webring.rings.shelf import Shelf
from webring.rings.visiting import RingVisitor
from webring.settings import InstanceSettings, PeersSettings, Settings, TestingSettings
from webring.storage import peers, ring_versions, rings
from webring.storage.database import Database
from webring.storage.homeservers import Candidate
from webring.storage.peers import GoodManifest, PeerResult
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

OWN = ServerName("own.example")
LATER = NOW + 5 * DAY
"""When the story begins: later than every version of it was issued."""
CYCLE = HOUR
DEFAULTS = PeersSettings()
PATH = f"/webring/v1/rings/{ID}"
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Instance:
    """Somebody who answers."""

    name: ServerName
    listener: Listener
    ring: RingId = ID

    @property
    def path(self) -> str:
        """Where it answers for the ring."""
        return f"/webring/v1/rings/{self.ring}"

    @property
    def base(self) -> PeerUrl:
        return PeerUrl(f"http://127.0.0.1:{self.listener.port}")

    def serve(self, *versions: Ring, pages: bool = True) -> None:
        """Answer these versions from now on, the last of them as the newest, and no others."""
        for path in [path for path in self.listener.answers if path.startswith(self.path)]:
            del self.listener.answers[path]
        for version in versions:
            answer = respond(canonical.encode(version.content), f'ETag: W/"{version.sha256}"')
            self.listener.answers[f"{self.path}?sequence={version.sequence}"] = answer
            self.listener.answers[self.path] = answer
            for sha256, body in pages_of(version).items() if pages else ():
                self.listener.answers[f"/webring/v1/pages/{sha256}"] = respond(body)

    def answer(self, path: str, body: bytes | None) -> None:
        """Answer `body` there (None: nothing at all)."""
        self.listener.answers[path] = None if body is None else respond(body)

    def fail(self) -> None:
        """Answer that something is broken there."""
        self.listener.answers[self.path] = respond(b"", status="500 Broken")

    @property
    def asked(self) -> list[str]:
        """What it was asked for, in order."""
        return [request.split(" ")[1] for request in self.listener.requests]


class Quiet:
    """Nobody is told anything."""

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        return


@dataclass
class RingWorld:
    """Three stewards and a mirror on loopback, and one who follows."""

    db: Database
    instances: dict[ServerName, Instance]
    following: Following
    shelf: Shelf
    times: list[Millis]
    ring: RingId = ID
    met: list[ServerName] = field(default_factory=list)

    @property
    def now(self) -> Millis:
        return self.times[0]

    def pass_by(self, time: Millis) -> None:
        self.times[0] += time

    async def know(
        self,
        name: ServerName,
        *heads: RingHead,
        key: SigningKey | None = None,
        base: PeerUrl | None = None,
    ) -> None:
        """Its manifest was verified now, and claims these heads."""
        instance = self.instances.get(name)
        draft = ManifestDraft(name, Profile(), (), (), (), (), SAFE.verify_key, rings=heads)
        issued = issue(draft, KeySet(key or KEYS[name]), sequence=self.now, now=self.now)
        verdict = trust.judge(None, name, read_manifest(issued.body), self.now)
        assert verdict.trust is not None
        good = GoodManifest(
            verdict.trust.to_json(), issued.body, self.now, issued.sha256, self.now + 14 * DAY
        )
        where = base or (instance.base if instance else None)
        async with self.db.transaction() as tx:
            await peers.add(tx, [Candidate(name, name, "named")], self.now, self.now)
            job = await peers.claim_one(tx, name, "test", self.now, HOUR)
            assert job is not None
            result = PeerResult("verified", "accepted", "", 0, self.now, True, where, None, good)
            await peers.finish(tx, job, result, self.now)

    async def claim(self, *names: ServerName, newest: Ring) -> None:
        """These call a version newest, by their manifests of now."""
        for name in names:
            head = RingHead(newest.id, newest.root, newest.sequence, newest.sha256)
            await self.know(name, head)

    async def named(self, root: str, by: ServerName = D, *, accepted: bool = True) -> None:
        """Somebody's manifest names the ring."""
        async with self.db.transaction() as tx:
            await rings.add(tx, self.ring, root, "named", self.now, accepted=accepted, named_by=by)

    async def holding(self, *versions: Ring) -> None:
        """Follow these from the first on: a copy as it comes to be."""
        await self.know(A)
        await self.named(versions[0].root, A)
        self.instances[A].serve(*versions)
        stored = await self.visit()
        assert (stored.outcome, stored.sha256) == ("accepted", versions[-1].sha256), stored.why
        for instance in self.instances.values():
            instance.listener.requests.clear()

    async def visit(self) -> StoredRing:
        """Follow it now; how it stands then."""
        async with self.db.transaction() as tx:
            await rings.hasten(tx, [self.ring], self.now)
        await self.following.follow_due()
        return await self.stored()

    async def stored(self) -> StoredRing:
        found = await rings.get(self.db.reader, self.ring)
        assert found is not None
        return found

    async def branch(self) -> list[str]:
        return [each.sha256 for each in await ring_versions.branch(self.db.reader, self.ring)]

    async def evidence(self) -> dict[str, str]:
        return await ring_versions.off_branch(self.db.reader, self.ring)

    @property
    def asked(self) -> list[tuple[ServerName, str]]:
        """Who was asked for what."""
        return [(name, path) for name, each in self.instances.items() for path in each.asked]


@asynccontextmanager
async def ring_world(
    db: Database,
    settings: PeersSettings = DEFAULTS,
    names: Sequence[ServerName] = (A, B, C, D),
    ring: RingId = ID,
) -> AsyncIterator[RingWorld]:
    async with AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(listening({})) for _ in names]
        instances = {
            name: Instance(name, each, ring) for name, each in zip(names, listeners, strict=True)
        }
        own = InstanceSettings(OWN, PeerUrl("https://own.example"), Path("unused"))
        whole = Settings(own, peers=settings, testing=TestingSettings(("127.0.0.0/8:*",), True))
        policy = AddressPolicy((Exemption("127.0.0.0/8", None),), http=True)
        resolver = FakeResolver({"127.0.0.1": ("127.0.0.1",)})
        fetcher = Fetcher(policy=policy, resolver=resolver, agent="test")
        times, shelf = [LATER], Shelf()

        def clock() -> Millis:
            return times[0]

        keeper = Keeper(OWN, shelf, Quiet())
        fetching = ManifestFetcher(fetcher, allow_http=True)
        keys = KeySet(SigningKey("ed25519:own", bytes([77]) * 32))
        visitor = RingVisitor(db, fetcher, fetching, keeper, keys, whole, clock)
        met: list[ServerName] = []

        async def meet(name: ServerName) -> None:
            met.append(name)

        following = Following(db, visitor, shelf, meet, whole, clock, "test", lambda: 0.5)
        yield RingWorld(db, instances, following, shelf, times, ring, met)


__all__ = [
    "CYCLE",
    "LATER",
    "MINUTE",
    "NAMES",
    "OWN",
    "PATH",
    "UNCHANGED",
    "Instance",
    "RingWorld",
    "ring_world",
]
