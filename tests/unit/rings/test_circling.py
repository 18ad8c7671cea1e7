"""What is stored of a ring as a circle: order, states, ghosts, age, and who is kept out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.ring_world import TERMS, A, B, C, D, after, community, first, site
from tests.unit.rings.stored import (
    as_slots,
    stored_member,
    stored_members,
    stored_ring,
    stored_version,
)
from webring.clock import DAY, HOUR, Millis
from webring.documents.chain import STALE_FOR
from webring.documents.ring import MemberKind, Order, Ring
from webring.documents.trust import SKEW
from webring.moderation.blocklist import Blocklist
from webring.rings.circling import Encircled, encircle
from webring.rings.order import arranged, utc_day
from webring.rings.states import MemberState
from webring.storage.blocks import Block
from webring.storage.ring_members import StoredMember

ROOT = first()
MEMBERS = (site(2, ROOT.sha256), community(1, ROOT.sha256), site(1, ROOT.sha256))
RING = after(ROOT, members=MEMBERS)
ISSUED = RING.validity.issued_at
LATER = ISSUED + HOUR


def blocked(*names: str) -> Blocklist:
    return Blocklist.of(Block("server", name, "block", "", LATER) for name in names)


def made(
    ring: Ring = RING,
    members: list[StoredMember] | None = None,
    blocklist: Blocklist | None = None,
    now: Millis = LATER,
    behind_since: Millis | None = None,
) -> Encircled:
    found = encircle(
        stored_ring(ring, now, behind_since),
        stored_version(ring, now),
        as_slots(stored_members(ring, now) if members is None else members),
        blocklist or Blocklist(),
        now,
    )
    assert found is not None
    return found


def test_a_ring_as_it_is_walked() -> None:
    found = made()
    circle = found.circle
    assert (circle.ring, circle.root, circle.version) == (RING.id, ROOT.sha256, 2)
    assert (circle.label, circle.stale, circle.lapsed) == ("Soil", False, False)
    assert [slot.url for slot in circle.slots] == [member.url for member in MEMBERS]
    plot = circle.slots[1]
    assert (plot.kind, plot.instance, plot.community) == (MemberKind.COMMUNITY, B, "plot-1")
    assert plot.title == f"Title of {plot.url}"
    assert found.topics == {"gardening"}


@given(st.sampled_from(Order), st.integers(0, 400), st.permutations(range(6)))
def test_slots_stand_in_the_ring_s_order_of_the_day(
    order: Order, days: int, numbers: list[int]
) -> None:
    members = [site(number, ROOT.sha256) for number in numbers]
    ring = after(ROOT, terms=replace(TERMS, order=order), members=members)
    now = ISSUED + days * DAY
    expected = arranged(members, order, ring.root, utc_day(now))
    found = made(ring, now=now)
    assert [slot.id for slot in found.circle.slots] == [member.id for member in expected]
    if order is Order.DAILY:
        assert utc_day(found.until - 1) == utc_day(now)


@pytest.mark.parametrize("state", [state for state in MemberState if state.is_listed])
def test_states_are_as_they_were_found(state: MemberState) -> None:
    circle = made(members=stored_members(RING, LATER, {MEMBERS[0].id: state})).circle
    assert circle.slots[0].state is state
    assert circle.slots[0].navigable == (state is MemberState.ACTIVE)


def test_whoever_is_gone_is_a_ghost() -> None:
    gone = site(9, ROOT.sha256)
    left = stored_member(RING, gone, LATER, 1, MemberState.LEFT, after=MEMBERS[0].id)
    first_gone = stored_member(RING, site(8, ROOT.sha256), LATER, 0, MemberState.REMOVED, after="")
    erased = replace(left, member="e" * 20, url="")
    circle = made(members=[*stored_members(RING, LATER), left, first_gone, erased]).circle
    assert len(circle) == 3
    assert circle.next(gone.id) == circle.slots[1]
    assert circle.find(gone.url) == gone.id
    assert circle.next(first_gone.member) == circle.slots[0]
    assert circle.next(erased.member) == circle.slots[1]
    assert erased.member not in circle.past


END = RING.expires_at
AGES = {
    "fresh": (LATER, None, (False, False), END + SKEW),
    "just before it expires": (END + SKEW - 1, None, (False, False), END + SKEW),
    "expired": (END + SKEW, None, (True, False), END + STALE_FOR),
    "just before it lapses": (END + STALE_FOR - 1, None, (True, False), END + STALE_FOR),
    "behind": (LATER, LATER, (True, False), END + SKEW),
}


@pytest.mark.parametrize("case", AGES)
def test_how_old_a_ring_is(case: str) -> None:
    now, behind_since, expected, until = AGES[case]
    found = made(now=now, behind_since=behind_since)
    assert (found.circle.stale, found.circle.lapsed) == expected
    assert found.until == until
    assert found.circle.next(MEMBERS[0].id) is not None


def test_a_ring_that_lapsed_leads_nowhere() -> None:
    found = made(now=END + STALE_FOR)
    assert found.circle.lapsed
    assert found.circle.next(MEMBERS[0].id) is None
    assert found.until > END + STALE_FOR + 1_000 * DAY


KEPT_OUT: dict[str, tuple[tuple[str, ...], set[int]]] = {
    "nobody": ((), set()),
    "somebody else": (("site.example",), set()),
    "the instance of a community": ((B,), {1}),
    "the host of a site": (("site2.example",), {0}),
    "another port": (("site2.example:8448",), set()),
    "a steward of three": ((A,), set()),
    "several": (("site1.example", "site2.example"), {0, 2}),
}


@pytest.mark.parametrize("case", KEPT_OUT)
def test_nobody_is_led_to_whom_the_operator_keeps_out(case: str) -> None:
    names, hidden = KEPT_OUT[case]
    circle = made(blocklist=blocked(*names)).circle
    assert {at for at, slot in enumerate(circle.slots) if not slot.navigable} == hidden


def test_a_port_of_its_own_is_kept_out_with_its_host_or_alone() -> None:
    member = replace(stored_members(RING, LATER)[0], url="https://Site.example:8448/")
    for name in ("site.example", "site.example:8448"):
        assert not made(members=[member], blocklist=blocked(name)).circle.slots[0].navigable


def test_whom_the_operator_keeps_out_stays_asleep_or_gone() -> None:
    members = stored_members(RING, LATER, {MEMBERS[0].id: MemberState.SLEEPING})
    circle = made(members=members, blocklist=blocked("site2.example")).circle
    assert circle.slots[0].state is MemberState.SLEEPING


def test_a_ring_whose_stewards_are_all_kept_out_is_none() -> None:
    stored, version = stored_ring(RING, LATER), stored_version(RING, LATER)
    assert encircle(stored, version, [], blocked(A, B, C), LATER) is None
    assert encircle(stored, version, [], blocked(A, B, D), LATER) is not None


def test_interests_are_slugs_whatever_they_are_called() -> None:
    terms = replace(TERMS, interests=("Gärtnern", "Moss", "!!", "gardening"))
    assert made(after(ROOT, terms=terms)).topics == {"gardening", "moss"}


DAYS = {
    "the epoch": (0, "1970-01-01"),
    "the last millisecond": (DAY - 1, "1970-01-01"),
    "the next day": (DAY, "1970-01-02"),
    "a leap day": (1_709_208_000_000, "2024-02-29"),
}


@pytest.mark.parametrize("case", DAYS)
def test_days_are_utc(case: str) -> None:
    now, day = DAYS[case]
    assert utc_day(now) == day


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "https://localhost/", "https://[::1]/"])
def test_nobody_is_led_to_a_service_on_the_visitor_s_own_machine(url: str) -> None:
    members = [replace(each, url=url) for each in stored_members(RING, LATER)[:1]]
    (slot,) = made(members=members).circle.slots
    assert slot.state is MemberState.ONE_SIDED
    stored, version = stored_ring(RING, LATER, None), stored_version(RING, LATER)
    tried = encircle(stored, version, as_slots(members), Blocklist(), LATER, loopback=True)
    assert tried is not None
    assert tried.circle.slots[0].state is MemberState.ACTIVE
