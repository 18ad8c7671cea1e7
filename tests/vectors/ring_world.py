"""The ring of the golden vectors: `soil:garden.example`, its three stewards and its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tests.vectors.world import FIRST, FOREST, FOREST_KEY, GARDEN, MEADOW, MEADOW_KEY, NOW
from webring.clock import DAY
from webring.documents import canonical, envelope, ring
from webring.documents.keys import SigningKey
from webring.documents.ring import (
    JoinPolicy,
    MemberKind,
    Order,
    Reason,
    RemovedMember,
    Ring,
    RingMember,
    RingTerms,
    Stewards,
    community_member_id,
    site_member_id,
)
from webring.names import RingId, ServerName, Slug

SOIL = RingId("soil:garden.example")
SIGNERS = MappingProxyType({GARDEN: FIRST, FOREST: FOREST_KEY, MEADOW: MEADOW_KEY})
BOTH = (GARDEN, FOREST)


def stewards(
    *names: ServerName, threshold: int = 2, keys: Mapping[ServerName, SigningKey] = SIGNERS
) -> Stewards:
    """These instances with their keys; all three if none is named."""
    chosen = names or tuple(SIGNERS)
    return Stewards(threshold, {name: {keys[name].id: keys[name].verify_key} for name in chosen})


TERMS = RingTerms(
    name="Soil",
    stewards=stewards(),
    description="Places that care for the ground below them.",
    interests=("gardening", "composting"),
    languages=("en", "de"),
    criteria="https://garden.example/ring",
    policy=JoinPolicy.OPEN,
    order=Order.DAILY,
    mirrors=(FOREST,),
)


@dataclass(frozen=True)
class Version:
    """A version, as the bytes that are served, and its pages by hash."""

    body: bytes
    pages: Mapping[str, bytes]

    @property
    def head(self) -> Ring:
        """The head as it is read, without its members."""
        return ring.read_ring(self.body)

    @property
    def whole(self) -> Ring:
        """The head with its members."""
        return ring.with_members(self.head, self.pages)


def signed(
    content: Mapping[str, object],
    by: Sequence[ServerName] = BOTH,
    keys: Mapping[ServerName, SigningKey] = SIGNERS,
) -> bytes:
    """The bytes of a head that these stewards signed and nobody else."""
    made: Mapping[str, object] = {**content, "signatures": {}}
    for name in by:
        made = envelope.sign(made, name, [keys[name]])
    return canonical.encode(made)


def root(
    terms: RingTerms = TERMS, by: Sequence[ServerName] = BOTH, ring_id: RingId = SOIL
) -> Version:
    """A version 1."""
    composed = ring.compose(ring_id, terms, (), (), None, NOW)
    return Version(signed(composed.content, by), {})


def following(
    before: Version,
    members: Sequence[RingMember] | None = None,
    *,
    by: Sequence[ServerName] = BOTH,
    terms: RingTerms | None = None,
    removed: Sequence[RemovedMember] = (),
    keys: Mapping[ServerName, SigningKey] = SIGNERS,
) -> Version:
    """The version after `before`, a day later."""
    old = before.whole
    composed = ring.compose(
        old.id,
        terms or old.terms,
        old.members if members is None else members,
        removed,
        old,
        old.validity.issued_at + DAY,
    )
    return Version(signed(composed.content, by, keys), composed.pages)


def community(instance: ServerName, slug: str, first_root: str) -> RingMember:
    """A community's slot, since the first day."""
    return RingMember(
        community_member_id(first_root, instance, Slug(slug)),
        MemberKind.COMMUNITY,
        instance,
        Slug(slug),
        f"https://{instance}/{slug}",
        NOW + DAY,
    )


def site(url: str, first_root: str) -> RingMember:
    """A site's slot, since the first day."""
    return RingMember(site_member_id(first_root, url), MemberKind.SITE, None, None, url, NOW + DAY)


V1 = root()
ROOT = V1.head.root
VEGETABLES = community(GARDEN, "vegetables", ROOT)
MUSHROOMS = community(FOREST, "mushrooms", ROOT)
COMPOST = site("https://compost.example/", ROOT)
V2 = following(V1, [VEGETABLES, MUSHROOMS])
LEFT = RemovedMember(MUSHROOMS.id, Reason.LEFT, NOW + DAY + 1)
SMALLER, V3, LARGER = sorted(
    (
        following(V2, [VEGETABLES, COMPOST], removed=[LEFT]),
        following(V2, [VEGETABLES, MUSHROOMS, COMPOST]),
        following(V2, by=BOTH, terms=replace(TERMS, name="Ground")),
    ),
    key=lambda version: version.head.sha256,
)
V4 = following(V3, by=(FOREST, MEADOW))
