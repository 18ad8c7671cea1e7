"""Vectors of chains: what is pinned, the versions that are offered, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.vectors import ring_world as world
from tests.vectors.ring_world import BOTH, TERMS, V1, V2, V3, V4, Version, following, signed
from tests.vectors.world import FIRST, FOREST, GARDEN, MEADOW, NOW, SECOND, THIEF
from webring.clock import DAY, MINUTE
from webring.documents import canonical, chain
from webring.documents.keys import VerifyKey
from webring.names import RingId

LATER = NOW + 9 * DAY
FOUNDER = {FIRST.id: FIRST.verify_key}
STOLEN = {**world.SIGNERS, GARDEN: THIEF}
RENEWED = {**world.SIGNERS, GARDEN: SECOND}
_NEW_KEY = replace(TERMS, stewards=world.stewards(keys=RENEWED))
_ALONE = replace(TERMS, stewards=world.stewards(MEADOW, threshold=1))
_ALL = replace(TERMS, stewards=world.stewards(threshold=3))


def _changed(version: Version, **fields: object) -> Version:
    content = {**canonical.decode(version.body), **fields}
    return Version(signed(content), version.pages)


def _resigned(version: Version, *by: str) -> Version:
    names = [name for name in world.SIGNERS if name in by]
    return Version(signed(canonical.decode(version.body), names), version.pages)


_REPLACED = following(V2, terms=_NEW_KEY, by=(FOREST, MEADOW))
VERSIONS: dict[str, Version] = {
    "1": V1,
    "2": V2,
    "3": V3,
    "4": V4,
    "3, a sibling with the smaller hash": world.SMALLER,
    "4, after the smaller sibling": following(world.SMALLER),
    "3, a sibling with the larger hash": world.LARGER,
    "1, another root": world.root(replace(TERMS, name="Sand")),
    "1, another ring": world.root(ring_id=RingId("sand:garden.example")),
    "1, without the founder": world.root(by=(FOREST, MEADOW)),
    "1, by the founder alone": world.root(by=(GARDEN,)),
    "3, by one steward": _resigned(V3, FOREST),
    "3, by nobody": _resigned(V3),
    "3, by a thief's key": Version(signed(canonical.decode(V3.body), BOTH, STOLEN), V3.pages),
    "3, a takeover by one": following(V2, terms=_ALONE, by=(MEADOW,)),
    "3, stewards who did not sign": following(V2, terms=_ALONE, by=BOTH),
    "3, a threshold of three by two": following(V2, terms=_ALL, by=BOTH),
    "3, a threshold of three by three": following(V2, terms=_ALL, by=(*BOTH, MEADOW)),
    "3, the lost key of garden.example replaced": _REPLACED,
    "4, by the new key of garden.example": following(_REPLACED, by=BOTH, keys=RENEWED),
    "4, by the lost key of garden.example": following(_REPLACED, by=BOTH),
    "3, after another version 2": _changed(V3, previous="ab" * 32),
    "3, under another root": _changed(V3, root="ab" * 32),
    "3, issued before version 2": _changed(V3, issued_at=NOW),
    "3, with one altered byte": Version(V3.body.replace(b"ground", b"gr0und"), V3.pages),
}


@dataclass(frozen=True)
class Offer:
    """What is offered to whoever pinned `pinned`, and `before` it."""

    versions: Sequence[str]
    pinned: str = ""
    before: str = ""
    now: int = LATER
    founder: Mapping[str, VerifyKey] | None = None


OFFERS: dict[str, Offer] = {
    "first sight of version 1": Offer(["1"]),
    "first sight of the whole chain": Offer(["1", "2", "3", "4"]),
    "the next version": Offer(["3"], "2"),
    "the next two": Offer(["3", "4"], "2"),
    "the version that is pinned": Offer(["3"], "3", "2"),
    "the version that is pinned, and the next": Offer(["3", "4"], "3", "2"),
    "first sight of version 2": Offer(["2"]),
    "a chain with a hole": Offer(["1", "2", "4"]),
    "no key of the founder": Offer(["1"], founder={}),
    "version 1 without the founder": Offer(["1, without the founder"]),
    "version 1 by the founder alone": Offer(["1, by the founder alone"]),
    "another root": Offer(["1, another root"], "1"),
    "another ring": Offer(["1, another ring"], "1"),
    "a version under another root": Offer(["3, under another root"], "2"),
    "too far ahead": Offer(["4"], "2"),
    "a version after another version 2": Offer(["3, after another version 2"], "2"),
    "a version issued before the one that it follows": Offer(["3, issued before version 2"], "2"),
    "one signature of two": Offer(["3, by one steward"], "2"),
    "no signature": Offer(["3, by nobody"], "2"),
    "a thief's key under the known id": Offer(["3, by a thief's key"], "2"),
    "one altered byte": Offer(["3, with one altered byte"], "2"),
    "a takeover by one": Offer(["3, a takeover by one"], "2"),
    "new stewards who did not sign": Offer(["3, stewards who did not sign"], "2"),
    "a higher threshold that is not met": Offer(["3, a threshold of three by two"], "2"),
    "a higher threshold that is met": Offer(["3, a threshold of three by three"], "2"),
    "a lost key is replaced, and the new one signs": Offer(
        ["3, the lost key of garden.example replaced", "4, by the new key of garden.example"], "2"
    ),
    "a lost key is replaced, and the lost one signs": Offer(
        ["4, by the lost key of garden.example"], "3, the lost key of garden.example replaced", "2"
    ),
    "ten minutes ahead": Offer(["3"], "2", now=NOW + 2 * DAY - 10 * MINUTE),
    "more than ten minutes ahead": Offer(["3"], "2", now=NOW + 2 * DAY - 10 * MINUTE - 1),
    "rolled back": Offer(["2"], "3", "2"),
    "a sibling with the smaller hash": Offer(["3, a sibling with the smaller hash"], "3", "2"),
    "a sibling with the smaller hash, and its successor": Offer(
        ["3, a sibling with the smaller hash", "4, after the smaller sibling"], "3", "2"
    ),
    "a sibling with the larger hash": Offer(["3, a sibling with the larger hash"], "3", "2"),
    "the successor of a sibling, alone": Offer(["4, after the smaller sibling"], "3", "2"),
    "a branch that forked two versions back": Offer(["4, after the smaller sibling"], "4", "3"),
}

REPLAYS: dict[str, tuple[list[str], list[str]]] = {
    "a whole chain": (["1", "2", "3", "4"], []),
    "too few signed version 3": (["1", "2", "3, by one steward", "4"], []),
    "version 2 is missing": (["1", "3", "4"], []),
    "a sibling stands in the middle": (
        ["1", "2", "3, a sibling with the smaller hash", "4"],
        [],
    ),
    "the page of version 2 was erased": (["1", "2", "3", "4"], ["2"]),
}
"""Versions, and those whose pages were erased."""


def chains() -> dict[str, object]:
    """The versions by their names; what is offered, and what is replayed."""
    return {
        "versions": {name: version.body.decode() for name, version in VERSIONS.items()},
        "offers": [_offer(name, offer) for name, offer in OFFERS.items()],
        "replays": [_replay(name, *replay) for name, replay in REPLAYS.items()],
    }


def judge(versions: Mapping[str, Version], offer: Offer) -> chain.RingVerdict:
    """The verdict on an offer of those versions."""
    return chain.follow(
        versions[offer.pinned].head if offer.pinned else None,
        versions[offer.before].head if offer.before else None,
        [versions[name].head for name in offer.versions],
        FOUNDER if offer.founder is None else offer.founder,
        offer.now,
    )


def _offer(name: str, offer: Offer) -> dict[str, object]:
    verdict = judge(VERSIONS, offer)
    return {
        "name": name,
        "pinned": offer.pinned,
        "before_pinned": offer.before,
        "versions": list(offer.versions),
        "founder": sorted(FOUNDER if offer.founder is None else offer.founder),
        "now": offer.now,
        "expected": verdict.outcome.value,
        "evidence": verdict.evidence,
        "head": verdict.head.sha256 if verdict.head else "",
    }


def _replay(name: str, names: list[str], erased: list[str]) -> dict[str, object]:
    pages: dict[str, bytes | None] = {}
    for one in names:
        pages |= VERSIONS[one].pages
    pages |= {sha256: None for one in erased for sha256 in VERSIONS[one].pages}
    links = chain.verify_chain([VERSIONS[one].head for one in names], FOUNDER, pages.get)
    return {
        "name": name,
        "versions": names,
        "pages": {sha: body and body.decode() for sha, body in pages.items()},
        "expected": [
            {"sequence": link.sequence, "outcome": link.outcome.value, "erased": link.erased}
            for link in links
        ],
    }
