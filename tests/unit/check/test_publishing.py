"""What `webring check` says of chosen communities that are not published."""

from __future__ import annotations

from pathlib import Path

import pytest

from webring.check.findings import Level
from webring.check.publishing import judge
from webring.names import PeerUrl, RoomAlias, ServerName
from webring.settings import (
    CommunitiesSettings,
    HomeserverSettings,
    InstanceSettings,
    Settings,
)
from webring.storage.choices import ChoiceOutcome, Missing, WhyNot

BEES, NEWS = RoomAlias("#bees:own.example"), RoomAlias("#news:own.example")
SETTINGS = Settings(
    InstanceSettings(ServerName("own.example"), PeerUrl("https://own.example"), Path()),
    homeserver=HomeserverSettings(name="own.example"),
    communities=CommunitiesSettings(aliases=(BEES, NEWS)),
)
BOTH = frozenset({BEES, NEWS})
REFUSED = "own.example answered 401"


def missing(why: WhyNot) -> ChoiceOutcome:
    return ChoiceOutcome(0, BOTH, {NEWS: Missing(why, "a sentence about it")})


SAID: dict[str, tuple[ChoiceOutcome, str, str]] = {
    "a token is missing": (missing(WhyNot.CLOSED), "not published: a sentence", "access_token"),
    "no such room": (missing(WhyNot.UNKNOWN), "#news:own.example", "correct the alias"),
    "blocked": (missing(WhyNot.KEPT_OUT), "#news:own.example", "webring block list"),
    "chosen since": (ChoiceOutcome(0, frozenset({BEES})), "not looked for", "restart"),
    "down": (ChoiceOutcome(0, BOTH, problem="nobody answers"), "nobody answers", "see that"),
    "closed": (
        ChoiceOutcome(0, BOTH, problem=REFUSED, is_closed=True),
        REFUSED,
        "access_token",
    ),
    "rooms of spaces": (
        ChoiceOutcome(0, BOTH, no_rooms=REFUSED, is_closed=True),
        f"the rooms of your spaces could not be named: {REFUSED}",
        "access_token",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_amiss_is_said_with_how_to_mend_it(case: str) -> None:
    outcome, seen, mend = SAID[case]
    warning = next(each for each in judge(SETTINGS, outcome) if each.level is Level.WARN)
    assert seen in warning.seen
    assert mend in warning.mend


@pytest.mark.parametrize("why", WhyNot)
def test_every_reason_can_be_mended(why: WhyNot) -> None:
    (warning,) = judge(SETTINGS, missing(why))
    assert warning.mend


def test_what_is_published_is_right() -> None:
    (finding,) = judge(SETTINGS, ChoiceOutcome(0, BOTH))
    assert (finding.level, finding.seen) == (Level.OK, "all 2 that you named are published")
