"""Who vouches for a place, as verified manifests have it. Only who is spoken for counts here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.directory.listing import Claim, Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, RingId, RoomId
from webring.rings.places import read_address
from webring.rings.states import MemberState
from webring.storage import vouch_models as models
from webring.storage.models import Community
from webring.storage.rooms import read_claim, vouch_values
from webring.storage.sql import Connection, chunks, marks, rows
from webring.storage.table import Table

_vouches: Final = Table(models.Vouch)
_communities: Final = Table(Community)
_SPOKEN_FOR: Final = tuple(each.value for each in Standing if each.is_spoken_for)
_SPOKEN: Final = f"standing IN ({marks(len(_SPOKEN_FOR))})"
_ABOUT: Final = "id IN (SELECT community FROM vouch WHERE place IN ({}))"


@dataclass(frozen=True, slots=True)
class InRing:
    """A community, and a ring of which it is an active member."""

    community: CommunityId
    ring: RingId


def place_of(vouch: Vouch) -> str:
    """The place that a vouch is about, as it is compared: the room's id, or `url_place`."""
    return url_place(vouch.url) if vouch.room_id is None else vouch.room_id


def url_place(url: str) -> str:
    """A web page's place: the same for all the ways in which its address can be written."""
    address = read_address(url)
    text = url if address is None else "\n".join(map(str, address.loose))
    return f"url:{hashlib.sha256(text.encode()).hexdigest()}"


async def put(
    tx: Connection,
    community: CommunityId,
    vouches: Sequence[Vouch],
    accepted: Sequence[AcceptedVouch],
) -> None:
    """Make these all that a community says of others, and agrees to."""
    values = vouch_values(vouches, accepted)
    if await _communities.update(tx, values, "id = ?", [community]):
        await set_places(tx, {community: vouches})


async def set_places(tx: Connection, said: Mapping[str, Sequence[Vouch]]) -> None:
    """Write down for what places communities vouch, in the place of what was written of them."""
    await drop(tx, said)
    pairs = {(community, place_of(each)) for community, vouches in said.items() for each in vouches}
    new = [{"community": community, "place": place} for community, place in sorted(pairs)]
    await _vouches.insert(tx, new)


async def drop(tx: Connection, communities: Iterable[str]) -> None:
    """Forget what these communities say."""
    for chunk in chunks(communities):
        await _vouches.delete(tx, f"community IN ({marks(len(chunk))})", chunk)


async def forget(tx: Connection, room_ids: Collection[RoomId]) -> None:
    """Forget whatever anybody says of these rooms."""
    for chunk in chunks(room_ids):
        where = _ABOUT.format(marks(len(chunk)))
        for row in await _communities.select(tx, where, chunk):
            claim = read_claim(row)
            left = [each for each in claim.vouches if each.room_id not in room_ids]
            await put(tx, claim.id, left, claim.accepted_vouches)


async def vouchers(
    conn: Connection,
    places: Sequence[str],
    *,
    among: Iterable[CommunityId] | None = None,
    limit: int,
) -> list[Claim]:
    """Communities that vouch for one of these places, by id; of all, or of these alone."""
    where = f"{_SPOKEN} AND {_ABOUT.format(marks(len(places)))}"
    values: list[object] = [*_SPOKEN_FOR, *places]
    if among is None:
        found = await _communities.select(conn, where, [*values, limit], tail="ORDER BY id LIMIT ?")
        return [read_claim(row) for row in found]
    claims: list[Claim] = []
    for chunk in chunks(sorted(set(among))):
        narrowed = f"{where} AND id IN ({marks(len(chunk))})"
        found = await _communities.select(conn, narrowed, [*values, *chunk], tail="ORDER BY id")
        claims += [read_claim(row) for row in found]
    return claims[:limit]


async def vouchers_in(
    conn: Connection, rings: Sequence[RingId], places: Sequence[str], limit: int
) -> list[InRing]:
    """Those who vouch for one of these places, in which of these rings they are active members."""
    where = f"community.{_ABOUT.format(marks(len(places)))}"
    return await _in_rings(conn, rings, where, places, limit)


async def members_of(
    conn: Connection, rings: Sequence[RingId], communities: Sequence[CommunityId]
) -> list[InRing]:
    """In which of these rings these communities (up to 500) are active members."""
    where = f"community.id IN ({marks(len(communities))})"
    return await _in_rings(conn, rings, where, communities, len(rings) * len(communities))


async def instances(conn: Connection, places: Sequence[str], without: Collection[str]) -> int:
    """How many instances have a community that vouches for one of these places.

    Those in `without` are not counted. An instance counts once, however many communities it has.
    """
    found = await rows(
        conn,
        "SELECT count(DISTINCT instance) FROM community "  # noqa: S608
        f"WHERE {_SPOKEN} AND {_ABOUT.format(marks(len(places)))} "
        f"AND instance NOT IN ({marks(len(without))})",
        [*_SPOKEN_FOR, *places, *without],
    )
    return int(found[0][0])


async def _in_rings(
    conn: Connection, rings: Sequence[RingId], where: str, values: Sequence[object], limit: int
) -> list[InRing]:
    if not rings or not values:
        return []
    found = await rows(
        conn,
        "SELECT community.id, ring_member.ring FROM community "  # noqa: S608
        "JOIN ring_member ON ring_member.instance = community.instance "
        "AND ring_member.community = community.slug "
        f"WHERE {where} AND {_SPOKEN} AND listed AND ring_member.state = ? "
        f"AND ring IN ({marks(len(rings))}) ORDER BY community.id, ring LIMIT ?",
        [*values, *_SPOKEN_FOR, MemberState.ACTIVE.value, *rings, limit],
    )
    return [InRing(CommunityId(row[0]), RingId(row[1])) for row in found]
