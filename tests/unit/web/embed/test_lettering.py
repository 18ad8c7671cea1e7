"""Names of all lengths and scripts fit where they are to, and what the font lacks is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.web.embed import lettering
from webring.web.embed.lettering import can_write, fitted, measured, runs_left

SIZES = (11, 10, 9)
WIDTH = 54

NAMES = {
    "one short word": ("Ring", ("Ring",), 11),
    "two words on two lines": ("Kitchen Gardens", ("Kitchen", "Gardens"), 11),
    "smaller letters first": ("Общество садоводов", ("Общество", "садоводов"), 9),
    "then an ellipsis": ("A very long name of a ring", ("A very long", "name of a…"), 9),
    "a word that is no line": ("a" * 40, ("aaaaaaaaa", "aaaaaaaa…"), 9),
    "white space of all sorts": ("  Soil \t\n Club ", ("Soil Club",), 11),
    "nothing": ("", ("",), 11),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_fitted(case: str) -> None:
    name, lines, size = NAMES[case]
    found = fitted(name, WIDTH, 2, SIZES)
    assert (found.lines, found.size) == (lines, size)


@given(st.text(max_size=60))
def test_whatever_it_is_it_fits(name: str) -> None:
    found = fitted(name, WIDTH, 2, SIZES)
    assert found.size in SIZES
    assert 1 <= len(found.lines) <= 2
    for each in found.lines:
        assert measured(each, found.size) <= WIDTH or len(lettering._graphemes(each)) <= 2


def test_no_letter_is_torn_apart() -> None:
    family = "👨‍👩‍👧‍👦"
    found = fitted(family * 20, WIDTH, 2, SIZES)
    assert all(family in each for each in found.lines)
    assert all(each.replace(family, "") in {"", "…"} for each in found.lines)


WRITTEN = {
    "English": ("Kitchen Gardens", True),
    "Polish": ("Łódź", True),
    "Russian": ("Садоводы", True),
    "Greek": ("Κήπος", True),
    "nothing": ("", True),
    "Japanese": ("園芸の輪", False),
    "Chinese in a Latin name": ("Garden 花", False),
    "an emoji": ("Bees 🐝", False),
    "what no font has": ("\uffff", False),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_what_the_font_can_write_is_known(case: str) -> None:
    text, expected = WRITTEN[case]
    assert can_write(text) is expected


RUNS_LEFT = {"حلقة": True, "12 طبعة": True, "עברית (en)": True, "Ring حلقة": False, "12 …": False}


@pytest.mark.parametrize("text", RUNS_LEFT)
def test_a_line_s_first_letter_says_which_way_it_runs(text: str) -> None:
    assert runs_left(text) is RUNS_LEFT[text]


@pytest.mark.parametrize("shaping", [True, False])
def test_joined_letters_are_written_only_where_they_are_joined(
    monkeypatch: pytest.MonkeyPatch, shaping: bool
) -> None:
    monkeypatch.setattr("PIL.features.check", lambda _feature: shaping)
    assert can_write("حلقة") is shaping
    assert can_write("Ring") is True
