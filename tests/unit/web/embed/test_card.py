"""The picture beside a link to a ring: its size, its dots, and what it cannot write."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from webring.names import RingId
from webring.web.embed import card
from webring.web.embed.card import HEIGHT, MAX_DOTS, WIDTH, Card, drawn
from webring.web.embed.colours import of_ring, rgb

COLOURS = of_ring(RingId.parse("gardens:commune.example"))
CARD = Card("Kitchen Gardens", "gardens", "ring.commune.example", 3, (True,) * 3, COLOURS)
TOP = (330, 95)
"""Where the first slot is drawn."""


def picture(wanted: Card) -> Image.Image:
    return Image.open(io.BytesIO(card.png(wanted)))


CARDS = {
    "a usual one": CARD,
    "an empty ring": replace(CARD, count=0, slots=()),
    "a name that fills it": replace(CARD, name="Wunderkammer " * 5),
    "one endless word": replace(CARD, name="a" * 60, host="a" * 230),
    "from right to left": replace(CARD, name="حلقة الحدائق"),
    "what the font lacks": replace(CARD, name="園芸の輪"),
    "a large ring": replace(CARD, count=10_000, slots=(True,) * MAX_DOTS),
}


@pytest.mark.parametrize("case", CARDS)
def test_it_is_a_picture_of_its_size(case: str) -> None:
    found = picture(CARDS[case])
    assert (found.format, found.size) == ("PNG", (WIDTH, HEIGHT))
    assert found.getpixel((0, 0)) == rgb(COLOURS.ground)


def test_the_same_ring_has_the_same_card() -> None:
    first = card.png(CARD)
    card.png.cache_clear()
    assert card.png(CARD) == first


def test_whoever_can_be_visited_is_a_full_dot_and_others_are_hollow() -> None:
    assert picture(CARD).getpixel(TOP) == rgb(COLOURS.ink)
    hollow = replace(CARD, slots=(False, True, True))
    assert picture(hollow).getpixel(TOP) == rgb(COLOURS.ground)


def test_an_unwritable_name_is_the_slug() -> None:
    strange, plain = replace(CARD, name="園芸の輪"), replace(CARD, name="gardens")
    assert card.png(strange) == card.png(plain)


def test_a_large_ring_is_drawn_by_some_of_its_slots() -> None:
    assert drawn([True, False]) == (True, False)
    many = [at % 2 == 0 for at in range(10_000)]
    assert len(drawn(many)) == MAX_DOTS
    assert len(drawn([True] * (MAX_DOTS + 1))) == MAX_DOTS
