"""Versions of a ring made by hand with its stewards' own keys: a good one, and forged ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import httpx

from tests.acceptance.instance import Serving
from tests.acceptance.neighbourhood import STEWARDS, Neighbourhood
from tests.vectors.ring_world import Version, signed, site
from webring.clock import now_ms
from webring.documents import canonical
from webring.documents import ring as rings
from webring.documents.canonical import Json
from webring.documents.keys import SigningKey
from webring.documents.ring import RingTerms
from webring.names import RingId, ServerName
from webring.storage import identity, keyfiles

UNASKED: Final = "https://unasked.example/"
"""Whom every forged version lists, and nobody may ever be sent to."""


def signing_key(instance: Serving) -> SigningKey:
    """The key by which an instance signs, from its data directory."""
    return keyfiles.load(identity.path(instance.data, identity.INSTANCE)).current


@dataclass(frozen=True)
class Forgery:
    """What somebody serves as a ring: versions, the last of them as the newest; and which version
    its manifest calls the newest, by sequence, hash and root.
    """

    served: tuple[Version, ...]
    claims: tuple[int, str, str]

    @classmethod
    def of(cls, served: Sequence[Version], root: str = "") -> Forgery:
        """These versions, claimed as what they are, or under another `root`."""
        head = served[-1].head
        return cls(tuple(served), (head.sequence, head.sha256, root or head.root))


class Forge:
    """The keys of all stewards of a ring, and what whoever stole them can make."""

    def __init__(self, here: Neighbourhood, ring: str) -> None:
        self.ring = RingId.parse(ring)
        self.keys: Mapping[ServerName, SigningKey] = {
            ServerName(here[key].name): signing_key(here[key]) for key in STEWARDS
        }

    @property
    def everybody(self) -> tuple[ServerName, ...]:
        """All stewards."""
        return tuple(self.keys)

    def after(
        self,
        before: Version,
        name: str,
        by: Sequence[ServerName] = (),
        **other: object,
    ) -> Version:
        """A version after `before` under a new name, with one more member, signed by all stewards
        unless told otherwise; `other` are fields of its head that are as they should not be.
        """
        old, now = before.whole, now_ms()
        unasked = replace(site(UNASKED, old.root), joined_at=now)
        kept = [each for each in old.members if each.id != unasked.id]
        terms = replace(old.terms, name=name)
        composed = rings.compose(old.id, terms, [*kept, unasked], (), old, now)
        return self._signed({**composed.content, **other}, composed.pages, by)

    def good(self, before: Version, name: str, by: Sequence[ServerName]) -> Version:
        """A version after `before` as its stewards could have made it: another name, no more."""
        old = before.whole
        terms = replace(old.terms, name=name)
        composed = rings.compose(old.id, terms, old.members, (), old, now_ms())
        return self._signed(composed.content, composed.pages, by)

    def root(self, terms: RingTerms, by: Sequence[ServerName] = ()) -> Version:
        """A first version of the same id, signed by all stewards unless told otherwise."""
        composed = rings.compose(self.ring, terms, (), (), None, now_ms())
        return self._signed(composed.content, {}, by)

    def sibling(
        self, before: Version, of: str, beats: Callable[[str, str], bool], by: Sequence[ServerName]
    ) -> Version:
        """A version after `before` whose hash stands so to the hash `of`."""
        names = (f"Sibling {number}" for number in range(1_000))
        made = (self.good(before, name, by) for name in names)
        return next(each for each in made if beats(each.head.sha256, of))

    def _signed(
        self, content: Json, pages: Mapping[str, bytes], by: Sequence[ServerName]
    ) -> Version:
        return Version(signed(content, by or self.everybody, self.keys), pages)


def chain_at(instance: Serving, ring: str) -> tuple[Version, ...]:
    """Every version of a ring, with its pages, as an instance serves them."""
    base = f"{instance.url}/webring/v1"
    with httpx.Client(trust_env=False) as client:

        def get(path: str) -> bytes:
            return client.get(f"{base}/{path}").raise_for_status().content

        newest = rings.read_ring(get(f"rings/{ring}"))
        made = []
        for sequence in range(1, newest.sequence + 1):
            body = get(f"rings/{ring}?sequence={sequence}")
            refs = rings.read_ring(body).pages
            made.append(Version(body, {ref.sha256: get(f"pages/{ref.sha256}") for ref in refs}))
        return tuple(made)


def signatures(content: Json) -> Mapping[str, Mapping[str, object]]:
    """What stands as signatures in a head."""
    given = content["signatures"]
    assert isinstance(given, dict)
    return given


def one_signature(forge: Forge, chain: Sequence[Version], by: ServerName) -> Forgery:
    """Signed by one steward, which puts signatures of its own into the others' places as well."""
    made = forge.after(chain[-1], "One hand", [by])
    content = made.head.content
    (own,) = signatures(content)[by].values()
    everywhere = {name: {key.id: own} for name, key in forge.keys.items()}
    body = canonical.encode({**content, "signatures": everywhere})
    return Forgery.of([*chain, Version(body, made.pages)])


def wrong_chain(forge: Forge, chain: Sequence[Version], _: ServerName) -> Forgery:
    """By its number it follows the newest version, by its link the one before that."""
    made = forge.after(chain[-1], "Torn off", previous=chain[-2].head.sha256)
    return Forgery.of([*chain, made])


def other_root(forge: Forge, chain: Sequence[Version], _: ServerName) -> Forgery:
    """A whole chain, longer and well signed, from another first version; said to be the same."""
    made = [forge.root(replace(chain[0].head.terms, name="Begun anew"))]
    while len(made) <= len(chain):
        made.append(forge.after(made[-1], f"Begun anew {len(made)}"))
    return Forgery.of(made, chain[0].head.root)


def sibling(forge: Forge, chain: Sequence[Version], by: ServerName) -> Forgery:
    """Beside the newest version, by enough stewards: a good one, of which there may be but one."""
    others = [name for name in forge.everybody if name != by]
    made = forge.good(chain[-2], "Beside it", [by, others[0]])
    return Forgery.of([*chain[:-1], made])


def rolled_back(_: Forge, chain: Sequence[Version], by: ServerName) -> Forgery:
    """The version before the newest again, said to be newer."""
    head = chain[-1].head
    return Forgery(tuple(chain[:-1]), (head.sequence + 1, head.previous, head.root))
