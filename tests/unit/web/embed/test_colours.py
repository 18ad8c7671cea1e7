"""Every ring's colours can be read, and a site's own only where they can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.errors import BadRequest
from webring.names import RingId
from webring.web.embed.colours import LEAST_CONTRAST, Colours, chosen, contrast, of_ring, rgb

SLUGS = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)


@given(SLUGS)
def test_every_ring_s_colours_can_be_read(slug: str) -> None:
    colours = of_ring(RingId.parse(f"{slug}:commune.example"))
    assert contrast(colours.ground, colours.ink) >= 7
    assert contrast(colours.ground, colours.mark) >= LEAST_CONTRAST


def test_a_ring_is_painted_alike_everywhere_and_always() -> None:
    assert of_ring(RingId.parse("gardens:commune.example")) == Colours("2e2055", "ffffff", "a58bee")
    assert of_ring(RingId.parse("gardens:other.example")) != of_ring(
        RingId.parse("gardens:commune.example")
    )


CONTRASTS = {
    "black on white": ("000000", "ffffff", 21.0),
    "a colour on itself": ("336699", "336699", 1.0),
    "the well-known border case": ("767676", "ffffff", 4.54),
    "just below it": ("777777", "ffffff", 4.48),
}


@pytest.mark.parametrize("case", CONTRASTS)
def test_contrast_is_as_wcag_has_it(case: str) -> None:
    one, other, expected = CONTRASTS[case]
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


def test_a_site_s_own_colours_are_read_with_their_line_in_the_ink() -> None:
    assert chosen({"ground": "FFFFFF", "ink": "767676"}) == Colours("ffffff", "767676", "767676")
    assert chosen({}) is None
    assert chosen({"ground": "", "ink": ""}) is None


def test_the_query_is_read_back() -> None:
    colours = Colours("ffffff", "123456", "123456")
    assert chosen(colours.query) == colours


def test_what_is_hard_to_read_is_refused_with_both_numbers() -> None:
    with pytest.raises(BadRequest, match=f"4.5 to 1; {LEAST_CONTRAST} is the least") as refused:
        chosen({"ground": "777777", "ink": "ffffff"})
    assert refused.value.status == 400


def test_a_colour_is_three_numbers() -> None:
    assert rgb("0a80ff") == (10, 128, 255)
