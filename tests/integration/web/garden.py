"""What the instance of these tests knows: a community, and rooms that a directory publishes."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.documents.test_trust import community
from webring.crawler.claims import claim_of
from webring.crawler.evidence import Claimant
from webring.directory.listing import DirectoryRoom, JoinRule, Kind, Standing
from webring.names import RoomAlias, RoomId, ServerName
from webring.services import Services
from webring.storage import communities, homeservers, listings, sightings
from webring.storage.homeservers import Candidate

NOW = 1_790_000_000_000
NAME, SERVER = ServerName("garden.example"), ServerName("hs.example")
NASTY = "<script>alert(1)</script>\u202egnp.exe\x07" + "x" * 400


async def fill(services: Services, *more: DirectoryRoom) -> None:
    """A community of ours, two rooms that were found, and `more` of these."""
    claimant = Claimant(NAME, frozenset(), accepted=True)
    good = claim_of(community("bees"), claimant, Standing.SPOKEN_FOR, "it is its own server")
    rooms = [room("found", "A quiet room"), room("nasty", NASTY, topic=NASTY), *more]
    async with services.db.transaction() as tx:
        touched = await communities.apply(tx, NAME, [(good, {}, NOW)], 0)
        await homeservers.add(tx, [Candidate(SERVER, SERVER, "seed")], NOW, NOW)
        diff = await sightings.record(tx, SERVER, rooms, complete=True, now=NOW, lived=0)
        await listings.refresh(tx, touched | diff.touched, NOW)
    await services.follower.catch_up()


def room(slug: str, name: str, *, topic: str = "", members: int = 2**53 - 1) -> DirectoryRoom:
    """A room of the directory."""
    return DirectoryRoom(
        room_id=RoomId(f"!{slug}:hs.example"),
        kind=Kind.ROOM,
        name=name,
        topic=topic,
        alias=RoomAlias(f"#{slug}:hs.example"),
        avatar=None,
        members=members,
        join_rule=JoinRule.PUBLIC,
        world_readable=False,
        guest_can_join=False,
    )


def rooms(count: int) -> Sequence[DirectoryRoom]:
    """Many rooms, each smaller than the one before."""
    return [room(f"r{n}", f"Room {n:02}", members=1_000 - n) for n in range(count)]
