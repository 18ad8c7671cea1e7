"""The picture of a ring: every member once, on the circle, with nothing of anybody's words."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.documents.ring import MemberKind
from webring.rings.states import MemberState
from webring.web.rings.drawing import MOST, NUMBERED, SIZE, Mark, Thread, drawing

MARKS = st.lists(
    st.builds(Mark, st.sampled_from(MemberKind), st.sampled_from(MemberState)), max_size=60
)


def read(marks: list[Mark], threads: list[Thread], label: str = "A ring") -> ET.Element:
    return ET.fromstring(drawing(marks, threads, label))


def slots(picture: ET.Element) -> list[ET.Element]:
    return [each for each in picture if (each.get("class") or "").startswith("slot ")]


@given(MARKS)
def test_every_member_is_drawn_once_in_its_shape_and_state(marks: list[Mark]) -> None:
    drawn = slots(read(marks, []))
    shapes = {"circle": MemberKind.COMMUNITY, "rect": MemberKind.SITE}
    assert [shapes[each.tag] for each in drawn] == [mark.kind for mark in marks]
    assert [each.get("class") for each in drawn] == [f"slot {mark.state}" for mark in marks]


@pytest.mark.parametrize("count", [1, 2, NUMBERED, NUMBERED + 1, MOST, MOST + 1, 10_000])
def test_marks_stay_inside_and_apart(count: int) -> None:
    picture = read([Mark(MemberKind.COMMUNITY, MemberState.ACTIVE)] * count, [])
    places = [
        tuple(float(each.get(key, "")) for key in ("cx", "cy", "r")) for each in slots(picture)
    ]
    assert len(places) == min(count, MOST)
    for x, y, radius in places:
        assert radius <= x <= SIZE - radius
        assert radius <= y <= SIZE - radius
    if 1 < count <= NUMBERED:
        (one, other), radius = places[:2], places[0][2]
        assert math.dist(one[:2], other[:2]) >= 2 * radius
    numbers = [each.text for each in picture.iter("text")]
    assert numbers == ([str(at) for at in range(1, count + 1)] if count <= NUMBERED else [])


def test_a_thread_joins_two_members_and_none_that_is_not_drawn() -> None:
    marks = [Mark(MemberKind.SITE, MemberState.ACTIVE)] * 3
    drawn = [each for each in read(marks, [Thread(0, 2), Thread(1, 7)]) if each.tag == "path"]
    assert [each.get("class") for each in drawn] == ["thread"]


def test_an_empty_ring_is_a_circle() -> None:
    assert [each.get("class") for each in read([], [])] == ["line"]


def test_the_label_is_escaped_and_no_style_is_inline() -> None:
    text = drawing([], [], '"><script>alert(1)</script>')
    assert "<script" not in text
    assert "style" not in text
