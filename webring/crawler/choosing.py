"""Which communities this instance publishes: the operator's choice, as the homeserver shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from webring.clock import Millis
from webring.crawler.choice import Choice
from webring.crawler.own_rooms import OwnRooms
from webring.crawler.selecting import Chosen, Selection, select
from webring.directory.listing import ChildRoom, DirectoryRoom, Kind
from webring.documents.community import MAX_ROOMS, ManifestCommunity
from webring.errors import FetchError
from webring.matrix.client import MatrixClient
from webring.names import RoomAlias, RoomId, ServerName, Slug
from webring.settings import CommunitiesSettings
from webring.storage import sightings
from webring.storage.sql import Connection
from webring.text import read_markers, slugify

MAX_TWINS: Final = 1_000
"""Communities whose names make the same slug."""


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
    ) -> Choice:
        """The communities to publish; a `FetchError` where it is not known what is excluded.

        `before` are those of the last manifest: they keep their ids, their time if unchanged, and
        their place while the homeserver cannot be read.
        """
        rooms = OwnRooms(self._matrix)
        found = await select(rooms, self._settings, self._instance)
        spaces = any(each.room.kind is Kind.SPACE for each in found.chosen.values())
        if spaces:
            await rooms.read_directory()
        communities = await self._communities(conn, rooms, found, before, now)
        kept = self._kept(rooms, found, before)
        missing = {
            alias: each
            for alias, each in found.missing.items()
            if not any(_is_named(old, alias, self._settings) for old in kept)
        }
        unread = [found.missing[alias].sentence for alias in found.unread]
        return Choice(
            communities=[*communities, *kept],
            aliases=[each.alias for each in self._settings.community] + [*self._settings.aliases],
            behind=found.behind,
            missing=missing,
            problem=(rooms.problem if self._takes_directory else "") or next(iter(unread), ""),
            no_rooms=rooms.problem if spaces else "",
            is_closed=rooms.is_closed or found.is_closed,
        )

    async def _communities(
        self,
        conn: Connection,
        rooms: OwnRooms,
        found: Selection,
        before: Mapping[RoomId, ManifestCommunity],
        now: Millis,
    ) -> list[ManifestCommunity]:
        """What is there, as the homeserver shows it now."""
        slugs = {each.spelled.id for each in found.chosen.values() if each.spelled}
        communities: list[ManifestCommunity] = []
        for each in found.chosen.values():
            known = before.get(each.room.room_id)
            slug = _slug(each, known, slugs, before.values())
            slugs.add(slug)
            children = await self._children(conn, each.room, rooms, known)
            new = _as_before(_community(each, slug, children, self._instance, now), known)
            same = known and replace(new, updated_at=known.updated_at) == known
            communities.append(known if known and same else new)
        return communities

    def _kept(
        self, rooms: OwnRooms, found: Selection, before: Mapping[RoomId, ManifestCommunity]
    ) -> list[ManifestCommunity]:
        """What was published of what could not be read now: that takes nothing away.

        A room need not be published under the alias by which it was chosen. Where one cannot be
        read that nothing published goes by, all stays that is not accounted for.
        """
        left = [
            each
            for each in before.values()
            if each.room_id not in found.chosen.keys() | found.excluded
            and each.alias not in self._settings.exclude
            and _is_listable(rooms.listed.get(each.room_id))
        ]
        named = {
            each.id: alias
            for alias in found.unread
            for each in left
            if _is_named(each, alias, self._settings)
        }
        if set(found.unread) - set(named.values()):
            return left
        in_part = self._takes_directory and not rooms.is_whole
        return [
            each
            for each in left
            if each.id in named or (in_part and each.room_id not in rooms.listed)
        ]

    @property
    def _takes_directory(self) -> bool:
        return self._settings.directory != "none"

    async def _children(
        self,
        conn: Connection,
        space: DirectoryRoom,
        rooms: OwnRooms,
        known: ManifestCommunity | None,
    ) -> tuple[ChildRoom, ...]:
        """The space's children that are themselves listed in some server's directory.

        Where they cannot be read now, those that were published stay.
        """
        if space.kind is not Kind.SPACE:
            return ()
        before = {each.room_id: each for each in known.rooms} if known else {}
        try:
            hierarchy = await self._matrix.hierarchy(space.room_id, (self._home(space),))
        except FetchError:
            return tuple(
                each for room_id, each in before.items() if _is_listable(rooms.listed.get(room_id))
            )
        if hierarchy is None:
            return ()
        elsewhere = await sightings.of_rooms(conn, [each.room_id for each in hierarchy.children])
        passing = not rooms.is_whole and not rooms.is_closed
        children: list[ChildRoom] = []
        for child in hierarchy.children:
            seen = elsewhere.get(child.room_id, [])
            room = rooms.listed.get(child.room_id) or (seen[0].room if seen else None)
            if room is not None and _is_listable(room):
                children.append(_child(room, suggested=child.suggested))
            elif room is None and passing and child.room_id in before:
                children.append(before[child.room_id])
        return tuple(children[:MAX_ROOMS])

    def _home(self, space: DirectoryRoom) -> ServerName:
        return space.alias.server if space.alias else self._instance


def _is_named(
    community: ManifestCommunity, alias: RoomAlias, settings: CommunitiesSettings
) -> bool:
    """Whether a community was published for the entry of the settings that names `alias`."""
    spelled = {each.id for each in settings.community if each.alias == alias}
    return community.alias == alias or community.id in spelled


def _is_listable(room: DirectoryRoom | None) -> bool:
    return room is None or read_markers(room.topic).listable


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
