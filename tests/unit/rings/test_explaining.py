"""Why members are shown, or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.documents.ring_world import NOW, after, first, site
from tests.unit.rings.stored import stored_members
from webring.documents.chain import RingFreshness
from webring.rings.explaining import SUMMARIES, explained
from webring.rings.reports import last_finding
from webring.rings.states import Finding, MemberState
from webring.storage.ring_members import StoredMember

ROOT = first()
MEMBER = replace(
    stored_members(after(ROOT, members=[site(1, ROOT.root)]), NOW)[0],
    state="active",
    consents=True,
    reason="the page links to the ring",
    checked_at=NOW - 1,
    next_at=NOW + 1,
)
FRESH, STALE, LAPSED = RingFreshness.FRESH, RingFreshness.STALE, RingFreshness.LAPSED


def says(member: StoredMember, freshness: RingFreshness = FRESH) -> list[str]:
    return [str(each) for each in explained(member, 7, freshness).ring_says]


def test_a_member_that_is_shown() -> None:
    found = explained(MEMBER, 7, FRESH)
    assert (found.is_shown, found.ring_half, found.own_half) == (True, True, True)
    assert str(found.summary) == "People are sent here."
    assert (found.own_says, found.strikes) == ("the page links to the ring", None)
    assert (found.checked_at, found.next_at) == (NOW - 1, NOW + 1)


@pytest.mark.parametrize("state", MemberState)
def test_every_state_is_explained_and_one_alone_is_shown(state: MemberState) -> None:
    found = explained(replace(MEMBER, state=state.value), 7, FRESH)
    assert str(found.summary) == SUMMARIES[state]
    assert found.is_shown is (state is MemberState.ACTIVE)


FINDINGS: dict[str, tuple[dict[str, object], Finding, bool | None]] = {
    "there": ({"consents": True}, Finding.SHOWN, True),
    "not looked at": ({"consents": None}, Finding.UNKNOWN, None),
    "gone": ({"consents": False}, Finding.ABSENT, False),
    "not found once": ({"consents": True, "absences": 1}, Finding.ABSENT, False),
    "not reached once": ({"consents": True, "failures": 1}, Finding.FAILED, None),
    "not reached, after not found": (
        {"consents": True, "failures": 1, "absences": 1},
        Finding.FAILED,
        None,
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_its_own_half(case: str) -> None:
    changes, finding, there = FINDINGS[case]
    member = replace(MEMBER, **changes)  # type: ignore[arg-type]
    assert last_finding(member) is finding
    assert explained(member, 7, FRESH).own_half is there


def test_strikes_are_counted() -> None:
    failing = explained(replace(MEMBER, failures=2), 7, FRESH)
    assert str(failing.strikes).startswith("Looks that failed: 2 of 3, after which nobody")
    absent = explained(replace(MEMBER, absences=9), 7, FRESH)
    assert str(absent.strikes).startswith("Looks that found no link: 2 of 2,")


def test_the_ring_s_half() -> None:
    assert says(MEMBER) == ["Version 7 of the ring lists it."]
    assert says(replace(MEMBER, slot="sleeping"))[1] == "It sleeps, by its own wish."
    gone = replace(MEMBER, listed=False, state="removed", reason="rules", next_at=None)
    assert says(gone) == ["The ring does not list it any more.", "Reason: the rules of the ring."]
    assert says(replace(gone, reason="")) == ["The ring does not list it any more."]
    found = explained(gone, 7, FRESH)
    assert (found.ring_half, found.own_half, found.own_says) == (False, None, "")


def test_a_ring_that_nobody_renews() -> None:
    stale, lapsed = explained(MEMBER, 7, STALE), explained(MEMBER, 7, LAPSED)
    assert (stale.is_shown, lapsed.is_shown) == (True, False)
    assert "not renewed by its stewards in time" in says(MEMBER, STALE)[1]
    assert "for a year" in says(MEMBER, LAPSED)[1]
