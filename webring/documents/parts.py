"""The smaller things that a manifest says: who it is, what left, which keys and rings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.documents.canonical import Json
from webring.documents.fields import Dropped, Reader, tag
from webring.documents.keys import RetiredKey, VerifyKey
from webring.documents.recovery import read_keys
from webring.errors import MalformedDocument
from webring.names import RingId, RoomId, Slug

MAX_NAME: Final = 255
MAX_DESCRIPTION: Final = 2_000
"""Characters."""
MAX_TAGS: Final = 32
MAX_CONTACTS: Final = 8
MAX_CONTACT: Final = 255
"""Characters in one contact's URI."""
MAX_SOFTWARE: Final = 64
"""Characters in the software's name, or its version."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What an instance says about itself to people."""

    name: str = ""
    description: str = ""
    languages: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    policy_url: str = ""
    software: str = ""
    version: str = ""

    def to_json(self) -> dict[str, object]:
        """The object as it stands in a manifest."""
        return {
            "name": self.name,
            "description": self.description,
            "languages": list(self.languages),
            "contact": list(self.contact),
            "policy_url": self.policy_url,
            "software": self.software,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class RetiredVerifyKey:
    """A key that no longer suffices alone."""

    key: VerifyKey
    retired_at: Millis
    compromised: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A room that its instance took back."""

    room_id: RoomId
    at: Millis

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a document."""
        return {"room_id": self.room_id, "at": self.at}


@dataclass(frozen=True, slots=True)
class Membership:
    """The member's half of the consent to stand in a ring."""

    ring: RingId
    root: str
    community: Slug
    since: Millis

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a manifest."""
        return {
            "ring": self.ring,
            "root": self.root,
            "community": self.community,
            "since": self.since,
        }


@dataclass(frozen=True, slots=True)
class RingHead:
    """A ring that the instance stewards, and the version of its document that it calls newest."""

    ring: RingId
    root: str
    sequence: int
    sha256: str

    def to_json(self) -> dict[str, object]:
        """The entry as it stands in a manifest."""
        return {
            "ring": self.ring,
            "root": self.root,
            "sequence": self.sequence,
            "sha256": self.sha256,
        }


def read_profile(content: Json, dropped: list[Dropped]) -> Profile:
    """Read a profile; a field that is wrong is left out and named in `dropped`."""
    reader = Reader(content, "profile")
    return Profile(
        name=reader.spare_text("name", dropped, limit=MAX_NAME),
        description=reader.spare_text("description", dropped, limit=MAX_DESCRIPTION),
        languages=reader.each("languages", tag, dropped)[:MAX_TAGS],
        contact=reader.each("contact", _contact, dropped)[:MAX_CONTACTS],
        policy_url=reader.spare_url("policy_url", dropped),
        software=reader.spare_text("software", dropped, limit=MAX_SOFTWARE),
        version=reader.spare_text("version", dropped, limit=MAX_SOFTWARE),
    )


def read_withdrawn(reader: Reader) -> Withdrawn:
    """Read one entry of `withdrawn`; `MalformedDocument` where it must be dropped."""
    return Withdrawn(reader.name("room_id", RoomId.parse), reader.integer("at"))


def read_membership(reader: Reader) -> Membership:
    """Read one entry of `memberships`; `MalformedDocument` where it must be dropped."""
    return Membership(
        ring=reader.name("ring", RingId.parse),
        root=reader.sha256("root"),
        community=reader.name("community", Slug.parse),
        since=reader.integer("since"),
    )


def read_ring_head(reader: Reader) -> RingHead:
    """Read one entry of `rings`; `MalformedDocument` where it must be dropped."""
    return RingHead(
        ring=reader.name("ring", RingId.parse),
        root=reader.sha256("root"),
        sequence=reader.integer("sequence"),
        sha256=reader.sha256("sha256"),
    )


def read_retired_keys(content: Json) -> dict[str, RetiredVerifyKey]:
    """Read `retired_keys`; one malformed key makes the whole document malformed."""
    retired: dict[str, RetiredVerifyKey] = {}
    for key_id, key in read_keys(content, "retired_keys").items():
        value = content[key_id]
        reader = Reader(value if isinstance(value, dict) else {}, f"retired_keys.{key_id}")
        retired[key_id] = RetiredVerifyKey(
            key, reader.integer("retired_at"), reader.flag("compromised")
        )
    return retired


def write_retired_keys(retired: tuple[RetiredKey, ...]) -> dict[str, object]:
    """What `read_retired_keys` reads."""
    return {
        old.key.id: {
            "key": old.key.verify_key.b64,
            "retired_at": old.retired_at,
            "compromised": old.compromised,
        }
        for old in retired
    }


def check_apart(keys: Mapping[str, VerifyKey], retired: Mapping[str, RetiredVerifyKey]) -> None:
    """Refuse a key that is both in use and retired, be it under two ids."""
    gone = {old.key.raw for old in retired.values()}
    both = [key.id for key in keys.values() if key.id in retired or key.raw in gone]
    if both:
        raise MalformedDocument(f"the key {both[0]} is both in use and retired")


def _contact(value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("matrix:", "mailto:")):
        raise MalformedDocument(f"a contact is a matrix: or mailto: URI, not {ascii(value)[:80]}")
    if len(value) > MAX_CONTACT or not value.isprintable() or " " in value:
        raise MalformedDocument(f"a contact has at most {MAX_CONTACT} characters, none of them odd")
    return value
