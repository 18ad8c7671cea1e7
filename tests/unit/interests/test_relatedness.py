"""How interests belong together, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.interests import RelationKind, relate, related, relatedness, vocabulary

SLUGS = [interest.slug for interest in vocabulary()]
CASES = {
    "same": ("rust", "rust", RelationKind.SAME, "Both are about Rust."),
    "narrower": ("rust", "programming", RelationKind.NARROWER, "Rust is part of Programming."),
    "broader": ("programming", "rust", RelationKind.BROADER, "Rust is part of Programming."),
    "related": (
        "anime",
        "japan",
        RelationKind.RELATED,
        "Anime and Japan often interest the same people.",
    ),
    "siblings": ("perl", "zig", RelationKind.SIBLING, "Perl and Zig both belong to Programming."),
}


@pytest.mark.parametrize(("a", "b", "kind", "why"), CASES.values(), ids=CASES)
def test_relatedness(a: str, b: str, kind: RelationKind, why: str) -> None:
    relation = relatedness(a, b)
    assert relation is not None
    assert (relation.kind, relation.why) == (kind, why)


def test_nothing_connects_strangers_or_what_nobody_knows() -> None:
    assert relatedness("perl", "horses") is None
    assert relatedness("my-free-tag", "perl") is None
    same = relatedness("my-free-tag", "my-free-tag")
    assert same is not None
    assert same.why == "Both are about my-free-tag."


@given(st.sampled_from(SLUGS), st.sampled_from(SLUGS))
def test_relatedness_works_both_ways(a: str, b: str) -> None:
    there, back = relatedness(a, b), relatedness(b, a)
    assert (there is None) == (back is None)
    if there and back:
        assert there.strength == back.strength
        assert 0 < there.strength <= 1


def test_two_communities_are_related_by_their_nearest_interests() -> None:
    relations = relate(["rust", "horses"], ["programming", "rust"])
    assert [(each.a, each.b) for each in relations] == [("rust", "rust")]


def test_what_belongs_to_an_interest_comes_nearest_first() -> None:
    strengths = [relation.strength for relation in related("programming")]
    assert strengths == sorted(strengths, reverse=True)
    assert "programming" not in [relation.b for relation in related("programming")]
    assert related("my-free-tag") == ()
