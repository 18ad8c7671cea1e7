"""The inbox: who is believed, what waits, what is done, and what is refused in which words."""

from __future__ import annotations

import pytest

from tests.integration.crawler.peer_world import NOW, OWN, World, draft, world
from tests.unit.documents.test_trust import FIRST, THIEF
from webring.clock import HOUR, MINUTE
from webring.crawler import inbox as inboxes
from webring.directory.listing import Standing
from webring.documents import message as messages
from webring.documents.keys import KeySet, SigningKey
from webring.documents.message import MessageDraft, MessageState
from webring.documents.parts import Withdrawn
from webring.errors import Conflict, Forbidden, RateLimited, TrustError
from webring.names import RoomId, ServerName
from webring.settings import PeersSettings
from webring.storage import communities, listings, peers
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
KEYS = KeySet(FIRST)
STRANGER = ServerName("stranger.example")
A, B = RoomId("!a:garden.example"), RoomId("!b:garden.example")


def delivered(draft_: MessageDraft, key: SigningKey = FIRST, now: int = NOW) -> bytes:
    return messages.sign_message(draft_, [key], now)


def taking_back(here: World, *rooms: RoomId) -> MessageDraft:
    return messages.withdraw(here.name, OWN, [Withdrawn(room, NOW) for room in rooms])


async def slugs(here: World) -> list[str]:
    claims = await communities.of_instance(here.db.reader, here.name)
    return [claim.id.slug for claim in claims]


async def test_an_announcement_of_a_stranger_is_queued_and_not_dialled(db: Database) -> None:
    async with world(db) as here:
        note = messages.announce(STRANGER, OWN)
        reply = await here.inbox.receive(delivered(note, THIEF))
        assert reply.state is MessageState.QUEUED
        assert await here.inbox.receive(delivered(note, THIEF)) == reply
        assert await here.inbox.state(STRANGER, note.id) == reply
        row = await peers.get(db.reader, STRANGER)
        assert row is not None
        assert (row.origin, row.accepted, row.state) == ("announced", False, "new")
        assert here.listener.requests == []


async def test_a_withdrawal_takes_the_room_away_at_once(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", "b"), KEYS, NOW)
        await here.visit()
        note = taking_back(here, A, RoomId("!not:its.own"))
        reply = await here.inbox.receive(delivered(note))
        assert reply.state is MessageState.DONE
        assert await slugs(here) == ["b"]
        assert await listings.get(db.reader, A) is None


async def test_a_withdrawn_room_of_a_space_leaves_it(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", children={"a": "!child:garden.example"}), KEYS, NOW)
        await here.visit()
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert [room.room_id for room in claim.rooms] == ["!child:garden.example"]
        note = taking_back(here, RoomId("!child:garden.example"))
        assert (await here.inbox.receive(delivered(note))).state is MessageState.DONE
        (claim,) = await communities.of_instance(db.reader, here.name)
        assert (claim.room_id, claim.rooms) == (A, ())


async def test_what_a_stranger_asks_for_waits_for_its_manifest(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a", "b"), KEYS, NOW)
        note, forged = taking_back(here, A), taking_back(here, B)
        assert (await here.inbox.receive(delivered(note))).state is MessageState.WAITING
        assert (await here.inbox.receive(delivered(note))).state is MessageState.WAITING
        await here.inbox.receive(delivered(forged, THIEF))
        assert await here.inbox.take_up() == 0
        await here.visit()
        assert await slugs(here) == ["a", "b"]
        assert await here.inbox.take_up() == 2
        assert await slugs(here) == ["b"]
        told = await here.inbox.state(here.name, note.id)
        assert told is not None
        assert told.state is MessageState.DONE
        told = await here.inbox.state(here.name, forged.id)
        assert told is not None
        assert (told.state, "no pinned key" in told.reason) == (MessageState.REFUSED, True)
        assert await here.inbox.take_up() == 0


async def test_without_discovery_a_stranger_waits_for_nothing(db: Database) -> None:
    async with world(db, PeersSettings(discover=False)) as here:
        gone = messages.withdraw(STRANGER, OWN, [Withdrawn(A, NOW)])
        with pytest.raises(Forbidden, match="takes no new peers"):
            await here.inbox.receive(delivered(gone))
        reply = await here.inbox.receive(delivered(messages.announce(STRANGER, OWN)))
        assert reply.state is MessageState.REFUSED
        assert await peers.get(db.reader, STRANGER) is None


async def test_a_name_that_proves_nothing_fills_nothing(db: Database) -> None:
    async with world(db) as here:
        for _ in range(inboxes.UNPROVEN):
            await here.inbox.receive(delivered(messages.announce(STRANGER, OWN), THIEF))
        with pytest.raises(RateLimited):
            await here.inbox.receive(delivered(messages.announce(STRANGER, OWN), THIEF))


async def test_few_messages_wait_in_all(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "MAX_WAITING", 2)
    async with world(db) as here:
        for number in range(2):
            sender = ServerName(f"s{number}.example")
            gone = messages.withdraw(sender, OWN, [Withdrawn(A, NOW)])
            await here.inbox.receive(delivered(gone))
        with pytest.raises(RateLimited):
            await here.inbox.receive(delivered(taking_back(here, A)))


async def test_names_of_one_domain_and_names_in_all_are_few(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(db, PeersSettings(per_domain=2)) as here:
        for number in range(3):
            note = messages.announce(ServerName(f"n{number}.stranger.example"), OWN)
            reply = await here.inbox.receive(delivered(note, THIEF))
        assert reply.state is MessageState.REFUSED
        monkeypatch.setattr("webring.crawler.frontier.MAX_PEERS", await peers.count(db.reader))
        reply = await here.inbox.receive(delivered(messages.announce(STRANGER, OWN), THIEF))
        assert reply.state is MessageState.REFUSED


async def test_a_peer_with_a_new_key_can_announce_itself_but_nothing_else(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        reply = await here.inbox.receive(delivered(messages.announce(here.name, OWN), THIEF))
        assert reply.state is MessageState.QUEUED
        with pytest.raises(Forbidden, match="no pinned key"):
            await here.inbox.receive(delivered(taking_back(here, A), THIEF))
        assert await slugs(here) == ["a"]


async def test_a_nonce_is_good_once(db: Database) -> None:
    async with world(db) as here:
        here.serve(draft("a"), KEYS, NOW)
        await here.visit()
        body = delivered(taking_back(here, A))
        await here.inbox.receive(body)
        with pytest.raises(Conflict):
            await here.inbox.receive(body)


async def test_an_id_that_is_none_names_no_message(db: Database) -> None:
    async with world(db) as here:
        for wrong in ("", "x", "\0", "a" * 33, "A" * 32):
            assert await here.inbox.state(here.name, wrong) is None


MISPLACED = {
    "for another": (
        ServerName("garden.example"),
        ServerName("else.example"),
        0,
        "wrong_destination",
    ),
    "from ourselves": (OWN, OWN, 0, "own_message"),
    "too old": (STRANGER, OWN, -HOUR, "not_current"),
    "too new": (STRANGER, OWN, 11 * MINUTE, "not_current"),
}


@pytest.mark.parametrize("case", MISPLACED)
async def test_what_is_not_for_us_or_not_of_now_is_refused(db: Database, case: str) -> None:
    sender, destination, shift, code = MISPLACED[case]
    async with world(db) as here:
        note = messages.announce(sender, destination)
        with pytest.raises(TrustError) as refused:
            await here.inbox.receive(delivered(note, now=NOW + shift))
        assert refused.value.code == code
        assert await peers.get(db.reader, sender) is None


async def test_a_withdrawal_of_one_that_is_only_claimed_leaves_the_found_room(
    db: Database,
) -> None:
    async with world(db) as here:
        await here.found(A)
        here.serve(draft("a"), KEYS, NOW)
        await here.accept(False)
        await here.visit()
        await here.inbox.receive(delivered(taking_back(here, A)))
        listing = await listings.get(db.reader, A)
        assert listing is not None
        assert (listing.standing, listing.instance) == (Standing.FOUND, None)
