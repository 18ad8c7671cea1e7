"""Which versions of a ring its stewards call newest, by their fresh manifests. Nobody is asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.documents import trust
from webring.documents.manifest import read_manifest
from webring.documents.parts import RingHead
from webring.documents.ring import Ring
from webring.documents.trust import Freshness, PeerTrust
from webring.names import ServerName
from webring.storage import peers
from webring.storage.sql import Connection

REMEMBERED: Final = 500
"""Manifests whose rings are kept at hand."""


@dataclass(frozen=True, slots=True)
class HeadClaim:
    """A version that a steward calls newest, and that is not the one that we hold."""

    instance: ServerName
    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What the stewards say. `newer` stand with the highest sequence first; `fresh` are those whose
    manifests are; `elsewhere` those that name another ring of the same id.
    """

    newer: tuple[HeadClaim, ...] = ()
    fresh: frozenset[ServerName] = frozenset()
    elsewhere: tuple[ServerName, ...] = ()


class Claimants:
    """Reads what stewards claim. `own` is our own name: we claim what we hold."""

    def __init__(self, own: ServerName) -> None:
        self._own = own
        self._read: OrderedDict[str, tuple[RingHead, ...]] = OrderedDict()

    async def of(self, conn: Connection, pinned: Ring, now: Millis) -> Claims:
        """What the stewards of the pinned version, and its founder, say at `now`."""
        newer: list[HeadClaim] = []
        elsewhere: list[ServerName] = []
        fresh: set[ServerName] = set()
        stewards = pinned.terms.stewards.instances
        for name in {pinned.id.instance, *stewards} - {self._own}:
            heads = await self._heads(conn, name, now)
            if heads is None:
                continue
            if name in stewards:
                fresh.add(name)
            said = next((head for head in heads if head.ring == pinned.id), None)
            if said is not None and said.root != pinned.root:
                elsewhere.append(name)
            elif said is not None and name in stewards and _is_other(said, pinned):
                newer.append(HeadClaim(name, said.sequence, said.sha256))
        newer.sort(key=lambda claim: (-claim.sequence, claim.instance))
        return Claims(tuple(newer), frozenset(fresh), tuple(sorted(elsewhere)))

    async def _heads(
        self, conn: Connection, name: ServerName, now: Millis
    ) -> tuple[RingHead, ...] | None:
        """What an instance stewards by its manifest; None where that does not count."""
        peer = await peers.get(conn, name)
        if peer is None or peer.state == "blocked":
            return None
        if peer.trust is None or peer.manifest is None or peer.sha256 is None:
            return None
        if trust.freshness(PeerTrust.from_json(peer.trust), now) is not Freshness.FRESH:
            return None
        if peer.sha256 not in self._read:
            manifest = await asyncio.to_thread(read_manifest, peer.manifest)
            self._read[peer.sha256] = manifest.rings
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return self._read[peer.sha256]


def _is_other(said: RingHead, pinned: Ring) -> bool:
    """Whether a claim is of a version that follows ours, or stands beside it."""
    if said.sequence == pinned.sequence:
        return said.sha256 != pinned.sha256
    return said.sequence > pinned.sequence
