"""What a walk along a ring's chain found, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from webring.check.findings import Finding, fail, ok, warn
from webring.clock import DAY, Millis
from webring.documents.chain import RingFreshness
from webring.documents.ring_outcome import RingOutcome
from webring.documents.trust import SKEW
from webring.rings.verifying import Report

_SHOWN: Final = 20
"""Broken links that are named."""


def findings(report: Report, now: Millis) -> Iterator[Finding]:
    """The founder, the chain, erased pages, and how the newest version stands in time."""
    head = report.head
    yield ok("ring", f"{head.terms.name} ({head.id}), root {head.root}")
    yield from _founder(report)
    yield from _chain(report)
    if report.erased:
        yield ok("pages", f"{report.erased} of former members were erased: that breaks nothing")
    yield _freshness(report, now)


def _founder(report: Report) -> Iterator[Finding]:
    """Whether the founder signed version 1, unless that is broken for another reason."""
    founder = report.head.id.instance
    first = report.links[0].outcome if report.links else None
    if report.unfounded:
        seen = f"whether {founder} founded it could not be checked: {report.unfounded}"
        yield warn("founder", seen, "ask again later, or somebody who has known the ring for long")
    elif first is RingOutcome.UNFOUNDED:
        yield fail("founder", report.links[0].why, f"ask {founder} whether it founded this ring")
    elif first is RingOutcome.ACCEPTED:
        yield ok("founder", f"{founder} signed version 1")


def _chain(report: Report) -> Iterator[Finding]:
    broken = report.broken
    for link in broken[:_SHOWN]:
        seen = f"version {link.sequence} is broken, {link.outcome}: {link.why}"
        yield fail("chain", seen, "compare with what a steward or a mirror of the ring serves")
    if len(broken) > _SHOWN:
        yield fail("chain", f"{len(broken) - _SHOWN} more are broken", "")
    if report.cut:
        yield fail("chain", report.cut, "ask a steward or a mirror of the ring")
    elif not broken:
        count = f"{len(report.links)} of {report.head.sequence} versions hold"
        yield ok("chain", f"{count}, each signed by enough stewards of the one before")


def _freshness(report: Report, now: Millis) -> Finding:
    head = report.head
    ahead = head.validity.issued_at - now
    if ahead > SKEW:
        seen = f"version {head.sequence} comes from {ahead // 1000} s in the future"
        return fail("freshness", seen, "compare your clock with theirs: nobody accepts it yet")
    left = (head.expires_at - now) // DAY
    if report.freshness is RingFreshness.FRESH:
        return ok("freshness", f"version {head.sequence} holds for {max(left, 0)} more days")
    seen = f"version {head.sequence} ended {-left} days ago: it is {report.freshness}"
    return warn("freshness", seen, "its stewards have to renew it; until then nobody joins")
