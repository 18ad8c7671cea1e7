"""Which communities this instance publishes: the operator's choice, as the homeserver shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from webring.clock import Millis
from webring.directory.listing import ChildRoom, DirectoryRoom, Kind
from webring.documents.community import MAX_ROOMS, ManifestCommunity
from webring.errors import FetchError
from webring.matrix.client import MatrixClient
from webring.names import RoomAlias, RoomId, ServerName, Slug
from webring.settings import CommunitiesSettings, SpelledCommunity
from webring.storage import sightings
from webring.storage.sql import Connection
from webring.text import read_markers, slugify

ROOM_CAP: Final = 10_000
"""Rooms read of our own homeserver's directory."""
MAX_TWINS: Final = 1_000
"""Communities whose names make the same slug."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A room that the operator chose, with what was spelled out about it."""

    room: DirectoryRoom
    spelled: SpelledCommunity | None = None


class Chooser:
    """Reads the chosen communities from our own homeserver. Nothing else is ever published."""

    def __init__(
        self, matrix: MatrixClient, settings: CommunitiesSettings, instance: ServerName
    ) -> None:
        self._matrix = matrix
        self._settings = settings
        self._instance = instance

    async def choose(
        self, conn: Connection, before: Mapping[RoomId, ManifestCommunity], now: Millis
    ) -> list[ManifestCommunity]:
        """The communities to publish; the `FetchError` of the homeserver where it fails.

        `before` are those of the last manifest: they keep their ids, and their time if unchanged.
        """
        listing = await self._matrix.own.directory(room_cap=ROOM_CAP)
        listed = {room.room_id: room for room in listing.rooms}
        excluded = await self._excluded(listed)
        chosen = await self._chosen(listed, excluded)
        slugs = {each.spelled.id for each in chosen.values() if each.spelled}
        communities: list[ManifestCommunity] = []
        for each in chosen.values():
            known = before.get(each.room.room_id)
            slug = _slug(each, known, slugs, before.values())
            slugs.add(slug)
            children = await self._children(conn, each.room, listed, known)
            new = _as_before(_community(each, slug, children, self._instance, now), known)
            same = known and replace(new, updated_at=known.updated_at) == known
            communities.append(known if known and same else new)
        if not listing.complete:
            communities += self._unseen(before.values(), chosen.keys() | listed.keys() | excluded)
        return communities

    def _unseen(
        self, before: Iterable[ManifestCommunity], seen: Collection[RoomId]
    ) -> list[ManifestCommunity]:
        """What was published of the directory: one that was not read whole takes nothing away."""
        if self._settings.directory == "none":
            return []
        return [
            each
            for each in before
            if each.room_id not in seen and each.alias not in self._settings.exclude
        ]

    async def _excluded(self, listed: Mapping[RoomId, DirectoryRoom]) -> set[RoomId]:
        """The rooms behind the excluded aliases, be they canonical or not."""
        excluded: set[RoomId] = set()
        by_alias = {room.alias: room for room in listed.values()}
        for alias in self._settings.exclude:
            room = by_alias.get(alias) or await self._matrix.summary(alias)
            excluded |= {room.room_id} if room else set()
        return excluded

    async def _chosen(
        self, listed: Mapping[RoomId, DirectoryRoom], excluded: Collection[RoomId]
    ) -> dict[RoomId, Chosen]:
        by_alias = {room.alias: room for room in listed.values() if room.alias}
        chosen: dict[RoomId, Chosen] = {}
        for spelled in self._settings.community:
            await self._add(chosen, by_alias, spelled.alias, spelled)
        for alias in self._settings.aliases:
            await self._add(chosen, by_alias, alias, None)
        for room in listed.values():
            if self._takes(room):
                chosen.setdefault(room.room_id, Chosen(room))
        return {
            room_id: each
            for room_id, each in chosen.items()
            if room_id not in excluded and read_markers(each.room.topic).listable
        }

    async def _add(
        self,
        chosen: dict[RoomId, Chosen],
        by_alias: Mapping[RoomAlias, DirectoryRoom],
        alias: RoomAlias,
        spelled: SpelledCommunity | None,
    ) -> None:
        """Add the room behind an alias; one that the homeserver does not know is passed by."""
        room = by_alias.get(alias) or await self._matrix.summary(alias)
        if room is not None:
            # It was chosen by this alias, which need not be the first of several.
            chosen.setdefault(
                room.room_id, Chosen(replace(room, alias=room.alias or alias), spelled)
            )

    def _takes(self, room: DirectoryRoom) -> bool:
        if self._settings.directory == "all":
            return True
        marked = read_markers(room.topic).instance == self._instance
        return self._settings.directory == "marked" and marked

    async def _children(
        self,
        conn: Connection,
        space: DirectoryRoom,
        listed: Mapping[RoomId, DirectoryRoom],
        known: ManifestCommunity | None,
    ) -> tuple[ChildRoom, ...]:
        """The space's children that are themselves listed in some server's directory.

        Where they cannot be read now, those that were published stay.
        """
        if space.kind is not Kind.SPACE:
            return ()
        try:
            hierarchy = await self._matrix.hierarchy(space.room_id, (self._home(space),))
        except FetchError:
            rooms = known.rooms if known else ()
            topics = {
                each.room_id: room.topic for each in rooms if (room := listed.get(each.room_id))
            }
            return tuple(
                each for each in rooms if read_markers(topics.get(each.room_id, "")).listable
            )
        if hierarchy is None:
            return ()
        elsewhere = await sightings.of_rooms(conn, [each.room_id for each in hierarchy.children])
        children: list[ChildRoom] = []
        for child in hierarchy.children:
            seen = elsewhere.get(child.room_id, [])
            room = listed.get(child.room_id) or (seen[0].room if seen else None)
            if room is not None and read_markers(room.topic).listable:
                children.append(_child(room, suggested=child.suggested))
        return tuple(children[:MAX_ROOMS])

    def _home(self, space: DirectoryRoom) -> ServerName:
        return space.alias.server if space.alias else self._instance


def _slug(
    chosen: Chosen,
    known: ManifestCommunity | None,
    taken: Collection[Slug],
    before: Iterable[ManifestCommunity],
) -> Slug:
    """An id that stays: the spelled one, the one it had, or a new one made of its alias."""
    if chosen.spelled:
        return chosen.spelled.id
    if known and known.id not in taken:
        return known.id
    used = {*taken, *(each.id for each in before)}
    room = chosen.room
    base = slugify(room.alias.local if room.alias else room.name or room.room_id)
    names = [base, *(f"{base[:58]}-{number}" for number in range(2, MAX_TWINS))]
    return Slug(next(name for name in names if name not in used))


def _community(
    chosen: Chosen,
    slug: Slug,
    children: tuple[ChildRoom, ...],
    instance: ServerName,
    now: Millis,
) -> ManifestCommunity:
    room, spelled = chosen.room, chosen.spelled
    return ManifestCommunity(
        id=slug,
        room_id=room.room_id,
        kind=room.kind,
        alias=room.alias,
        via=(room.alias.server if room.alias else instance,),
        name=room.name,
        topic=room.topic,
        avatar=room.avatar,
        url=spelled.url if spelled else "",
        interests=spelled.interests if spelled else (),
        languages=spelled.languages if spelled else (),
        members=room.members,
        activity=None,
        join_rule=room.join_rule,
        world_readable=room.world_readable,
        nsfw=spelled.nsfw if spelled else False,
        rooms=children,
        updated_at=now,
    )


def _as_before(new: ManifestCommunity, known: ManifestCommunity | None) -> ManifestCommunity:
    """With what was said of others: the homeserver has no part in that."""
    if known is None:
        return new
    return replace(new, vouches=known.vouches, accepted_vouches=known.accepted_vouches)


def _child(room: DirectoryRoom, *, suggested: bool) -> ChildRoom:
    return ChildRoom(room.room_id, room.alias, room.name, room.topic, room.members, suggested)
