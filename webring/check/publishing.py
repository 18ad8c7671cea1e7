"""Whether what the operator chose is published, as the running instance last found it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from webring.check.findings import Finding, ok, warn
from webring.errors import ConfigError, StorageError
from webring.settings import Settings
from webring.storage import choices
from webring.storage.choices import ChoiceOutcome, WhyNot
from webring.storage.database import Database

SUBJECT: Final = "communities"
_MENDS: Final[Mapping[WhyNot, str]] = {
    WhyNot.UNKNOWN: (
        "correct the alias; a room that only its members are shown needs [homeserver] access_token "
        "of one of them"
    ),
    WhyNot.CLOSED: (
        "set [homeserver] access_token to that of any account there: see docs/operating.md, Choose "
        "what you publish"
    ),
    WhyNot.UNREAD: "see that the homeserver runs and can be reached; it is tried again by itself",
    WhyNot.OPTED_OUT: "ask those who wrote its topic, or take it out of [communities]",
    WhyNot.EXCLUDED: "take it out of exclude in [communities], or out of what is chosen there",
    WhyNot.KEPT_OUT: "see webring block list and webring optout list",
}


async def chosen(settings: Settings) -> AsyncIterator[Finding]:
    """What is chosen and not published, and why; nothing where nothing is chosen."""
    wanted = settings.communities
    if not (wanted.aliases or wanted.community or wanted.directory != "none"):
        return
    try:
        db = await Database.open(settings.instance.database, settings.instance.data_dir)
    except (StorageError, ConfigError):
        return  # `check.local` says so
    try:
        outcome = await choices.last(db.reader)
    finally:
        await db.close()
    if outcome is None:
        yield warn(SUBJECT, "what you chose was not looked for yet", "see that webring serve runs")
        return
    for finding in judge(settings, outcome):
        yield finding


def judge(settings: Settings, outcome: ChoiceOutcome) -> Iterator[Finding]:
    """What the last look means for the settings as they are now."""
    wanted = settings.communities
    aliases = [each.alias for each in wanted.community] + list(wanted.aliases)
    unread = WhyNot.CLOSED if outcome.is_closed else WhyNot.UNREAD
    missing = 0
    if outcome.problem:
        seen = f"your homeserver could not be read: {outcome.problem}"
        yield warn(SUBJECT, seen, _MENDS[unread])
    for alias in aliases:
        if why := outcome.missing.get(alias):
            missing += 1
            yield warn(SUBJECT, f"{alias} is not published: {why.sentence}", _MENDS[why.why])
        elif alias not in outcome.aliases:
            missing += 1
            yield warn(SUBJECT, f"{alias} was not looked for yet", "restart webring serve")
    if outcome.no_rooms:
        seen = f"the rooms of your spaces could not be named: {outcome.no_rooms}"
        yield warn("spaces", seen, _MENDS[unread])
    if aliases and not missing:
        yield ok(SUBJECT, f"all {len(aliases)} that you named are published")
