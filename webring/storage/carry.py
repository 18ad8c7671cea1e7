"""What a database that is replaced passes on to the one that takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import DAY, Millis
from webring.names import RoomId, ServerName
from webring.storage import (
    blocks,
    changes,
    communities,
    decisions,
    declined,
    documents,
    homeservers,
    listings,
    peers,
    sightings,
    space_rooms,
    withdrawals,
)
from webring.storage.blocks import Block
from webring.storage.carry_reports import carry_reports
from webring.storage.carry_rings import begin_unread, carry_rings
from webring.storage.carry_vouches import carry_vouches
from webring.storage.database import Database
from webring.storage.sql import Connection, execute_many

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Carried:
    """How many were carried over; `blocks` are those that the backup did not know.

    `hidden` counts found rooms that are not shown until their homeservers list them afresh.
    """

    blocks: tuple[Block, ...] = ()
    withdrawals: int = 0
    decisions: int = 0
    own_sequence: int = 0
    hidden: int = 0


async def carry(former: Database, new: Database, now: Millis) -> Carried:
    """Carry over what `former` knows and the restored `new` must not forget."""
    async with new.transaction() as tx:
        fresh_blocks = await _blocks(former.reader, tx)
        await space_rooms.add(tx, await space_rooms.all(former.reader))
        await declined.add(tx, await declined.all(former.reader))
        fresh_withdrawals = await _withdrawals(former.reader, tx)
        fresh_decisions = await _decisions(former.reader, tx)
        await _peers(former.reader, tx)
        await carry_rings(former.reader, tx, now)
        await carry_vouches(former.reader, tx)
        await carry_reports(former.reader, tx)
        await documents.raise_own_sequence(tx, await documents.own_sequence(former.reader))
        touched = await _enforce(tx)
        touched |= (left := await _left_since(former.reader, tx))
        await homeservers.hasten(tx, None, now)
        await peers.hasten(tx, None, now)
        await _skip_changes(tx, await changes.latest(former.reader), now)
        await listings.refresh(tx, touched, now)
        sequence = await documents.own_sequence(tx)
    return Carried(fresh_blocks, fresh_withdrawals, fresh_decisions, sequence, len(left))


async def carry_nothing(new: Database, now: Millis) -> Carried:
    """Nothing is left to carry over: hide every found room until it is listed afresh.

    Our own sequence cannot be known: it goes on from the time, as it always does.
    """
    async with new.transaction() as tx:
        hidden = await sightings.drop_all(tx)
        await begin_unread(tx, now)
        await homeservers.hasten(tx, None, now)
        await peers.hasten(tx, None, now)
        await _skip_changes(tx, 0, now)
        await listings.refresh(tx, hidden, now)
        sequence = await documents.own_sequence(tx)
    return Carried(own_sequence=sequence, hidden=len(hidden))


async def _blocks(former: Connection, tx: Connection) -> tuple[Block, ...]:
    known = {(each.kind, each.target): each for each in await blocks.all(tx)}
    fresh = [
        each
        for each in await blocks.all(former)
        if (mine := known.get((each.kind, each.target))) is None or mine.at < each.at
    ]
    for each in fresh:
        await blocks.add(tx, each)
    return tuple(fresh)


async def _withdrawals(former: Connection, tx: Connection) -> int:
    known = set(await withdrawals.all(tx))
    fresh = [each for each in await withdrawals.all(former) if each not in known]
    await withdrawals.add(tx, fresh)
    return len(fresh)


async def _decisions(former: Connection, tx: Connection) -> int:
    known = set(await decisions.all(tx))
    fresh = [each for each in await decisions.all(former) if each not in known]
    for each in fresh:
        await decisions.log(tx, each)
    return len(fresh)


async def _peers(former: Connection, tx: Connection) -> None:
    """The operator's last word on each peer holds; one that was removed is accepted no longer."""
    words = {each.name: each for each in await peers.all(former)}
    for peer in await peers.all(tx):
        name, word = ServerName(peer.name), words.get(peer.name)
        accepted = word.accepted if word else False
        if accepted != peer.accepted:
            await peers.set_accepted(tx, name, accepted, peer.next_at)
        if word and word.state == "blocked" != peer.state:
            await peers.set_state(tx, name, "blocked", word.why, word.next_at)


async def _enforce(tx: Connection) -> set[RoomId]:
    """Take away what is withdrawn or kept out; the rooms to refresh.

    What globs and words match is for `webring.moderation.sweeping`, on a floor above.
    """
    touched: set[RoomId] = set()
    for gone in await withdrawals.all(tx):
        touched |= await communities.drop_rooms(tx, [gone.room_id], gone.instance)
        touched |= await sightings.drop_rooms(tx, [gone.room_id])
    for block in await blocks.all(tx):
        if block.kind == "server":
            touched |= await sightings.drop_server(tx, ServerName(block.target))
        elif block.kind in {"room", "space"}:
            touched |= await _drop(tx, {RoomId(block.target)})
    unwilling = {each.room_id for each in await declined.all(tx)}
    touched |= await sightings.drop_rooms(tx, unwilling)
    held = {each.room_id for each in await space_rooms.in_force(tx)}
    return touched | await _drop(tx, held)


async def _drop(tx: Connection, room_ids: set[RoomId]) -> frozenset[RoomId]:
    dropped = await sightings.drop_rooms(tx, room_ids)
    return dropped | await communities.drop_rooms(tx, room_ids)


async def _left_since(former: Connection, tx: Connection) -> frozenset[RoomId]:
    """Drop sightings of rooms that had left before the restore, perhaps by opting out."""
    dropped: set[RoomId] = set()
    last: RoomId | None = None
    while page := await listings.page(tx, after=last, limit=_PAGE):
        last = page[-1].room_id
        there = await listings.many(former, [each.room_id for each in page])
        gone = [each.room_id for each in page if each.room_id not in there]
        dropped |= await sightings.drop_rooms(tx, gone)
    return frozenset(dropped)


async def _skip_changes(tx: Connection, former: int, now: Millis) -> None:
    """Leave a gap in the sequence of changes, which tells every follower to start anew."""
    last = max(former, await changes.latest(tx))
    # Whoever ran on the lost database may have counted on: a day's milliseconds are ahead of that.
    await execute_many(
        tx,
        "INSERT INTO change (sequence, room_id, removed, at) VALUES (?, ?, ?, ?)",
        [(last + DAY, "!restored", True, now)],
    )
