"""Stewards of a ring in one process: each with a database, their messages carried by the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from tests.integration.rings.test_keeping import Said
from tests.unit.documents.test_trust import DRAFT
from webring.clock import HOUR, Millis
from webring.crawler.replies import InboxReply
from webring.documents import chain, manifest, trust
from webring.documents.keys import KeySet, SigningKey
from webring.documents.message import (
    Message,
    MessageKind,
    MessageState,
    read_message,
    sign_message,
)
from webring.documents.ring import Ring, RingTerms, Stewards
from webring.documents.ring_changes import MemberChange
from webring.documents.ring_messages import Cosign, read_ring_message
from webring.errors import ConnectFailed
from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.net.fetch import Fetcher
from webring.rings import founding
from webring.rings.cosigning import Cosigning
from webring.rings.founding import Founded
from webring.rings.hand import Hand
from webring.rings.keeping import Keeper
from webring.rings.proposing import Proposing
from webring.rings.publishing import Publishing
from webring.rings.shelf import Shelf
from webring.storage import (
    homeservers,
    inbox,
    outgoing,
    peers,
    ring_signing,
    ring_versions,
    rings,
)
from webring.storage.database import Database
from webring.storage.inbox import StoredMessage
from webring.storage.peers import GoodManifest, PeerResult
from webring.storage.ring_signing import Proposal

NOW: Millis = 1_790_000_000_000
NAMES = tuple(ServerName(f"{letter}.example") for letter in "abc")
A, B, C = NAMES
SOIL = RingId(f"soil:{A}")


def key_of(name: ServerName) -> SigningKey:
    """The key that a steward has from the beginning."""
    return SigningKey(f"ed25519:{name[0]}", name[:1].encode() * 32)


FOUNDER = {key_of(A).id: key_of(A).verify_key}


@dataclass
class Believes:
    """A prover that was told whom it has seen to consent."""

    members: set[str] = field(default_factory=set)
    asked: int = 0

    async def prove(self, before: Ring, changes: Sequence[MemberChange]) -> frozenset[str]:
        self.asked += 1
        return frozenset(change.id for change in changes if change.id in self.members)


class Clock:
    """A time that the tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Millis:
        return self.now


class Wires:
    """What a fetcher reaches: the pages of every steward that is up."""

    def __init__(self) -> None:
        self.stewards: dict[ServerName, Steward] = {}
        self.down: set[ServerName] = set()

    def site(self, name: ServerName) -> str:
        return f"https://{name}"

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Wires]:
        yield self

    async def request(self, method: str, url: str, **_: object) -> Any:
        host, _slash, path = url.removeprefix("https://").partition("/")
        if host in self.down:
            raise ConnectFailed(f"{host} does not answer", host=host)
        asked = self.stewards[ServerName(host)]
        body = await ring_versions.page(asked.db.reader, path.rsplit("/", 1)[1])
        return _Answer(body or b"")


@dataclass
class _Answer:
    body: bytes


class Steward:
    """One instance, as far as it is a steward."""

    def __init__(self, name: ServerName, db: Database, wires: Wires, clock: Clock) -> None:
        self.name, self.db, self.clock = name, db, clock
        self.wires = wires
        self.believes = Believes()
        self.said = Said()
        self.use(KeySet(key_of(name)))
        wires.stewards[name] = self

    def use(self, keys: KeySet) -> None:
        """Begin again with these keys, as a process that is started anew does."""
        self.keys = keys
        self.hand = Hand(self.name, keys, self.clock)
        self.shelf = Shelf()
        self.keeper = Keeper(self.name, self.shelf, self.said)
        self.publishing = Publishing(self.hand, self.shelf, self.keeper)
        self.proposing = Proposing(
            self.db, self.hand, self.shelf, self.publishing, self.believes, self.clock
        )
        self.cosigning = Cosigning(
            self.db,
            self.hand,
            self.shelf,
            self.publishing,
            self.believes,
            cast("Fetcher", self.wires),
            self.clock,
        )

    async def knows(self, other: Steward, *, failures: int = 0) -> None:
        """It visited the other, and holds its manifest; or tried in vain since."""
        now = self.clock()
        issued = manifest.issue(
            replace(DRAFT, instance=other.name, withdrawn=()), other.keys, sequence=now, now=now
        )
        read = manifest.read_manifest(issued.body)
        judged = trust.judge(None, other.name, read, now).trust
        assert judged is not None
        good = GoodManifest(
            judged.to_json(), issued.body, judged.sequence, judged.sha256, judged.expires_at
        )
        async with self.db.transaction() as tx:
            await peers.add(
                tx, [homeservers.Candidate(other.name, other.name, "configured")], now, now
            )
            job = await peers.claim_one(tx, other.name, "test", now, HOUR)
            assert job is not None
            state = "unreachable" if failures else "verified"
            result = PeerResult(
                state,
                outcome="",
                why="",
                failures=failures,
                next_at=now + HOUR,
                answered=True,
                base_url=PeerUrl(f"https://{other.name}"),
                good=good,
            )
            await peers.finish(tx, job, result, now)

    async def found(
        self, others: Sequence[ServerName] = (B, C), threshold: int = 2, **terms: Any
    ) -> Founded:
        async with self.db.transaction() as tx:
            names = (self.name, *others)
            listed = await founding.stewards(tx, self.hand, names, threshold)
            chosen = RingTerms("Soil", listed, **terms)
            slug = Slug("soil")
            return await founding.found(
                tx, self.hand, self.publishing, slug, chosen, "alice", self.clock()
            )

    async def stewards(self, names: Sequence[ServerName], threshold: int) -> Stewards:
        return await founding.stewards(self.db.reader, self.hand, names, threshold)

    async def head(self) -> Ring | None:
        return await self.shelf.head(self.db.reader, SOIL)

    async def sequence(self) -> int:
        stored = await rings.get(self.db.reader, SOIL)
        return stored.sequence if stored else 0

    async def proposals(self) -> list[Proposal]:
        return await ring_signing.proposals(self.db.reader, SOIL)

    async def cosign(self, *, sign: bool = True) -> None:
        async with self.db.transaction() as tx:
            await self.cosigning.decide(tx, SOIL, "", "olga", sign=sign, now=self.clock())

    async def take(self, message: Message, now: Millis) -> InboxReply:
        """What the inbox does with a `cosign`."""
        asked = read_ring_message(message)
        assert isinstance(asked, Cosign)
        async with self.db.transaction() as tx:
            stored = await inbox.get(tx, message.instance, message.id)
            if stored is not None:
                return InboxReply(MessageState(stored.state), stored.reason)
            reply = await self.cosigning.arrived(tx, message, asked, now)
            kept = StoredMessage(
                message.instance,
                message.id,
                message.kind.value,
                reply.state.value,
                reply.reason,
                b"",
                now,
            )
            await inbox.put(tx, kept)
        return reply


class World:
    """Stewards that know each other."""

    def __init__(self, clock: Clock, stewards: Mapping[ServerName, Steward], wires: Wires) -> None:
        self.clock, self.stewards, self.wires = clock, stewards, wires
        self.a, self.b, self.c = (stewards[name] for name in NAMES)

    async def meet(self) -> None:
        for one in self.stewards.values():
            for other in self.stewards.values():
                if one is not other:
                    await one.knows(other)

    def up(self) -> list[Steward]:
        return [one for name, one in self.stewards.items() if name not in self.wires.down]

    async def turn(self) -> None:
        """Everybody's jobs run once, and every message is carried and answered."""
        for one in self.up():
            await one.proposing.propose_due()
        for one in self.up():
            await self._deliver(one)
        for one in self.up():
            await one.cosigning.review_due()
        for one in self.up():
            await self._poll(one)
        await self._follow()

    async def _deliver(self, sender: Steward) -> None:
        now = self.clock()
        for each in await outgoing.of_kind(sender.db.reader, MessageKind.COSIGN):
            if each.destination not in self.wires.down:
                body = sign_message(each.draft(sender.name), sender.keys.signers(now), now)
                await self.stewards[each.destination].take(read_message(body), now)

    async def _poll(self, sender: Steward) -> None:
        for each in await outgoing.of_kind(sender.db.reader, MessageKind.COSIGN):
            asked = self.stewards[each.destination]
            stored = await inbox.get(asked.db.reader, sender.name, each.id)
            if each.destination in self.wires.down or stored is None:
                continue
            signatures = await asked.cosigning.signatures(asked.db.reader, sender.name, each.id)
            answered = replace(
                each,
                reply_state=MessageState(stored.state),
                reply_reason=stored.reason,
                signatures=signatures,
            )
            async with sender.db.transaction() as tx:
                await sender.proposing.replied(tx, answered, self.clock())

    async def _follow(self) -> None:
        """Everybody takes the versions that another one has."""
        for one in self.up():
            for other in self.up():
                await follow(one, other)


async def follow(one: Steward, other: Steward) -> None:
    theirs, ours = await other.shelf.chain(other.db.reader, SOIL), await one.sequence()
    if len(theirs) <= ours:
        return
    head = await other.head()
    assert head is not None
    versions = [*theirs[ours:-1], head]
    verdict = chain.follow(await one.head(), None, versions, FOUNDER, one.clock())
    assert verdict.is_good, verdict
    hashes = [ref.sha256 for ref in head.pages]
    pages = await ring_versions.pages(other.db.reader, SOIL, hashes)
    async with one.db.transaction() as tx:
        await rings.add(tx, SOIL, head.root, "followed", one.clock())
        await one.keeper.accept(tx, SOIL, verdict, versions, pages, one.clock())
