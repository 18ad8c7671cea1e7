"""What a visit to a ring came to, from what its stewards claim and what was answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webring.clock import DAY, Millis
from webring.documents.ring import Ring
from webring.documents.ring_outcome import RingOutcome
from webring.names import ServerName
from webring.rings.claimants import Claims, HeadClaim
from webring.rings.sources import Whom

SERVED_WITHIN: Final[Millis] = DAY
"""A claim that its claimant does not serve, verified, within this time does not count."""

CONFLICTS: Final = frozenset({RingOutcome.FORKED, RingOutcome.SIBLING_LOST})
"""Verdicts on versions that are sound and of another branch than ours, which goes on."""


class VisitOutcome(StrEnum):
    """What a visit may come to beside the verdicts of `RingOutcome`.

    `behind`: a steward claims a version that could not be had. `unreachable`: nobody answered.
    `not_served`: whoever answered does not have it. `founder_unknown`: no manifest of the founding
    instance was verified yet. `being_founded`: it is ours, and has no version yet. `too_long`:
    there is more than is read in one go. `busy`: another process follows it at this moment.
    """

    BEHIND = "behind"
    UNREACHABLE = "unreachable"
    NOT_SERVED = "not_served"
    FOUNDER_UNKNOWN = "founder_unknown"
    BEING_FOUNDED = "being_founded"
    TOO_LONG = "too_long"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What asking one instance came to. `answered`: with something that holds, if only what we had;
    `refused`: with something that does not count; `changed`: we hold another head for it.
    """

    whom: Whom
    outcome: str
    why: str
    answered: bool = False
    refused: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """How a ring stands after everybody was asked.

    `off_branch` are the versions that do not count, with the codes that they are kept for; `waited`
    says since when claims have not been met.
    """

    pinned: Ring | None
    claims: Claims
    off_branch: Mapping[str, str]
    waited: Mapping[ServerName, Millis]
    now: Millis

    @property
    def unmet(self) -> tuple[HeadClaim, ...]:
        """Claims of versions that we neither hold nor know not to count."""
        return tuple(each for each in self.claims.newer if each.sha256 not in self.off_branch)

    @property
    def counting(self) -> tuple[HeadClaim, ...]:
        """Those of them that count: our copy is behind."""
        return tuple(each for each in self.unmet if self.counts(each))

    def counts(self, claim: HeadClaim) -> bool:
        """Whether the claimant still has time to serve what it claims."""
        return self.now - self.waited.get(claim.instance, self.now) < SERVED_WITHIN


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is written down of a visit. `good`: nothing has to be tried again soon."""

    outcome: str
    why: str
    good: bool
    behind: bool = False


def conclude(at: Situation, attempts: Sequence[Attempt]) -> Conclusion:
    """What a visit came to."""
    if at.pinned is None:
        return _failure(attempts)
    if at.counting:
        return _behind(at.counting[0], attempts)
    conflict = _conflict(at, at.pinned, attempts)
    if conflict is not None:
        return conflict
    changed = [each for each in attempts if each.changed]
    if changed:
        return Conclusion(changed[-1].outcome, changed[-1].why + _besides(at), good=True)
    for each in attempts:
        if each.whom.given and not each.answered:
            return Conclusion(each.outcome, _said(each), good=False)
    if attempts and not at.claims.fresh and not any(each.answered for each in attempts):
        return _failure(attempts)
    why = "no steward calls another version newest" + _besides(at)
    return Conclusion(RingOutcome.UNCHANGED, why, good=True)


def _failure(attempts: Sequence[Attempt]) -> Conclusion:
    """Nobody who was asked had anything that counts."""
    if not attempts:
        return Conclusion(VisitOutcome.UNREACHABLE, "nobody is known who has it", good=False)
    telling = next((each for each in attempts if each.refused), attempts[0])
    return Conclusion(telling.outcome, _said(telling), good=False)


def _behind(claim: HeadClaim, attempts: Sequence[Attempt]) -> Conclusion:
    for each in attempts:
        if (each.refused and each.whom.claims) or (each.whom.given and not each.answered):
            return Conclusion(each.outcome, _said(each), good=False, behind=True)
    why = f"{claim.instance} calls version {claim.sequence} newest, and it could not be had"
    said = [each.why for each in attempts if each.whom.name == claim.instance]
    return Conclusion(VisitOutcome.BEHIND, ": ".join([why, *said]), good=False, behind=True)


def _conflict(at: Situation, pinned: Ring, attempts: Sequence[Attempt]) -> Conclusion | None:
    """Whether a steward is on another branch, which is the operator's to know."""
    for attempt in attempts:
        if attempt.outcome in CONFLICTS:
            return Conclusion(attempt.outcome, _said(attempt), good=True)
    for claim in at.claims.newer:
        code = at.off_branch.get(claim.sha256)
        if code in CONFLICTS:
            why = f"{claim.instance} is on another branch: webring ring choose {pinned.id}"
            return Conclusion(code, f"{why} {claim.sha256}", good=True)
    return None


def _said(attempt: Attempt) -> str:
    return f"{attempt.whom.name}: {attempt.why}"


def _besides(at: Situation) -> str:
    """What else there is to say of a ring that is current."""
    words = [
        f"; what {each.instance} calls newest, version {each.sequence}, was not served for a day"
        for each in at.unmet
    ]
    words += [f"; {name} names another ring by this id" for name in at.claims.elsewhere]
    return "".join(words)
