"""Suggestions: what a beginning may become."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.listings import listing
from tests.integration.search.conftest import fill
from webring.directory.listing import Standing
from webring.search.index import SearchIndex
from webring.search.suggesting import NAMES, suggested_interests, wanted_names

LISTINGS = [
    listing("corner", "Garden corner", members=5, interests=("gardening",)),
    listing("gnomes", "Gardeners of the North", members=500),
    listing("north", "Northern lights", alias="#garden-lights:hs.example"),
    listing("tea", "Tea", topic="a garden of tea", interests=("tea",)),
    listing("tokyo", "東京音楽会"),
    listing("thai", "ห้องภาษาไทย"),
    listing("found", "Garden found", standing=Standing.FOUND),
    listing("adult", "Garden after dark", adult=True),
    *[listing(f"m{n}", f"Moss {n}") for n in range(20)],
]


@pytest.fixture
def index(index: SearchIndex) -> SearchIndex:
    fill(index, LISTINGS)
    return index


def names(index: SearchIndex, text: str) -> list[str]:
    wanted = wanted_names(text)
    found = index.find(wanted, NAMES).ids if wanted else ()
    return [room_id[1:].partition(":")[0] for room_id in found]


BEGINNINGS = {
    "a beginning, the weightiest first": ("gard", ["gnomes", "north", "corner"]),
    "another case": ("GARDEN C", ["corner"]),
    "a word inside of a name": ("corn", ["corner"]),
    "words of one name": ("north gard", ["gnomes"]),
    "written together": ("gardencor", ["corner"]),
    "a script without spaces": ("東", ["tokyo"]),
    "two characters of one": ("音楽", ["tokyo"]),
    "Thai": ("ภาษา", ["thai"]),
    "a single letter": ("g", []),
    "nothing": ("", []),
    "a word of a topic alone": ("tea garden", []),
    "an alias": ("#garden:hs.example", []),
    "only a minus": ("-garden", []),
    "no name": ("zzz", []),
}


@pytest.mark.parametrize("case", BEGINNINGS)
def test_names_that_begin_so(index: SearchIndex, case: str) -> None:
    text, expected = BEGINNINGS[case]
    found = names(index, text)
    assert set(found) == set(expected)
    assert found[:2] == expected[:2]


def test_names_are_few(index: SearchIndex) -> None:
    assert len(names(index, "moss")) == NAMES


INTERESTS = {
    "English": ("garde", "en", ["Gardening"]),
    "the reader's language": ("garde", "de", ["Gärtnern"]),
    "typed in another language": ("gärtn", "en", ["Gardening"]),
    "without its accents": ("gartn", "en", ["Gardening"]),
    "a language that nobody speaks": ("garde", "\x00", ["Gardening"]),
    "an interest that leads nowhere": ("astron", "en", []),
    "a single letter": ("g", "en", []),
    "nothing": ("", "en", []),
}


@pytest.mark.parametrize("case", INTERESTS)
def test_interests_that_begin_so(index: SearchIndex, case: str) -> None:
    text, language, expected = INTERESTS[case]
    assert [each.name for each in suggested_interests(index, text, language)] == expected


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=10))
def test_whatever_is_typed_is_answered(index: SearchIndex, text: str, language: str) -> None:
    assert len(names(index, text)) <= NAMES
    suggested_interests(index, text, language)
    assert not index.needs_rebuild
