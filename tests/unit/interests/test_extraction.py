"""Interests read off names and topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.interests import MAX_EXTRACTED, extract, vocabulary

FOUND = {
    "the name itself": ("Gardening", "", "gardening"),
    "a word of the name": ("Berlin Linux Friends", "", "linux"),
    "a word too vague for topics, in a name": ("Rust Berlin", "", "rust"),
    "the topic": ("The Green Corner", "All about gardening and seeds", "gardening"),
    "German": ("Treffpunkt", "Hier geht es um Künstliche Intelligenz", "artificial-intelligence"),
    "Russian": ("Чат", "Фотография и путешествия", "photography"),
    "Japanese inside a sentence": ("部屋", "ここはプログラミングの部屋です", "programming"),
    "Chinese": ("群", "开源软件交流", "open-source"),
    "Arabic": ("غرفة", "نتحدث عن البرمجة هنا", "programming"),
    "accents left out": ("Musica", "", "music"),
    "two words": ("Machine Learning Papers", "", "machine-learning"),
    "C++": ("Modern C++", "", "cpp"),
}


@pytest.mark.parametrize(("name", "topic", "slug"), FOUND.values(), ids=FOUND)
def test_found(name: str, topic: str, slug: str) -> None:
    assert slug in extract(name, topic)


NOT_FOUND = {
    "a vague word in a topic": ("Lobby", "Let's go: the new design is home", ""),
    "turned away": ("Gardening", "No politics", "politics"),
    "turned away in a row": ("Gardening", "no politics, religion or cryptocurrency", "religion"),
    "turned away in German": ("Garten", "Keine Politik", "politics"),
    "an address": ("Lobby", "See https://linux.example/gardening and #music:matrix.org", "linux"),
    "a part of a word": ("Lobby", "smartphonetic linuxoid", "linux"),
    "a part of a longer phrase": ("Lobby", "video games", "games"),
    "nothing": ("", "", ""),
}


@pytest.mark.parametrize(("name", "topic", "slug"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_not_found(name: str, topic: str, slug: str) -> None:
    found = extract(name, topic)
    assert slug not in found if slug else found == ()


def test_the_name_counts_more_than_the_topic() -> None:
    assert extract("Chess", "music, music, music and chess")[0] == "chess"


@given(st.text(st.characters(), max_size=100), st.text(st.characters(), max_size=300))
def test_any_text_gives_few_known_interests(name: str, topic: str) -> None:
    found = extract(name, topic)
    assert len(found) == len(set(found)) <= MAX_EXTRACTED
    assert all(slug in vocabulary() for slug in found)


def test_an_endless_topic_is_read_only_to_a_point() -> None:
    assert extract("Lobby", "x " * 1_000_000 + "linux") == ()
