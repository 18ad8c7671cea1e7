"""A steward's hand: with which keys it signs a version, and when it may not.

One document is signed for a ring's sequence; after 24 hours in which that one did not become a
version, another may be. What is signed is written down first, in the same transaction that lets
the signature leave: a message is sent, and an answer given, only after that is committed.
"""

from __future__ import annotations

from typing import Final

from webring.clock import DAY, HOUR, Clock, Millis
from webring.documents import canonical, envelope
from webring.documents.keys import KeySet, SigningKey
from webring.documents.ring import Ring, read_ring_content
from webring.errors import Conflict, Forbidden
from webring.names import RingId, ServerName
from webring.storage import ring_signing, rings
from webring.storage.sql import Connection

BOUND_FOR: Final[Millis] = DAY
"""How long a signature binds: until then no other document of its sequence is signed."""


class Hand:
    """Signs versions of rings as `own`, with our instance's keys."""

    def __init__(self, own: ServerName, keys: KeySet, clock: Clock) -> None:
        self.own = own
        self.keys = keys
        self._clock = clock

    def fits(self, before: Ring | None, after: Ring) -> tuple[SigningKey, ...]:
        """Those of our keys that a list of stewards names; none where we are no steward."""
        lists = [after.terms.stewards, *([before.terms.stewards] if before else [])]
        named = {
            (key_id, key.raw)
            for stewards in lists
            for key_id, key in stewards.instances.get(self.own, {}).items()
        }
        signers = self.keys.signers(self._clock())
        return tuple(key for key in signers if (key.id, key.verify_key.raw) in named)

    async def hindrance(
        self, conn: Connection, ring: RingId, sequence: int, sha256: str, now: Millis
    ) -> str:
        """Why we may not sign this version now; "" where we may."""
        stored = await rings.get(conn, ring)
        if stored is not None and stored.unread:
            return "this instance was restored, and has not read the ring from its stewards yet"
        if stored is not None and stored.sequence >= sequence:
            return f"version {stored.sequence} is there already"
        for line in await ring_signing.signed(conn, ring, sequence):
            left = line.signed_at + BOUND_FOR - now
            if line.sha256 != sha256 and left > 0:
                return (
                    f"another version {sequence} was signed here, {line.sha256[:12]}, which binds "
                    f"for {-(-left // HOUR)} more hours"
                )
        return ""

    async def sign(self, tx: Connection, before: Ring | None, after: Ring, now: Millis) -> bytes:
        """Write down that we sign `after`, and its bytes with our signature added.

        Raises `Forbidden` where no key of ours is a steward's, and `Conflict` where we may not.
        """
        keys = self.fits(before, after)
        if not keys:
            raise Forbidden(f"{after.id} names no key of {self.own} that is still held here")
        hindrance = await self.hindrance(tx, after.id, after.sequence, after.sha256, now)
        if hindrance:
            raise Conflict(f"version {after.sequence} of {after.id} is not signed: {hindrance}")
        await ring_signing.write_down(tx, after.id, after.sequence, after.sha256, now)
        return canonical.encode(envelope.sign(after.content, self.own, keys))


def merged(body: bytes, signatures: canonical.Json) -> bytes:
    """A head's bytes with signatures of the same document added; none of them is judged here."""
    content = canonical.decode(body)
    there = content.get("signatures")
    known: dict[str, object] = dict(there) if isinstance(there, dict) else {}
    for name, by_key in signatures.items():
        had = known.get(name)
        if isinstance(by_key, dict):
            known[name] = {**by_key, **(had if isinstance(had, dict) else {})}
    return canonical.encode({**content, "signatures": known})


def only_good(after: Ring, before: Ring | None, signatures: canonical.Json) -> canonical.Json:
    """Those signatures by stewards of either list that verify over `after`."""
    named = dict(after.terms.stewards.instances)
    if before is not None:
        for name, keys in before.terms.stewards.instances.items():
            named[name] = {**keys, **named.get(name, {})}
    signed = read_ring_content({**after.content, "signatures": signatures}).content
    good: dict[str, object] = {}
    for name, keys in named.items():
        ids = envelope.valid_signatures(signed, name, keys)
        given = signatures.get(name)
        if ids and isinstance(given, dict):
            good[name] = {key_id: given[key_id] for key_id in ids}
    return good
