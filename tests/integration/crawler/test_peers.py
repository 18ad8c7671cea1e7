"""Visits to peers that really answer on loopback, judged and written down on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.fakes.listener import FakeResolver, Listener, listening, respond
from tests.unit.documents.test_trust import DRAFT, FIRST, THIEF, community
from webring.clock import DAY, HOUR, Millis
from webring.crawler.evidence import Witnesses
from webring.crawler.fetching import ManifestFetcher
from webring.crawler.inbox import Inbox
from webring.crawler.peers import PeerVisited, PeerVisitor
from webring.directory.listing import DirectoryRoom, Standing
from webring.documents import manifest
from webring.documents import message as messages
from webring.documents.keys import KeySet, SigningKey
from webring.documents.manifest import IssuedManifest, ManifestDraft
from webring.documents.message import MessageDraft, MessageState
from webring.documents.parts import Withdrawn
from webring.errors import Conflict, Forbidden, TrustError
from webring.matrix.rooms import AliasAnswer
from webring.names import PeerUrl, RoomAlias, RoomId, ServerName
from webring.net.addresses import AddressPolicy, Exemption
from webring.net.fetch import Fetcher
from webring.settings import InstanceSettings, Settings
from webring.storage import changes, communities, documents, homeservers, listings, peers
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000
OWN = ServerName("own.example")
ALIASES = {f"#{slug}:garden.example": f"!{slug}:garden.example" for slug in ("a", "b")}


@dataclass
class FakeMatrix:
    """Homeservers as far as authority asks them."""

    aliases: dict[str, str] = field(default_factory=lambda: dict(ALIASES))
    asked: int = 0

    @property
    def own(self) -> FakeMatrix:
        return self

    has_token = False

    async def alias(self, alias: RoomAlias) -> AliasAnswer | None:
        self.asked += 1
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

    async def visit(self) -> PeerVisited:
        async with self.db.transaction() as tx:
            await peers.hasten(tx, [self.name], self.times[0])
        done = await self.visitor.visit_due(5)
        return next(visited for visited in done if visited.name == self.name)

    async def accept(self, accepted: bool = True) -> None:
        async with self.db.transaction() as tx:
            await peers.set_accepted(tx, self.name, accepted, self.times[0])


@asynccontextmanager
async def world(db: Database) -> AsyncIterator[World]:
    async with listening({}) as listener:
        name = ServerName(f"127.0.0.1:{listener.port}")
        own = InstanceSettings(OWN, PeerUrl("https://own.example"), Path("unused"))
        settings = Settings(own)
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
            settings,
            lambda: times[0],
            "test",
            lambda: 0.5,
        )
        url = f'{{"instance":"{name}","base_url":"http://{name}"}}'
        listener.answers["/.well-known/federated-webring"] = respond(url.encode())
        inbox = Inbox(db, settings, lambda: times[0])
        async with db.transaction() as tx:
            new = [homeservers.Candidate(name, "127.0.0.1", "configured")]
            await peers.add(tx, new, NOW, NOW)
        yield World(db, listener, matrix, name, visitor, inbox, times)


def draft(*slugs: str) -> ManifestDraft:
    alike = [replace(community(slug), url="") for slug in slugs]
    return replace(
        DRAFT, communities=alike, withdrawn=(), peers=(ServerName("forest.example"), OWN)
    )


KEYS = KeySet(FIRST)


async def test_a_first_visit_pins_lists_and_discovers(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", "b"), KEYS, NOW)
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "accepted")
        assert len(await communities.of_instance(db.reader, here.name)) == 2
        assert await listings.count(db.reader) == 2
        known = {row.name for row in await peers.all(db.reader)}
        assert known == {here.name, "forest.example"}
        assert await homeservers.known(db.reader, [ServerName("garden.example")])


async def test_an_unchanged_manifest_costs_one_question_and_changes_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        before = await changes.latest(db.reader)
        here.listener.requests.clear()
        here.matrix.asked = 0
        here.listener.answers["/webring/v1/manifest"] = (
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"
        )
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("verified", "unchanged")
        assert len(here.listener.requests) == 1
        assert 'if-none-match: "x"' in here.listener.requests[0].lower()
        assert (await changes.latest(db.reader), here.matrix.asked) == (before, 0)


async def test_a_large_manifest_is_fetched_page_by_page_and_only_once(db: Database) -> None:
    async with world(db) as here:
        many = [replace(community(f"c{n}"), url="") for n in range(700)]
        large = replace(draft(), communities=many)
        issued = here.serve(large, KEYS, NOW)
        assert len(issued.pages) > 1
        await here.visit()
        assert await communities.count(db.reader, here.name) == 700
        here.serve(large, KEYS, NOW + 1)
        here.listener.requests.clear()
        assert (await here.visit()).outcome == "accepted"
        assert not [each for each in here.listener.requests if "/pages/" in each]


async def test_pages_that_do_not_fit_apply_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        many = [replace(community(f"c{n}"), url="") for n in range(700)]
        issued = here.serve(replace(draft(), communities=many), KEYS, NOW + 1)
        wrong = f"/webring/v1/pages/{list(issued.pages)[-1]}"
        here.listener.answers[wrong] = respond(b"{}")
        assert (await here.visit()).outcome == "mixed_pages"
        assert await communities.count(db.reader, here.name) == 1
        row = await peers.get(db.reader, here.name)
        assert row is not None
        assert (row.state, row.sequence) == ("verified", NOW)


OTHER = replace(DRAFT.profile, name="Another")
REFUSED = {
    "another key": (THIEF, NOW + 1, "unknown_key", "frozen", 1),
    "rolled back": (FIRST, NOW - 1, "rollback", "verified", 1),
    "two of one sequence": (FIRST, NOW, "equivocation", "verified", 2),
    "from the future": (FIRST, NOW + HOUR, "future_sequence", "verified", 0),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_manifest_keeps_the_last_good_one(db: Database, case: str) -> None:
    key, sequence, outcome, state, evidence = REFUSED[case]
    async with world(db) as here:
        good = here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.serve(replace(draft("b"), profile=OTHER), KeySet(key), sequence)
        visited = await here.visit()
        assert (visited.outcome, visited.state) == (outcome, state)
        row = await peers.get(db.reader, here.name)
        assert row is not None
        assert (row.manifest, row.outcome) == (good.body, outcome)
        assert row.why
        assert await _ids(db, here.name) == ["a"]
        assert len(await documents.evidence(db.reader, here.name)) == evidence


async def _ids(db: Database, name: ServerName) -> list[str]:
    return [claim.id.slug for claim in await communities.of_instance(db.reader, name)]


async def test_a_frozen_peer_thaws_with_a_good_manifest(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.serve(draft("b"), KeySet(THIEF), NOW + 1)
        assert (await here.visit()).state == "frozen"
        here.serve(draft("b"), KEYS, NOW + 2)
        assert (await here.visit()).state == "verified"
        assert await _ids(db, here.name) == ["b"]


async def test_a_peer_that_nobody_accepted_ranks_as_claimed_until_it_is(db: Database) -> None:
    async with world(db) as here:
        here.matrix.aliases = {f"#a:{here.name}": "!a:garden.example"}
        named = replace(community("a"), url="", alias=RoomAlias(f"#a:{here.name}"))
        here.serve(replace(draft(), communities=[named]), KEYS, NOW)
        await here.accept(False)
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert (claim.standing, "not accepted" in claim.why) == (Standing.CLAIMED, True)
        await here.accept()
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert claim.standing is Standing.UNCONFIRMED


async def test_nobody_there_is_tried_again_and_removes_nothing(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.listener.answers["/webring/v1/manifest"] = respond(b"", status="500 No")
        visited = await here.visit()
        assert (visited.state, visited.outcome) == ("unreachable", "status")
        assert await _ids(db, here.name) == ["a"]


async def test_an_expired_manifest_is_stale(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        here.times[0] = NOW + 15 * DAY
        assert (await here.visit()).state == "stale"


def delivered(draft_: MessageDraft, key: SigningKey = FIRST, now: int = NOW) -> bytes:
    return messages.sign_message(draft_, [key], now)


async def test_an_announcement_of_a_stranger_is_queued_and_not_dialled(db: Database) -> None:
    async with world(db) as here:
        stranger = ServerName("stranger.example")
        note = messages.announce(stranger, OWN)
        reply = await here.inbox.receive(delivered(note, THIEF))
        assert reply.state is MessageState.QUEUED
        assert await here.inbox.receive(delivered(note, THIEF)) == reply
        assert await here.inbox.state(stranger, note.id) == reply
        row = await peers.get(db.reader, stranger)
        assert row is not None
        assert (row.origin, row.accepted, row.state) == ("announced", False, "new")
        assert here.listener.requests == []


async def test_a_withdrawal_takes_the_room_away_at_once(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", "b"), KEYS, NOW)
        await here.visit()
        gone = [Withdrawn(RoomId("!a:garden.example"), NOW), Withdrawn(RoomId("!not:its.own"), NOW)]
        reply = await here.inbox.receive(delivered(messages.withdraw(here.name, OWN, gone)))
        assert reply.state is MessageState.DONE
        assert await _ids(db, here.name) == ["b"]
        assert await listings.get(db.reader, RoomId("!a:garden.example")) is None


async def test_what_the_inbox_refuses(db: Database) -> None:
    async with world(db) as here:
        gone = [Withdrawn(RoomId("!a:garden.example"), NOW)]
        note = messages.withdraw(here.name, OWN, gone)
        with pytest.raises(Forbidden, match="not known here"):
            await here.inbox.receive(delivered(note))
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        with pytest.raises(Forbidden, match="no pinned key"):
            await here.inbox.receive(delivered(note, THIEF))
        body = delivered(note)
        await here.inbox.receive(body)
        with pytest.raises(Conflict):
            await here.inbox.receive(body)
        for wrong, code in (
            (messages.announce(here.name, ServerName("else.example")), "wrong_destination"),
            (messages.announce(OWN, OWN), "own_message"),
        ):
            with pytest.raises(TrustError) as refused:
                await here.inbox.receive(delivered(wrong))
            assert refused.value.code == code
        with pytest.raises(TrustError):
            await here.inbox.receive(delivered(note, now=NOW - HOUR))
