"""Taking away at once whatever a list keeps out, wherever it is known; and letting in again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.listing import Claim
from webring.moderation import ring_places
from webring.moderation.blocklist import Blocklist
from webring.names import CommunityId, RoomId, ServerName
from webring.storage import (
    communities,
    documents,
    homeservers,
    listings,
    peers,
    ring_members,
    sightings,
)
from webring.storage.sql import Connection

NEVER: Final[Millis] = 2**53 - 1
"""When what is blocked is due for a visit."""
BLOCKED: Final = "blocked"
PAGE: Final = 1_000
"""Rows that are looked at before other tasks of this process have their turn."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many servers and listings went, of how many that were known."""

    servers: int
    listings: int
    known_servers: int
    known_listings: int


async def sweep(tx: Connection, blocklist: Blocklist, own: ServerName, now: Millis) -> Swept:
    """Take away what `blocklist` keeps out. `own` is our name: what our communities say is our
    choice.
    """
    before = await listings.count(tx)
    servers, known = await _servers(tx, blocklist, now)
    touched = await _sightings(tx, blocklist) | await _claims(tx, blocklist, own, now)
    removed = (await listings.refresh(tx, touched, now)).removed
    await documents.want_manifest(tx, now)  # it may vouch for what is gone
    return Swept(servers, removed, known, before)


async def restore(tx: Connection, blocklist: Blocklist, now: Millis) -> int:
    """Have servers visited again that `blocklist` keeps out no longer; how many. What was removed
    returns when it is seen again.
    """
    free = [
        name
        for name in await _named(tx, lambda state: state == BLOCKED)
        if blocklist.server(name).allowed
    ]
    for name in free:
        await homeservers.set_state(tx, name, "new", now)
        await peers.set_state(tx, name, "new", "let in again", now)
        await hasten_server(tx, name, now)
    await documents.want_manifest(tx, now)
    return len(free)


async def hasten_server(tx: Connection, server: ServerName, now: Millis) -> None:
    """Have the places of an instance's communities, and of sites at that host, looked at."""
    await ring_members.hasten_instance(tx, server, now)
    await ring_members.hasten_host(tx, server, now)


async def _servers(tx: Connection, blocklist: Blocklist, now: Millis) -> tuple[int, int]:
    known = await _named(tx, lambda state: state != BLOCKED)
    gone = [name for name in known if not blocklist.server(name).allowed]
    for name in gone:
        await hasten_server(tx, name, now)
        await homeservers.set_state(tx, name, BLOCKED, NEVER)
        await peers.set_state(tx, name, BLOCKED, "the operator keeps it out", NEVER)
    return len(gone), len(known)


async def _named(tx: Connection, wanted: Callable[[str], bool]) -> list[ServerName]:
    """The homeservers and instances that are known in some state."""
    states = [*(await homeservers.states(tx)).items(), *(await peers.states(tx)).items()]
    return sorted({name for name, state in states if wanted(state)})


async def _sightings(tx: Connection, blocklist: Blocklist) -> frozenset[RoomId]:
    """Drop what directories say that may not be listed: each directory speaks for itself alone."""
    gone: defaultdict[ServerName, list[RoomId]] = defaultdict(list)
    last = 0
    while page := await sightings.page(tx, after=last, limit=PAGE):
        last = page[-1].id
        for seen in page:
            allowed = blocklist.server(seen.server).allowed
            says = (seen.name, seen.topic)
            if not allowed or not blocklist.room(seen.room_id, seen.alias, says=says).allowed:
                gone[seen.server].append(seen.room_id)
        await asyncio.sleep(0)
    touched: set[RoomId] = set()
    for server, rooms in gone.items():
        touched |= await sightings.drop(tx, server, rooms)
    return frozenset(touched)


async def _claims(
    tx: Connection, blocklist: Blocklist, own: ServerName, now: Millis
) -> frozenset[RoomId]:
    """Drop the communities that may not be listed, and such rooms of those that may."""
    gone: defaultdict[ServerName, set[RoomId]] = defaultdict(set)
    last: CommunityId | None = None
    while page := await communities.page(tx, after=last, limit=PAGE):
        last = page[-1].id
        for claim in page:
            gone[claim.id.instance] |= set(_unfit(claim, blocklist, own))
        await asyncio.sleep(0)
    touched: set[RoomId] = set()
    for instance, rooms in gone.items():
        await ring_places.hasten(tx, rooms, now)
        touched |= await communities.drop_rooms(tx, rooms, instance)
    return frozenset(touched)


def _unfit(claim: Claim, blocklist: Blocklist, own: ServerName) -> Iterable[RoomId]:
    """The rooms of a claim that may not be listed, its own among them."""
    instance = claim.id.instance
    speaker = instance if claim.standing.is_spoken_for else None
    says = () if instance == own else (claim.name, claim.topic)
    allowed = blocklist.server(instance).allowed
    if not allowed or not blocklist.room(claim.room_id, claim.alias, speaker, says).allowed:
        yield claim.room_id
    for room in claim.rooms:
        if not blocklist.room(room.room_id, room.alias, says=(room.name, room.topic)).allowed:
            yield room.room_id
