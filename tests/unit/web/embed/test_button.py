"""The 88x31 button: the same bytes for the same ring, and no name that breaks out of it."""

from __future__ import annotations

import hashlib
import io
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.laws import tries
from tests.unit.web.embed.places import NASTY
from webring.names import RingId
from webring.text import line
from webring.web.embed import button
from webring.web.embed.button import Button
from webring.web.embed.colours import Colours, of_ring, rgb

COLOURS = of_ring(RingId.parse("gardens:commune.example"))
BUTTON = Button("Kitchen Gardens", "gardens", COLOURS)
SVG = "{http://www.w3.org/2000/svg}"


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_same_ring_has_the_same_svg_on_every_machine() -> None:
    assert hashlib.sha256(button.svg(BUTTON)).hexdigest() == (
        "e62892f9e911b6b16066d3d790af83b112b433549a54493f4adf5384eadaba3a"
    )


def test_the_same_ring_has_the_same_png() -> None:
    first = button.png(BUTTON)
    button.png.cache_clear()
    assert button.png(BUTTON) == first


@pytest.mark.parametrize("name", ["Kitchen Gardens", "園芸の輪", "حلقة", "", "a" * 60, NASTY])
def test_a_png_is_a_picture_of_its_size(name: str) -> None:
    found = picture(button.png(Button(name, "gardens", COLOURS)))
    assert (found.format, found.size, found.mode) == ("PNG", (88, 31), "RGB")
    assert found.getpixel((0, 0)) == rgb(COLOURS.mark)
    assert found.getpixel((3, 3)) == rgb(COLOURS.ground)


def test_a_name_that_the_font_lacks_is_written_as_the_slug() -> None:
    assert button.png(Button("園芸の輪", "gardens", COLOURS)) == button.png(
        Button("gardens", "other", COLOURS)
    )
    assert "園芸の輪" in button.svg(Button("園芸の輪", "gardens", COLOURS)).decode()


def test_colours_that_were_chosen_are_drawn() -> None:
    chosen = Button("Ring", "ring", Colours("ffffff", "000000", "000000"))
    assert picture(button.png(chosen)).getpixel((3, 3)) == (255, 255, 255)
    assert 'fill="#ffffff"' in button.svg(chosen).decode()


def test_an_svg_has_its_size_and_says_what_it_is() -> None:
    root = ElementTree.fromstring(button.svg(BUTTON))
    assert (root.get("width"), root.get("height"), root.get("role")) == ("88", "31", "img")
    assert root.findtext(f"{SVG}title") == "Kitchen Gardens"


def test_a_nasty_name_is_only_text_in_an_svg() -> None:
    root = ElementTree.fromstring(button.svg(Button(NASTY, "gardens", COLOURS)))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "rect", "circle", "g", "text"}
    assert root.findtext(f"{SVG}title") == NASTY
    names = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in names)


@tries(50)
@given(st.text(max_size=60))
def test_every_name_makes_an_svg_that_parses(name: str) -> None:
    root = ElementTree.fromstring(button.svg(Button(line(name), "gardens", COLOURS)))
    assert len(root.findall(f"{SVG}g/{SVG}text")) in {1, 2}
