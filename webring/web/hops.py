"""A hop as it is asked for, and how it is answered. Pure: `webring.web.navigation` does the rest.

Whatever the request carries is only ever looked up; where a hop leads is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from html import escape
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

import msgspec

from webring.rings.circle import Slot, Walk
from webring.rings.places import MAX_URL

Pairs = tuple[tuple[bytes, bytes], ...]
"""Headers."""

RINGS: Final = "rings"
TOPICS: Final = "topics"
REMEMBERED: Final = 16_384
"""Redirects that need not be written again, of about 1 kB each."""
_PREFIXES: Final = (f"/{RINGS}/", f"/{TOPICS}/")
_PARTS: Final = len(("", RINGS, "ring", "member"))
"""Slashes in the longest path of a hop; with more of them, its last part is no way."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9%/?#\[\]@!$&'()*+,;=:~._-]+")
_SAFE: Final = "%/?#[]@!$&'()*+,;=:~"
_HTML: Final = (b"content-type", b"text/html; charset=utf-8")
_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")
_ORIGIN_ONLY: Final = (b"referrer-policy", b"strict-origin")
OPENABLE: Final = ("cross-origin-opener-policy", "unsafe-none")
"""What a frame may open in a window that inherits its sandbox: under a stricter policy, the browser
shows an error there (HTML standard, "cross-origin opener policies").
"""
_OPENABLE: Final = (OPENABLE[0].encode(), OPENABLE[1].encode())
_BY_REFERER: Final = (b"vary", b"Referer")
_SHARED: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


class Direction(StrEnum):
    """Which way: the word that we write into paths. `previous` is read as well."""

    NEXT = "next"
    PREVIOUS = "prev"
    RANDOM = "random"


class Stop(StrEnum):
    """Why a hop ends at a page of ours, which says it in a friendly line (`?hop=`)."""

    UNKNOWN = "unknown"
    """Whoever asks is none of its members, as far as we know."""
    UNSAID = "unsaid"
    """Nothing tells who asks."""
    SEVERAL = "several"
    """Several members live where the visitor comes from."""
    EMPTY = "empty"
    """There is nobody to go to."""


class Hop(msgspec.Struct, frozen=True, gc=False):
    """What is asked: along which ring or topic, from whom (where the path says so), which way."""

    along: str
    name: str
    member: str | None
    direction: Direction
    json: bool


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who asks: a member or a ghost, or else why that cannot be told."""

    id: str | None
    stop: Stop = Stop.UNKNOWN
    by_referer: bool = False


_SPELLINGS: Final = {way.value: way for way in Direction} | {"previous": Direction.PREVIOUS}
_WAYS: Final[Mapping[str, tuple[Direction, bool]]] = MappingProxyType(
    {word: (way, False) for word, way in _SPELLINGS.items()}
    | {f"{word}.json": (way, True) for word, way in _SPELLINGS.items()}
)


def read_hop(path: str) -> Hop | None:
    """The hop that a path asks for; None where it asks for something else."""
    if not path.startswith(_PREFIXES):
        return None
    _, along, *rest = path.split("/", _PARTS)
    way = _WAYS.get(rest[-1])
    if way is None or len(rest) == 1:
        return None
    return Hop(along, rest[0], rest[1] if len(rest) == 3 else None, *way)


def read_caller(
    walk: Walk, hop: Hop, query: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> Caller:
    """Who asks: by the path, else by `from`, else by the Referer's origin."""
    said = hop.member or _from(query)
    if said:
        return Caller(walk.find(said))
    referer = _referer(headers)
    if not referer:
        return Caller(None, Stop.UNSAID, by_referer=True)
    found = walk.of_origin(referer.decode("latin-1")[:MAX_URL])
    if len(found) == 1:
        return Caller(found[0], by_referer=True)
    return Caller(None, Stop.SEVERAL if found else Stop.UNKNOWN, by_referer=True)


def page_of(hop: Hop, name: str, stop: Stop) -> str:
    """The path of the page at which a hop ends; `name` is the stored one."""
    if hop.along == TOPICS:
        return f"/rings?interest={quote(name, safe='')}&hop={stop.value}"
    return f"/rings/{quote(name, safe=':')}?hop={stop.value}"


def location(url: str) -> str:
    """A stored URL as a header can carry it: the characters of a URL, the rest escaped."""
    return url if _PLAIN.fullmatch(url) else quote(url, safe=_SAFE)


def redirect(where: str, caller: Caller) -> tuple[Pairs, bytes]:
    """Headers and body of a redirect to a URL of ours or of a member."""
    return _redirect(where, caller.by_referer)


@lru_cache(maxsize=REMEMBERED)
def _redirect(where: str, by_referer: bool) -> tuple[Pairs, bytes]:
    target = location(where)
    href = escape(target)
    body = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Webring</title>'
        f'<p>This way: <a href="{href}">{href}</a></p>\n'
    ).encode()
    headers = (
        (b"location", target.encode()),
        _HTML,
        (b"content-length", b"%d" % len(body)),
        _NO_STORE,
        _ORIGIN_ONLY,
        _OPENABLE,
    )
    return (*headers, _BY_REFERER) if by_referer else headers, body


def neighbours(walk: Walk, caller: Caller, drawn: Slot | None, hop: Hop) -> tuple[Pairs, bytes]:
    """Headers and body of a JSON answer; `random` stands in it where it was asked for."""
    here = caller.id
    content: dict[str, Any] = {
        "previous": _entry(walk.previous(here) if here else None),
        "current": _entry(walk.get(here) if here else None),
        "next": _entry(walk.next(here) if here else None),
    }
    if hop.direction is Direction.RANDOM:
        content["random"] = _entry(drawn)
    body = msgspec.json.encode(content, enc_hook=str)
    length = (b"content-length", b"%d" % len(body))
    headers = (_JSON, length, _NO_STORE, _ORIGIN_ONLY, *_SHARED)
    return (*headers, _BY_REFERER) if caller.by_referer else headers, body


def _entry(slot: Slot | None) -> dict[str, Any] | None:
    """A member as programs see it: its title is raw text."""
    if slot is None:
        return None
    return {
        "id": slot.id,
        "kind": slot.kind.value,
        "url": slot.url,
        "title": slot.title,
        "instance": slot.instance,
        "community": slot.community,
        "state": slot.state.value,
    }


def _from(query: bytes) -> str:
    """The value of `from`: the first one that says something. A plus is a plus in a URL."""
    for part in query.split(b"&") if query else ():
        name, _, value = part.partition(b"=")
        if name == b"from" and value:
            return unquote_to_bytes(value).decode("utf-8", "replace")
    return ""


def _referer(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"referer":
            return value
    return b""
