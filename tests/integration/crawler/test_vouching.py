"""What our communities say of others is published, and what a peer's say is believed of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.crawler.peer_world import NOW as VISITED
from tests.integration.crawler.peer_world import World as PeerWorld
from tests.integration.crawler.peer_world import draft, world
from tests.integration.crawler.test_publisher import NOW, OWN, FakeHomeserver, World, room, space
from tests.unit.documents.test_trust import FIRST, community
from webring.clock import DAY, MINUTE
from webring.directory.listing import Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents.keys import KeySet
from webring.moderation.desk import Action, Desk, Target
from webring.moderation.roster import Roster
from webring.names import CommunityId, RoomAlias, RoomId, Slug
from webring.storage import communities, documents, identity, own_vouches, vouches
from webring.storage.database import Database
from webring.storage.own_vouches import OwnAcceptance, OwnVouch

pytestmark = pytest.mark.anyio
BEES = CommunityId(f"bees:{OWN}")
MOSS = Vouch("The softest moss.", RoomId("!moss:forest.example"))
PAGE = Vouch("They draw well.", url="https://art.example/")
YES = AcceptedVouch(CommunityId("moss:forest.example"), "Sweet honey.")
KEYS = KeySet(FIRST)


@pytest.fixture
def here(db: Database, tmp_path: Path) -> World:
    identity.create(tmp_path / "own")
    return World(db, tmp_path / "own", FakeHomeserver([space("bees"), room("news")]))


async def say(here: World, *said: Vouch, accepted: tuple[AcceptedVouch, ...] = ()) -> None:
    """The operator has the bees say this."""
    async with here.db.transaction() as tx:
        for each in said:
            await own_vouches.put(tx, OwnVouch(Slug("bees"), each, here.now))
        for yes in accepted:
            await own_vouches.accept(tx, OwnAcceptance(Slug("bees"), yes, here.now))
        await documents.want_manifest(tx, here.now)


def said(here: World) -> tuple[Vouch, ...]:
    """What the bees say, as it is published."""
    return here.manifest.communities[0].vouches


async def test_what_the_operator_has_them_say_is_published_within_seconds(here: World) -> None:
    await here.publish(directory="all")
    here.now += MINUTE
    await say(here, MOSS, PAGE, accepted=(YES,))
    assert await here.reissue()
    bees, news = here.manifest.communities
    assert (bees.vouches, bees.accepted_vouches) == ((MOSS, PAGE), (YES,))
    assert (bees.updated_at, news.updated_at) == (here.now, NOW)
    claim = await communities.get(here.db.reader, BEES)
    assert claim is not None
    assert (claim.vouches, claim.accepted_vouches) == ((MOSS, PAGE), (YES,))
    (found,) = await vouches.vouchers(here.db.reader, [MOSS.room_id or ""], limit=9)
    assert found.id == BEES
    here.now += MINUTE
    assert not (await here.publish(directory="all")).issued, "nothing has changed since"


async def test_what_the_homeserver_says_anew_leaves_it_as_it_is(here: World) -> None:
    await here.publish(directory="all")
    await say(here, MOSS, accepted=(YES,))
    await here.publish(directory="all")
    here.homeserver.rooms[0] = space("bees", members=77)
    here.now += MINUTE
    await here.publish(directory="all")
    bees = here.manifest.communities[0]
    assert (bees.members, bees.vouches, bees.accepted_vouches) == (77, (MOSS,), (YES,))


async def test_nothing_is_said_of_who_is_kept_out(here: World) -> None:
    await here.publish(directory="all")
    await say(here, MOSS, PAGE)
    await here.reissue()
    desk = Desk(here.db, lambda: here.now)
    await desk.keep_out(Action.OPTOUT, Target.ROOM, MOSS.room_id or "", "", "test")
    await desk.keep_out(Action.BLOCK, Target.SERVER, "art.example", "", "test")
    assert await here.reissue(), "a decision is not kept until the next refresh"
    assert said(here) == ()
    await desk.let_in(Target.ROOM, MOSS.room_id or "", "test")
    assert await here.reissue()
    assert said(here) == (MOSS,)


async def test_a_new_identity_inherits_no_vouch(here: World) -> None:
    moss = replace(community("moss"), room_id=MOSS.room_id or RoomId("!"))
    await here.publish(directory="all")
    async with world(here.db) as peering:
        peering.matrix.aliases = {f"#moss:{peering.name}": str(moss.room_id)}
        alias = RoomAlias(f"#moss:{peering.name}")
        served = replace(draft(), communities=[replace(moss, url="", alias=alias)])
        peering.serve(served, KEYS, peering.times[0])
        await peering.visit()
        yes = AcceptedVouch(CommunityId(f"moss:{peering.name}"), "Sweet honey.")
        await say(here, MOSS, PAGE, accepted=(YES, yes))
        await here.reissue()
        await Roster(here.db, lambda: here.now, "test").repin_peer(peering.name)
    assert await here.reissue()
    bees = here.manifest.communities[0]
    assert (bees.vouches, bees.accepted_vouches) == ((PAGE,), (YES,))


async def stored(here: PeerWorld, slug: str = "a") -> tuple[Vouch, ...]:
    claim = await communities.get(here.db.reader, CommunityId(f"{slug}:{here.name}"))
    assert claim is not None
    return claim.vouches


def named(here: PeerWorld, *said: Vouch, alias: str = "a") -> None:
    """The peer presents a community that says this."""
    one = replace(community("a"), url="", alias=RoomAlias(f"#{alias}:{here.name}"), vouches=said)
    here.matrix.aliases = {f"#a:{here.name}": "!a:garden.example"}
    here.serve(replace(draft(), communities=[one]), KEYS, here.times[0])


async def test_what_a_peer_s_communities_say_is_believed_of_them(db: Database) -> None:
    itself = Vouch("We are great.", RoomId("!a:garden.example"))
    async with world(db) as here:
        named(here, MOSS, itself, PAGE)
        await here.visit()
        assert await stored(here) == (MOSS, PAGE), "whoever praises itself says nothing"
        here.times[0] += 1
        named(here, PAGE)
        await here.visit()
        assert await stored(here) == (PAGE,)
        assert await vouches.vouchers(db.reader, [MOSS.room_id or ""], limit=9) == []


async def test_what_a_stranger_says_does_not_count_until_the_operator_accepts_it(
    db: Database,
) -> None:
    async with world(db) as here:
        await here.accept(False)
        named(here, MOSS)
        await here.visit()
        assert await here.listed() == {"a": Standing.CLAIMED}
        assert await vouches.vouchers(db.reader, [MOSS.room_id or ""], limit=9) == []
        await here.accept()
        here.times[0] += DAY // 2
        await here.visit()
        assert len(await vouches.vouchers(db.reader, [MOSS.room_id or ""], limit=9)) == 1


async def test_what_is_said_of_who_is_kept_out_is_not_kept(db: Database) -> None:
    desk = Desk(db, lambda: VISITED)
    async with world(db) as here:
        named(here, MOSS, PAGE)
        await here.visit()
        await desk.keep_out(Action.BLOCK, Target.ROOM, MOSS.room_id or "", "", "test")
        assert await stored(here) == (PAGE,)
        await desk.keep_out(Action.BLOCK, Target.SERVER, "art.example", "", "test")
        here.times[0] += MINUTE
        await here.visit()
        assert await stored(here) == ()
