"""How two interests belong together, with the reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webring.interests.vocabulary import vocabulary


class RelationKind(StrEnum):
    """Why two interests belong together, the strongest first."""

    SAME = "same"
    NARROWER = "narrower"
    BROADER = "broader"
    RELATED = "related"
    SIBLING = "sibling"


STRENGTH: Final = {
    RelationKind.SAME: 1.0,
    RelationKind.NARROWER: 0.7,
    RelationKind.BROADER: 0.7,
    RelationKind.RELATED: 0.5,
    RelationKind.SIBLING: 0.3,
}


@dataclass(frozen=True, slots=True)
class Relation:
    """`a` stands to `b` as `kind` says; siblings share the wider interest `via`."""

    a: str
    b: str
    kind: RelationKind
    via: str | None = None

    @property
    def strength(self) -> float:
        """Between 0 and 1."""
        return STRENGTH[self.kind]

    @property
    def why(self) -> str:
        """The reason, as a sentence for people."""
        a, b = _name(self.a), _name(self.b)
        match self.kind:
            case RelationKind.SAME:
                return f"Both are about {a}."
            case RelationKind.NARROWER:
                return f"{a} is part of {b}."
            case RelationKind.BROADER:
                return f"{b} is part of {a}."
            case RelationKind.RELATED:
                return f"{a} and {b} often interest the same people."
            case RelationKind.SIBLING:
                return f"{a} and {b} both belong to {_name(self.via or '')}."


def relatedness(a: str, b: str) -> Relation | None:
    """How the interest `a` belongs to `b`; None where nothing is known to connect them."""
    if a == b:
        return Relation(a, b, RelationKind.SAME)
    ours, theirs = vocabulary().get(a), vocabulary().get(b)
    if ours is None or theirs is None:
        return None
    if b in ours.broader:
        return Relation(a, b, RelationKind.NARROWER)
    if a in theirs.broader:
        return Relation(a, b, RelationKind.BROADER)
    if b in ours.related or a in theirs.related:
        return Relation(a, b, RelationKind.RELATED)
    shared = [slug for slug in ours.broader if slug in theirs.broader]
    return Relation(a, b, RelationKind.SIBLING, shared[0]) if shared else None


def relate(ours: Iterable[str], theirs: Iterable[str]) -> tuple[Relation, ...]:
    """Each of our interests with the nearest of theirs, the strongest relation first."""
    theirs = tuple(theirs)
    nearest = [
        max(found, key=lambda relation: relation.strength)
        for a in dict.fromkeys(ours)
        if (found := [relation for b in theirs if (relation := relatedness(a, b))])
    ]
    return tuple(sorted(nearest, key=lambda relation: -relation.strength))


def related(slug: str) -> tuple[Relation, ...]:
    """Every interest of the vocabulary that belongs to `slug`, itself left out; nearest first."""
    found = [
        relation
        for interest in vocabulary()
        if interest.slug != slug and (relation := relatedness(slug, interest.slug))
    ]
    return tuple(sorted(found, key=lambda relation: -relation.strength))


def _name(slug: str) -> str:
    known = vocabulary().get(slug)
    return known.name() if known else slug
