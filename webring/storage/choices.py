"""What the last look at our own homeserver came to: what of the operator's choice is not published.

Kept for the operator, who asks by `webring check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from webring.clock import Millis
from webring.names import RoomAlias
from webring.storage import facts
from webring.storage.sql import Connection

_FACT: Final = "choice"


class WhyNot(StrEnum):
    """Why a chosen community is not published."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    UNREAD = "unread"
    OPTED_OUT = "opted_out"
    EXCLUDED = "excluded"
    KEPT_OUT = "kept_out"


@dataclass(frozen=True, slots=True)
class Missing:
    """A chosen community that is not published, in a word and in a sentence."""

    why: WhyNot
    sentence: str


@dataclass(frozen=True, slots=True)
class ChoiceOutcome:
    """What a look came to. `aliases` were chosen then, `missing` of them are not published.

    `problem` is why the homeserver could not be read, so that what was published stays as it was;
    `no_rooms` why the rooms of spaces could not be named; `is_closed`, that it wants to know who
    asks.
    """

    at: Millis
    aliases: frozenset[RoomAlias] = frozenset()
    missing: Mapping[RoomAlias, Missing] = field(default_factory=dict)
    problem: str = ""
    no_rooms: str = ""
    is_closed: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is not as the operator wants it."""
        said = [f"{alias} is not published: {why.sentence}" for alias, why in self.missing.items()]
        if self.problem:
            said.append(f"our homeserver could not be read: {self.problem}")
        if self.no_rooms:
            said.append(f"the rooms of our spaces could not be named: {self.no_rooms}")
        return tuple(said)


async def last(conn: Connection) -> ChoiceOutcome | None:
    """The outcome of the last look; None before the first."""
    value: dict[str, Any] | None = await facts.get(conn, _FACT)
    if value is None:
        return None
    return ChoiceOutcome(
        at=value["at"],
        aliases=frozenset(map(RoomAlias, value["aliases"])),
        missing={
            RoomAlias(alias): Missing(WhyNot(why), sentence)
            for alias, (why, sentence) in value["missing"].items()
        },
        problem=value["problem"],
        no_rooms=value["no_rooms"],
        is_closed=value["is_closed"],
    )


async def put(tx: Connection, outcome: ChoiceOutcome) -> None:
    """Keep an outcome in place of the last one."""
    missing = {alias: [each.why, each.sentence] for alias, each in outcome.missing.items()}
    value = {
        "at": outcome.at,
        "aliases": sorted(outcome.aliases),
        "missing": missing,
        "problem": outcome.problem,
        "no_rooms": outcome.no_rooms,
        "is_closed": outcome.is_closed,
    }
    await facts.put(tx, _FACT, value)
