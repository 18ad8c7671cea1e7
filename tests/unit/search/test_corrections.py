"""Did you mean: the nearest words of what was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.listings import listing
from webring.search.corrections import corrected, distance
from webring.search.query import parse

RESULTS = [
    listing("1", "Gardening", topic="Vegetables and flowers"),
    listing("2", "Photography club", interests=("photography",)),
    listing("3", "Música"),
]
CASES = {
    "one letter missing": ("gardning", "gardening"),
    "letters swapped": ("gadrening", "gardening"),
    "two typos in a long word": ("fotografy", None),
    "two typos": ("phtogaphy", "photography"),
    "only the wrong word changes": ("photography clubb", "photography club"),
    "quotes and minus stay": (
        '"open source" gardning -windows',
        '"open source" gardening -windows',
    ),
    "right already": ("gardening", None),
    "the beginning of a word": ("photog", None),
    "too short to guess": ("clb", None),
    "nothing near": ("submarine", None),
    "with an accent": ("muzica", "musica"),
    "empty": ("", None),
    "Chinese": ("音乐", None),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_corrected(text: str, expected: str | None) -> None:
    assert corrected(text, parse(text), RESULTS) == expected


DISTANCES = {
    "same": ("abc", "abc", 0),
    "one more": ("abc", "abcd", 1),
    "one other": ("abc", "abd", 1),
    "a swap is one": ("abcd", "abdc", 1),
    "two": ("abcd", "bacde", 2),
    "far": ("abc", "xyz", 3),
    "much longer": ("a", "abcdefgh", 3),
}


@pytest.mark.parametrize(("a", "b", "steps"), DISTANCES.values(), ids=DISTANCES)
def test_distance(a: str, b: str, steps: int) -> None:
    assert distance(a, b, 2) == steps


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_the_same_both_ways_and_bounded(a: str, b: str) -> None:
    assert distance(a, b, 2) == distance(b, a, 2) <= 3
    assert (distance(a, b, 2) == 0) == (a == b)
