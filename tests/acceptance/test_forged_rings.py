"""Forged versions of a ring among real instances: what a steward's thief serves and proposes.

Two stewards are the thief in turn, so that every instance is once among those that are lied to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import gt, lt

import pytest

from tests.acceptance import forging
from tests.acceptance.forging import Forge, Forgery
from tests.acceptance.neighbourhood import A, C, D, Neighbourhood
from tests.acceptance.stage import Stage, staged
from tests.vectors.ring_world import Version
from webring.names import ServerName

pytestmark = pytest.mark.slow

Making = Callable[[Forge, Sequence[Version], ServerName], Forgery]
SERVED: Mapping[Making, tuple[str, str]] = {
    forging.one_signature: (
        "too_few_signatures", "needs 2 stewards of version {head}, and 1 signed ({thief})",
    ),
    forging.wrong_chain: ("broken_chain", "version {next} follows another version {head}"),
    forging.other_root: ("wrong_root", "its root is "),
    forging.rolled_back: ("rollback", "it goes back from version {head} to {before}"),
}  # fmt: skip
"""What is made of a forgery where it is served: the outcome, and the reason."""
PROPOSED: Mapping[Making, tuple[str, str]] = {
    forging.one_signature: ("waiting", "it changes what the ring says of itself: name"),
    forging.wrong_chain: ("refused", "version {next} follows another version {head}"),
    forging.other_root: ("refused", "is known here with another root"),
    forging.rolled_back: ("refused", "version {head} is there already"),
    forging.sibling: ("refused", "version {head} is there already"),
}
"""What is answered to it as a proposal."""
NO_STEWARD: frozenset[Making] = frozenset({forging.one_signature, forging.wrong_chain})
"""What an instance that is no steward has no other reason to refuse."""


@pytest.fixture(scope="module", params=[C, A])
def stage(here: Neighbourhood, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A ring with a thief."""
    with staged(here, request.param) as made:
        yield made


def in_words(stage: Stage, reason: str) -> str:
    head = stage.chain()[-1].head.sequence
    return reason.format(before=head - 1, head=head, next=head + 1, thief=stage.bad.name)


@pytest.mark.parametrize("making", SERVED)
def test_a_forged_version_is_served_in_vain(stage: Stage, making: Making) -> None:
    outcome, reason = SERVED[making]
    chain = stage.chain()
    head = chain[-1].head
    stage.bad.serve(stage.ring, making(stage.forge, chain, stage.bad.name))
    stage.until(outcome, head.sha256)
    for key in stage.others:
        shown = stage.here[key].run("ring", "show", stage.ring)
        assert f"last visit: {outcome}: {stage.bad.name}: " in shown
        assert in_words(stage, reason) in shown
    stage.holds(head.sha256)


@pytest.mark.parametrize("making", [forging.one_signature, forging.wrong_chain])
def test_whoever_replays_what_is_served_is_told_which_link_is_broken(
    stage: Stage, making: Making
) -> None:
    outcome, _ = SERVED[making]
    stage.bad.serve(stage.ring, making(stage.forge, stage.chain(), stage.bad.name))
    place = f"{stage.bad.real.url}/rings/{stage.ring}"
    said = stage.here[D].fails("ring", "verify", place)
    assert f"version {len(stage.chain()) + 1} is broken, {outcome}: " in said


def test_another_root_that_is_named_openly_is_another_ring(stage: Stage) -> None:
    chain = stage.chain()
    stage.serve(forging.other_root(stage.forge, chain, stage.bad.name).served)
    stage.until("unchanged", chain[-1].head.sha256)
    for key in stage.others:

        def named(key: str = key) -> bool | None:
            why = stage.told(key)[1]
            return f"{stage.bad.name} names another ring by this id" in why or None

        stage.here[key].until(named, "telling of another ring")
    stage.holds(chain[-1].head.sha256)


def test_a_first_version_in_anothers_name_founds_nothing(stage: Stage) -> None:
    founder, signer = stage.honest
    ring = f"phantom:{founder}"
    forge = Forge(stage.here, ring)
    first = forge.root(stage.chain()[0].head.terms, [stage.bad.name, signer])
    stage.bad.serve(ring, Forgery.of([first]))
    for key in stage.others:

        def refused(key: str = key) -> bool | None:
            listed = stage.here[key].rows("SELECT sequence, outcome FROM ring WHERE id = ?", ring)
            return True if listed == [(0, "unfounded")] else None

        stage.here[key].until(refused, "refusing a ring that its founder did not found")
        shown = stage.here[key].fails("ring", "show", ring)
        assert f"no key of {founder} signed version 1" in shown


@pytest.mark.parametrize("making", PROPOSED)
def test_a_forged_version_is_proposed_in_vain(stage: Stage, making: Making) -> None:
    state, reason = PROPOSED[making]
    chain = stage.chain()
    forged = making(stage.forge, chain, stage.bad.name).served[-1]
    for key in stage.others:
        asked = stage.here[key]
        wanted = (state, in_words(stage, reason))
        if key == D and making in NO_STEWARD:
            wanted = ("refused", f"no key of {asked.name} is a steward's of {stage.ring}")
        sent = stage.propose(key, forged, *wanted)
        assert not stage.bad.reply(asked, sent)["signatures"]
    stage.holds(chain[-1].head.sha256)


def test_what_waits_is_shown_to_operators_who_refuse_it(stage: Stage) -> None:
    forged = forging.one_signature(stage.forge, stage.chain(), stage.bad.name).served[-1]
    for key in stage.stewards:
        asked = stage.here[key]
        sent = stage.propose(key, forged, "waiting", "it changes what the ring says")
        assert forged.head.sha256[:12] in asked.run("ring", "requests", stage.ring)
        asked.run("ring", "refuse", stage.ring, forged.head.sha256)
        said = stage.bad.reply(asked, sent)
        assert (said["state"], said["reason"]) == ("refused", "the steward's operator refuses it")
    stage.holds(stage.chain()[-1].head.sha256)


def test_an_answer_with_forged_signatures_counts_for_nothing(stage: Stage) -> None:
    proposing, signing = stage.stewards
    chain = stage.chain()
    stage.serve(chain)
    other = forging.one_signature(stage.forge, chain, stage.bad.name).served[-1]
    stage.bad.answer(dict(forging.signatures(other.head.content)))
    stage.here[proposing].run("ring", "terms", stage.ring, "--name", "Still Slower Things")
    answered = "SELECT 1 FROM outbox WHERE destination = ? AND reply_state = 'done'"

    def heard() -> bool | None:
        return bool(stage.here[proposing].rows(answered, stage.bad.name)) or None

    stage.here[proposing].until(heard, "hearing the thief's answer")
    stage.holds(chain[-1].head.sha256)
    stage.here.cosign(stage.ring, signing)
    stage.here.until(
        stage.ring, stage.others, lambda seen: seen["sequence"] == len(chain) + 1, "a good version"
    )
    assert set(forging.signatures(stage.chain()[-1].head.content)) == set(stage.honest)


def test_of_two_siblings_the_smaller_hash_wins_everywhere(stage: Stage) -> None:
    *before, head = stage.chain()
    ours = head.head.sha256
    larger = stage.forge.sibling(before[-1], ours, gt, stage.twice)
    stage.serve([*before, larger])
    stage.until("sibling_lost", ours)
    for key in stage.others:
        assert stage.evidence(key)[larger.head.sha256] == "sibling_lost"
    smaller = stage.forge.sibling(before[-1], ours, lt, stage.twice)
    stage.serve([*before, smaller])
    stage.until_held(smaller.head.sha256)
    for key in stage.others:
        kept = stage.evidence(key)
        assert (kept[larger.head.sha256], kept[ours]) == ("sibling_lost", "sibling_won")
        assert ours in stage.here[key].run("ring", "show", stage.ring)


def test_a_fork_waits_for_the_operator_who_may_choose_it(stage: Stage) -> None:
    chain = stage.chain()
    ours = chain[-1].head.sha256
    fork = [*chain[:-2], stage.forge.good(chain[-3], "Fork", stage.twice)]
    for name in ("Longer fork", "Longest fork"):
        fork.append(stage.forge.good(fork[-1], name, stage.twice))
    stage.serve(fork)
    stage.until("forked", ours)
    theirs = fork[-1].head.sha256
    for key in stage.others:
        assert stage.evidence(key)[theirs] == "forked"
    chosen = stage.here[D].run("ring", "choose", stage.ring, theirs)
    assert "chosen" in chosen
    assert stage.told(D)[2] == theirs
    assert stage.evidence(D)[ours] == "chosen"
    fork.append(stage.forge.good(fork[-1], "The fork goes on", stage.twice))
    stage.serve(fork)
    stage.until_held(fork[-1].head.sha256, [D])
    for key in stage.stewards:
        assert stage.told(key)[2] == ours
    stage.here[D].run("ring", "choose", stage.ring, ours)
    stage.until_held(ours)


def test_whoever_comes_back_holds_what_the_others_hold(stage: Stage) -> None:
    head = stage.chain()[-1].head
    stage.bad.end()
    stage.until_held(head.sha256, [stage.thief])
    stage.until("unchanged", head.sha256)
