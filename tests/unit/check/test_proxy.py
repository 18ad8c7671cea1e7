"""What a request that pretends to come from elsewhere tells of the proxy that passed it on."""

from __future__ import annotations

import pytest

from webring.check.findings import Level
from webring.check.proxy import PRETENDED, Seen, judged

PROXY, VISITOR = "127.0.0.1", "198.51.100.7"
CASES = {
    "it replaces the header": (Seen(PROXY, True, [VISITOR]), Level.OK, VISITOR),
    "it adds to the header": (Seen(PROXY, True, [PRETENDED, VISITOR]), Level.OK, VISITOR),
    "it adds our own machine": (Seen(PROXY, True, [PRETENDED, PROXY]), Level.OK, PROXY),
    "two of them": (Seen(PROXY, True, [PRETENDED, VISITOR, "10.0.0.2"]), Level.OK, "10.0.0.2"),
    "it passes on what is said": (Seen(PROXY, True, [PRETENDED]), Level.WARN, "believes whatever"),
    "it says nothing": (Seen(PROXY, True, []), Level.WARN, "does not say who asks"),
    "it is not trusted": (Seen("172.17.0.1", False, [VISITOR]), Level.WARN, "172.17.0.1, which is"),
    "there is none": (Seen(VISITOR, False, [PRETENDED]), Level.WARN, "no trusted proxy"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_proxy_is_judged(case: str) -> None:
    seen, level, says = CASES[case]
    finding = judged(seen)
    assert (finding.subject, finding.level) == ("proxy", level)
    assert says in finding.seen
    assert bool(finding.mend) is (level is not Level.OK)
