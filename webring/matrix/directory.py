"""A homeserver's public room directory, read with suspicion.

Source: Matrix specification, `publicRooms` of the client-server and server-server APIs. One wrong
entry is dropped alone and its reason counted; the rest of the page stays.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from webring.clock import MINUTE, SECOND, Millis
from webring.directory.listing import DirectoryRoom, JoinRule, Kind
from webring.errors import FetchError, InvalidName, TimedOut, TypeRefused
from webring.names import MxcUri, RoomAlias, RoomId

PAGE: Final = 100
"""Entries asked for in one page; servers cap it there."""
MAX_PAGES: Final = 1_000
LONGEST: Final[Millis] = 4 * MINUTE
"""How long all pages together may take: each has its own budget, and one can be slow a page."""
MAX_NAME: Final = 255
"""Characters in a name; what is longer is cut."""
MAX_TOPIC: Final = 8_192
"""Characters in a topic; what is longer is cut."""
MAX_MEMBERS: Final = 2**53 - 1
MAX_TOKEN: Final = 2_048
"""Characters in a `next_batch` token."""
SPACE_TYPE: Final = "m.space"


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """One page: its good entries, why others were dropped, and the token of the next page."""

    rooms: tuple[DirectoryRoom, ...]
    dropped: Mapping[str, int]
    next_batch: str | None


@dataclass(frozen=True, slots=True)
class DirectoryListing:
    """All that was read of a directory. Only a `complete` one says what is no longer there."""

    rooms: tuple[DirectoryRoom, ...]
    dropped: Mapping[str, int]
    pages: int
    complete: bool
    why_incomplete: str = ""
    failure: FetchError | None = field(default=None, compare=False)


class _Wrong(Exception):
    """An entry is dropped; the message is the reason that is counted."""


def read_page(payload: object) -> DirectoryPage:
    """Read one page; `TypeRefused` where it is no page at all."""
    if not isinstance(payload, dict) or not isinstance(payload.get("chunk"), list):
        raise TypeRefused("a directory page is an object with a list `chunk`")
    token = payload.get("next_batch")
    if token is not None and (not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN):
        raise TypeRefused(f"next_batch is text of at most {MAX_TOKEN} characters")
    rooms: list[DirectoryRoom] = []
    dropped: Counter[str] = Counter()
    for entry in payload["chunk"]:
        try:
            rooms.append(read_room(entry))
        except _Wrong as reason:
            dropped[str(reason)] += 1
    return DirectoryPage(tuple(rooms), dict(dropped), token)


def read_one(entry: object) -> DirectoryRoom:
    """Read a room that stands alone, such as a summary; `TypeRefused` where it is wrong."""
    try:
        return read_room(entry)
    except _Wrong as reason:
        raise TypeRefused(f"a room is wrong: {reason}") from None


def read_some(entries: Iterable[object]) -> tuple[DirectoryRoom, ...]:
    """Read the entries that are right, and leave the others."""
    rooms: list[DirectoryRoom] = []
    for entry in entries:
        with suppress(_Wrong):
            rooms.append(read_room(entry))
    return tuple(rooms)


def read_room(entry: object) -> DirectoryRoom:
    """Read one entry of a page."""
    if not isinstance(entry, dict):
        raise _Wrong("not an object")
    return DirectoryRoom(
        room_id=_room_id(entry.get("room_id")),
        kind=_kind(entry.get("room_type")),
        name=_text(entry, "name", MAX_NAME),
        topic=_text(entry, "topic", MAX_TOPIC),
        alias=_alias(entry.get("canonical_alias")),
        avatar=_avatar(entry.get("avatar_url")),
        members=_members(entry.get("num_joined_members", 0)),
        join_rule=_join_rule(entry.get("join_rule", "public")),
        world_readable=_flag(entry, "world_readable"),
        guest_can_join=_flag(entry, "guest_can_join"),
    )


async def read_all(
    fetch: Callable[[str | None], Awaitable[DirectoryPage]],
    *,
    room_cap: int,
    longest: Millis = LONGEST,
) -> DirectoryListing:
    """Read pages until there is no next one.

    The first page's `FetchError` is the caller's; one on a later page, a repeated token, a cap, or
    the end of the time that there is (`longest`) ends the listing as incomplete, with what was
    read.
    """
    fetch = _until(fetch, asyncio.get_running_loop().time() + longest / SECOND)
    rooms: dict[RoomId, DirectoryRoom] = {}
    dropped: Counter[str] = Counter()
    seen: set[str] = set()
    token: str | None = None
    pages = 0
    why, failure = "", None
    while not why:
        try:
            page = await fetch(token)
        except FetchError as error:
            if pages == 0:
                raise
            why, failure = f"page {pages + 1} failed: {error.sentence}", error
            break
        pages += 1
        dropped.update(page.dropped)
        for room in page.rooms:
            rooms.setdefault(room.room_id, room)
        token = page.next_batch
        why = _why_stop(token, seen, len(rooms), pages, room_cap)
        if token is None:
            break
        seen.add(token)
    kept = tuple(rooms.values())[:room_cap]
    return DirectoryListing(kept, dict(dropped), pages, not why, why, failure)


def _until(
    fetch: Callable[[str | None], Awaitable[DirectoryPage]], deadline: float
) -> Callable[[str | None], Awaitable[DirectoryPage]]:
    """`fetch`, that raises `TimedOut` at `deadline`, in the event loop's own time."""

    async def hurried(token: str | None) -> DirectoryPage:
        try:
            async with asyncio.timeout_at(deadline):
                return await fetch(token)
        except TimeoutError:
            raise TimedOut("the time for one directory is over") from None

    return hurried


def _why_stop(token: str | None, seen: set[str], rooms: int, pages: int, room_cap: int) -> str:
    """Why no further page is read although there may be more; empty where nothing is amiss."""
    if rooms > room_cap or (token is not None and rooms == room_cap):
        return f"it has more than {room_cap} rooms"
    if token in seen:
        return "its pages go round in a circle"
    return f"it has more than {MAX_PAGES} pages" if token and pages >= MAX_PAGES else ""


def _room_id(value: object) -> RoomId:
    try:
        return RoomId.parse(value)
    except InvalidName:
        raise _Wrong("room_id") from None


def _kind(value: object) -> Kind:
    """A space, or else a room: a type that we don't know is listed as what clients show it as."""
    if value is not None and not isinstance(value, str):
        raise _Wrong("room_type")
    return Kind.SPACE if value == SPACE_TYPE else Kind.ROOM


def _text(entry: Mapping[str, object], key: str, limit: int) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Wrong(key)
    # PostgreSQL takes neither NUL nor lone surrogates.
    whole = value[:limit].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _alias(value: object) -> RoomAlias | None:
    """A malformed alias is no reason to lose the room."""
    try:
        return RoomAlias.parse(value)
    except InvalidName:
        return None


def _avatar(value: object) -> MxcUri | None:
    try:
        return MxcUri.parse(value)
    except InvalidName:
        return None


def _members(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _Wrong("num_joined_members")
    return min(value, MAX_MEMBERS)


def _join_rule(value: object) -> JoinRule:
    try:
        return JoinRule(str(value))
    except ValueError:
        raise _Wrong("join_rule") from None


def _flag(entry: Mapping[str, object], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise _Wrong(key)
    return value
