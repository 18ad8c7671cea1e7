"""`webring.manifest`: an instance's signed statement about itself and its communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from webring.clock import DAY, Millis
from webring.documents import canonical, envelope, pages
from webring.documents.canonical import Json
from webring.documents.community import ManifestCommunity, read_community
from webring.documents.fields import SPEC, Dropped, Reader, Validity, read_header
from webring.documents.keys import KeySet, VerifyKey
from webring.documents.parts import (
    Membership,
    Profile,
    RetiredVerifyKey,
    RingHead,
    Withdrawn,
    check_apart,
    read_membership,
    read_profile,
    read_retired_keys,
    read_ring_head,
    read_withdrawn,
    write_retired_keys,
)
from webring.documents.recovery import (
    Recovery,
    read_keys,
    read_recovery,
    read_single_key,
    write_keys,
)
from webring.errors import MalformedDocument
from webring.names import ServerName

TYPE: Final = "webring.manifest"
PAGE_TYPE: Final = "webring.manifest.page"
LIFE: Final[Millis] = 14 * DAY
"""How long a manifest holds after it was issued."""
WITHDRAWN_FOR: Final[Millis] = 30 * DAY
"""How long a manifest goes on naming what left."""
MAX_SERVERS: Final = 1_000
"""Homeservers or peers in one manifest; further ones are passed over."""
MAX_WITHDRAWN: Final = 5_000
"""Withdrawn rooms in one manifest; further ones are passed over."""
MAX_RINGS: Final = 1_000
"""Memberships or stewarded rings in one manifest; further ones are passed over."""


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
    memberships: tuple[Membership, ...]
    rings: tuple[RingHead, ...]
    withdrawn: tuple[Withdrawn, ...]
    peers: tuple[ServerName, ...]
    dropped: tuple[Dropped, ...]
    content: Json = field(repr=False)
    sha256: str = ""

    @property
    def sequence(self) -> int:
        """Its place among the manifests of its instance."""
        return self.validity.sequence

    @property
    def expires_at(self) -> Millis:
        """Until when it holds: never longer than `LIFE`, whatever it says."""
        return min(self.validity.expires_at, self.validity.issued_at + LIFE)

    @property
    def named_servers(self) -> frozenset[ServerName]:
        """Every server that it names: none of them is a witness for it (`documents.authority`)."""
        via = {server for community in self.communities for server in community.via}
        aliases = {entry.alias.server for entry in self.communities if entry.alias}
        return frozenset({self.instance, *self.homeservers, *via, *aliases})


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
    memberships: Sequence[Membership] = ()
    rings: Sequence[RingHead] = ()


@dataclass(frozen=True, slots=True)
class IssuedManifest:
    """A signed manifest as it is served, with the pages that it names, by hash."""

    body: bytes = field(repr=False)
    sha256: str
    validity: Validity
    pages: Mapping[str, bytes] = field(repr=False)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest; `MalformedDocument` if the whole of it must be refused.

    A wrong community, server, withdrawal or profile field is left out alone and named in
    `dropped`; keys, times and page references must all be right.
    """
    content = canonical.decode(data)
    reader = Reader(content)
    dropped: list[Dropped] = []
    validity = read_header(reader, TYPE)
    keys = read_keys(reader.mapping("keys"), "keys")
    if not keys:
        raise MalformedDocument("keys names at least one key")
    retired = read_retired_keys(reader.mapping("retired_keys"))
    check_apart(keys, retired)
    recovery = content.get("recovery")
    return Manifest(
        instance=reader.name("instance", ServerName.parse),
        validity=validity,
        profile=read_profile(reader.mapping("profile"), dropped),
        keys=keys,
        retired_keys=retired,
        recovery_key=read_single_key(content.get("recovery_key"), "recovery_key"),
        recovery=None if recovery is None else read_recovery(recovery),
        homeservers=reader.each("homeservers", ServerName.parse, dropped)[:MAX_SERVERS],
        communities=_read_communities(reader.objects("communities"), dropped, ()),
        pages=pages.read_refs(reader),
        memberships=reader.entries("memberships", read_membership, dropped)[:MAX_RINGS],
        rings=reader.entries("rings", read_ring_head, dropped)[:MAX_RINGS],
        withdrawn=reader.entries("withdrawn", read_withdrawn, dropped)[:MAX_WITHDRAWN],
        peers=reader.each("peers", ServerName.parse, dropped)[:MAX_SERVERS],
        dropped=tuple(dropped),
        content=content,
        sha256=envelope.document_hash(content),
    )


def with_pages(manifest: Manifest, bodies: Mapping[str, bytes]) -> Manifest:
    """The manifest with the communities of its pages; `TrustError` mixed_pages unless all fit."""
    items = pages.join(PAGE_TYPE, manifest.instance, manifest.pages, bodies)
    dropped = list(manifest.dropped)
    found = [(f"pages.items[{at}]", item) for at, item in enumerate(items)]
    communities = _read_communities(found, dropped, manifest.communities)
    return replace(manifest, communities=communities, dropped=tuple(dropped))


def issue(draft: ManifestDraft, keys: KeySet, *, sequence: int, now: Millis) -> IssuedManifest:
    """Sign what `draft` says; its communities move to pages where the whole is large.

    A withdrawal is left out after 30 days, or when its room is listed again. Raises
    `MalformedDocument` for what no peer would read: an entry, or a whole, that is too large.
    """
    validity = Validity(sequence, now, now + LIFE)
    content = _content(draft, keys, validity)
    items = [community.to_json() for community in draft.communities]
    whole = {**content, "communities": items}
    made = pages.Pages((), {})
    if len(canonical.encode(whole)) > pages.LARGE:
        made = pages.split(PAGE_TYPE, draft.instance, items)
        whole = {**content, "communities": [], "pages": pages.write_refs(made.refs)}
    signed = envelope.sign(whole, draft.instance, keys.signers(now))
    body = canonical.encode(signed)
    if len(body) > canonical.MAX_DOCUMENT:
        limit = canonical.MAX_DOCUMENT
        raise MalformedDocument(f"a manifest has at most {limit} bytes, not {len(body)}")
    return IssuedManifest(body, envelope.document_hash(signed), validity, made.bodies)


def _content(draft: ManifestDraft, keys: KeySet, validity: Validity) -> dict[str, object]:
    """All but the communities, unsigned."""
    content: dict[str, object] = {
        "type": TYPE,
        "spec": SPEC,
        "instance": draft.instance,
        "sequence": validity.sequence,
        "issued_at": validity.issued_at,
        "expires_at": validity.expires_at,
        "profile": draft.profile.to_json(),
        "keys": write_keys(keys.verify_keys),
        "retired_keys": write_retired_keys(keys.retired),
        "recovery_key": write_keys({draft.recovery_key.id: draft.recovery_key}),
        "homeservers": list(draft.homeservers),
        "memberships": [one.to_json() for one in draft.memberships],
        "rings": [one.to_json() for one in draft.rings],
        "withdrawn": [one.to_json() for one in _recently_gone(draft, validity.issued_at)],
        "peers": list(draft.peers),
    }
    return content if draft.recovery is None else {**content, "recovery": dict(draft.recovery)}


def _recently_gone(draft: ManifestDraft, now: Millis) -> list[Withdrawn]:
    """The newest withdrawals that still have to be told."""
    listed = {community.room_id for community in draft.communities}
    recent = [
        gone
        for gone in draft.withdrawn
        if gone.at > now - WITHDRAWN_FOR and gone.room_id not in listed
    ]
    return sorted(recent, key=lambda gone: (-gone.at, gone.room_id))[:MAX_WITHDRAWN]


def _read_communities(
    items: Sequence[tuple[str, object]],
    dropped: list[Dropped],
    known: Sequence[ManifestCommunity],
) -> tuple[ManifestCommunity, ...]:
    communities = list(known)
    ids = {community.id for community in known}
    rooms = {community.room_id for community in known}
    for path, item in items:
        try:
            community = read_community(item, path, dropped)
        except MalformedDocument as error:
            dropped.append(Dropped(path, str(error)))
            continue
        if community.id in ids or community.room_id in rooms:
            dropped.append(Dropped(path, f"{path} has an id or a room that stood before"))
            continue
        communities.append(community)
        ids.add(community.id)
        rooms.add(community.room_id)
    return tuple(communities)


__all__ = [
    "LIFE",
    "PAGE_TYPE",
    "TYPE",
    "WITHDRAWN_FOR",
    "IssuedManifest",
    "Manifest",
    "ManifestDraft",
    "Membership",
    "Profile",
    "RetiredVerifyKey",
    "RingHead",
    "Withdrawn",
    "issue",
    "read_manifest",
    "with_pages",
]
