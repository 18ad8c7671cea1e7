"""Versions become a history: with names of today, and none of those who are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.ring_world import (
    KEYS,
    NOW,
    TERMS,
    A,
    B,
    C,
    D,
    after,
    community,
    first,
    site,
    stewards,
)
from webring.clock import DAY
from webring.documents.keys import SigningKey
from webring.documents.ring import (
    JoinPolicy,
    Order,
    Reason,
    RemovedMember,
    Ring,
    RingMember,
    SlotState,
)
from webring.rings.history import Event, EventKind, history
from webring.rings.telling import sentence

K = EventKind
V1 = first()
ONE, TWO, THREE = (community(number, V1.root, NOW + DAY) for number in (1, 2, 3))
SITE = site(9, V1.root, NOW + DAY)
NAMES = {ONE.id: "Herbs", TWO.id: "Moss", THREE.id: "Roots", SITE.id: "The shed"}
V2 = after(V1, members=[ONE, TWO])


def erased(version: Ring) -> Ring:
    return replace(version, members=())


def named(*members: RingMember) -> Callable[[str], str]:
    """The names of those who are members now."""
    known = {member.id: NAMES[member.id] for member in members}
    return lambda member: known.get(member, "")


def told(versions: Sequence[Ring], *now: RingMember) -> list[str]:
    """What the newest version is said to have done."""
    newest = versions[-1].sequence
    return [sentence(event) for event in history(versions, named(*now)) if event.sequence == newest]


def gone(member: RingMember, code: Reason = Reason.LEFT, at: int = NOW + DAY) -> RemovedMember:
    return RemovedMember(member.id, code, at)


ASLEEP = replace(ONE, state=SlotState.SLEEPING)
MOVED = replace(ONE, url="https://elsewhere.example/")
KEY = SigningKey("ed25519:new", bytes([77]) * 32)
NEW_KEY = stewards(A, B, C, keys={**KEYS, C: KEY})

STEPS: dict[str, tuple[Ring, list[str]]] = {
    "joins": (after(V2, members=[ONE, TWO, SITE]), ["The shed joined."]),
    "somebody left": (
        after(V2, members=[ONE], removed=[gone(TWO)]),
        ["A former member left."],
    ),
    "two were removed for one reason": (
        after(V2, members=[], removed=[gone(ONE, Reason.RULES), gone(TWO, Reason.RULES)]),
        ["Former members were removed: 2. Reason: the rules of the ring."],
    ),
    "two were removed for two reasons": (
        after(V2, members=[], removed=[gone(ONE, Reason.REMOVED), gone(TWO, Reason.UNREACHABLE)]),
        [
            "A former member was removed.",
            "A former member was removed. Reason: unreachable for too long.",
        ],
    ),
    "fell asleep": (after(V2, members=[ASLEEP, TWO]), ["Herbs fell asleep."]),
    "moved": (after(V2, members=[MOVED, TWO]), ["Herbs moved to another address."]),
    "moved and fell asleep": (
        after(V2, members=[replace(MOVED, state=SlotState.SLEEPING), TWO]),
        ["Herbs moved to another address.", "Herbs fell asleep."],
    ),
    "an entry with more": (
        after(V2, members=[replace(ONE, more={"motto": "dig"}), TWO]),
        ["The entry of Herbs changed."],
    ),
    "another order": (
        after(V2, members=[TWO, ONE]), ["The order of the members changed."],
    ),
    "nothing": (after(V2), ["Nothing changed: the ring was renewed."]),
    "a name": (
        after(V2, terms=replace(TERMS, name="Ground")),
        ["The ring has a new name: Ground. Before: Soil."],
    ),
    "texts": (
        after(V2, terms=replace(TERMS, description="x", criteria="y")),
        ["The description changed.", "The criteria for joining changed."],
    ),
    "lists": (
        after(V2, terms=replace(TERMS, interests=("mud", "rain"), languages=(), mirrors=(D,))),
        [
            "The interests changed: mud, rain.",
            "The ring names no language any more.",
            "The mirrors changed: d.example.",
        ],
    ),
    "the policy and the order": (
        after(V2, terms=replace(TERMS, policy=JoinPolicy.OPEN, order=Order.DAILY)),
        [
            "From now on anybody may join who meets the criteria.",
            "The ring is walked in another order every day now.",
        ],
    ),
    "one steward for another": (
        after(V2, (A, B, D), terms=replace(TERMS, stewards=stewards(A, B, D))),
        ["c.example is no steward any more.", "d.example became a steward."],
    ),
    "more stewards": (
        after(V2, (A, B, D), terms=replace(TERMS, stewards=stewards(A, B, C, D, threshold=3))),
        ["d.example became a steward.", "Stewards who have to sign: 3. Before: 2."],
    ),
    "a steward's key": (
        after(V2, terms=replace(TERMS, stewards=NEW_KEY)),
        ["c.example signs with another key as a steward now."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_version_tells_what_it_changed(name: str) -> None:
    version, sentences = STEPS[name]
    present = [each for each in (ONE, TWO, SITE) if each.id in {m.id for m in version.members}]
    assert told([V1, V2, version], *present) == sentences


def test_every_step_that_there_is_has_been_told() -> None:
    seen = {event.kind for step, _ in STEPS.values() for event in history([V1, V2, step], named())}
    assert set(K) - seen == {K.WOKE, K.UNKNOWN, K.UNTOLD}


def test_who_wakes_and_what_nobody_knows_is_told() -> None:
    asleep = after(V2, members=[ASLEEP, TWO])
    assert told([asleep, after(asleep, members=[ONE, TWO])], ONE) == ["Herbs woke up."]
    strange = replace(after(V2), content={**V2.content, "colour": "brown"})
    assert told([V2, strange]) == ["Something changed that this program does not understand."]


def test_the_newest_comes_first_with_who_signed_it() -> None:
    events = history([V1, V2, after(V2, (B, C))], named(ONE, TWO))
    assert [event.sequence for event in events] == [3, 2, 2, 1]
    assert [event.signers for event in events] == [(B, C), (A, B), (A, B), (A, B)]
    assert (
        sentence(events[-1]) == "The ring was founded. Stewards: a.example, b.example, c.example."
    )
    assert {event.issued_at for event in events[1:3]} == {V2.validity.issued_at}
    assert {event.sha256 for event in events[1:3]} == {V2.sha256}


def test_without_version_1_the_first_version_is_but_compared_with() -> None:
    assert history([V2], named(ONE)) == ()
    assert history([], named()) == ()
    assert told([V2, after(V2, members=[TWO], removed=[gone(ONE)])]) == ["A former member left."]


def test_who_left_has_no_name_in_any_version() -> None:
    left = after(V2, members=[ONE], removed=[gone(TWO)])
    sentences = [sentence(event) for event in history([V1, V2, left], named(ONE))]
    assert sentences[:3] == ["A former member left.", "Herbs joined.", "A former member joined."]


def test_who_came_back_has_its_name_again() -> None:
    left = after(V2, members=[ONE], removed=[gone(TWO)])
    back = after(left, members=[ONE, replace(TWO, joined_at=left.validity.issued_at + 1)])
    sentences = [sentence(event) for event in history([V1, V2, left, back], named(ONE, TWO))]
    assert sentences[:2] == ["Moss joined.", "Moss left."]


def test_the_keys_of_a_versions_events_differ() -> None:
    version = after(
        V2,
        (A, B, D),
        members=[replace(MOVED, state=SlotState.SLEEPING), SITE],
        removed=[gone(TWO, Reason.RULES)],
        terms=replace(TERMS, stewards=stewards(A, B, D), name="x"),
    )
    events = history([V2, version], named(ONE, SITE))
    assert len({event.key for event in events}) == len(events) == 7


LEFT = after(V2, members=[ONE], removed=[gone(TWO)])
GROWN = after(LEFT, members=[ONE, replace(SITE, joined_at=LEFT.validity.issued_at + 1)])

ERASED: dict[str, tuple[list[Ring], list[str]]] = {
    "who is still there joined when it says": (
        [V1, erased(V2), LEFT],
        ["A former member left.", "Herbs joined.", "A former member joined."],
    ),
    "two versions in a row": (
        [V1, erased(V2), erased(LEFT), GROWN],
        ["The shed joined.", "A former member left.", "Herbs joined.", "A former member joined."],
    ),
    "the newest": (
        [V1, erased(V2), erased(LEFT)],
        ["A former member left.", "Former members joined: 2."],
    ),
    "the first that is compared with": (
        [erased(V2), LEFT], ["A former member left."],
    ),
    "all": (
        [erased(V2), erased(LEFT), erased(GROWN)],
        ["A former member joined.", "A former member left."],
    ),
    "a change of a slot in between": (
        [V2, erased(after(V2, members=[ASLEEP, TWO])), after(V2, members=[ASLEEP, TWO])],
        ["Herbs fell asleep.", "Members changed, and no page tells of it any more."],
    ),
    "who vanished without a word": (
        [V2, erased(after(V2, members=[ONE]))], ["A former member was removed."],
    ),
    "a renewal": (
        [erased(V2), erased(after(V2))], ["Nothing changed: the ring was renewed."],
    ),
    "who left and is back": (
        [V2, erased(after(V2, members=[ONE], removed=[gone(TWO)])), V2],
        ["Moss joined.", "Moss left."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERASED)
def test_erased_pages_leave_what_the_heads_tell(name: str) -> None:
    versions, sentences = ERASED[name]
    now = (ONE, TWO) if "back" in name else (ONE, SITE)
    events = history(versions, named(*now))
    assert [sentence(event) for event in events if event.kind is not K.FOUNDED] == sentences


def chain_of(sizes: Sequence[int], asleep: bool) -> list[Ring]:
    """A chain whose versions have so many members; those who leave never come back."""
    versions: list[Ring] = [V1]
    members: list[RingMember] = []
    number = 0
    for size in sizes:
        before = versions[-1]
        stay, out = members[-size:] if size else [], members[: max(0, len(members) - size)]
        while len(stay) < size:
            number += 1
            stay.append(site(number, V1.root, before.validity.issued_at + 1))
        if asleep and stay:
            stay[0] = replace(stay[0], state=SlotState.SLEEPING)
        at = before.validity.issued_at + 1
        versions.append(after(before, members=stay, removed=[gone(each, at=at) for each in out]))
        members = stay
    return versions


def tally(events: Sequence[Event], kind: EventKind) -> int:
    return sum(event.count for event in events if event.kind is kind)


@given(
    sizes=st.lists(st.integers(0, 5), max_size=6),
    gaps=st.sets(st.integers(1, 6)),
    asleep=st.booleans(),
)
def test_as_many_come_and_go_whatever_is_erased(
    sizes: list[int], gaps: set[int], asleep: bool
) -> None:
    whole = chain_of(sizes, asleep)
    holed = [erased(each) if at in gaps else each for at, each in enumerate(whole)]
    now = {member.id for member in holed[-1].members}
    everything, rest = (
        history(each, lambda member: f"m{member}" if member in now else "")
        for each in (whole, holed)
    )
    for kind in (K.JOINED, K.LEFT):
        for sequence in range(2, len(whole) + 1):
            counted = [
                tally([event for event in events if event.sequence == sequence], kind)
                for events in (everything, rest)
            ]
            assert counted[0] == counted[1], (kind, sequence)
    assert {event.member for event in rest} <= {"", *now}
