"""The operator's decisions: keep something out, or let it in again. At once, and for good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from webring.clock import Clock
from webring.errors import BadRequest, InvalidName
from webring.moderation import ring_places, spaces
from webring.moderation.reasons import Code
from webring.moderation.sweeping import BLOCKED, NEVER, hasten_server
from webring.moderation.targets import Action, Target
from webring.names import RoomAlias, RoomId, ServerName
from webring.storage import (
    blocks,
    communities,
    decisions,
    delistings,
    documents,
    homeservers,
    listings,
    peers,
    reports,
    sightings,
    space_rooms,
)
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.delistings import Delisting
from webring.storage.sql import Connection

__all__ = ["Action", "Desk", "Kept", "Target"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision that was carried out, and how many listings it removed."""

    target: str
    removed: int


class Desk:
    """Carries out decisions in one transaction each, and logs them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def keep_out(
        self,
        action: Action,
        kind: Target,
        name: str,
        reason: str,
        actor: str,
        code: Code = Code.RULES,
    ) -> Kept:
        """Keep a room, server or space out: gone now, and still gone after the next crawl.

        A room or space may be named by id or by an alias that is listed. `code` stands in the
        public log, and resolves what was reported. Raises `BadRequest` for anything else.
        """
        now = self._clock()
        code = Code.WISH if action is Action.OPTOUT else code
        async with self._db.transaction() as tx:
            target = await self._target(tx, kind, name)
            await blocks.add(tx, Block(kind.value, target, action.value, reason, now))
            children = await spaces.decide(tx, RoomId(target)) if kind is Target.SPACE else ()
            touched = await self._drop(tx, kind, target, children)
            removed = (await listings.refresh(tx, touched, now)).removed
            await documents.want_manifest(tx, now)  # it may vouch for what is gone
            await decisions.log(tx, Decision(now, actor, action.value, target, reason))
            await delistings.add(tx, [Delisting(now, kind.value, code.value, removed)])
            if kind is not Target.SERVER:
                await reports.resolve(tx, RoomId(target), code.value, reason, now)
        return Kept(target, removed)

    async def let_in(self, kind: Target, name: str, actor: str) -> bool:
        """Take a decision back; whether there was one. What it removed returns when seen again."""
        now = self._clock()
        async with self._db.transaction() as tx:
            target = await self._target(tx, kind, name)
            there = await blocks.remove(tx, kind.value, target)
            if there and kind is Target.SPACE:
                await space_rooms.remove(tx, RoomId(target))
            if there and kind is Target.SERVER:
                await homeservers.set_state(tx, ServerName(target), "new", now)
                await peers.set_state(tx, ServerName(target), "new", "let in again", now)
                await hasten_server(tx, ServerName(target), now)
            if there:
                await documents.want_manifest(tx, now)
                await decisions.log(tx, Decision(now, actor, "let_in", target, ""))
                line = Delisting(now, kind.value, Code.RULES.value, 0, restored=True)
                await delistings.add(tx, [line])
        return there

    async def _target(self, tx: Connection, kind: Target, name: str) -> str:
        try:
            if kind is Target.SERVER:
                return ServerName.parse(name)
            if not name.startswith("#"):
                return RoomId.parse(name)
            listing = await listings.by_alias(tx, RoomAlias.parse(name))
        except InvalidName as error:
            raise BadRequest(str(error)) from None
        if listing is None:
            raise BadRequest(f"nothing is listed under {name}: name the room by its id, !...")
        return listing.room_id

    async def _drop(
        self, tx: Connection, kind: Target, target: str, children: Iterable[RoomId]
    ) -> frozenset[RoomId]:
        if kind is Target.SERVER:
            return await self._drop_server(tx, ServerName(target))
        rooms = {RoomId(target), *children}
        await ring_places.hasten(tx, rooms, self._clock())
        seen = await sightings.drop_rooms(tx, rooms)
        return seen | await communities.drop_rooms(tx, rooms) | rooms

    async def _drop_server(self, tx: Connection, server: ServerName) -> frozenset[RoomId]:
        """Its directory, its instance, and the rooms that it named, wherever they were seen."""
        touched = await sightings.drop_server(tx, server)
        touched |= await communities.drop_instance(tx, server)
        named = await listings.named_by(tx, server)
        await ring_places.hasten(tx, named, self._clock())
        await hasten_server(tx, server, self._clock())
        touched |= await sightings.drop_rooms(tx, named) | await communities.drop_rooms(tx, named)
        await homeservers.set_state(tx, server, BLOCKED, NEVER)
        await peers.set_state(tx, server, BLOCKED, "the operator keeps it out", NEVER)
        return touched | named
