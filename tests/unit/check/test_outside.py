"""What a stranger's view comes to: the clock, and where a manifest is."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from webring.check.findings import Level
from webring.check.manifest import Place
from webring.check.outside import clock_against
from webring.clock import HOUR, MINUTE, SECOND
from webring.errors import InvalidName
from webring.net.answer import Answer

NOW = 1_790_000_000_000


def answered(date: str | None) -> Answer:
    headers = {} if date is None else {"date": date}
    return Answer(200, headers, b"", "https://a.example/x")


def at(now: int) -> str:
    return format_datetime(datetime.fromtimestamp(now / SECOND, UTC), usegmt=True)


CLOCKS = {
    "the same": (at(NOW), Level.OK),
    "a little off": (at(NOW + 20 * SECOND), Level.OK),
    "a minute behind": (at(NOW + MINUTE), Level.WARN),
    "a minute ahead": (at(NOW - MINUTE), Level.WARN),
    "beyond what peers bear": (at(NOW - HOUR), Level.FAIL),
    "years off": (at(0), Level.FAIL),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_clock_is_compared(case: str) -> None:
    date, level = CLOCKS[case]
    finding = clock_against(answered(date), NOW)
    assert finding is not None
    assert finding.level is level
    assert bool(finding.mend) is (level is not Level.OK)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_who_does_not_say_the_time_is_no_clock(date: str | None) -> None:
    assert clock_against(answered(date), NOW) is None


PLACES = {
    "a name": ("Commune.example", "commune.example", None),
    "a name with a port": ("127.0.0.1:8101", "127.0.0.1:8101", None),
    "a base URL": ("https://ring.example/", None, "https://ring.example"),
    "a manifest's URL": ("https://r.example/webring/v1/manifest", None, "https://r.example"),
    "below a path": ("https://r.example/a/webring/v1/manifest", None, "https://r.example/a"),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_manifest_is_named_in_several_ways(case: str) -> None:
    text, name, url = PLACES[case]
    place = Place.parse(text, allow_http=False)
    assert (place.name, place.base_url) == (name, url)


@pytest.mark.parametrize("text", ["", "a b", "http://a.example", "https://me@a.example", "a/b"])
def test_what_names_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        Place.parse(text, allow_http=False)
