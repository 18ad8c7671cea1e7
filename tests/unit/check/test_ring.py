"""A walk along a chain, in findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.documents.ring_world import NOW, A, first
from webring.check.findings import Level
from webring.check.ring import findings
from webring.clock import DAY
from webring.documents import chain
from webring.documents.ring_outcome import Link, RingOutcome
from webring.names import PeerUrl
from webring.rings.verifying import Report

HEAD = first()
GOOD = Link(1, HEAD.sha256, RingOutcome.ACCEPTED)
BAD = Link(2, "", RingOutcome.BROKEN_CHAIN, "version 2 is not there")
HOLDS = Report(PeerUrl("https://b.example"), HEAD, chain.freshness(HEAD, NOW), (GOOD,), 0)

CASES: dict[str, tuple[Report, int, list[tuple[str, Level, str]]]] = {
    "all is well": (
        HOLDS, NOW,
        [
            ("ring", Level.OK, f"Soil (soil:{A}), root {HEAD.root}"),
            ("founder", Level.OK, "a.example signed version 1"),
            ("chain", Level.OK, "1 of 1 versions hold, each signed by enough"),
            ("freshness", Level.OK, "version 1 holds for 90 more days"),
        ],
    ),
    "the founder is gone": (
        replace(HOLDS, unfounded="a.example does not resolve"), NOW,
        [("founder", Level.WARN, "could not be checked: a.example does not resolve")],
    ),
    "the founder did not sign": (
        replace(HOLDS, links=(Link(1, "", RingOutcome.UNFOUNDED, "no key signed"),)), NOW,
        [
            ("founder", Level.FAIL, "no key signed"),
            ("chain", Level.FAIL, "version 1 is broken, unfounded: no key signed"),
        ],
    ),
    "version 1 is not there": (
        replace(HOLDS, links=(replace(BAD, sequence=1),)),
        NOW,
        [("chain", Level.FAIL, "version 1 is broken")],
    ),
    "a broken link": (
        replace(HOLDS, links=(GOOD, BAD)), NOW,
        [("chain", Level.FAIL, "version 2 is broken, broken_chain: version 2 is not there")],
    ),
    "many broken links": (
        replace(HOLDS, links=(GOOD, *[BAD] * 25)), NOW,
        [("chain", Level.FAIL, "5 more are broken")],
    ),
    "cut": (
        replace(HOLDS, cut="only 1 of 2"), NOW, [("chain", Level.FAIL, "only 1 of 2")],
    ),
    "erased": (
        replace(HOLDS, erased=3), NOW, [("pages", Level.OK, "3 of former members were erased")],
    ),
    "stale": (
        replace(HOLDS, freshness=chain.freshness(HEAD, NOW + 100 * DAY)), NOW + 100 * DAY,
        [("freshness", Level.WARN, "version 1 ended 10 days ago: it is stale")],
    ),
    "the future": (
        HOLDS, NOW - DAY, [("freshness", Level.FAIL, "comes from 86400 s in the future")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_walk_found_is_told(name: str) -> None:
    report, now, expected = CASES[name]
    found = list(findings(report, now))
    for subject, level, seen in expected:
        assert any(
            (each.subject, each.level) == (subject, level) and seen in each.seen for each in found
        ), (subject, found)
    assert all(each.mend for each in found if each.level is Level.WARN)
    assert name != "version 1 is not there" or "founder" not in {each.subject for each in found}
    failed = any(each.level is Level.FAIL for each in found)
    assert report.holds == (not failed or name == "the future")
