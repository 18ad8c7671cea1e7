"""Random circles for property tests: slots in any state, ghosts, and callers of all sorts."""

from __future__ import annotations

from hypothesis import strategies as st

from webring.documents.ring_parts import MemberKind
from webring.rings.circle import Slot, Walk
from webring.rings.states import MemberState

STATES = st.sampled_from([state for state in MemberState if state.is_listed])


def member_id(number: int) -> str:
    """A member's id, as long as one is."""
    return f"{number:020x}"


def slot(number: int, state: MemberState = MemberState.ACTIVE, url: str = "") -> Slot:
    """A site's slot."""
    return Slot(
        id=member_id(number),
        url=url or f"https://site{number}.example/",
        title=f"Site {number}",
        kind=MemberKind.SITE,
        instance=None,
        community=None,
        state=state,
    )


@st.composite
def slots(draw: st.DrawFn, least: int = 0, most: int = 12) -> list[Slot]:
    """Slots in any order and state."""
    numbers = draw(st.permutations(range(draw(st.integers(least, most)))))
    return [slot(number, draw(STATES)) for number in numbers]


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    """A walk with ghosts that stand behind slots, other ghosts, strangers or nothing."""
    live = draw(slots())
    gone = [member_id(100 + number) for number in range(draw(st.integers(0, 6)))]
    anybody = ["", "f" * 20, *(each.id for each in live), *gone]
    ghosts = {ghost: draw(st.sampled_from(anybody)) for ghost in gone}
    past = {ghost: f"https://gone{at}.example/" for at, ghost in enumerate(gone) if at % 2}
    return Walk(live, ghosts, past)


def callers(walk: Walk) -> list[str]:
    """Everybody who can call: slots and ghosts."""
    return [*(each.id for each in walk.slots), *walk.ghosts]
