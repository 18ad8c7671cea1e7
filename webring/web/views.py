"""Listings, claims and peers as the API shows them. Text is raw: whoever shows it escapes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote

from webring.crawler.explain import Explanation
from webring.directory.listing import Claim, Listing
from webring.search.finding import Facet
from webring.search.suggesting import SuggestedInterest
from webring.storage.models import Peer
from webring.text import cut, line

SUGGESTION_LENGTH: Final = 80
"""Graphemes of a name that is suggested."""


def listing(each: Listing, base_url: str) -> dict[str, Any]:
    """One result: a community or a room."""
    return {
        "type": "community" if each.community else "room",
        "id": each.community or each.room_id,
        "room_id": each.room_id,
        "kind": each.kind.value,
        "standing": each.standing.value,
        "why": each.why,
        "name": each.name,
        "topic": each.topic,
        "alias": each.alias,
        "avatar": each.avatar,
        "url": each.url or None,
        "page": f"{base_url}{path(each)}",
        "interests": list(each.interests),
        "languages": list(each.languages),
        "members": each.members,
        "activity": each.activity.value if each.activity else None,
        "join_rule": each.join_rule.value,
        "world_readable": each.world_readable,
        "adult": each.adult,
        "instance": each.instance,
        "parents": list(each.parents),
        "servers": list(each.servers),
        "via": list(each.via),
    }


def suggested(each: Listing, base_url: str) -> dict[str, Any]:
    """A name, as a list of suggestions shows it: on one line, and cut."""
    return {
        "type": "community" if each.community else "room",
        "id": each.community or each.room_id,
        "text": cut(line(each.name or each.alias or each.room_id), SUGGESTION_LENGTH),
        "page": f"{base_url}{path(each)}",
    }


def suggested_interest(each: SuggestedInterest, base_url: str) -> dict[str, Any]:
    """An interest, as a list of suggestions shows it."""
    page = f"{base_url}/interests/{quote(each.slug, safe='')}"
    return {"type": "interest", "id": each.slug, "text": each.name, "page": page}


def path(each: Listing) -> str:
    """The path of a listing's page."""
    if each.community:
        return f"/communities/{quote(each.community, safe=':')}"
    return f"/rooms/{quote(each.room_id, safe=':')}"


def report_path(name: str) -> str:
    """Where a community, or a room, is reported; `name` is its id."""
    return f"/report/{quote(name, safe=':')}"


def community(claim: Claim, shown: Listing | None, base_url: str) -> dict[str, Any]:
    """A community with its rooms and how its claim stands."""
    return {
        "id": claim.id,
        "instance": claim.id.instance,
        "room_id": claim.room_id,
        "kind": claim.kind.value,
        "standing": claim.standing.value,
        "why": claim.why,
        "name": claim.name,
        "topic": claim.topic,
        "alias": claim.alias,
        "avatar": claim.avatar,
        "url": claim.url or None,
        "page": f"{base_url}/communities/{quote(claim.id, safe=':')}",
        "interests": list(shown.interests if shown else claim.interests),
        "languages": list(claim.languages),
        "members": claim.members,
        "activity": claim.activity.value if claim.activity else None,
        "join_rule": claim.join_rule.value,
        "world_readable": claim.world_readable,
        "adult": claim.adult or bool(shown and shown.adult),
        "servers": list(shown.servers) if shown else [],
        "via": list(claim.via),
        "rooms": [asdict(room) for room in claim.rooms],
        "updated_at": claim.updated_at,
    }


def instance(row: Peer, communities: int) -> dict[str, Any]:
    """A peer, as far as anybody may know."""
    return {
        "name": row.name,
        "base_url": row.base_url,
        "state": row.state,
        "outcome": row.outcome,
        "why": row.why,
        "accepted": row.accepted,
        "origin": row.origin,
        "communities": communities,
        "sequence": row.sequence,
        "expires_at": row.expires_at,
        "tried_at": row.tried_at,
        "answered_at": row.answered_at,
    }


def server(explained: Explanation) -> dict[str, Any]:
    """A homeserver and why its rooms are listed or not."""
    return asdict(explained)


def results(rows: Sequence[Any], total: int, following: str | None) -> dict[str, Any]:
    """A list as every part of the API answers it."""
    return {"results": list(rows), "total": total, "next": following}


def facets(found: Mapping[str, Sequence[Facet]]) -> dict[str, list[dict[str, Any]]]:
    """How many results each filter would leave, by parameter, the most first."""
    return {name: [asdict(each) for each in values] for name, values in found.items()}
