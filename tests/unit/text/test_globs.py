"""Globs: what they match, and that no pattern or name makes them slow."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.text import Globs

MATCHES = {
    "all names below one": ("*.evil.example", "a.b.evil.example"),
    "a name in the middle": ("*spam*", "my-spam-shop.example"),
    "one character": ("hs?.example", "hs1.example"),
    "no character at all": ("a*.example", "a.example"),
    "two stars are one": ("a**.example", "ab.example"),
    "a star and a question mark, in any order": ("a*?.example", "ab.example"),
    "a name without wildcards": ("evil.example", "evil.example"),
    "a part that occurs twice": ("*aab", "aaaab"),
    "across a line's end": ("#a*:x", "#a\nb:x"),
    "what is special to regular expressions": ("[::1]*", "[::1]:8448"),
}
MISSES = {
    "another name that ends like it": ("*.evil.example", "evil.example"),
    "a longer name": ("evil.example", "evil.example.org"),
    "a dot is a dot": ("evil.example", "evilxexample"),
    "one character, not two": ("hs?.example", "hs12.example"),
    "one character, not none": ("a*?.example", "a.example"),
    "other capitals": ("#Spam*", "#spam:x"),
    "overlapping ends": ("aba*aba", "aba"),
}


@pytest.mark.parametrize("case", MATCHES)
def test_it_matches(case: str) -> None:
    pattern, name = MATCHES[case]
    assert Globs([pattern]).find(name) == pattern


@pytest.mark.parametrize("case", MISSES)
def test_it_does_not(case: str) -> None:
    pattern, name = MISSES[case]
    assert Globs([pattern]).find(name) is None


HOSTILE = {
    "many stars": "*a" * 120 + "b",
    "many stars after letters": "a*" * 120 + "b",
    "stars and question marks": "*?a" * 80 + "b",
    "nothing but stars": "*" * 250 + "b",
    "long parts that nearly match": ("*" + "a" * 30 + "b") * 8,
    "one long part": "*" + "a" * 200 + "b" + "*",
    "question marks alone": "?" * 250 + "*?b",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pattern_ends(case: str) -> None:
    """Each would take longer than the sun lasts where a star is reconsidered."""
    assert Globs([HOSTILE[case]]).find("a" * 255) is None


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_it_matches_what_fnmatch_does(pattern: str, name: str) -> None:
    assert (Globs([pattern]).find(name) is not None) == fnmatchcase(name, pattern)


def test_the_first_that_matches_is_named() -> None:
    globs = Globs(["*.b.example", "*.example", "c.example"])
    assert globs.find("a.b.example") == "*.b.example"
    assert globs.find("c.example") == "c.example"
    assert globs.find("other") is None
    assert not Globs()
