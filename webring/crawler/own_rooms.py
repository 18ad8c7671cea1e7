"""What our own homeserver shows of its rooms during one refresh, asked for as little as can be.

A room that was chosen by its alias is read by its summary, which takes no token and no directory.
That shows unlisted rooms too: it is the operator who chose them. Everything else that is published
has to be in a directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from webring.directory.listing import DirectoryRoom
from webring.errors import FetchError, StatusRefused
from webring.matrix.client import MatrixClient
from webring.names import RoomAlias, RoomId

ROOM_CAP: Final = 10_000
"""Rooms read of our own homeserver's directory."""
_CLOSED: Final = frozenset({401, 403})


class OwnRooms:
    """One refresh. `listed` are the rooms of the directory, once that was read.

    `is_whole`: it was read to its end. `is_closed`: it is not shown to us at all, which no waiting
    mends. `problem`: why it could not be read.
    """

    def __init__(self, matrix: MatrixClient) -> None:
        self._matrix = matrix
        self._asked = False
        self.listed: Mapping[RoomId, DirectoryRoom] = {}
        self.is_whole = False
        self.is_closed = False
        self.problem = ""

    async def read_directory(self) -> None:
        """Read the directory, unless that was done."""
        if self._asked:
            return
        self._asked = True
        try:
            listing = await self._matrix.own.directory(room_cap=ROOM_CAP)
        except FetchError as error:
            self.problem, self.is_closed = error.sentence, is_closed(error)
            return
        self.listed = {room.room_id: room for room in listing.rooms}
        self.is_whole = listing.complete

    async def behind(self, alias: RoomAlias) -> DirectoryRoom | None:
        """The room behind an alias; None where there is none that is shown to us.

        A homeserver that knows no summaries may have it in its directory. Where that does not help
        either, the `FetchError` is the summary's.
        """
        if found := self._listed_as(alias):
            return found
        try:
            return await self._matrix.summary(alias)
        except FetchError:
            await self.read_directory()
            if found := self._listed_as(alias):
                return found
            raise

    def _listed_as(self, alias: RoomAlias) -> DirectoryRoom | None:
        return next((room for room in self.listed.values() if room.alias == alias), None)


def is_closed(error: FetchError) -> bool:
    """Whether a homeserver wants to know who asks."""
    return isinstance(error, StatusRefused) and error.status in _CLOSED
