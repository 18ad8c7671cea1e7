"""Which version of a ring to believe: a table of named histories, each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from tests.unit.documents.ring_world import (
    FOUNDER,
    ID,
    KEYS,
    NOW,
    TERMS,
    THIEF,
    A,
    B,
    C,
    D,
    E,
    after,
    community,
    first,
    pinned_key,
    signed,
    stewards,
    unlike,
)
from webring.clock import DAY, MINUTE
from webring.documents import chain, envelope, ring
from webring.documents.keys import SigningKey, VerifyKey
from webring.documents.ring import Ring, Stewards
from webring.documents.ring_outcome import RingFreshness, RingOutcome, RingVerdict
from webring.errors import MalformedDocument, TrustError
from webring.names import RingId, ServerName

LATER = NOW + 5 * DAY
V1 = first()
V2 = after(V1, members=[community(1, V1.root)])
SMALLER, V3, LARGER = sorted(
    (unlike(V2, word=f"sibling {number}") for number in range(3)), key=lambda one: one.sha256
)
V4 = after(V3)
OTHER_ROOT = first(replace(TERMS, description="Another ground."))
OTHER_RING = first(ring_id=RingId(f"sand:{A}"))


def resigned(version: Ring, by: Sequence[ServerName], keys: dict[ServerName, SigningKey]) -> Ring:
    """The same version with other signatures."""
    content = {**version.content, "signatures": {}}
    for name in by:
        content = envelope.sign(content, name, [keys[name]])
    return replace(version, content=content)


def changed(version: Ring, by: Sequence[ServerName] = (A, B), **fields: object) -> Ring:
    """A version with other fields, properly signed."""
    content = {**version.content, **fields, "signatures": {}}
    for name in by:
        content = envelope.sign(content, name, [KEYS[name]])
    return ring.read_ring_content(content)


def with_stewards(*names: ServerName, threshold: int = 2) -> ring.RingTerms:
    return replace(TERMS, stewards=stewards(*names, threshold=threshold))


@dataclass(frozen=True)
class Case:
    """Versions that are offered to whoever pinned `pinned`, and the outcome."""

    pinned: Ring | None
    versions: Sequence[Ring]
    outcome: RingOutcome
    before: Ring | None = None
    keys: dict[str, VerifyKey] | None = None
    now: int = LATER
    evidence: bool = False


O = RingOutcome  # noqa: E741
STOLEN = {**KEYS, A: THIEF}


def _two_keys() -> Case:
    more = SigningKey("ed25519:more", b"\x07" * 32)
    own = {**stewards().instances[A], more.id: more.verify_key}
    two = replace(TERMS, stewards=Stewards(2, {**stewards().instances, A: own}))
    root = first(two)
    once = after(root, by=(A,))
    twice = replace(once, content=envelope.sign(once.content, A, [more]))
    assert chain.signing_stewards(twice, two.stewards) == {A}
    return Case(root, [twice], RingOutcome.TOO_FEW_SIGNATURES)


def _mistyped() -> Case:
    """A and B name a key for A that nobody has."""
    typo = {**KEYS, A: SigningKey("ed25519:typo", b"\x42" * 32)}
    terms = replace(TERMS, stewards=stewards(A, B, keys=typo))
    return Case(V2, [after(V2, by=(A, B), terms=terms)], RingOutcome.TOO_FEW_SIGNATURES)


NEW_KEYS = {**KEYS, A: SigningKey("ed25519:a2", b"\x17" * 32)}
REPLACED = replace(TERMS, stewards=stewards(A, B, C, keys=NEW_KEYS))


def _lost_key() -> Case:
    """A lost its key: B and C name the new one, and A signs with it from then on."""
    replaced = after(V2, by=(B, C), terms=REPLACED)
    composed = ring.compose(ID, REPLACED, replaced.members, (), replaced, NOW + 4 * DAY)
    return Case(V2, [replaced, signed(composed, (A, B), NEW_KEYS)], RingOutcome.ACCEPTED)


def _lost_key_signs_on() -> Case:
    replaced = after(V2, by=(B, C), terms=REPLACED)
    return Case(V2, [replaced, after(replaced, by=(A, B))], RingOutcome.TOO_FEW_SIGNATURES)


CASES: dict[str, Callable[[], Case]] = {
    "version 1 at first sight": lambda: Case(None, [V1], O.ACCEPTED),
    "a whole chain at first sight": lambda: Case(None, [V1, V2, V3, V4], O.ACCEPTED),
    "nothing": lambda: Case(V2, [], O.UNCHANGED),
    "the version that we have": lambda: Case(V2, [V2], O.UNCHANGED),
    "the next version": lambda: Case(V2, [V3], O.ACCEPTED),
    "the next two": lambda: Case(V2, [V3, V4], O.ACCEPTED),
    "the version that we have, and the next": lambda: Case(V2, [V2, V3], O.ACCEPTED),
    "the whole chain again": lambda: Case(V2, [V1, V2, V3], O.ACCEPTED),
    "a version after the one before expired": lambda: Case(
        V2, [after(V2, now=NOW + 400 * DAY)], O.ACCEPTED, now=NOW + 400 * DAY
    ),
    "version 1 by a stranger's key": lambda: Case(
        None, [resigned(V1, (A, B), STOLEN)], O.TOO_FEW_SIGNATURES
    ),
    "version 1 without the founder": lambda: Case(None, [first(by=(B, C))], O.UNFOUNDED),
    "version 1 when no key of the founder is known": lambda: Case(None, [V1], O.UNFOUNDED, keys={}),
    "version 1 by another key of the founder": lambda: Case(
        None, [V1], O.UNFOUNDED, keys=pinned_key(THIEF)
    ),
    "version 1 by the founder alone": lambda: Case(None, [first(by=(A,))], O.TOO_FEW_SIGNATURES),
    "a founder who is no steward": lambda: Case(
        None, [first(with_stewards(B, C, D), by=(A, B, C))], O.ACCEPTED
    ),
    "a founder's signature counted as a steward's": lambda: Case(
        None, [first(with_stewards(B, C, D), by=(A, B))], O.TOO_FEW_SIGNATURES
    ),
    "first sight of version 2": lambda: Case(None, [V2, V3], O.BROKEN_CHAIN),
    "a chain with a hole": lambda: Case(None, [V1, V3], O.BROKEN_CHAIN),
    "a version too far ahead": lambda: Case(V2, [V4], O.BROKEN_CHAIN),
    "one signature of two": lambda: Case(V2, [after(V2, by=(B,))], O.TOO_FEW_SIGNATURES),
    "no signature": lambda: Case(V2, [after(V2, by=())], O.TOO_FEW_SIGNATURES),
    "a signature of somebody who is no steward": lambda: Case(
        V2, [after(V2, by=(A, D))], O.TOO_FEW_SIGNATURES
    ),
    "a signature by a key that the ring does not name": lambda: Case(
        V2, [resigned(V3, (A, B), STOLEN)], O.TOO_FEW_SIGNATURES
    ),
    "one steward signs with two keys": _two_keys,
    "a takeover by one steward": lambda: Case(
        V2, [after(V2, by=(C,), terms=with_stewards(C, threshold=1))], O.TOO_FEW_SIGNATURES
    ),
    "a takeover by one steward and two helpers of his": lambda: Case(
        V2, [after(V2, by=(C, D, E), terms=with_stewards(C, D, E))], O.TOO_FEW_SIGNATURES
    ),
    "new stewards who did not sign themselves": lambda: Case(
        V2, [after(V2, by=(A, B), terms=with_stewards(C, D, E))], O.TOO_FEW_SIGNATURES
    ),
    "a mistyped key": _mistyped,
    "new stewards who signed": lambda: Case(
        V2, [after(V2, by=(A, B, D, E), terms=with_stewards(C, D, E))], O.ACCEPTED
    ),
    "a steward replaced after its key was lost": _lost_key,
    "the lost key signs on": _lost_key_signs_on,
    "a higher threshold that is met": lambda: Case(
        V2, [after(V2, by=(A, B, C), terms=with_stewards(A, B, C, threshold=3))], O.ACCEPTED
    ),
    "a higher threshold that is not": lambda: Case(
        V2,
        [after(V2, by=(A, B), terms=with_stewards(A, B, C, threshold=3))],
        O.TOO_FEW_SIGNATURES,
    ),
    "another root": lambda: Case(V1, [OTHER_ROOT], O.WRONG_ROOT),
    "a version under another root": lambda: Case(V1, [after(OTHER_ROOT)], O.WRONG_ROOT),
    "another ring": lambda: Case(V1, [OTHER_RING], O.WRONG_RING),
    "a chain that changes its ring on the way": lambda: Case(
        None, [V1, after(OTHER_RING)], O.WRONG_RING
    ),
    "a version that names a wrong previous": lambda: Case(
        V2, [changed(V3, previous="ab" * 32)], O.BROKEN_CHAIN
    ),
    "a version issued before the one that it follows": lambda: Case(
        V2, [changed(V3, issued_at=V2.validity.issued_at - 1)], O.BROKEN_CHAIN
    ),
    "ten minutes ahead": lambda: Case(
        V2, [V3], O.ACCEPTED, now=V3.validity.issued_at - 10 * MINUTE
    ),
    "more than ten minutes ahead": lambda: Case(
        V2, [V3], O.FUTURE, now=V3.validity.issued_at - 10 * MINUTE - 1
    ),
    "version 1 from the future": lambda: Case(None, [V1], O.FUTURE, now=NOW - 10 * MINUTE - 1),
    "rolled back": lambda: Case(V3, [V2], O.ROLLBACK, before=V2),
    "rolled back to version 1": lambda: Case(V3, [V1], O.ROLLBACK, before=V2),
    "a sibling with the smaller hash": lambda: Case(
        V3, [SMALLER], O.SIBLING_WON, before=V2, evidence=True
    ),
    "a sibling with the smaller hash, and what follows it": lambda: Case(
        V3, [SMALLER, after(SMALLER)], O.SIBLING_WON, before=V2, evidence=True
    ),
    "a sibling with the larger hash": lambda: Case(
        V3, [LARGER], O.SIBLING_LOST, before=V2, evidence=True
    ),
    "a sibling with the larger hash, and what follows it": lambda: Case(
        V3, [LARGER, after(LARGER)], O.SIBLING_LOST, before=V2, evidence=True
    ),
    "a sibling with the smaller hash that too few signed": lambda: Case(
        V3, [resigned(SMALLER, (B,), KEYS)], O.TOO_FEW_SIGNATURES, before=V2
    ),
    "what follows a better sibling, signed by too few": lambda: Case(
        V3, [SMALLER, after(SMALLER, by=(B,))], O.TOO_FEW_SIGNATURES, before=V2
    ),
    "a sibling, and the version before ours is not at hand": lambda: Case(
        V3, [SMALLER], O.BROKEN_CHAIN
    ),
    "a version that follows a sibling of ours": lambda: Case(
        V3, [after(SMALLER)], O.BROKEN_CHAIN, before=V2
    ),
    "a branch that forked two versions back": lambda: Case(
        V4, [after(SMALLER)], O.FORKED, before=V3, evidence=True
    ),
    "a longer branch that forked two versions back": lambda: Case(
        V4,
        [SMALLER, after(SMALLER), after(after(SMALLER)), after(after(after(SMALLER)))],
        O.FORKED,
        before=V3,
        evidence=True,
    ),
    "a branch that forked two versions back, by nobody": lambda: Case(
        V4, [after(SMALLER, by=(B,))], O.TOO_FEW_SIGNATURES, before=V3
    ),
}


def judged(case: Case) -> RingVerdict:
    keys = FOUNDER if case.keys is None else case.keys
    return chain.follow(case.pinned, case.before, case.versions, keys, case.now)


GOOD = {RingOutcome.ACCEPTED, RingOutcome.UNCHANGED, RingOutcome.SIBLING_WON}


@pytest.mark.parametrize("name", CASES)
def test_a_history_has_its_outcome(name: str) -> None:
    case = CASES[name]()
    verdict = judged(case)
    assert (verdict.outcome, verdict.evidence) == (case.outcome, case.evidence), verdict.why
    assert verdict.is_good == (case.outcome in GOOD)
    moved = case.outcome in GOOD and case.versions
    assert verdict.head == (case.versions[-1] if moved else case.pinned)
    assert verdict.why


def test_every_outcome_of_following_has_a_history() -> None:
    elsewhere = {O.CHOSEN, O.MALFORMED, O.WRONG_TYPE, O.MIXED_PAGES}
    assert {case().outcome for case in CASES.values()} == set(RingOutcome) - elsewhere


def test_a_key_under_two_names_is_no_two_stewards() -> None:
    keys = {KEYS[A].id: KEYS[A].verify_key}
    with pytest.raises(MalformedDocument, match="one key is not two hands"):
        chain.signing_stewards(V1, Stewards(2, {A: keys, B: keys}))


def test_a_signature_that_is_no_base64_makes_the_version_malformed() -> None:
    signatures = {A: {KEYS[A].id: "*"}, B: {}}
    broken = replace(V3, content={**V3.content, "signatures": signatures})
    verdict = chain.follow(V2, V1, [broken], FOUNDER, LATER)
    assert (verdict.outcome, verdict.head) == (RingOutcome.MALFORMED, V2)


def test_an_error_of_reading_is_a_verdict_too() -> None:
    with pytest.raises(MalformedDocument) as refused:
        ring.read_ring_content({**V1.content, "type": "webring.manifest"})
    assert chain.refuse(V1, refused.value).outcome is RingOutcome.WRONG_TYPE
    with pytest.raises(TrustError) as mixed:
        ring.with_members(V2, {})
    assert chain.refuse(V1, mixed.value).outcome is RingOutcome.MIXED_PAGES


CHOSEN: dict[str, tuple[Callable[[], RingVerdict], RingOutcome]] = {
    "a branch that forked long ago": (
        lambda: chain.choose(V2, [SMALLER, after(SMALLER)], LATER),
        O.CHOSEN,
    ),
    "the larger sibling": (lambda: chain.choose(V2, [LARGER], LATER), O.CHOSEN),
    "a ring whose founder is gone": (
        lambda: chain.choose(None, [first(by=(B, C)), after(first(by=(B, C)))], LATER),
        O.CHOSEN,
    ),
    "a branch that too few signed": (
        lambda: chain.choose(V2, [after(V2, by=(B,))], LATER),
        O.TOO_FEW_SIGNATURES,
    ),
    "a branch that does not touch ours": (
        lambda: chain.choose(V2, [after(SMALLER)], LATER),
        O.BROKEN_CHAIN,
    ),
    "another root": (lambda: chain.choose(V1, [after(OTHER_ROOT)], LATER), O.WRONG_ROOT),
    "version 1 that too few signed": (
        lambda: chain.choose(None, [first(by=(A,))], LATER),
        O.TOO_FEW_SIGNATURES,
    ),
    "version 2 alone": (lambda: chain.choose(None, [V2], LATER), O.BROKEN_CHAIN),
    "a branch from the future": (lambda: chain.choose(V2, [V3], NOW), O.FUTURE),
    "no version": (lambda: chain.choose(V2, [], LATER), O.BROKEN_CHAIN),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_an_operator_chooses_a_branch_that_holds(name: str) -> None:
    act, outcome = CHOSEN[name]
    verdict = act()
    assert verdict.outcome is outcome, verdict.why
    assert verdict.is_good == (outcome is O.CHOSEN)


def test_a_proposal_is_judged_but_for_its_signatures() -> None:
    chain.check_proposal(V2, after(V2, by=()), LATER)
    chain.check_proposal(None, first(by=()), LATER)
    for before, proposal, code in (
        (V2, V4, O.BROKEN_CHAIN),
        (V2, after(OTHER_ROOT), O.WRONG_ROOT),
        (V2, OTHER_RING, O.WRONG_RING),
        (None, V2, O.BROKEN_CHAIN),
    ):
        with pytest.raises(TrustError) as refused:
            chain.check_proposal(before, proposal, LATER)
        assert refused.value.code == code
    with pytest.raises(TrustError, match="in the future"):
        chain.check_proposal(V2, V3, NOW)


@pytest.mark.parametrize(
    ("days", "skew", "fresh"),
    [
        (90, -1, RingFreshness.FRESH),
        (90, 10 * MINUTE - 1, RingFreshness.FRESH),
        (90, 10 * MINUTE, RingFreshness.STALE),
        (90 + 365, -1, RingFreshness.STALE),
        (90 + 365, 0, RingFreshness.LAPSED),
    ],
)
def test_an_expired_version_is_navigated_for_a_year(
    days: int, skew: int, fresh: RingFreshness
) -> None:
    assert chain.freshness(V1, NOW + days * DAY + skew) is fresh
