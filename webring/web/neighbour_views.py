"""A community's neighbours as the API shows them. Text is raw: whoever shows it escapes it."""

from __future__ import annotations

from typing import Any

from webring.rings.circle import Slot
from webring.rings.neighbours import Neighbours, RingStanding, SharedRoom
from webring.rings.vouching import Counting, Vouches
from webring.web import views
from webring.web.rings import showing


def neighbours(found: Neighbours, base_url: str) -> dict[str, Any]:
    """The fields of a community that tell of its neighbours."""
    return {
        "rings": [_ring(each, base_url) for each in found.rings],
        "vouches": _vouches(found.vouches),
        "shared_rooms": [_shared(each, base_url) for each in found.shared],
    }


def _ring(each: RingStanding, base_url: str) -> dict[str, Any]:
    page = f"{base_url}{showing.ring_path(each.circle.ring)}"
    return {
        "ring": each.circle.ring,
        "name": each.circle.label,
        "page": page,
        "member": each.slot.id,
        "state": each.slot.state.value,
        "membership": f"{page}/{each.slot.id}",
        "previous": _beside(each.previous),
        "next": _beside(each.next),
    }


def _beside(slot: Slot | None) -> dict[str, Any] | None:
    if slot is None:
        return None
    return {"name": showing.name_of(slot), "url": slot.url, "community": slot.community_id}


def _vouches(found: Vouches) -> dict[str, Any]:
    return {
        "received": [_vouch(each) for each in found.received],
        "others": found.others,
        "given": [_vouch(each) for each in found.given],
        "unanswered": found.unanswered,
    }


def _vouch(each: Counting) -> dict[str, Any]:
    return {
        "community": each.other.id if each.other else None,
        "url": each.slot.url if each.slot else None,
        "name": each.other.name if each.other else each.slot and showing.name_of(each.slot),
        "sentence": each.sentence,
        "reason": each.reason.value,
        "ring": each.circle.ring if each.circle else None,
    }


def _shared(each: SharedRoom, base_url: str) -> dict[str, Any]:
    return {
        "room_id": each.room.room_id,
        "name": each.room.name,
        "alias": each.room.alias,
        "page": f"{base_url}{views.path(each.room)}",
        "communities": [other.id for other in each.communities],
        "more": each.more,
    }
