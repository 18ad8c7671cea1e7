"""What is known of our Matrix identity after another look at it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webring.clock import DAY, MINUTE
from webring.crawler.signing import SURE_FOR, Certainty, judge
from webring.documents.keys import SigningKey
from webring.matrix.federation import MatrixIdentity
from webring.matrix.ownership import Ownership
from webring.names import ServerName

NOW = 1_790_000_000_000
NAME = ServerName("ring.example")
IDENTITY = MatrixIdentity(NAME, SigningKey.generate("ed25519:a"))
OURS = Ownership("")
ANOTHERS = Ownership("the key server of ring.example answers for another server")
SILENT = Ownership("the key server of ring.example cannot be asked", answered=False)

SURE = Certainty(NAME, "ed25519:a", NOW - MINUTE, NOW - MINUTE, "")
OFF = replace(SURE, sure_at=None, why=ANOTHERS.why)
LONG_AGO = replace(SURE, sure_at=NOW - SURE_FOR)

LOOKS: dict[str, tuple[Certainty | None, Ownership, bool]] = {
    "the first look finds us": (None, OURS, True),
    "the first look finds another": (None, ANOTHERS, False),
    "the first look finds nobody": (None, SILENT, False),
    "we are found again": (SURE, OURS, True),
    "another has taken our place": (SURE, ANOTHERS, False),
    "nobody answers for a moment": (SURE, SILENT, True),
    "nobody has answered for long": (LONG_AGO, SILENT, False),
    "nobody answers after another did": (OFF, SILENT, False),
    "we are back": (OFF, OURS, True),
}


@pytest.mark.parametrize("case", LOOKS)
def test_we_sign_only_while_we_are_sure(case: str) -> None:
    before, owned, sure = LOOKS[case]
    known = judge(before, owned, IDENTITY, NOW)
    assert known.is_sure(NOW) is sure
    assert (known.asked_at, known.why) == (NOW, owned.why)
    assert known.is_known(NOW)


def test_silence_makes_nothing_surer() -> None:
    known = judge(SURE, SILENT, IDENTITY, NOW)
    assert known.sure_at == SURE.sure_at
    assert not known.is_sure(NOW - MINUTE + SURE_FOR)


@pytest.mark.parametrize("jump", [SURE_FOR, DAY, -DAY], ids=["late", "a day on", "a day back"])
def test_what_is_too_old_is_not_known(jump: int) -> None:
    known = judge(None, OURS, IDENTITY, NOW)
    assert not known.is_known(NOW + jump)
    assert not known.is_sure(NOW + jump)
