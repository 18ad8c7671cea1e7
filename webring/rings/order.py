"""The order in which a ring is walked, and where those who are gone once stood. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from webring.clock import SECOND, Millis
from webring.documents.ring_parts import Order


class Placed(Protocol):
    """Whatever has a place in a ring: a member of its document, or a slot of its circle."""

    @property
    def id(self) -> str:
        """The member's id, 20 hex digits."""

    @property
    def url(self) -> str:
        """Its URL as the ring document has it: https, with an ASCII host."""


Place = TypeVar("Place", bound=Placed)


def utc_day(now: Millis) -> str:
    """The day in UTC, as `arranged` takes it."""
    return datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y-%m-%d")


def arranged(members: Sequence[Place], order: Order, root: str, day: str) -> tuple[Place, ...]:
    """The members of the ring `root` in the order in which they are walked.

    `members` stand as in the ring document; `day` is the day in UTC, YYYY-MM-DD, which counts for
    the daily order alone. Source: `docs/protocol.md`, "Navigation".
    """
    if order is Order.ALPHABETICAL:
        return tuple(sorted(members, key=_by_address))
    if order is Order.DAILY:
        return tuple(sorted(members, key=lambda member: _of_the_day(root, day, member.id)))
    return tuple(members)


def predecessors(walked: Sequence[Place], gone: Collection[str]) -> dict[str, str]:
    """For each id in `gone`, the id of the place before it that is not gone.

    `walked` are all places, those gone included, in walking order. Before the first comes the last;
    where nobody is left it is "".
    """
    left = [place.id for place in walked if place.id not in gone]
    before = left[-1] if left else ""
    found: dict[str, str] = {}
    for place in walked:
        if place.id in gone:
            found[place.id] = before
        else:
            before = place.id
    return found


def _by_address(member: Placed) -> tuple[str, str, str]:
    parts = urlsplit(member.url)
    return parts.hostname or "", parts.path or "/", member.id


def _of_the_day(root: str, day: str, member_id: str) -> tuple[bytes, str]:
    return hashlib.sha256(f"{root}\n{day}\n{member_id}".encode()).digest(), member_id
