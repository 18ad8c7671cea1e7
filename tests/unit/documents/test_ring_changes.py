"""What changed between two versions, and which changes need nobody's decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.unit.documents.ring_world import (
    NOW,
    TERMS,
    A,
    B,
    C,
    after,
    community,
    first,
    pages_of,
    site,
    stewards,
)
from webring.clock import DAY
from webring.documents import canonical, chain, ring
from webring.documents.ring import (
    LIFE,
    PAGE_TYPE,
    JoinPolicy,
    MemberKind,
    Order,
    Reason,
    RemovedMember,
    Ring,
    RingMember,
    SlotState,
)
from webring.documents.ring_changes import (
    ChangeKind,
    MemberChange,
    automatic,
    changed_terms,
    member_changes,
)
from webring.names import Slug

OPEN = replace(TERMS, policy=JoinPolicy.OPEN)
ROOT = first(OPEN)
ONE, TWO, THREE, FOUR = (
    community(1, ROOT.root),
    site(2, ROOT.root),
    community(3, ROOT.root, instance=C),
    site(4, ROOT.root, at=NOW + DAY),
)
BEFORE = after(ROOT, members=[ONE, TWO, THREE])
AT = BEFORE.validity.issued_at + DAY
"""When the version after it is issued."""
BARRED = after(BEFORE, removed=[RemovedMember(FOUR.id, Reason.RULES, NOW)])
ASLEEP = replace(TWO, state=SlotState.SLEEPING)
MOVED = replace(ONE, instance=C, community=Slug("new"), url="https://c.example/new")


def left(*members: RingMember, code: Reason = Reason.LEFT, at: int = AT) -> list[RemovedMember]:
    return [RemovedMember(member.id, code, at) for member in members]


def version(*members: RingMember, **more: Any) -> Ring:
    return after(BEFORE, members=members, **more)


CHANGES: dict[str, tuple[Callable[[], Ring], list[tuple[ChangeKind, str, Reason | None]]]] = {
    "nothing": (lambda: version(ONE, TWO, THREE), []),
    "a join": (lambda: version(ONE, TWO, THREE, FOUR), [(ChangeKind.JOIN, FOUR.id, None)]),
    "a leave": (
        lambda: version(TWO, THREE, removed=left(ONE)),
        [(ChangeKind.LEAVE, ONE.id, Reason.LEFT)],
    ),
    "a removal": (
        lambda: version(TWO, THREE, removed=left(ONE, code=Reason.RULES)),
        [(ChangeKind.REMOVE, ONE.id, Reason.RULES)],
    ),
    "a removal for no reason": (
        lambda: version(TWO, THREE),
        [(ChangeKind.REMOVE, ONE.id, None)],
    ),
    "somebody falls asleep": (
        lambda: version(ONE, ASLEEP, THREE),
        [(ChangeKind.SLEEP, TWO.id, None)],
    ),
    "a move": (lambda: version(MOVED, TWO, THREE), [(ChangeKind.MOVE, ONE.id, None)]),
    "a move by somebody who falls asleep": (
        lambda: version(replace(MOVED, state=SlotState.SLEEPING), TWO, THREE),
        [(ChangeKind.MOVE, ONE.id, None), (ChangeKind.SLEEP, ONE.id, None)],
    ),
    "an earlier time": (
        lambda: version(replace(ONE, joined_at=1), TWO, THREE),
        [(ChangeKind.ALTER, ONE.id, None)],
    ),
    "departures come first": (
        lambda: version(MOVED, ASLEEP, FOUR, removed=left(THREE)),
        [
            (ChangeKind.LEAVE, THREE.id, Reason.LEFT),
            (ChangeKind.MOVE, ONE.id, None),
            (ChangeKind.SLEEP, TWO.id, None),
            (ChangeKind.JOIN, FOUR.id, None),
        ],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_difference_names_every_slot_that_changed(name: str) -> None:
    make, wanted = CHANGES[name]
    found = member_changes(BEFORE, make())
    assert [(change.kind, change.id, change.code) for change in found] == wanted


def test_a_change_shows_the_slot_as_it_was_and_as_it_is() -> None:
    (change,) = member_changes(BEFORE, version(MOVED, TWO, THREE))
    assert (change.before, change.after) == (ONE, MOVED)
    (woken,) = member_changes(version(ONE, ASLEEP, THREE), BEFORE)
    assert (woken.kind, woken.before, woken.after) == (ChangeKind.WAKE, ASLEEP, TWO)


def test_terms_that_differ_are_named() -> None:
    assert changed_terms(OPEN, replace(OPEN, name="Sand", mirrors=(A,))) == ("name", "mirrors")
    assert changed_terms(OPEN, replace(OPEN, stewards=stewards(A, B))) == ("stewards",)
    assert changed_terms(OPEN, OPEN) == ()


def everything(change: MemberChange) -> bool:
    return True


def nothing(change: MemberChange) -> bool:
    return False


@dataclass(frozen=True)
class Case:
    """A version that follows `before`; the sentence that sends it to the operator, or ""."""

    after: Ring
    why: str = ""
    proven: Callable[[MemberChange], bool] = everything
    before: Ring = BEFORE
    now: int = AT


def altered(one: Ring, **fields: object) -> Ring:
    """The version with other fields and its members, signatures aside."""
    read = ring.read_ring_content({**one.content, **fields})
    return ring.with_members(read, pages_of(one))


def paged(items: Sequence[object]) -> Ring:
    """A version after `BEFORE` whose single page holds `items`."""
    page = canonical.encode({"type": PAGE_TYPE, "instance": A, "items": items})
    ref = {"sha256": canonical.digest(page), "count": len(items)}
    read = ring.read_ring_content({**version(ONE).content, "pages": [ref], "removed": []})
    return ring.with_members(read, {canonical.digest(page): page})


def joined(member: RingMember, **more: Any) -> Ring:
    return version(ONE, TWO, THREE, member, **more)


STRANGER = RingMember("ab" * 10, MemberKind.SITE, None, None, "https://site4.example/", NOW)
RENEWAL = BEFORE.expires_at - 30 * DAY
REQUESTED = after(first(TERMS), members=[])


def _back(code: Reason, why: str) -> Case:
    before = after(BEFORE, removed=[RemovedMember(FOUR.id, code, NOW)])
    return Case(after(before, members=[*before.members, FOUR]), why, before=before)


def _forgotten() -> Case:
    before = after(BARRED, now=NOW + 300 * DAY)
    now = NOW + 366 * DAY
    renewed = after(before, now=now)
    assert (len(before.removed), len(renewed.removed)) == (1, 0)
    return Case(renewed, before=before, now=now)


CASES: dict[str, Callable[[], Case]] = {
    "a join under an open policy": lambda: Case(joined(FOUR)),
    "two joins": lambda: Case(version(ONE, TWO, THREE, FOUR, site(5, ROOT.root))),
    "a leave": lambda: Case(version(TWO, THREE, removed=left(ONE))),
    "everybody leaves": lambda: Case(version(removed=left(ONE, TWO, THREE))),
    "a sleep": lambda: Case(version(ONE, ASLEEP, THREE)),
    "a wake": lambda: Case(
        after(version(ONE, ASLEEP, THREE), members=[ONE, TWO, THREE]),
        before=version(ONE, ASLEEP, THREE),
    ),
    "a move": lambda: Case(version(MOVED, TWO, THREE)),
    "all of it at once": lambda: Case(version(MOVED, ASLEEP, FOUR, removed=left(THREE))),
    "somebody who left comes back": lambda: _back(Reason.LEFT, ""),
    "somebody unreachable comes back": lambda: _back(Reason.UNREACHABLE, ""),
    "somebody who broke the rules comes back": lambda: _back(Reason.RULES, "was removed before"),
    "a renewal 30 days before expiry": lambda: Case(
        version(ONE, TWO, THREE, now=RENEWAL), now=RENEWAL
    ),
    "a renewal after expiry": lambda: Case(
        version(ONE, TWO, THREE, now=RENEWAL + LIFE), now=RENEWAL + LIFE
    ),
    "a renewal too early": lambda: Case(
        version(ONE, TWO, THREE, now=RENEWAL - 1), "changes nothing", now=RENEWAL - 1
    ),
    "a renewal that forgets a removal of a year ago": _forgotten,
    "a renewal that forgets a removal of yesterday": lambda: Case(
        altered(after(BARRED, now=RENEWAL + 9 * DAY), removed=[]),
        "other departures",
        before=BARRED,
        now=RENEWAL + 9 * DAY,
    ),
    "a join that nobody saw": lambda: Case(joined(FOUR), "was not seen to want", nothing),
    "a leave that nobody saw": lambda: Case(
        version(TWO, THREE, removed=left(ONE)), "was not seen to want this: leave", nothing
    ),
    "a sleep that nobody saw": lambda: Case(
        version(ONE, ASLEEP, THREE), "was not seen to want this: sleep", nothing
    ),
    "a move proven at one end only": lambda: Case(
        version(MOVED, TWO, THREE), "was not seen to want this: move", nothing
    ),
    "one of two joins that nobody saw": lambda: Case(
        version(ONE, TWO, THREE, FOUR, site(5, ROOT.root)),
        "was not seen to want",
        lambda change: change.id == FOUR.id,
    ),
    "a join under another policy": lambda: Case(
        after(REQUESTED, members=[site(4, REQUESTED.root)]),
        "the ring's policy is request",
        before=REQUESTED,
    ),
    "a join while the policy opens": lambda: Case(
        after(REQUESTED, members=[site(4, REQUESTED.root)], terms=OPEN),
        "policy",
        before=REQUESTED,
    ),
    "a join under a foreign id": lambda: Case(joined(STRANGER), "not its own"),
    "a join from the future": lambda: Case(joined(replace(FOUR, joined_at=AT + 1)), "future"),
    "a join asleep": lambda: Case(joined(replace(FOUR, state=SlotState.SLEEPING)), "asleep"),
    "a join with fields that are not known": lambda: Case(
        joined(replace(FOUR, more={"boost": 1})), "does not know"
    ),
    "a join in the first slot": lambda: Case(version(FOUR, ONE, TWO, THREE), "order of the slots"),
    "two slots change places": lambda: Case(version(TWO, ONE, THREE), "order of the slots"),
    "a removal": lambda: Case(
        version(TWO, THREE, removed=left(ONE, code=Reason.CRITERIA)), "removes the member"
    ),
    "a removal that gives no reason": lambda: Case(version(TWO, THREE), "for no reason given"),
    "an earlier time": lambda: Case(
        version(replace(ONE, joined_at=1), TWO, THREE), "more of the member"
    ),
    "a field that is not known": lambda: Case(
        version(replace(ONE, more={"boost": 1}), TWO, THREE), "more of the member"
    ),
    "a departure of somebody who was never there": lambda: Case(
        joined(FOUR, removed=[RemovedMember("cd" * 10, Reason.RULES, AT)]), "other departures"
    ),
    "a departure of somebody who is there": lambda: Case(
        altered(joined(FOUR), removed=[one.to_json() for one in left(ONE)]), "other departures"
    ),
    "a departure of the future": lambda: Case(
        version(TWO, THREE, removed=left(ONE, at=AT + 1)), "departure of the future"
    ),
    "another name": lambda: Case(
        joined(FOUR, terms=replace(OPEN, name="Sand")), "says of itself: name"
    ),
    "another policy": lambda: Case(
        joined(FOUR, terms=replace(OPEN, policy=JoinPolicy.INVITE)), "policy"
    ),
    "another order": lambda: Case(joined(FOUR, terms=replace(OPEN, order=Order.DAILY)), "order"),
    "another mirror": lambda: Case(joined(FOUR, terms=replace(OPEN, mirrors=(B,))), "mirrors"),
    "other stewards": lambda: Case(
        joined(FOUR, terms=replace(OPEN, stewards=stewards(A, B))), "stewards"
    ),
    "a field of the head that is not known": lambda: Case(
        altered(joined(FOUR), motto="Dig"), "fields that this program does not know"
    ),
    "a short life": lambda: Case(altered(joined(FOUR), expires_at=AT + DAY), "90 days"),
    "an entry that cannot be read": lambda: Case(
        paged([ONE.to_json(), {**TWO.to_json(), "kind": "castle"}]), "could not read"
    ),
    "pages that were not read": lambda: Case(
        ring.read_ring_content(joined(FOUR).content), "could not read"
    ),
    "pages of the version before that were not read": lambda: Case(
        joined(FOUR), "could not read", before=ring.read_ring_content(BEFORE.content)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_whether_a_server_signs_unasked(name: str) -> None:
    case = CASES[name]()
    why = automatic(case.before, case.after, case.proven, case.now)
    assert bool(why) == bool(case.why), why
    assert case.why in why


def test_the_judge_of_chains_tells_it_too() -> None:
    assert chain.automatic is automatic


def test_each_proof_is_asked_for_the_slot_before_and_after() -> None:
    asked: list[MemberChange] = []

    def proven(change: MemberChange) -> bool:
        asked.append(change)
        return True

    assert not automatic(BEFORE, version(MOVED, TWO, THREE, FOUR), proven, AT)
    assert [(one.kind, one.before, one.after) for one in asked] == [
        (ChangeKind.MOVE, ONE, MOVED),
        (ChangeKind.JOIN, None, FOUR),
    ]
