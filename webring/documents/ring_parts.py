"""What a ring document is made of: its members, those who left, and its stewards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

from webring.clock import DAY, Millis
from webring.documents.canonical import Json
from webring.documents.fields import Dropped, Reader, read_object
from webring.documents.keys import VerifyKey
from webring.documents.recovery import read_keys, write_keys
from webring.errors import InvalidName, MalformedDocument
from webring.names import ServerName, Slug

MAX_STEWARDS: Final = 15
MAX_STEWARD_KEYS: Final = 4
"""Keys of one steward in a ring document."""
MAX_REMOVED: Final = 250
"""Removals that a version names, and that one version may add."""
REMOVED_FOR: Final[Millis] = 365 * DAY
"""How long a removal is named."""

_MEMBER_ID = re.compile(r"[0-9a-f]{20}")
_MEMBER_FIELDS = frozenset({"id", "kind", "instance", "community", "url", "joined_at", "state"})


class JoinPolicy(StrEnum):
    """Who may join: whoever consents, whom a steward accepts, or whom a steward invited."""

    OPEN = "open"
    REQUEST = "request"
    INVITE = "invite"


class Order(StrEnum):
    """In which order the circle is walked."""

    JOINED = "joined"
    ALPHABETICAL = "alphabetical"
    DAILY = "daily"


class MemberKind(StrEnum):
    """What a member is: a community that an instance presents, or a plain web site."""

    COMMUNITY = "community"
    SITE = "site"


class SlotState(StrEnum):
    """What the ring document says of a slot; whether it is reachable is for each mirror to see."""

    ACTIVE = "active"
    SLEEPING = "sleeping"


class Reason(StrEnum):
    """Why somebody is in a ring no more, or was not let in."""

    LEFT = "left"
    REMOVED = "removed"
    UNREACHABLE = "unreachable"
    ONE_SIDED = "one_sided"
    CRITERIA = "criteria"
    RULES = "rules"
    DUPLICATE = "duplicate"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RingMember:
    """A slot of a ring. It has no title: names are shown from the member's own manifest or site.

    `instance` and `community` are None for a site; `more` holds the fields that this program does
    not know, which it carries on.
    """

    id: str
    kind: MemberKind
    instance: ServerName | None
    community: Slug | None
    url: str
    joined_at: Millis
    state: SlotState = SlotState.ACTIVE
    more: Json = field(default_factory=dict, hash=False, repr=False)

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a page."""
        entry: dict[str, object] = {
            **self.more,
            "id": self.id,
            "kind": self.kind.value,
            "url": self.url,
            "joined_at": self.joined_at,
            "state": self.state.value,
        }
        if self.kind is MemberKind.COMMUNITY:
            entry |= {"instance": self.instance, "community": self.community}
        return entry


@dataclass(frozen=True, slots=True)
class RemovedMember:
    """A slot that is no more, why, and since when."""

    id: str
    code: Reason
    at: Millis

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a head."""
        return {"id": self.id, "code": self.code.value, "at": self.at}


@dataclass(frozen=True, slots=True)
class Stewards:
    """Who decides about a ring: instances with their keys, of which `threshold` have to agree."""

    threshold: int
    instances: Mapping[ServerName, Mapping[str, VerifyKey]]

    def to_json(self) -> dict[str, object]:
        """The object as it stands in a head."""
        keys = {name: write_keys(keys) for name, keys in self.instances.items()}
        return {"threshold": self.threshold, "instances": keys}


def community_member_id(root: str, instance: ServerName, community: Slug) -> str:
    """The id under which a community joins the ring of that `root`; it keeps it when it moves."""
    return _member_id(root, f"{instance}/{community}")


def site_member_id(root: str, first_url: str) -> str:
    """The id under which a site joins the ring of that `root`; it keeps it when it moves."""
    return _member_id(root, first_url)


def read_member_id(reader: Reader, key: str) -> str:
    """A member's id; `MalformedDocument` unless it is 20 lowercase hex digits."""
    value = reader.content.get(key)
    if not isinstance(value, str) or not _MEMBER_ID.fullmatch(value):
        raise reader.wrong(key, "20 lowercase hex digits", value)
    return value


def read_members(
    items: Iterable[tuple[str, object]], dropped: list[Dropped]
) -> tuple[RingMember, ...]:
    """Read members in order; what is wrong, or stood before, is added to `dropped`.

    An id, a community or a URL stands once in a ring.
    """
    members: list[RingMember] = []
    seen: set[object] = set()
    for path, item in items:
        try:
            member = read_member(read_object(item, path))
        except MalformedDocument as error:
            dropped.append(Dropped(path, str(error)))
            continue
        marks = member_marks(member)
        if marks & seen:
            dropped.append(Dropped(path, f"{path} has an id, community or url that stood before"))
            continue
        members.append(member)
        seen |= marks
    return tuple(members)


def member_marks(member: RingMember) -> set[object]:
    """What no other member of the ring may have: its id, its community, its URL."""
    return {member.id} | place_marks(member.url, member.instance, member.community)


def place_marks(url: str, instance: str | None, community: str | None) -> set[object]:
    """What stands for a place in a ring, of which each has one member."""
    parts = urlsplit(url)
    host = parts.netloc.lower().removesuffix(":443")
    marks: set[object] = {(host, parts.path or "/", parts.query, parts.fragment)}
    return marks if community is None else marks | {(instance, community)}


def read_removed(reader: Reader) -> RemovedMember:
    """Read one entry of `removed`; `MalformedDocument` where it must be dropped."""
    return RemovedMember(
        read_member_id(reader, "id"), reader.word("code", Reason), reader.integer("at")
    )


def keep_removed(
    removed: Iterable[RemovedMember], members: Iterable[RingMember], now: Millis
) -> tuple[RemovedMember, ...]:
    """What a version issued at `now` still names: the newest 250 of a year, newest first.

    Somebody who is back is not named, and nobody twice.
    """
    back = {member.id for member in members}
    newest: dict[str, RemovedMember] = {}
    for gone in sorted(removed, key=lambda gone: (-gone.at, gone.id)):
        if gone.id not in back and gone.at > now - REMOVED_FOR:
            newest.setdefault(gone.id, gone)
    return tuple(newest.values())[:MAX_REMOVED]


def read_stewards(content: object) -> Stewards:
    """Read `stewards`; whatever is wrong in it makes the whole document malformed."""
    reader = read_object(content, "stewards")
    instances: dict[ServerName, Mapping[str, VerifyKey]] = {}
    for text, value in reader.mapping("instances").items():
        path = f"stewards.instances.{ascii(text)[1:81]}"
        keys = read_keys(read_object(value, path).content, path, limit=MAX_STEWARD_KEYS)
        if not keys:
            raise MalformedDocument(f"{path} names at least one key")
        instances[_exact_name(text)] = keys
    stewards = Stewards(reader.integer("threshold"), instances)
    check_stewards(stewards)
    return stewards


def check_stewards(stewards: Stewards) -> None:
    """Raise `MalformedDocument` unless they are 1 to 15, more than half decide, and no key is two.

    A key under two names would let one hand be counted as two stewards.
    """
    count, threshold = len(stewards.instances), stewards.threshold
    if not 1 <= count <= MAX_STEWARDS:
        raise MalformedDocument(f"stewards.instances names 1 to {MAX_STEWARDS}, not {count}")
    if not count < 2 * threshold <= 2 * count:
        raise MalformedDocument(
            f"stewards.threshold is more than half of {count} and at most {count}, not {threshold}"
        )
    raw = [key.raw for keys in stewards.instances.values() for key in keys.values()]
    if len(set(raw)) < len(raw):
        raise MalformedDocument("stewards.instances names each key once: one key is not two hands")


Word = TypeVar("Word", bound=StrEnum)


def spare_word(reader: Reader, key: str, cautious: Word, dropped: list[Dropped]) -> Word:
    """A word of the enumeration of `cautious`, which stands in for one that is not known."""
    try:
        return reader.word(key, type(cautious))
    except MalformedDocument as error:
        dropped.append(Dropped(key, str(error)))
        return cautious


def _member_id(root: str, name: str) -> str:
    return hashlib.sha256(f"{root}\n{name}".encode()).hexdigest()[:20]


def read_member(reader: Reader) -> RingMember:
    """Read one member; `MalformedDocument` where it must be dropped."""
    kind = reader.word("kind", MemberKind)
    instance = reader.optional("instance", ServerName.parse)
    community = reader.optional("community", Slug.parse)
    if (instance is not None, community is not None) != (kind is MemberKind.COMMUNITY,) * 2:
        raise reader.wrong("instance", "given with community, by a community alone", instance)
    url = reader.url("url")
    if not url:
        raise reader.wrong("url", "an https URL", url)
    return RingMember(
        id=read_member_id(reader, "id"),
        kind=kind,
        instance=instance,
        community=community,
        url=url,
        joined_at=reader.integer("joined_at"),
        state=reader.word("state", SlotState),
        more={k: v for k, v in reader.content.items() if k not in _MEMBER_FIELDS},
    )


def _exact_name(text: str) -> ServerName:
    """A name as signatures carry it: another spelling of it would be another signer."""
    try:
        name = ServerName.parse(text)
    except InvalidName as error:
        raise MalformedDocument(f"stewards.instances: {error}") from None
    if name != text:
        raise MalformedDocument(f"stewards.instances: {ascii(text)[:80]} is not in lower case")
    return name
