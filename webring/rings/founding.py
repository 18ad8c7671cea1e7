"""Founding a ring, and changing what its stewards decide about it: terms, and who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.documents.keys import VerifyKey
from webring.documents.manifest import read_manifest
from webring.documents.ring import MAX_STEWARD_KEYS, Ring, RingTerms, Stewards, compose
from webring.documents.trust import PeerTrust
from webring.errors import BadRequest, Conflict, NotFound
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting
from webring.rings.hand import BOUND_FOR, Hand
from webring.rings.proposing import propose
from webring.rings.publishing import Publishing
from webring.rings.visiting import OWN
from webring.storage import decisions, peers, ring_signing, ring_wishes, rings
from webring.storage.decisions import Decision
from webring.storage.ring_signing import UNDER_WAY
from webring.storage.sql import Connection

FOUND: Final = "ring_found"
CHANGE: Final = "ring_change"
"""The decisions in the log."""


@dataclass(frozen=True, slots=True)
class Founded:
    """A ring that was founded: its first version, and who still has to sign it.

    `warning` is a sentence for whoever founds it, "" where there is nothing to warn of.
    """

    ring: RingId
    first: Ring
    missing: tuple[ServerName, ...]
    warning: str


def least(count: int) -> int:
    """The smallest threshold of so many stewards: more than half."""
    return count // 2 + 1


def warning_of(stewards: Stewards) -> str:
    """What a founder should know about a list of stewards; "" where it is sound."""
    count, threshold = len(stewards.instances), stewards.threshold
    if count == 1:
        return "With one steward the ring ends with it: name two more as soon as there are any."
    if threshold == count:
        return f"All {count} stewards have to sign: one that is lost would end the ring."
    return ""


async def stewards(
    conn: Connection, hand: Hand, names: Iterable[ServerName], threshold: int
) -> Stewards:
    """A list of stewards, each with the keys that its manifest names and we pinned.

    Raises `NotFound` for an instance of which no manifest was verified here, and
    `MalformedDocument` (when composed) for a threshold that is too low or too high.
    """
    instances = {name: await steward_keys(conn, hand, name) for name in sorted(set(names))}
    return Stewards(threshold, instances)


async def steward_keys(conn: Connection, hand: Hand, name: ServerName) -> Mapping[str, VerifyKey]:
    """The keys by which an instance signs now."""
    if name == hand.own:
        current = hand.keys.current.verify_key
        return {current.id: current}
    peer = await peers.get(conn, name)
    if peer is None or peer.trust is None or peer.manifest is None:
        raise NotFound(
            f"no manifest of {name} was verified here, so its keys are not known: "
            f"webring peers add {name}"
        )
    pinned = PeerTrust.from_json(peer.trust).active
    named = read_manifest(peer.manifest).keys
    keys = {key_id: key for key_id, key in named.items() if key_id in pinned}
    return dict(list(keys.items())[:MAX_STEWARD_KEYS])


async def found(
    tx: Connection,
    hand: Hand,
    publishing: Publishing,
    slug: Slug,
    terms: RingTerms,
    actor: str,
    now: Millis,
) -> Founded:
    """Found the ring `slug` of this instance: sign its first version, and ask the other stewards.

    With one steward it is a ring at once; else once enough of them have signed. Raises `Conflict`
    where the ring is there already, and `MalformedDocument` for terms that no reader would take.
    """
    ring = RingId(f"{slug}:{hand.own}")
    if hand.own not in terms.stewards.instances:
        raise BadRequest(f"{hand.own} founds the ring, so it is one of its first stewards")
    known = await rings.get(tx, ring)
    if known is not None and known.sequence:
        raise Conflict(f"{ring} is there already: webring ring show {ring}")
    for each in await ring_signing.proposals(tx, ring):
        if each.state in UNDER_WAY and now - each.at < BOUND_FOR:
            raise Conflict(
                f"{ring} is being founded already, and may be founded otherwise after a day: "
                f"webring ring requests {ring}"
            )
    composed = compose(ring, terms, (), (), None, now)
    if known is not None:
        await rings.remove(tx, ring)
    await rings.add(
        tx, ring, composed.sha256, OWN, now, name=terms.name, stewarded=True, accepted=True
    )
    first = await propose(tx, hand, publishing, None, composed, now)
    await decisions.log(tx, Decision(now, actor, FOUND, ring, f"root {first.sha256}"))
    others = tuple(name for name in terms.stewards.instances if name != hand.own)
    stored = await rings.get(tx, ring)
    done = stored is not None and stored.sequence > 0
    return Founded(ring, first, () if done else others, warning_of(terms.stewards))


async def change(
    tx: Connection, head: Ring, changes: Mapping[str, object], actor: str, now: Millis
) -> RingTerms:
    """Want terms of a ring that we steward to change: fields as they stand in a head.

    Its next version is proposed within seconds, and holds once enough stewards signed it. What the
    terms will be; raises `MalformedDocument` where no reader would take them, `Conflict` where
    nothing changes.
    """
    wanted = drafting.terms(changes)
    drafted = drafting.draft(head, [wanted], now)
    if drafted.terms == head.terms:
        raise Conflict(f"{head.id} says that already")
    compose(head.id, drafted.terms, drafted.members, drafted.removed, head, now)
    await ring_wishes.add(tx, head.id, wanted, actor, now)
    named = ", ".join(sorted(changes))
    await decisions.log(tx, Decision(now, actor, CHANGE, head.id, f"of {named}"))
    return drafted.terms


async def other_stewards(
    conn: Connection,
    hand: Hand,
    head: Ring,
    *,
    add: Sequence[ServerName] = (),
    remove: Sequence[ServerName] = (),
    renew: Sequence[ServerName] = (),
    threshold: int | None = None,
) -> Stewards:
    """The stewards of a ring with some added, some gone, and some with the keys they have now.

    Without a `threshold` the old one stays, where it is still possible, else the least possible.
    Raises as `stewards` does, and `NotFound` for one to be removed or renewed that is none.
    """
    before = head.terms.stewards
    for name in (*remove, *renew):
        if name not in before.instances:
            raise NotFound(f"{name} is no steward of {head.id}")
    kept = {name: keys for name, keys in before.instances.items() if name not in remove}
    fresh = {name: await steward_keys(conn, hand, name) for name in (*add, *renew)}
    instances = {**kept, **fresh}
    count = len(instances)
    wanted = before.threshold if threshold is None else threshold
    if threshold is None and not least(count) <= wanted <= count:
        wanted = least(count)
    return Stewards(wanted, instances)
