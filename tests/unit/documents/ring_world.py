"""A small world of rings for tests: fixed keys, three stewards, and versions that they sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from webring.clock import DAY, Millis
from webring.documents import envelope, pages, ring
from webring.documents.keys import SigningKey, VerifyKey
from webring.documents.ring import (
    PAGE_TYPE,
    MemberKind,
    RemovedMember,
    Ring,
    RingMember,
    RingTerms,
    Stewards,
    community_member_id,
    site_member_id,
)
from webring.names import RingId, ServerName, Slug

NOW = 1_790_000_000_000
NAMES = tuple(ServerName(f"{letter}.example") for letter in "abcdefg")
A, B, C, D, E = NAMES[:5]
ID = RingId(f"soil:{A}")
KEYS = {
    name: SigningKey(f"ed25519:{name[0]}", bytes([number]) * 32)
    for number, name in enumerate(NAMES, 1)
}
THIEF = SigningKey("ed25519:a", bytes([99]) * 32)
FOUNDER = {KEYS[A].id: KEYS[A].verify_key}
Signers = Sequence[ServerName]


def stewards(
    *names: ServerName, threshold: int = 2, keys: dict[ServerName, SigningKey] = KEYS
) -> Stewards:
    chosen = names or (A, B, C)
    return Stewards(threshold, {name: {keys[name].id: keys[name].verify_key} for name in chosen})


TERMS = RingTerms("Soil", stewards(), "About the ground.", ("gardening",), ("en",), "Dig.")


def signed(
    composed: ring.ComposedRing, by: Signers = (A, B), keys: dict[ServerName, SigningKey] = KEYS
) -> Ring:
    """The version as it is read from the bytes that these stewards signed, with its members."""
    content = composed.content
    for name in by:
        content = envelope.sign(content, name, [keys[name]])
    return ring.with_members(ring.read_ring_content(content), composed.pages)


def first(
    terms: RingTerms = TERMS, by: Signers = (A, B), ring_id: RingId = ID, now: Millis = NOW
) -> Ring:
    return signed(ring.compose(ring_id, terms, (), (), None, now), by)


def after(
    before: Ring,
    by: Signers = (A, B),
    *,
    terms: RingTerms | None = None,
    members: Sequence[RingMember] | None = None,
    removed: Sequence[RemovedMember] = (),
    now: Millis | None = None,
) -> Ring:
    """The version after `before`, a day later, unchanged but for what is given."""
    composed = ring.compose(
        before.id,
        terms or before.terms,
        before.members if members is None else members,
        removed,
        before,
        before.validity.issued_at + DAY if now is None else now,
    )
    return signed(composed, by)


def unlike(before: Ring, by: Signers = (A, B), word: str = "other") -> Ring:
    """A version after `before` that differs from `after(before)` in a word."""
    return after(before, by, terms=replace(before.terms, description=word))


def community(number: int, root: str, at: Millis = NOW, instance: ServerName = B) -> RingMember:
    slug = Slug(f"plot-{number}")
    return RingMember(
        id=community_member_id(root, instance, slug),
        kind=MemberKind.COMMUNITY,
        instance=instance,
        community=slug,
        url=f"https://{instance}/plot/{number}",
        joined_at=at,
    )


def site(number: int, root: str, at: Millis = NOW) -> RingMember:
    url = f"https://site{number}.example/"
    return RingMember(site_member_id(root, url), MemberKind.SITE, None, None, url, at)


def pinned_key(key: SigningKey) -> dict[str, VerifyKey]:
    return {key.id: key.verify_key}


def pages_of(one: Ring) -> dict[str, bytes]:
    """The pages that its members stand in."""
    made = pages.split(PAGE_TYPE, one.id.instance, [member.to_json() for member in one.members])
    return dict(made.bodies)
