"""A ring as JSON, for whoever wants to take it elsewhere: `importing` reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webring.documents.ring import MemberKind, Ring
from webring.names import ServerName, Slug
from webring.rings.circle import Circle
from webring.rings.history import Naming
from webring.rings.states import MemberState
from webring.text import line, shown


@dataclass(frozen=True, slots=True)
class Listed:
    """A member as an export shows it. `title` is raw, "" where it is not known.

    `interests` are its own, of its manifest; none for a site.
    """

    id: str
    kind: MemberKind
    instance: ServerName | None
    community: Slug | None
    url: str
    title: str
    state: MemberState
    interests: tuple[str, ...] = ()


def listed(
    circle: Circle, named: Naming, interests: Mapping[str, tuple[str, ...]]
) -> tuple[Listed, ...]:
    """The members of a circle who have a name, in its order; `interests` by their ids."""
    return tuple(
        Listed(
            id=slot.id,
            kind=slot.kind,
            instance=slot.instance,
            community=slot.community,
            url=slot.url,
            title=name,
            state=slot.state,
            interests=interests.get(slot.id, ()),
        )
        for slot in circle.slots
        if (name := named(slot.id))
    )


def ring_json(ring: Ring, members: Iterable[Listed]) -> dict[str, object]:
    """The ring, what its stewards decided, and these members in this order.

    Text is harmless for eyes, and escaped by nobody yet.
    """
    terms = ring.terms
    return {
        "id": ring.id,
        "root": ring.root,
        "name": line(terms.name),
        "description": shown(terms.description),
        "criteria": shown(terms.criteria),
        "interests": [line(interest) for interest in terms.interests],
        "languages": [line(language) for language in terms.languages],
        "policy": terms.policy.value,
        "order": terms.order.value,
        "stewards": {
            "threshold": terms.stewards.threshold,
            "instances": sorted(terms.stewards.instances),
        },
        "mirrors": list(terms.mirrors),
        "sequence": ring.sequence,
        "sha256": ring.sha256,
        "issued_at": ring.validity.issued_at,
        "expires_at": ring.expires_at,
        "members": [_member(member) for member in members],
    }


def _member(member: Listed) -> dict[str, object]:
    return {
        "id": member.id,
        "kind": member.kind.value,
        "url": member.url,
        "title": line(member.title),
        "state": member.state.value,
        "instance": member.instance,
        "community": member.community,
    }
