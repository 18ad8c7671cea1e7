"""Whose embed it is: addresses below one host, and neighbours as they are at this moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.rings.circles import member_id, slot
from tests.unit.web.embed.circles import circle, ring, sleepy
from tests.unit.web.embed.places import BASE, MEMBER, NASTY, PLACE
from webring.names import RingId
from webring.rings.states import MemberState
from webring.web.embed.options import Picture
from webring.web.embed.place import (
    NAME_LENGTH,
    Neighbour,
    Place,
    member_place,
    ring_name,
    ring_place,
)
from webring.web.hops import Direction, read_hop

RING_PAGE = f"{BASE}/rings/gardens:commune.example"
EMBED = f"{BASE}/embed/gardens:commune.example"


def test_a_member_s_addresses() -> None:
    assert PLACE.ring_page == RING_PAGE
    assert PLACE.member_page == f"{RING_PAGE}/{MEMBER}"
    assert PLACE.hop(Direction.PREVIOUS) == f"{RING_PAGE}/{MEMBER}/prev"
    assert PLACE.titles == f"{RING_PAGE}/{MEMBER}/next.json"
    assert PLACE.card == f"{RING_PAGE}/card.png"
    assert PLACE.frame == f"{EMBED}/{MEMBER}"
    assert PLACE.fragment == f"{EMBED}/{MEMBER}.html"
    assert PLACE.archive == f"{EMBED}/{MEMBER}/webring.zip"
    assert PLACE.button(Picture.PNG) == f"{EMBED}/button.png"
    assert PLACE.element == f"{BASE}/embed/web-ring-1.js"


def test_a_ring_s_addresses_name_no_member() -> None:
    place = ring_place(ring(), BASE)
    assert place.member_page == place.ring_page == RING_PAGE
    assert place.frame == EMBED
    assert place.hop(Direction.RANDOM) == f"{RING_PAGE}/random"


@pytest.mark.parametrize("way", Direction)
@pytest.mark.parametrize("place", [PLACE, replace(PLACE, member="")], ids=["member", "ring"])
def test_navigation_understands_them(place: Place, way: Direction) -> None:
    hop = read_hop(place.hop(way).removeprefix(BASE))
    assert hop is not None
    assert (hop.name, hop.member or "", hop.direction) == (place.ring, place.member, way)


def test_a_ring_at_an_address_is_one_segment() -> None:
    strange = replace(PLACE, ring=RingId.parse("gardens:[2001:db8::1]:8448"))
    assert strange.ring_page == f"{BASE}/rings/gardens:%5B2001:db8::1%5D:8448"


def place_in(wanted: str = member_id(1)) -> Place:
    found = member_place(ring(), wanted, BASE)
    assert found is not None
    return found


def test_neighbours_are_shown_by_title_and_linked_by_url() -> None:
    found = place_in()
    assert found.name == "Kitchen Gardens"
    assert found.previous == Neighbour("Site 0", "https://site0.example/")
    assert found.next == Neighbour("Site 2", "https://site2.example/")


def test_a_sleeping_neighbour_is_passed_over_and_has_a_place_itself() -> None:
    first = member_place(sleepy(), member_id(0), BASE)
    assert first is not None
    assert first.next == Neighbour("Site 2", "https://site2.example/")
    asleep = member_place(sleepy(), member_id(1), BASE)
    assert asleep is not None
    assert asleep.previous == Neighbour("Site 0", "https://site0.example/")


@pytest.mark.parametrize("state", [each for each in MemberState if each.is_listed])
def test_a_member_has_a_place_in_every_state(state: MemberState) -> None:
    assert member_place(circle(slot(0, state), slot(1)), member_id(0), BASE) is not None


@pytest.mark.parametrize("who", ["f" * 20, member_id(99), ""], ids=["stranger", "ghost", "nobody"])
def test_who_is_in_no_slot_has_none(who: str) -> None:
    assert member_place(ring(), who, BASE) is None


def test_a_lone_member_is_no_neighbour_of_itself() -> None:
    found = member_place(ring(1), member_id(0), BASE)
    assert found is not None
    assert found.previous is found.next is None


def test_where_nobody_is_sent_anywhere_no_neighbour_is_named() -> None:
    found = member_place(circle(slot(0), slot(1), lapsed=True), member_id(0), BASE)
    assert found is not None
    assert found.previous is found.next is None


TITLES = {
    "a plain one": ("The Bees", "The Bees"),
    "none: its host": ("", "site0.example"),
    "nothing to be seen: its host": ("\u200b\u202e \n", "site0.example"),
    "one that turns text around": ("a\u202egnp.exe", "agnp.exe"),
    "several lines": ("The\n\n Bees", "The Bees"),
    "an endless one": ("x" * 500, "x" * (NAME_LENGTH - 1) + "…"),
    "markup, as text": (NASTY, NASTY),
}


@pytest.mark.parametrize("case", TITLES)
def test_titles_are_made_fit_to_be_shown(case: str) -> None:
    raw, shown = TITLES[case]
    found = member_place(circle(replace(slot(0), title=raw), slot(1)), member_id(1), BASE)
    assert found is not None
    assert found.next is not None
    assert found.next.title == shown


def test_a_url_is_linked_as_a_header_would_carry_it() -> None:
    strange = slot(0, url='https://bees.example/ü"><b>')
    found = member_place(circle(strange, slot(1)), member_id(1), BASE)
    assert found is not None
    assert found.next is not None
    assert found.next.url == "https://bees.example/%C3%BC%22%3E%3Cb%3E"


def test_a_ring_without_a_name_to_be_seen_is_called_by_its_slug() -> None:
    assert ring_name("\u200b", PLACE.ring) == "gardens"
    assert ring_name("Kitchen\nGardens", PLACE.ring) == "Kitchen Gardens"
