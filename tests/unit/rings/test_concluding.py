"""What a visit comes to: a table of situations."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.unit.documents.ring_world import NOW, A, B, C, after, first
from webring.clock import DAY, Millis
from webring.documents.ring import Ring
from webring.names import ServerName
from webring.rings.claimants import Claims, HeadClaim
from webring.rings.concluding import Attempt, Situation, conclude
from webring.rings.sources import Whom

HEAD = after(first())
LATER = HeadClaim(B, 9, "9" * 64)
BESIDE = HeadClaim(C, 2, "2" * 64)
CLAIMANT, OTHER, GIVEN = Whom(B, claims=True), Whom(A), Whom("https://c.example", given=True)
DOWN = Attempt(CLAIMANT, "unreachable", "b.example took too long")
FORGED = Attempt(CLAIMANT, "too_few_signatures", "1 signed", refused=True)
SAME = Attempt(OTHER, "unchanged", "it is the version that we have", answered=True)
NEXT = Attempt(OTHER, "accepted", "enough stewards signed it", answered=True, changed=True)
GARBAGE = Attempt(OTHER, "malformed", "no JSON", refused=True)
PUSHED = Attempt(GIVEN, "wrong_root", "another root", refused=True)
MISSED = Attempt(GIVEN, "unreachable", "nobody answers")
FORK = Attempt(CLAIMANT, "forked", "ours goes on", answered=True)
FRESH = frozenset({A, B})


@dataclass(frozen=True)
class Case:
    """A situation and its attempts, and what they come to."""

    outcome: str
    good: bool
    behind: bool = False
    attempts: tuple[Attempt, ...] = ()
    newer: tuple[HeadClaim, ...] = ()
    fresh: frozenset[ServerName] = FRESH
    off_branch: dict[str, str] = field(default_factory=dict)
    waited: dict[ServerName, Millis] = field(default_factory=dict)
    pinned: Ring | None = HEAD
    elsewhere: tuple[ServerName, ...] = ()
    why: str = ""


GOOD, BAD = True, False
CASES = {
    "nothing claimed": Case("unchanged", GOOD),
    "the next version": Case("accepted", GOOD, attempts=(NEXT,)),
    "the next version, after a forgery": Case("accepted", GOOD, attempts=(FORGED, NEXT)),
    "a claim that nobody meets": Case(
        "behind", BAD, True, (DOWN, SAME), (LATER,),
        why="version 9 newest, and it could not be had: b.example took too long",
    ),
    "a claim that was not asked about": Case("behind", BAD, True, (), (LATER,)),
    "a claim with a forgery": Case(
        "too_few_signatures", BAD, True, (FORGED, SAME), (LATER,), why="b.example: 1 signed"
    ),
    "garbage of one who claims nothing": Case("behind", BAD, True, (DOWN, GARBAGE), (LATER,)),
    "a claim just within its day": Case(
        "behind", BAD, True, (DOWN,), (LATER,), waited={B: NOW - DAY + 1}
    ),
    "a claim whose day is over": Case(
        "unchanged", GOOD, False, (DOWN,), (LATER,), waited={B: NOW - DAY},
        why="b.example calls newest, version 9, was not served for a day",
    ),
    "a forgery whose day is over": Case(
        "unchanged", GOOD, False, (FORGED,), (LATER,), waited={B: NOW - DAY}
    ),
    "one day over, another not": Case(
        "behind", BAD, True, (DOWN,), (LATER, BESIDE), waited={B: NOW - DAY},
        why="c.example calls version 2 newest",
    ),
    "a clock that was turned back": Case(
        "behind", BAD, True, (DOWN,), (LATER,), waited={B: NOW + DAY}
    ),
    "a fork": Case("forked", GOOD, False, (FORK,), (LATER,), off_branch={LATER.sha256: "forked"}),
    "a fork that is known": Case(
        "forked", GOOD, False, (), (LATER,), off_branch={LATER.sha256: "forked"},
        why=f"webring ring choose {HEAD.id} {LATER.sha256}",
    ),
    "a sibling that lost": Case(
        "sibling_lost", GOOD, False, (), (BESIDE,), off_branch={BESIDE.sha256: "sibling_lost"}
    ),
    "a branch that was left by choice": Case(
        "unchanged", GOOD, False, (), (LATER,), off_branch={LATER.sha256: "chosen"}
    ),
    "a fork beside a claim": Case(
        "behind", BAD, True, (), (LATER, BESIDE), off_branch={LATER.sha256: "forked"}
    ),
    "no fresh manifest, and an answer": Case(
        "unchanged", GOOD, fresh=frozenset(), attempts=(SAME,)
    ),
    "no fresh manifest, and no answer": Case(
        "unreachable", BAD, fresh=frozenset(), attempts=(DOWN,), why="b.example took too long"
    ),
    "no fresh manifest, and garbage": Case(
        "malformed", BAD, fresh=frozenset(), attempts=(DOWN, GARBAGE)
    ),
    "no fresh manifest, and nobody to ask": Case("unchanged", GOOD, fresh=frozenset()),
    "what somebody wanted to be asked": Case("wrong_root", BAD, attempts=(PUSHED,)),
    "somebody who was wanted and is down": Case("unreachable", BAD, attempts=(MISSED,)),
    "the same, and it is behind": Case("wrong_root", BAD, True, (PUSHED, DOWN), (LATER,)),
    "another ring by the same id": Case(
        "unchanged", GOOD, elsewhere=(A,), why="a.example names another ring by this id"
    ),
    "nothing held, nobody known": Case("unreachable", BAD, pinned=None, fresh=frozenset()),
    "nothing held, nobody there": Case(
        "unreachable", BAD, pinned=None, attempts=(DOWN,), why="b.example took too long"
    ),
    "nothing held, and garbage": Case("malformed", BAD, pinned=None, attempts=(DOWN, GARBAGE)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_visit_comes_to(name: str) -> None:
    case = CASES[name]
    claims = Claims(case.newer, case.fresh, case.elsewhere)
    at = Situation(case.pinned, claims, case.off_branch, case.waited, NOW)
    found = conclude(at, case.attempts)
    assert (found.outcome, found.good, found.behind) == (case.outcome, case.good, case.behind)
    assert case.why in found.why
    assert found.why
