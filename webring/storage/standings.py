"""How claims stand beside others on the same room: each is stored as it was judged alone.

What was judged stays as it is, so that a dispute ends by itself when one of its claims does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from webring.directory.listing import Claim, Standing
from webring.documents.authority import settle
from webring.names import CommunityId, RoomId
from webring.storage.sql import Connection, chunks, marks, rows

_CONTENDING: Final = (Standing.SPOKEN_FOR.value, Standing.UNCONFIRMED.value)
_WHY: Final = {
    Standing.DISPUTED: "{others} may speak for this room as well",
    Standing.CLAIMED: "{others} speaks for this room, and is confirmed",
}


async def settled(conn: Connection, claims: Sequence[Claim]) -> list[Claim]:
    """These claims, standing as they do beside all others on their rooms."""
    rivals = await _contending(conn, {claim.room_id for claim in claims})
    return [_beside(claim, rivals.get(claim.room_id, {})) for claim in claims]


def _beside(claim: Claim, contending: dict[CommunityId, Standing]) -> Claim:
    standing = settle(contending).get(claim.id, claim.standing) if len(contending) > 1 else None
    if standing is None or standing is claim.standing:
        return claim
    others = sorted({each.instance for each in contending} - {claim.id.instance})
    return replace(claim, standing=standing, why=_WHY[standing].format(others=", ".join(others)))


async def _contending(
    conn: Connection, rooms: set[RoomId]
) -> dict[RoomId, dict[CommunityId, Standing]]:
    """Every claim on some rooms that may decide about them."""
    found: dict[RoomId, dict[CommunityId, Standing]] = {}
    for chunk in chunks(sorted(rooms)):
        statement = (
            "SELECT room_id, id, standing FROM community "  # noqa: S608
            f"WHERE standing IN (?, ?) AND room_id IN ({marks(len(chunk))})"
        )
        for room, community, standing in await rows(conn, statement, [*_CONTENDING, *chunk]):
            there = found.setdefault(RoomId(room), {})
            there[CommunityId(community)] = Standing(standing)
    return found
