"""Whom this instance visits, by the operator's word: one logged transaction each."""

from __future__ import annotations

from collections.abc import Sequence

from webring.clock import Clock, Millis
from webring.crawler import frontier
from webring.errors import Conflict, NotFound
from webring.moderation.blocklist import Blocklist
from webring.names import RoomId, ServerName
from webring.storage import (
    communities,
    decisions,
    declined,
    documents,
    homeservers,
    listings,
    own_vouches,
    peers,
    sightings,
    space_rooms,
)
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.sql import Connection


class Roster:
    """Adds and removes homeservers and peers. `actor` stands in the log of decisions."""

    def __init__(self, db: Database, clock: Clock, actor: str) -> None:
        self._db = db
        self._clock = clock
        self._actor = actor

    async def add_servers(self, names: Sequence[ServerName]) -> int:
        """Have these homeservers visited in the next round; how many were new.

        Raises `Conflict` for one that is blocked.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            await _check_allowed(tx, names)
            new = await homeservers.add(tx, frontier.candidates(names, "operator"), now, now)
            await homeservers.hasten(tx, names, now)
            for name in names:
                await self._log(tx, "add_server", name, now)
        return new

    async def remove_server(self, name: ServerName) -> int:
        """Forget a homeserver and what its directory said; how many listings that removed.

        Raises `NotFound` where it is not known.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await homeservers.remove(tx, name):
                raise NotFound(f"no homeserver {name} is known")
            touched = await sightings.drop_server(tx, name)
            await declined.drop_server(tx, name)
            removed = (await listings.refresh(tx, touched, now)).removed
            await self._log(tx, "remove_server", name, now)
        return removed

    async def accept_peers(self, names: Sequence[ServerName]) -> int:
        """Trust these instances to list communities, known or not; how many were new."""
        now = self._clock()
        async with self._db.transaction() as tx:
            await _check_allowed(tx, names)
            new = await peers.add(tx, frontier.candidates(names, "accepted"), now, now)
            for name in names:
                await peers.set_accepted(tx, name, True, now)
                await self._log(tx, "accept_peer", name, now)
        return new

    async def unaccept_peer(self, name: ServerName) -> None:
        """Take back an acceptance: what it lists is claimed from now on. Raises `NotFound`."""
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await peers.set_accepted(tx, name, False, now):
                raise _no_peer(name)
            await self._log(tx, "unaccept_peer", name, now)

    async def remove_peer(self, name: ServerName) -> int:
        """Forget a peer, its keys and what it listed; how many listings that removed.

        Raises `NotFound` where it is not known.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await peers.remove(tx, name):
                raise _no_peer(name)
            touched = await communities.drop_instance(tx, name)
            await space_rooms.forget(tx, name)
            await documents.drop_pages(tx, name)
            await documents.drop_evidence(tx, name)
            removed = (await listings.refresh(tx, touched, now)).removed
            await self._log(tx, "remove_peer", name, now)
        return removed

    async def repin_peer(self, name: ServerName) -> None:
        """Forget which keys were pinned of a peer: the next visit pins those it has then.

        What it listed stays until a manifest verifies; what was agreed with the former identity is
        not inherited. Raises `NotFound` where it is not known.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await peers.repin(tx, name, None, "repinned by the operator", now):
                raise _no_peer(name)
            await self._forget_agreed(tx, name, now)
            await self._log(tx, "repin_peer", name, now)

    async def _forget_agreed(self, tx: Connection, name: ServerName, now: Millis) -> None:
        """Take back our vouches for an instance's communities, and our yes to theirs."""
        rooms = await _rooms_of(tx, name)
        for own in await own_vouches.all(tx):
            if own.vouch.room_id in rooms:
                await own_vouches.remove(tx, own.community, own.vouch.room_id)
                target = own_vouches.target(own.community, own.vouch.room_id)
                await self._log(tx, own_vouches.VOUCHED_NO_MORE, target, now)
        for yes in await own_vouches.acceptances(tx):
            voucher = yes.accepted.voucher
            if voucher.instance == name:
                await own_vouches.unaccept(tx, yes.community, voucher)
                target = own_vouches.target(yes.community, voucher)
                await self._log(tx, own_vouches.ACCEPTED_NO_MORE, target, now)
        await documents.want_manifest(tx, now)

    async def _log(self, tx: Connection, action: str, target: str, now: Millis) -> None:
        await decisions.log(tx, Decision(now, self._actor, action, target, ""))


async def _rooms_of(tx: Connection, name: ServerName) -> set[RoomId]:
    """The rooms that an instance presents, and no other does."""
    rooms = [claim.room_id for claim in await communities.of_instance(tx, name)]
    claims = await communities.of_rooms(tx, rooms)
    return {room for room, all_ in claims.items() if {each.id.instance for each in all_} == {name}}


async def _check_allowed(tx: Connection, names: Sequence[ServerName]) -> None:
    blocklist = await Blocklist.load(tx)
    for name in names:
        verdict = blocklist.server(name)
        if not verdict.allowed:
            raise Conflict(f"{verdict.why} Let it in first: webring block remove server {name}")


def _no_peer(name: ServerName) -> NotFound:
    return NotFound(f"no peer {name} is known: see webring peers list")
