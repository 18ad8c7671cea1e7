"""Laws of the chain: who can change a ring, and that everybody ends on the same version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.unit.documents.ring_world import FOUNDER, NAMES, NOW, TERMS, A, B, after, first, stewards
from webring.clock import DAY
from webring.documents import chain
from webring.documents.ring import Ring, RingTerms
from webring.documents.ring_outcome import RingOutcome
from webring.names import ServerName

FAR = NOW + 1_000 * DAY


@st.composite
def any_stewards(draw: st.DrawFn) -> RingTerms:
    """Terms with 1 to 7 stewards and any threshold that is allowed."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    threshold = draw(st.integers(len(names) // 2 + 1, len(names)))
    return replace(TERMS, stewards=stewards(*names, threshold=threshold))


signers = st.lists(st.sampled_from(NAMES), unique=True)


def enough(by: Sequence[ServerName], terms: RingTerms) -> bool:
    return len(set(by) & set(terms.stewards.instances)) >= terms.stewards.threshold


def everybody(terms: RingTerms) -> list[ServerName]:
    return [A, *(name for name in terms.stewards.instances if name != A)]


@tries(150)
@given(any_stewards(), any_stewards(), signers)
def test_a_version_counts_if_enough_signed_under_both_and_not_else(
    old: RingTerms, new: RingTerms, by: list[ServerName]
) -> None:
    root = first(old, by=everybody(old))
    verdict = chain.follow(root, None, [after(root, by, terms=new)], FOUNDER, FAR)
    counts = enough(by, old) and enough(by, new)
    assert verdict.is_good == counts, verdict.why
    wanted = RingOutcome.ACCEPTED if counts else RingOutcome.TOO_FEW_SIGNATURES
    assert verdict.outcome is wanted


@tries(100)
@given(any_stewards(), any_stewards(), st.sampled_from(NAMES))
def test_one_hand_takes_no_ring_over_that_needs_two(
    old: RingTerms, new: RingTerms, thief: ServerName
) -> None:
    two = max(old.stewards.threshold, 2)
    assume(len(old.stewards.instances) >= two)
    old = replace(old, stewards=replace(old.stewards, threshold=two))
    root = first(old, by=everybody(old))
    verdict = chain.follow(root, None, [after(root, [thief], terms=new)], FOUNDER, FAR)
    assert verdict.outcome is RingOutcome.TOO_FEW_SIGNATURES
    assert verdict.head is root


def chained(all_terms: Sequence[RingTerms]) -> list[Ring]:
    """A chain in which each version has the next terms, signed by all old and new stewards."""
    versions = [first(all_terms[0], by=everybody(all_terms[0]))]
    for terms in all_terms[1:]:
        old = versions[-1].terms
        by = {*old.stewards.instances, *terms.stewards.instances}
        versions.append(after(versions[-1], sorted(by), terms=terms))
    return versions


@tries(40)
@given(st.lists(any_stewards(), min_size=1, max_size=8), st.data())
def test_a_chain_holds_at_once_and_step_by_step_and_from_anywhere(
    all_terms: list[RingTerms], data: st.DataObject
) -> None:
    versions = chained(all_terms)
    assert all(
        link.outcome is RingOutcome.ACCEPTED for link in chain.verify_chain(versions, FOUNDER)
    )
    at_once = chain.follow(None, None, versions, FOUNDER, FAR)
    head: Ring | None = None
    for version in versions:
        head = chain.follow(head, None, [version], FOUNDER, FAR).head
    assert at_once.head == head == versions[-1]
    at = data.draw(st.integers(0, len(versions) - 1))
    assert chain.follow(versions[at], None, versions[at:], FOUNDER, FAR).head == versions[-1]
    rolled = chain.follow(versions[-1], None, versions[: at + 1], FOUNDER, FAR)
    same = at == len(versions) - 1
    assert rolled.outcome is (RingOutcome.UNCHANGED if same else RingOutcome.ROLLBACK)


@tries(40)
@given(st.lists(any_stewards(), min_size=2, max_size=6), st.data())
def test_the_broken_link_is_named_wherever_it_is(
    all_terms: list[RingTerms], data: st.DataObject
) -> None:
    versions = chained(all_terms)
    at = data.draw(st.integers(0, len(versions) - 1))
    versions[at] = replace(versions[at], content={**versions[at].content, "signatures": {}})
    links = chain.verify_chain(versions, FOUNDER)
    broken = [link.sequence for link in links if link.outcome is not RingOutcome.ACCEPTED]
    assert broken == [at + 1]
    assert links[at].outcome is RingOutcome.TOO_FEW_SIGNATURES


words = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)


def worded(before: Ring, word: str) -> Ring:
    return after(before, (A, B), terms=replace(before.terms, description=word))


@tries(60)
@given(st.lists(words, min_size=2, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_in_whatever_order_siblings_are_seen_everybody_ends_on_the_smallest(
    texts: list[str], chance: object
) -> None:
    root = first()
    siblings = [worded(root, text) for text in texts]
    smallest = min(siblings, key=lambda one: one.sha256)
    for start in range(len(siblings)):
        seen = siblings[start:] + siblings[:start]
        chance.shuffle(seen)  # type: ignore[attr-defined]
        head = seen[0]
        for other in seen[1:]:
            verdict = chain.follow(head, root, [other], FOUNDER, FAR)
            won = other.sha256 < head.sha256
            wanted = RingOutcome.SIBLING_WON if won else RingOutcome.SIBLING_LOST
            assert (verdict.outcome, verdict.evidence) == (wanted, True)
            assert verdict.head is not None
            head = verdict.head
        assert head == smallest


@tries(60)
@given(words, words, st.integers(1, 4), st.integers(1, 8))
def test_nobody_leaves_a_branch_for_one_that_forked_more_than_one_version_back(
    word: str, other_word: str, depth: int, length: int
) -> None:
    root = first()
    ours, theirs = [worded(root, word)], [worded(root, f"not {other_word}")]
    for _ in range(depth):
        ours.append(after(ours[-1]))
    for _ in range(max(depth, length)):
        theirs.append(after(theirs[-1]))
    verdict = chain.follow(ours[-1], ours[-2], theirs, FOUNDER, FAR)
    assert (verdict.outcome, verdict.evidence) == (RingOutcome.FORKED, True)
    assert verdict.head is ours[-1]
    assert chain.choose(root, theirs, FAR).head == theirs[-1]
