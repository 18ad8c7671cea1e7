"""Which rooms the operator chose: by alias, spelled out, or of the homeserver's directory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from webring.crawler.own_rooms import OwnRooms, is_closed
from webring.directory.listing import DirectoryRoom, Kind
from webring.errors import FetchError
from webring.names import RoomAlias, RoomId, ServerName
from webring.settings import CommunitiesSettings, SpelledCommunity
from webring.storage.choices import Missing, WhyNot
from webring.text import read_markers


@dataclass(frozen=True, slots=True)
class Chosen:
    """A room that the operator chose, with what was spelled out about it."""

    room: DirectoryRoom
    spelled: SpelledCommunity | None = None


@dataclass
class Selection:
    """What was chosen, by room id; which room each alias leads to; and what is not there, and why.

    `excluded` are rooms that the settings keep out.
    """

    chosen: dict[RoomId, Chosen] = field(default_factory=dict)
    behind: dict[RoomAlias, RoomId] = field(default_factory=dict)
    missing: dict[RoomAlias, Missing] = field(default_factory=dict)
    excluded: set[RoomId] = field(default_factory=set)

    @property
    def is_closed(self) -> bool:
        """Whether the homeserver wants to know who asks for some of it."""
        return any(each.why is WhyNot.CLOSED for each in self.missing.values())

    @property
    def unread(self) -> list[RoomAlias]:
        """The aliases of which nothing is known now: what was published of them stays."""
        unread = (WhyNot.CLOSED, WhyNot.UNREAD)
        return [alias for alias, each in self.missing.items() if each.why in unread]


async def select(rooms: OwnRooms, settings: CommunitiesSettings, instance: ServerName) -> Selection:
    """Select the rooms. What the settings exclude has to be known: else a `FetchError`."""
    found = Selection()
    if settings.directory != "none":
        await rooms.read_directory()
    for excluded in settings.exclude:
        room = await rooms.behind(excluded)
        found.excluded |= {room.room_id} if room else set()
    for spelled in settings.community:
        await _add(found, rooms, spelled.alias, spelled)
    for alias in settings.aliases:
        await _add(found, rooms, alias, None)
    for room in rooms.listed.values():
        allowed = room.room_id not in found.excluded and read_markers(room.topic).listable
        if allowed and _takes(room, settings, instance):
            found.chosen.setdefault(room.room_id, Chosen(room))
    return found


async def _add(
    found: Selection, rooms: OwnRooms, alias: RoomAlias, spelled: SpelledCommunity | None
) -> None:
    """Add the room behind an alias, or why it is not there."""
    try:
        room = await rooms.behind(alias)
    except FetchError as error:
        why = WhyNot.CLOSED if is_closed(error) else WhyNot.UNREAD
        found.missing[alias] = Missing(why, error.sentence)
        return
    if room is None:
        found.missing[alias] = Missing(WhyNot.UNKNOWN, "your homeserver shows no such room")
    elif room.room_id in found.excluded:
        found.missing[alias] = Missing(WhyNot.EXCLUDED, "[communities] exclude names that room")
    elif not read_markers(room.topic).listable:
        found.missing[alias] = Missing(WhyNot.OPTED_OUT, "its topic asks not to be listed")
    else:
        if room.kind is Kind.SPACE:
            # Its rooms have to be in the directory, where further aliases are found as well.
            await rooms.read_directory()
        found.behind[alias] = room.room_id
        # It was chosen by this alias, which need not be the first of several.
        chosen = Chosen(replace(room, alias=room.alias or alias), spelled)
        found.chosen.setdefault(room.room_id, chosen)


def _takes(room: DirectoryRoom, settings: CommunitiesSettings, instance: ServerName) -> bool:
    """Whether a room of the directory is chosen by being in it."""
    if settings.directory == "all":
        return True
    marked = read_markers(room.topic).instance == instance
    return settings.directory == "marked" and marked
