"""What our own communities say of others, and to what of theirs they agree, by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, RoomId, Slug
from webring.storage import vouch_models as models
from webring.storage.models import NAME
from webring.storage.sql import Connection
from webring.storage.table import Table
from webring.storage.vouches import place_of

VOUCHED: Final = "vouch"
"""The decision by which a community of ours vouches for a place."""
VOUCHED_NO_MORE: Final = "unvouch"
"""The decision by which it does no more."""
ACCEPTED: Final = "accept_vouch"
"""The decision by which it agrees to what another says of it."""
ACCEPTED_NO_MORE: Final = "unaccept_vouch"
"""The decision by which it agrees no more."""

_vouches: Final = Table(models.OwnVouch)
_acceptances: Final = Table(models.OwnAcceptance)


@dataclass(frozen=True, slots=True)
class OwnVouch:
    """A vouch that a community of ours makes, since `at` (milliseconds since the epoch)."""

    community: Slug
    vouch: Vouch
    at: Millis


@dataclass(frozen=True, slots=True)
class OwnAcceptance:
    """A vouch to which a community of ours agrees, since `at`."""

    community: Slug
    accepted: AcceptedVouch
    at: Millis


def target(community: Slug, other: str) -> str:
    """What decisions name as their target: `other` is a place, or a community that vouches."""
    return f"{community} and {other}"[:NAME]


async def all(conn: Connection) -> list[OwnVouch]:  # noqa: A001
    """Every vouch, the oldest of each community first."""
    return [_vouch(row) for row in await _vouches.select(conn, tail="ORDER BY community, at, id")]


async def of_community(conn: Connection, community: Slug) -> list[OwnVouch]:
    """The vouches of one community, the oldest first."""
    found = await _vouches.select(conn, "community = ?", [community], tail="ORDER BY at, id")
    return [_vouch(row) for row in found]


async def put(tx: Connection, new: OwnVouch) -> None:
    """Vouch; the sentence replaces that which was said of the same place."""
    row = {
        "community": new.community,
        "place": place_of(new.vouch),
        "room_id": new.vouch.room_id,
        "url": new.vouch.url,
        "sentence": new.vouch.sentence,
        "at": new.at,
    }
    await _vouches.upsert(tx, [row], ["community", "place"])


async def remove(tx: Connection, community: Slug, place: str) -> bool:
    """Vouch no more for a place (`vouches.place_of`); whether we did."""
    return bool(await _vouches.delete(tx, "community = ? AND place = ?", [community, place]))


async def acceptances(conn: Connection) -> list[OwnAcceptance]:
    """Everything that was agreed to, the oldest of each community first."""
    found = await _acceptances.select(conn, tail="ORDER BY community, at, id")
    return [_acceptance(row) for row in found]


async def accept(tx: Connection, new: OwnAcceptance) -> None:
    """Agree to a sentence; it replaces an earlier one of the same voucher."""
    row = {
        "community": new.community,
        "voucher": new.accepted.voucher,
        "sentence": new.accepted.sentence,
        "at": new.at,
    }
    await _acceptances.upsert(tx, [row], ["community", "voucher"])


async def unaccept(tx: Connection, community: Slug, voucher: CommunityId) -> bool:
    """Agree no more; whether we did."""
    where = "community = ? AND voucher = ?"
    return bool(await _acceptances.delete(tx, where, [community, voucher]))


def _vouch(row: models.OwnVouch) -> OwnVouch:
    room_id = None if row.room_id is None else RoomId(row.room_id)
    return OwnVouch(Slug(row.community), Vouch(row.sentence, room_id, row.url), row.at)


def _acceptance(row: models.OwnAcceptance) -> OwnAcceptance:
    accepted = AcceptedVouch(CommunityId(row.voucher), row.sentence)
    return OwnAcceptance(Slug(row.community), accepted, row.at)
