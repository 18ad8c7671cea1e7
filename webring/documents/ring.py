"""`webring.ring`: a ring's signed document, one version of it. `documents.chain` judges it.

The head is signed by the ring's stewards; the members stand in pages, however few they are, so
that a page can be erased while the signed heads stay and their chain still verifies. Version 1
holds no members: their ids are made of its hash, the ring's `root`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import canonical, envelope, pages
from webring.documents.canonical import Json
from webring.documents.fields import SPEC, Dropped, Reader, Validity, read_header, tag
from webring.documents.parts import MAX_DESCRIPTION, MAX_NAME, MAX_TAGS
from webring.documents.ring_parts import (
    MAX_REMOVED,
    MAX_STEWARD_KEYS,
    MAX_STEWARDS,
    REMOVED_FOR,
    JoinPolicy,
    MemberKind,
    Order,
    Reason,
    RemovedMember,
    RingMember,
    SlotState,
    Stewards,
    check_stewards,
    community_member_id,
    keep_removed,
    read_members,
    read_removed,
    read_stewards,
    site_member_id,
    spare_word,
)
from webring.errors import MalformedDocument
from webring.names import RingId, ServerName

TYPE: Final = "webring.ring"
PAGE_TYPE: Final = "webring.ring.page"
LIFE: Final[Millis] = 90 * DAY
"""How long a version holds after it was issued."""
MAX_HEAD: Final = 56 * 1024
"""Bytes of a signed head: it fits into a `cosign` message."""
ROOM_FOR_SIGNATURES: Final = 16 * 1024
"""Bytes of those that are kept for signatures when a head is composed."""
MAX_MEMBERS: Final = 50_000
MAX_MIRRORS: Final = 64
"""Mirrors in one ring document; further ones are passed over."""
MAX_CRITERIA: Final = 2_000
"""Characters in the criteria; what is longer is cut."""

_HEADER: Final = ("type", "spec", "ring", "instance", "sequence", "issued_at", "expires_at")
_LINKS: Final = ("root", "previous")
_LISTS: Final = ("pages", "removed")
_BESIDE: Final = ("signatures", "unsigned")


@dataclass(frozen=True, slots=True)
class RingTerms:
    """What the stewards decide about their ring. `criteria` is text or a URL: who may join."""

    name: str
    stewards: Stewards
    description: str = ""
    interests: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    criteria: str = ""
    policy: JoinPolicy = JoinPolicy.REQUEST
    order: Order = Order.JOINED
    mirrors: tuple[ServerName, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The fields as they stand in a head."""
        return {
            "name": self.name,
            "description": self.description,
            "interests": list(self.interests),
            "languages": list(self.languages),
            "criteria": self.criteria,
            "policy": self.policy.value,
            "order": self.order.value,
            "stewards": self.stewards.to_json(),
            "mirrors": list(self.mirrors),
        }


@dataclass(frozen=True, slots=True)
class Ring:
    """A version of a ring document that was read. It is not yet believed: see `documents.chain`.

    `root` is the hash of version 1 (for version 1 its own) and `previous` that of the version
    before ("" for version 1). `members` is empty until `with_members` read the pages. `content`
    is all of the head, unknown fields included; `sha256` is its hash (see `envelope`).
    """

    id: RingId
    root: str
    validity: Validity
    previous: str
    terms: RingTerms
    pages: tuple[pages.PageRef, ...]
    removed: tuple[RemovedMember, ...]
    members: tuple[RingMember, ...]
    dropped: tuple[Dropped, ...]
    content: Json = field(repr=False)
    sha256: str = ""

    @property
    def sequence(self) -> int:
        """Its place among the versions of its ring, from 1."""
        return self.validity.sequence

    @property
    def expires_at(self) -> Millis:
        """Until when it holds: never longer than `LIFE`, whatever it says."""
        return min(self.validity.expires_at, self.validity.issued_at + LIFE)

    @property
    def member_count(self) -> int:
        """How many members its pages hold, read or not."""
        return sum(ref.count for ref in self.pages)

    @property
    def unknown(self) -> dict[str, object]:
        """The fields of the head that this program does not know."""
        known = {*_HEADER, *_LISTS, *_LINKS, *_BESIDE, *self.terms.to_json()}
        return {key: value for key, value in self.content.items() if key not in known}


@dataclass(frozen=True, slots=True)
class ComposedRing:
    """A version to be signed: its head, the head's hash, and the pages that it names, by hash."""

    content: dict[str, object] = field(repr=False)
    sha256: str
    pages: Mapping[str, bytes] = field(repr=False)


def read_ring(data: bytes) -> Ring:
    """Read a head of at most 56 KiB; `MalformedDocument` if it must be refused.

    Ids, hashes, times, stewards and page references must all be right. Another entry that is wrong
    is left out alone and named in `dropped`; an unknown `policy` is read as `invite`, an unknown
    `order` as `joined`.
    """
    return read_ring_content(canonical.decode(data, limit=MAX_HEAD))


def read_ring_content(content: Json) -> Ring:
    """Read a head that was decoded already: see `read_ring`."""
    reader = Reader(content)
    dropped: list[Dropped] = []
    validity = read_header(reader, TYPE)
    ring_id = reader.name("ring", RingId.parse)
    if reader.name("instance", ServerName.parse) != ring_id.instance:
        raise reader.wrong("instance", f"that of the ring's id, {ring_id.instance}", None)
    sha256 = envelope.document_hash(content)
    root, previous = _read_links(reader, validity.sequence, sha256)
    ring = Ring(
        id=ring_id,
        root=root,
        validity=validity,
        previous=previous,
        terms=read_terms(reader, dropped),
        pages=pages.read_refs(reader),
        removed=reader.entries("removed", read_removed, dropped)[:MAX_REMOVED],
        members=(),
        dropped=tuple(dropped),
        content=content,
        sha256=sha256,
    )
    _check_count(ring)
    return ring


def with_members(ring: Ring, bodies: Mapping[str, bytes]) -> Ring:
    """The ring with the members of its pages; `TrustError` mixed_pages unless all of them fit."""
    items = pages.join(PAGE_TYPE, ring.id.instance, ring.pages, bodies)
    dropped = list(ring.dropped)
    found = ((f"pages.items[{at}]", item) for at, item in enumerate(items))
    members = read_members(found, dropped)
    return replace(ring, members=members, dropped=tuple(dropped))


def compose(
    ring_id: RingId,
    terms: RingTerms,
    members: Sequence[RingMember],
    removed: Sequence[RemovedMember],
    previous: Ring | None,
    now: Millis,
) -> ComposedRing:
    """The version after `previous` (None: version 1, without members), to be signed by stewards.

    `members` stand in the order of their slots; `removed` are those gone since `previous`, whose
    own `removed` is carried on: the newest 250 of a year. Raises `MalformedDocument` for whatever
    no reader would read so.
    """
    _check_start(ring_id, removed, previous)
    issued_at = max(now, previous.validity.issued_at) if previous else now
    made = pages.split(PAGE_TYPE, ring_id.instance, [member.to_json() for member in members])
    before = previous.removed if previous else ()
    kept = keep_removed((*before, *removed), members, issued_at)
    content: dict[str, object] = {
        **(previous.unknown if previous else {}),
        "type": TYPE,
        "spec": SPEC,
        "ring": ring_id,
        "instance": ring_id.instance,
        "sequence": previous.sequence + 1 if previous else 1,
        "issued_at": issued_at,
        "expires_at": issued_at + LIFE,
        **terms.to_json(),
        "pages": pages.write_refs(made.refs),
        "removed": [gone.to_json() for gone in kept],
    }
    if previous:
        content |= {"root": previous.root, "previous": previous.sha256}
    composed = ComposedRing(content, envelope.document_hash(content), made.bodies)
    _check_composed(composed, terms, members)
    return composed


def _read_links(reader: Reader, sequence: int, sha256: str) -> tuple[str, str]:
    """`root` and `previous`, which version 1 does not have."""
    if sequence < 1:
        raise reader.wrong("sequence", "an integer from 1", sequence)
    if sequence > 1:
        return reader.sha256("root"), reader.sha256("previous")
    for key in _LINKS:
        if reader.content.get(key) is not None:
            raise reader.wrong(key, "absent in version 1", reader.content[key])
    for key in _LISTS:
        if reader.content.get(key):
            raise MalformedDocument(f"{key} is empty in version 1, of which members' ids are made")
    return sha256, ""


def read_terms(reader: Reader, dropped: list[Dropped]) -> RingTerms:
    """Read what the stewards decide, as it stands in a head."""
    return RingTerms(
        name=reader.text("name", limit=MAX_NAME),
        stewards=read_stewards(reader.content.get("stewards")),
        description=reader.spare_text("description", dropped, limit=MAX_DESCRIPTION),
        interests=reader.each("interests", tag, dropped)[:MAX_TAGS],
        languages=reader.each("languages", tag, dropped)[:MAX_TAGS],
        criteria=reader.spare_text("criteria", dropped, limit=MAX_CRITERIA),
        policy=spare_word(reader, "policy", JoinPolicy.INVITE, dropped),
        order=spare_word(reader, "order", Order.JOINED, dropped),
        mirrors=reader.each("mirrors", ServerName.parse, dropped)[:MAX_MIRRORS],
    )


def _check_count(ring: Ring) -> None:
    if ring.member_count > MAX_MEMBERS:
        raise MalformedDocument(
            f"a ring has at most {MAX_MEMBERS} members, and pages counts {ring.member_count}"
        )


def _check_start(ring_id: RingId, removed: Sequence[RemovedMember], previous: Ring | None) -> None:
    """Refuse to build on what is another ring, or is not understood whole."""
    if previous is None:
        return
    if previous.id != ring_id:
        raise MalformedDocument(f"version {previous.sequence} is of {previous.id}, not {ring_id}")
    if previous.dropped:
        first = previous.dropped[0]
        raise MalformedDocument(
            f"version {previous.sequence} says what this program does not understand, and the next "
            f"one would lose it: {first.reason}"
        )
    fresh = {gone.id for gone in removed} - {gone.id for gone in previous.removed}
    if len(fresh) > MAX_REMOVED:
        raise MalformedDocument(
            f"a version removes at most {MAX_REMOVED} members, not {len(fresh)}"
        )


def _check_composed(
    composed: ComposedRing, terms: RingTerms, members: Sequence[RingMember]
) -> None:
    """Read back what was composed: nothing is signed that others would read otherwise."""
    size, limit = len(canonical.encode(composed.content)), MAX_HEAD - ROOM_FOR_SIGNATURES
    if size > limit:
        raise MalformedDocument(f"a head has at most {limit} bytes unsigned, not {size}")
    if not terms.name.strip():
        raise MalformedDocument("name is not empty")
    read = with_members(read_ring_content(composed.content), composed.pages)
    if read.dropped:
        raise MalformedDocument(read.dropped[0].reason)
    for one in fields(RingTerms):
        seen = getattr(read.terms, one.name)
        if seen != getattr(terms, one.name):
            raise MalformedDocument(
                f"{one.name} is over its limit, or twice the same: it would be "
                f"read as {ascii(seen)[:80]}"
            )
    if read.members != tuple(members):
        raise MalformedDocument("a member's entry would be read otherwise than it is written")


__all__ = [
    "LIFE",
    "MAX_CRITERIA",
    "MAX_HEAD",
    "MAX_MEMBERS",
    "MAX_MIRRORS",
    "MAX_REMOVED",
    "MAX_STEWARDS",
    "MAX_STEWARD_KEYS",
    "PAGE_TYPE",
    "REMOVED_FOR",
    "TYPE",
    "ComposedRing",
    "JoinPolicy",
    "MemberKind",
    "Order",
    "Reason",
    "RemovedMember",
    "Ring",
    "RingMember",
    "RingTerms",
    "SlotState",
    "Stewards",
    "check_stewards",
    "community_member_id",
    "compose",
    "keep_removed",
    "read_ring",
    "read_ring_content",
    "read_terms",
    "site_member_id",
    "with_members",
]
