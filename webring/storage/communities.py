"""Communities of verified manifests, ours included: what instances claim, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webring.clock import Millis
from webring.directory.listing import Claim, Standing
from webring.names import CommunityId, RoomId, ServerName
from webring.storage import vouches
from webring.storage.models import Community, CommunityRoom
from webring.storage.rooms import claim_values, read_claim
from webring.storage.sql import (
    Connection,
    chunks,
    execute,
    from_json,
    marks,
    rows,
    storable,
    to_json,
)
from webring.storage.standings import settled
from webring.storage.table import Table

_communities: Final = Table(Community)
_children: Final = Table(CommunityRoom)
SPOKEN_FOR: Final = tuple(each.value for each in Standing if each.is_spoken_for)
_SPOKEN: Final = f"standing IN ({marks(len(SPOKEN_FOR))})"


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim with what its authority was judged by, and when (milliseconds since the epoch)."""

    claim: Claim
    proof: Mapping[str, object]
    checked_at: Millis


async def apply(
    tx: Connection,
    instance: ServerName,
    claims: Sequence[tuple[Claim, Mapping[str, object], Millis]],
    lived: Millis,
) -> frozenset[RoomId]:
    """Make these all the claims of `instance`; the rooms to refresh."""
    before = {row.id: row for row in await _communities.select(tx, "instance = ?", [instance])}
    new = {str(claim.id): _values(claim, proof, at) for claim, proof, at in claims}
    if wrong := [each for each in new if CommunityId(each).instance != instance]:
        raise ValueError(f"{wrong[0]} is not a community of {instance}")
    changed = [each for each in new if each not in before or _differs(before[each], new[each])]
    touched = {room for each in changed for room in _rooms(new[each])}
    touched |= {room for each in changed if each in before for room in _stored(before[each])}
    touched |= await _remove(tx, [before[each] for each in before.keys() - new.keys()])
    written = [each for each in new if each in changed or _rechecked(before[each], new[each])]
    await _communities.upsert(
        tx, [{**new[each], "confirmed_lived": lived} for each in written], ["id"]
    )
    await _set_children(tx, {each: new[each]["rooms"] for each in changed})
    said = {str(claim.id): claim.vouches for claim, _, _ in claims}
    await vouches.set_places(tx, {each: said[each] for each in changed})
    await execute(
        tx, "UPDATE community SET confirmed_lived = ? WHERE instance = ?", [lived, instance]
    )
    return frozenset(touched)


async def get(conn: Connection, community: CommunityId) -> Claim | None:
    """One community, standing as it does beside other claims on its room."""
    row = await _communities.get(conn, "id = ?", community)
    return (await settled(conn, [read_claim(row)]))[0] if row else None


async def checked(conn: Connection, community: CommunityId) -> Checked | None:
    """One community with its proof."""
    row = await _communities.get(conn, "id = ?", community)
    return Checked(read_claim(row), row.proof, row.checked_at) if row else None


async def checked_of_instance(conn: Connection, instance: ServerName) -> list[Checked]:
    """Every community of one instance, with its proof."""
    found = await _communities.select(conn, "instance = ?", [instance], tail="ORDER BY id")
    return [Checked(read_claim(row), row.proof, row.checked_at) for row in found]


async def of_instance(conn: Connection, instance: ServerName) -> list[Claim]:
    """The communities of one instance, by id, standing as they do beside other claims."""
    found = await _communities.select(conn, "instance = ?", [instance], tail="ORDER BY id")
    return await settled(conn, [read_claim(row) for row in found])


async def of_room(conn: Connection, room_id: RoomId) -> list[Claim]:
    """Every claim on one room, by id."""
    return (await of_rooms(conn, [room_id])).get(room_id, [])


async def of_rooms(conn: Connection, room_ids: Sequence[RoomId]) -> dict[RoomId, list[Claim]]:
    """Every claim on some rooms, standing as they do beside each other."""
    found: dict[RoomId, list[Claim]] = {}
    for chunk in chunks(room_ids):
        where = f"room_id IN ({marks(len(chunk))})"
        there = await _communities.select(conn, where, chunk, tail="ORDER BY id")
        for claim in await settled(conn, [read_claim(row) for row in there]):
            found.setdefault(claim.room_id, []).append(claim)
    return found


async def parents_of(conn: Connection, room_ids: Sequence[RoomId]) -> dict[RoomId, list[Claim]]:
    """The spoken-for communities whose spaces hold these rooms as children."""
    pairs: list[tuple[str, str]] = []
    for chunk in chunks(room_ids):
        pairs += [
            (row[0], row[1])
            for row in await rows(
                conn,
                "SELECT community_room.room_id, community FROM community_room "  # noqa: S608
                f"JOIN community ON community.id = community WHERE {_SPOKEN} "
                f"AND community_room.room_id IN ({marks(len(chunk))}) ORDER BY community",
                [*SPOKEN_FOR, *chunk],
            )
        ]
    parents = await _by_id(conn, {community for _, community in pairs})
    found: dict[RoomId, list[Claim]] = {}
    for room_id, community in pairs:
        found.setdefault(RoomId(room_id), []).append(parents[community])
    return found


async def interests_of(
    conn: Connection, communities: Iterable[CommunityId]
) -> dict[CommunityId, tuple[str, ...]]:
    """What these communities are about, by their manifests."""
    found: dict[CommunityId, tuple[str, ...]] = {}
    for chunk in chunks(communities):
        statement = f"SELECT id, interests FROM community WHERE id IN ({marks(len(chunk))})"  # noqa: S608
        for community, interests in await rows(conn, statement, chunk):
            found[CommunityId(community)] = tuple(from_json(interests))
    return found


async def shared_rooms(
    conn: Connection, communities: Iterable[CommunityId]
) -> dict[RoomId, list[CommunityId]]:
    """The rooms that stand in the spaces of several of these communities, and in whose."""
    holders: dict[RoomId, list[CommunityId]] = {}
    for chunk in chunks(communities):
        statement = (
            "SELECT room_id, community FROM community_room "  # noqa: S608
            f"WHERE community IN ({marks(len(chunk))}) ORDER BY room_id, community"
        )
        for room, community in await rows(conn, statement, chunk):
            holders.setdefault(RoomId(room), []).append(CommunityId(community))
    return {room: found for room, found in holders.items() if len(found) > 1}


async def sharing(
    conn: Connection, community: CommunityId, limit: int
) -> dict[RoomId, list[CommunityId]]:
    """The rooms of one community's space that stand in those of others, and in whose.

    Of others only those that are spoken for; of all, up to `limit`.
    """
    found = await rows(
        conn,
        "SELECT theirs.room_id, theirs.community FROM community_room AS own "  # noqa: S608
        "JOIN community_room AS theirs ON theirs.room_id = own.room_id "
        "AND theirs.community <> own.community "
        "JOIN community ON community.id = theirs.community "
        f"WHERE own.community = ? AND {_SPOKEN} ORDER BY theirs.room_id, theirs.community LIMIT ?",
        [community, *SPOKEN_FOR, limit],
    )
    holders: dict[RoomId, list[CommunityId]] = {}
    for room, other in found:
        holders.setdefault(RoomId(room), []).append(CommunityId(other))
    return holders


async def many(conn: Connection, communities: Iterable[CommunityId]) -> dict[CommunityId, Claim]:
    """Some communities; those that are gone are left out."""
    return {claim.id: claim for claim in (await _by_id(conn, communities)).values()}


async def spoken_for(
    conn: Connection, *, after: CommunityId | None = None, limit: int = 1_000
) -> list[Claim]:
    """Communities that their instance speaks for, by id, in pages."""
    found = await _communities.select(
        conn, f"{_SPOKEN} AND id > ?", [*SPOKEN_FOR, after or "", limit], tail="ORDER BY id LIMIT ?"
    )
    return [read_claim(row) for row in found]


async def page(conn: Connection, *, after: CommunityId | None, limit: int) -> list[Claim]:
    """All communities by id, a page at a time, as each was judged alone."""
    where, values = "id > ?", [after or "", limit]
    found = await _communities.select(conn, where, values, tail="ORDER BY id LIMIT ?")
    return [read_claim(row) for row in found]


async def count(conn: Connection, instance: ServerName | None = None) -> int:
    """How many communities there are, of one instance or of all."""
    if instance is None:
        return await _communities.count(conn)
    return await _communities.count(conn, "instance = ?", [instance])


async def counts(conn: Connection) -> dict[str, int]:
    """How many communities each instance presents."""
    return await _communities.counts(conn, "instance")


async def restand(
    tx: Connection, standings: Mapping[CommunityId, tuple[Standing, str]]
) -> frozenset[RoomId]:
    """Give communities another standing, with its reason; the rooms to refresh."""
    found = await _by_id_rows(tx, standings)
    for row in found:
        standing, why = standings[CommunityId(row.id)]
        await _communities.update(tx, {"standing": standing.value, "why": why}, "id = ?", [row.id])
    return frozenset(room for row in found for room in _stored(row))


async def drop_instance(tx: Connection, instance: ServerName) -> frozenset[RoomId]:
    """Drop every community of one instance; the rooms to refresh."""
    return frozenset(await _remove(tx, await _communities.select(tx, "instance = ?", [instance])))


async def drop_rooms(
    tx: Connection, room_ids: Iterable[RoomId], instance: ServerName | None = None
) -> frozenset[RoomId]:
    """Drop the communities at these rooms (of one instance, or of all), and the rooms as children.

    Of all, what anybody says of them goes as well. The rooms to refresh: these and the children of
    what is gone.
    """
    touched: set[RoomId] = set()
    room_ids = frozenset(room_ids)
    if instance is None:
        await vouches.forget(tx, room_ids)
    for chunk in chunks(room_ids):
        where, values = f"room_id IN ({marks(len(chunk))})", list[object](chunk)
        touched |= await _forget_children(tx, chunk, instance)
        if instance is not None:
            where, values = f"{where} AND instance = ?", [*values, instance]
        touched |= await _remove(tx, await _communities.select(tx, where, values))
    return frozenset(touched)


async def expire(tx: Connection, lived_before: Millis, limit: int) -> frozenset[RoomId]:
    """Drop up to `limit` communities unconfirmed since `lived_before`; the rooms to refresh."""
    found = await _communities.select(
        tx, "confirmed_lived < ?", [lived_before, limit], tail="ORDER BY confirmed_lived LIMIT ?"
    )
    return frozenset(await _remove(tx, found))


async def confirm(tx: Connection, instance: ServerName, lived: Millis) -> None:
    """Note that the manifest of `instance` still holds (an unchanged one was fetched)."""
    await execute(
        tx, "UPDATE community SET confirmed_lived = ? WHERE instance = ?", [lived, instance]
    )


def _values(claim: Claim, proof: Mapping[str, object], checked_at: Millis) -> dict[str, Any]:
    return {**claim_values(claim), "proof": dict(proof), "checked_at": checked_at}


def _differs(row: Community, values: Mapping[str, Any]) -> bool:
    """Whether anything that people see has changed."""
    return any(
        getattr(row, name) != _plain(value)
        for name, value in values.items()
        if name not in {"proof", "checked_at"}
    )


def _rechecked(row: Community, values: Mapping[str, Any]) -> bool:
    return bool(row.checked_at != values["checked_at"] or row.proof != _plain(values["proof"]))


def _plain(value: Any) -> Any:
    """A value as the database gives it back."""
    if isinstance(value, str):
        return storable(value)
    return from_json(to_json(value)) if isinstance(value, list | dict) else value


def _rooms(values: Mapping[str, Any]) -> set[RoomId]:
    return {RoomId(values["room_id"]), *(RoomId(child["room_id"]) for child in values["rooms"])}


def _stored(row: Community) -> set[RoomId]:
    return {RoomId(row.room_id), *(RoomId(str(child["room_id"])) for child in row.rooms)}


async def _by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Claim]:
    return {row.id: read_claim(row) for row in await _by_id_rows(conn, ids)}


async def _by_id_rows(conn: Connection, ids: Iterable[str]) -> list[Community]:
    found: list[Community] = []
    for chunk in chunks(ids):
        found += await _communities.select(conn, f"id IN ({marks(len(chunk))})", chunk)
    return found


async def _remove(tx: Connection, gone: Sequence[Community]) -> set[RoomId]:
    for chunk in chunks([row.id for row in gone]):
        await _communities.delete(tx, f"id IN ({marks(len(chunk))})", chunk)
        await _children.delete(tx, f"community IN ({marks(len(chunk))})", chunk)
    await vouches.drop(tx, [row.id for row in gone])
    return {room for row in gone for room in _stored(row)}


async def _set_children(tx: Connection, children: Mapping[str, list[dict[str, Any]]]) -> None:
    for chunk in chunks(children):
        await _children.delete(tx, f"community IN ({marks(len(chunk))})", chunk)
    pairs = {
        (community, str(child["room_id"])) for community, each in children.items() for child in each
    }
    await _children.insert(
        tx, [{"community": community, "room_id": room} for community, room in sorted(pairs)]
    )


async def _forget_children(
    tx: Connection, room_ids: Sequence[RoomId], instance: ServerName | None
) -> set[RoomId]:
    """Take rooms out of the spaces that hold them."""
    held = await rows(
        tx,
        f"SELECT DISTINCT community FROM community_room WHERE room_id IN ({marks(len(room_ids))})",  # noqa: S608
        room_ids,
    )
    gone, touched = set(map(str, room_ids)), set[RoomId]()
    for row in await _by_id_rows(tx, [each[0] for each in held]):
        if instance is not None and row.instance != instance:
            continue
        left = [child for child in row.rooms if child["room_id"] not in gone]
        touched |= _stored(row)
        await _communities.update(tx, {"rooms": left}, "id = ?", [row.id])
        await _set_children(tx, {row.id: left})
    return touched & set(room_ids)
