"""An interest across rings: the laws of a walk hold, and every place comes once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rings.circles import member_id, slot, slots
from webring.names import RingId
from webring.rings.circle import Circle, Slot
from webring.rings.states import MemberState
from webring.rings.topics import across

ASLEEP = MemberState.SLEEPING


def circle(
    name: str,
    members: list[Slot],
    ghosts: dict[str, str] | None = None,
    past: dict[str, str] | None = None,
    *,
    lapsed: bool = False,
) -> Circle:
    ring = RingId(f"{name}:garden.example")
    return Circle(
        ring, "0" * 64, members, ghosts or {}, 1, name, False, past=past or {}, lapsed=lapsed
    )


@st.composite
def circles(draw: st.DrawFn) -> list[Circle]:
    """Rings with some sites in common, under ids of their own; now and then somebody else's id."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        step = 0 if draw(st.integers(0, 9)) == 0 else 100 * (number + 1)
        members = [replace(each, id=member_id(int(each.id, 16) + step)) for each in draw(slots())]
        gone = {
            member_id(1_000 + number): draw(st.sampled_from([each.id for each in members] or [""]))
        }
        made.append(circle(f"ring{number}", members, gone, lapsed=draw(st.booleans())))
    return made


@given(circles())
def test_a_full_walk_visits_every_place_once(rings: list[Circle]) -> None:
    walk = across(rings)
    places = {s.url for ring in rings if not ring.lapsed for s in ring.slots if s.navigable}
    for start in walk.slots:
        met, here = [], walk.next(start.id)
        while here is not None and here.url not in met:
            met.append(here.url)
            here = walk.next(here.id)
        assert sorted(met) == sorted(places)


@given(circles())
def test_next_then_previous_is_where_you_were(rings: list[Circle]) -> None:
    walk = across(rings)
    for each in walk.slots:
        there = walk.next(each.id)
        if each.navigable:
            assert there is not None
            assert walk.previous(there.id) == each


@given(circles())
def test_nobody_is_led_where_no_ring_leads(rings: list[Circle]) -> None:
    """Only to stored URLs of members that are navigable in a ring that is walked."""
    walk = across(rings)
    reachable = {s.url for ring in rings if not ring.lapsed for s in ring.slots if s.navigable}
    for ring in rings:
        for caller in [*(s.id for s in ring.slots), *ring.ghosts]:
            for found in (
                walk.next(caller),
                walk.previous(caller),
                walk.random(caller, lambda _: 0),
            ):
                assert found is None or found.url in reachable


@given(circles())
def test_every_member_is_known_by_its_url(rings: list[Circle]) -> None:
    walk = across(rings)
    for ring in rings:
        for each in ring.slots:
            found = walk.find(each.url)
            assert ring.lapsed or (found is not None and walk.get(found) is not None)


def test_rings_follow_each_other_and_who_is_in_both_has_one_slot() -> None:
    bees = circle("bees", [slot(1), slot(2)])
    soil = circle("soil", [slot(11, url=slot(2).url), slot(12)])
    walk = across([bees, soil])
    assert [each.id for each in walk.slots] == [member_id(1), member_id(2), member_id(12)]
    assert walk.next(member_id(11)) == slot(12)
    assert walk.find(member_id(11)) == member_id(11)
    assert walk.find(slot(2).url) == member_id(2)


def test_who_sleeps_in_one_ring_is_met_in_the_other() -> None:
    walk = across(
        [circle("bees", [slot(1, ASLEEP), slot(2)]), circle("soil", [slot(11, url=slot(1).url)])]
    )
    assert walk.next(member_id(2)) == slot(11, url=slot(1).url)
    assert walk.next(member_id(1)) == slot(2)


def test_urls_are_compared_as_addresses() -> None:
    walk = across(
        [
            circle("bees", [slot(1, url="https://site.example/~a/")]),
            circle("soil", [slot(2, url="https://SITE.example:443/%7ea/")]),
        ]
    )
    assert len(walk) == 1


def test_ghosts_go_on_from_where_they_stood() -> None:
    gone = member_id(9)
    bees = circle("bees", [slot(1)], {gone: member_id(1)}, {gone: "https://gone.example/"})
    walk = across([bees, circle("soil", [slot(2)])])
    assert walk.next(gone) == slot(2)
    assert walk.find("https://gone.example/") == gone


def test_an_id_taken_from_another_ring_hides_nobody() -> None:
    thief = slot(1, url="https://thief.example/")
    walk = across([circle("a", [thief]), circle("bees", [slot(1), slot(2)])])
    assert [each.url for each in walk.slots] == [thief.url, slot(1).url, slot(2).url]
    found = walk.find(slot(1).url)
    assert found == f"bees:garden.example/{member_id(1)}"
    assert walk.next(found) == slot(2)


def test_a_ring_that_lapsed_is_passed_over() -> None:
    walk = across([circle("bees", [slot(1)], lapsed=True), circle("soil", [slot(2)])])
    assert walk.find(member_id(1)) is None
    assert walk.next(member_id(2)) == slot(2)
    assert len(across([])) == 0
