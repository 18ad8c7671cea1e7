"""Passes: proof of being the operator, for a few minutes."""

from __future__ import annotations

import pytest

from webring.documents import passes
from webring.documents.keys import SigningKey
from webring.documents.passes import LIFE

NOW = 1_790_000_000_000
KEY = SigningKey.generate()
GOOD = passes.issue(KEY, NOW)
_, _, SIGNATURE = GOOD.partition(".")


@pytest.mark.parametrize("later", [0, LIFE, -LIFE])
def test_a_pass_holds_for_a_while(later: int) -> None:
    assert passes.holds(GOOD, KEY.verify_key, NOW + later)


REFUSED = {
    "nothing": "",
    "a time alone": str(NOW),
    "another time": f"{NOW + 1}.{SIGNATURE}",
    "half a signature": GOOD[:-20],
    "another's": passes.issue(SigningKey.generate(), NOW),
    "an old one": passes.issue(KEY, NOW - LIFE - 1),
    "one from the future": passes.issue(KEY, NOW + LIFE + 1),
    "a time in other digits": f"١٢٣.{SIGNATURE}",
    "a negative time": f"-{GOOD}",
    "no base64": f"{NOW}.{'!' * 86}",
    "endless": GOOD + "A" * 100_000,
    "a signature of what a document could be": f"{NOW}.{SIGNATURE[::-1]}",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_pass(case: str) -> None:
    assert not passes.holds(REFUSED[case], KEY.verify_key, NOW)
