"""`webring.manifest`: an instance's signed statement about itself and its communities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from webring.clock import DAY, Millis
from webring.documents import canonical, envelope, pages
from webring.documents.canonical import Json
from webring.documents.community import ManifestCommunity, read_community
from webring.documents.fields import SPEC, Dropped, Reader, Validity, read_header, tag
from webring.documents.keys import KeySet, VerifyKey
from webring.documents.recovery import (
    Recovery,
    read_keys,
    read_recovery,
    read_single_key,
    write_keys,
)
from webring.errors import MalformedDocument
from webring.names import RoomId, ServerName

TYPE: Final = "webring.manifest"
PAGE_TYPE: Final = "webring.manifest.page"
LIFE: Final[Millis] = 14 * DAY
"""How long a manifest holds after it was issued."""
WITHDRAWN_FOR: Final[Millis] = 30 * DAY
"""How long a manifest goes on naming what left."""
MAX_SERVERS: Final = 1_000
"""Homeservers, peers or withdrawn rooms in one manifest; further ones are passed over."""
MAX_DESCRIPTION: Final = 2_000
"""Characters."""

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read. It is not yet believed: see `webring.documents.trust`.

    `content` is all of it, unknown fields included; `sha256` is its hash (see `envelope`).
    """

    instance: ServerName
    validity: Validity
    profile: Profile
    keys: Mapping[str, VerifyKey]
    retired_keys: Mapping[str, RetiredVerifyKey]
    recovery_key: VerifyKey
    recovery: Recovery | None
    homeservers: tuple[ServerName, ...]
    communities: tuple[ManifestCommunity, ...]
    pages: tuple[pages.PageRef, ...]
    withdrawn: tuple[Withdrawn, ...]
    peers: tuple[ServerName, ...]
    dropped: tuple[Dropped, ...]
    content: Json = field(repr=False)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ManifestDraft:
    """What an instance wants to say, before it is signed."""

    instance: ServerName
    profile: Profile
    homeservers: Sequence[ServerName]
    communities: Sequence[ManifestCommunity]
    withdrawn: Sequence[Withdrawn]
    peers: Sequence[ServerName]
    recovery_key: VerifyKey
    recovery: Json | None = None


@dataclass(frozen=True, slots=True)
class IssuedManifest:
    """A signed manifest as it is served, with the pages that it names."""

    body: bytes = field(repr=False)
    sha256: str
    validity: Validity
    pages: Mapping[str, bytes] = field(repr=False)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest; `MalformedDocument` if the whole of it must be refused.

    A wrong community, server or withdrawal is left out alone and named in `dropped`.
    """
    content = canonical.decode(data)
    reader = Reader(content)
    dropped: list[Dropped] = []
    validity = read_header(reader, TYPE)
    keys = read_keys(reader.mapping("keys"), "keys")
    if not keys:
        raise MalformedDocument("keys names at least one key")
    retired = _read_retired(reader.mapping("retired_keys"))
    both = sorted(keys.keys() & retired.keys())
    if both:
        raise MalformedDocument(f"the key {both[0]} is both in use and retired")
    recovery = content.get("recovery")
    return Manifest(
        instance=reader.name("instance", ServerName.parse),
        validity=validity,
        profile=_read_profile(Reader(reader.mapping("profile"), "profile"), dropped),
        keys=keys,
        retired_keys=retired,
        recovery_key=read_single_key(content.get("recovery_key"), "recovery_key"),
        recovery=None if recovery is None else read_recovery(recovery),
        homeservers=reader.each("homeservers", ServerName.parse, dropped)[:MAX_SERVERS],
        communities=_read_communities(list(reader.objects("communities")), dropped),
        pages=pages.read_refs(reader),
        withdrawn=_entries(reader, "withdrawn", _read_withdrawn, dropped)[:MAX_SERVERS],
        peers=reader.each("peers", ServerName.parse, dropped)[:MAX_SERVERS],
        dropped=tuple(dropped),
        content=content,
        sha256=envelope.document_hash(content),
    )


def with_pages(manifest: Manifest, bodies: Mapping[str, bytes]) -> Manifest:
    """The manifest with the communities of its pages; `TrustError` mixed_pages unless all fit."""
    items = pages.join(PAGE_TYPE, manifest.instance, manifest.pages, bodies)
    dropped = list(manifest.dropped)
    found = _read_communities(
        [(f"pages.items[{at}]", item) for at, item in enumerate(items)], dropped
    )
    known = {community.id for community in manifest.communities}
    new = tuple(community for community in found if community.id not in known)
    return replace(manifest, communities=(*manifest.communities, *new), dropped=tuple(dropped))


def issue(draft: ManifestDraft, keys: KeySet, *, sequence: int, now: Millis) -> IssuedManifest:
    """Sign what `draft` says; its communities move to pages where the whole is large."""
    validity = Validity(sequence, now, now + LIFE)
    content = _content(draft, keys, validity)
    items = [community.to_json() for community in draft.communities]
    whole = {**content, "communities": items}
    moved: dict[str, bytes] = {}
    if len(canonical.encode(whole)) > pages.LARGE:
        moved = pages.split(PAGE_TYPE, draft.instance, items)
        counts = {sha: _count(body) for sha, body in moved.items()}
        refs = [{"sha256": sha, "count": count} for sha, count in counts.items()]
        whole = {**content, "communities": [], "pages": refs}
    signed = envelope.sign(whole, draft.instance, keys.signers(now))
    return IssuedManifest(canonical.encode(signed), envelope.document_hash(signed), validity, moved)


def _content(draft: ManifestDraft, keys: KeySet, validity: Validity) -> dict[str, object]:
    profile = draft.profile
    content: dict[str, object] = {
        "type": TYPE,
        "spec": SPEC,
        "instance": draft.instance,
        "sequence": validity.sequence,
        "issued_at": validity.issued_at,
        "expires_at": validity.expires_at,
        "profile": {
            "name": profile.name,
            "description": profile.description,
            "languages": list(profile.languages),
            "contact": list(profile.contact),
            "policy_url": profile.policy_url,
            "software": profile.software,
            "version": profile.version,
        },
        "keys": write_keys(keys.verify_keys),
        "retired_keys": {
            old.key.id: {
                "key": old.key.verify_key.b64,
                "retired_at": old.retired_at,
                "compromised": old.compromised,
            }
            for old in keys.retired
        },
        "recovery_key": write_keys({draft.recovery_key.id: draft.recovery_key}),
        "homeservers": list(draft.homeservers),
        "withdrawn": [{"room_id": gone.room_id, "at": gone.at} for gone in draft.withdrawn],
        "peers": list(draft.peers),
    }
    return content if draft.recovery is None else {**content, "recovery": dict(draft.recovery)}


def _count(page: bytes) -> int:
    items = canonical.decode(page, limit=pages.MAX_PAGE)["items"]
    return len(items) if isinstance(items, list) else 0


def _read_profile(reader: Reader, dropped: list[Dropped]) -> Profile:
    return Profile(
        name=reader.text("name", limit=255, default=""),
        description=reader.text("description", limit=MAX_DESCRIPTION, default=""),
        languages=reader.each("languages", tag, dropped)[:32],
        contact=reader.each("contact", _contact, dropped)[:8],
        policy_url=reader.url("policy_url"),
        software=reader.text("software", limit=64, default=""),
        version=reader.text("version", limit=64, default=""),
    )


def _contact(value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("matrix:", "mailto:")):
        raise MalformedDocument(f"a contact is a matrix: or mailto: URI, not {ascii(value)[:80]}")
    return value[:255]


def _read_retired(content: Json) -> dict[str, RetiredVerifyKey]:
    public = read_keys(content, "retired_keys")
    retired: dict[str, RetiredVerifyKey] = {}
    for key_id, key in public.items():
        value = content[key_id]
        reader = Reader(value if isinstance(value, dict) else {}, f"retired_keys.{key_id}")
        retired[key_id] = RetiredVerifyKey(
            key, reader.integer("retired_at"), reader.flag("compromised")
        )
    return retired


def _read_communities(
    items: Sequence[tuple[str, object]], dropped: list[Dropped]
) -> tuple[ManifestCommunity, ...]:
    communities: dict[str, ManifestCommunity] = {}
    for path, item in items:
        try:
            community = read_community(item, path, dropped)
        except MalformedDocument as error:
            dropped.append(Dropped(path, str(error)))
            continue
        if community.id in communities:
            dropped.append(Dropped(path, f"{path}.id stands before already"))
        communities.setdefault(community.id, community)
    return tuple(communities.values())


def _entries(
    reader: Reader, key: str, read: Callable[[Reader], T], dropped: list[Dropped]
) -> tuple[T, ...]:
    entries: list[T] = []
    for path, item in reader.objects(key):
        try:
            entries.append(read(Reader(item if isinstance(item, dict) else {}, path)))
        except MalformedDocument as error:
            dropped.append(Dropped(path, str(error)))
    return tuple(entries)


def _read_withdrawn(reader: Reader) -> Withdrawn:
    return Withdrawn(reader.name("room_id", RoomId.parse), reader.integer("at"))
