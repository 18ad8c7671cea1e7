"""The vocabulary itself: complete, without contradiction, and free of words that mean too much."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.interests import normalise, vocabulary
from webring.names import Slug
from webring.text import words

ENTRIES = json.loads((files("webring.interests") / "vocabulary.json").read_text("utf-8"))
BY_SLUG = {entry["slug"]: entry for entry in ENTRIES}
LANGUAGES = {"en", "de", "fr", "es", "pt", "ru", "ja", "ar"}
COMMON = "the and of to in is for on a with this room chat welcome please rules space public de la"


def test_there_are_enough_interests_and_none_twice() -> None:
    assert len(ENTRIES) == len(BY_SLUG) == len(vocabulary()) >= 250


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_entry_is_well_formed(slug: str) -> None:
    entry = BY_SLUG[slug]
    assert Slug.parse(slug) == slug
    assert set(entry) == {"slug", "names", "aliases", "tags", "whole", "broader", "related"}
    assert "en" in entry["names"]
    assert set(entry["names"]) <= LANGUAGES
    assert all(words(text) for text in [*entry["names"].values(), *entry["aliases"]])
    assert slug not in entry["broader"] + entry["related"]
    assert set(entry["broader"]) | set(entry["related"]) <= set(BY_SLUG)


def test_a_word_means_one_interest() -> None:
    meanings: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for entry in ENTRIES:
        texts = [*entry["names"].values(), *entry["aliases"], *entry["tags"], *entry["whole"]]
        for text in texts:
            meanings[tuple(words(text))].add(entry["slug"])
    assert {phrase: slugs for phrase, slugs in meanings.items() if len(slugs) > 1} == {}


def test_broader_interests_never_lead_back() -> None:
    def above(slug: str, trail: tuple[str, ...]) -> None:
        assert slug not in trail, trail
        for wider in BY_SLUG[slug]["broader"]:
            above(wider, (*trail, slug))

    for slug in BY_SLUG:
        above(slug, ())


@pytest.mark.parametrize("word", COMMON.split())
def test_a_common_word_means_nothing(word: str) -> None:
    assert (word,) not in vocabulary().named


NORMALISED = {
    "slug": ("gardening", "gardening"),
    "English": ("Gardening", "gardening"),
    "German": ("Gärtnern", "gardening"),
    "German without its dots": ("GARTNERN", "gardening"),
    "Japanese": ("園芸", "gardening"),
    "Russian": ("музыка", "music"),
    "Arabic": ("موسيقى", "music"),
    "alias": ("rustlang", "rust"),
    "tag too short for texts": ("go", "go-language"),
    "slug with dashes": ("3d-printing", "3d-printing"),
    "C++": ("C++", "cpp"),
    "with a hash": ("#linux", "linux"),
    "free": ("Underwater Basket Weaving", "underwater-basket-weaving"),
    "empty": ("", ""),
    "no letters": (" -- ", ""),
}


@pytest.mark.parametrize(("tag", "slug"), NORMALISED.values(), ids=NORMALISED)
def test_normalising(tag: str, slug: str) -> None:
    assert normalise(tag) == slug


@given(st.text(st.characters(), max_size=300))
def test_every_tag_becomes_a_slug_and_stays_it(tag: str) -> None:
    slug = normalise(tag)
    assert slug == "" or normalise(slug) == Slug.parse(slug)


def test_names_fall_back_to_english() -> None:
    music = vocabulary().get("music")
    assert music is not None
    assert (music.name("de"), music.name("de-AT"), music.name("sv"), music.name()) == (
        "Musik",
        "Musik",
        "Music",
        "Music",
    )
