"""What came of the operator's choice: the communities to publish, and what is not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from webring.clock import Millis
from webring.documents.community import ManifestCommunity
from webring.names import RoomAlias, RoomId
from webring.storage.choices import ChoiceOutcome, Missing, WhyNot

_KEPT_OUT = Missing(WhyNot.KEPT_OUT, "it is blocked, or opted out, here")


@dataclass(frozen=True, slots=True)
class Choice:
    """The communities to publish. `aliases` were chosen; `behind` is the room that each leads to;
    `missing` is why one is not there.

    `problem` is why the homeserver could not be read, so that what was published stays; `no_rooms`
    why the rooms of spaces could not be named; `is_closed`, that it wants to know who asks.
    """

    communities: Sequence[ManifestCommunity] = ()
    aliases: Collection[RoomAlias] = ()
    behind: Mapping[RoomAlias, RoomId] = field(default_factory=dict)
    missing: Mapping[RoomAlias, Missing] = field(default_factory=dict)
    problem: str = ""
    no_rooms: str = ""
    is_closed: bool = False

    def outcome(self, published: Collection[RoomId], now: Millis) -> ChoiceOutcome:
        """What the operator is told, where of all this only `published` rooms may be."""
        kept_out = {
            alias: _KEPT_OUT for alias, room in self.behind.items() if room not in published
        }
        missing = {**self.missing, **kept_out}
        return ChoiceOutcome(
            at=now,
            aliases=frozenset(self.aliases),
            missing=missing,
            problem=self.problem,
            no_rooms=self.no_rooms,
            is_closed=self.is_closed,
        )
