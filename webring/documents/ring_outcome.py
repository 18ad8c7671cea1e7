"""What can become of a version of a ring document: the words of `documents.chain`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webring.documents.ring import Ring
from webring.errors import TrustError


class RingOutcome(StrEnum):
    """What became of a version, or of several."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    CHOSEN = "chosen"
    SIBLING_WON = "sibling_won"
    SIBLING_LOST = "sibling_lost"
    FORKED = "forked"
    WRONG_RING = "wrong_ring"
    WRONG_ROOT = "wrong_root"
    UNFOUNDED = "unfounded"
    BROKEN_CHAIN = "broken_chain"
    TOO_FEW_SIGNATURES = "too_few_signatures"
    FUTURE = "future"
    ROLLBACK = "rollback"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    MIXED_PAGES = "mixed_pages"


class RingFreshness(StrEnum):
    """How a head stands in time. A stale one is navigated, labelled, and joined by nobody."""

    FRESH = "fresh"
    STALE = "stale"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class RingVerdict:
    """What became of the versions that were offered, why, and what is the head now.

    `head` is None where nothing is pinned; `evidence` says that they are worth keeping although
    they were refused, or what they replaced.
    """

    outcome: RingOutcome
    why: str
    head: Ring | None
    evidence: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the versions that were offered count."""
        return self.outcome in GOOD


@dataclass(frozen=True, slots=True)
class Link:
    """A version in a chain that is replayed: good if `accepted`, else what is wrong with it.

    `erased` counts its pages that nobody has any more, which breaks nothing.
    """

    sequence: int
    sha256: str
    outcome: RingOutcome
    why: str = ""
    erased: int = 0


GOOD: Final = frozenset(
    {
        RingOutcome.ACCEPTED,
        RingOutcome.UNCHANGED,
        RingOutcome.SIBLING_WON,
        RingOutcome.CHOSEN,
    }
)


class Refused(TrustError):
    """Carries an outcome out of the checks."""

    def __init__(self, outcome: RingOutcome, why: str) -> None:
        super().__init__(why, outcome.value)
