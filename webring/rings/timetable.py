"""When a member is looked at again: soon while something may come of it, rarely else. Pure."""

from __future__ import annotations

from typing import Final

from webring.clock import DAY, HOUR, MINUTE, Millis
from webring.rings.states import Finding, MemberStanding, MemberState

SOON: Final[Millis] = 2 * MINUTE
"""After the first look at who waits to be let in: people are mending their page just now."""
LATER: Final[Millis] = 6 * HOUR
"""The longest pause while a look may still change something by a strike, or let somebody in."""
RETRY: Final[Millis] = HOUR
"""After the first look that failed."""
ASLEEP: Final[Millis] = DAY
"""Who sleeps is hardly looked at: nobody is sent there."""
UNTOLD: Final[Millis] = 15 * MINUTE
"""After a look that could not be made, or told nothing."""


def pause(after: MemberStanding, finding: Finding, interval: Millis, now: Millis) -> Millis:
    """How long until the next look, before any jitter, where `interval` is that of good members.

    Pauses grow with the time that has passed since the trouble began, so that they double.
    """
    if after.state is MemberState.SLEEPING:
        return max(ASLEEP, interval)
    return min(_wanted(after, finding, interval, now), interval)


def _wanted(after: MemberStanding, finding: Finding, interval: Millis, now: Millis) -> Millis:
    if after.state is MemberState.PENDING:
        return _within(SOON, now - after.since, LATER)
    if finding is Finding.UNKNOWN:
        return UNTOLD
    if after.state is MemberState.ACTIVE and finding is not Finding.SHOWN:
        return _within(RETRY, now - after.strikes.at, LATER)
    if after.state is MemberState.ACTIVE:
        return interval
    return _within(RETRY, now - after.since, DAY)


def _within(least: Millis, wanted: Millis, most: Millis) -> Millis:
    return min(max(wanted, least), most)
