"""Rings that verified manifests name: known from then on, and followed sooner where one is newer.

Nobody is asked here, and nothing is believed: a root that is named is what will be looked for. Only
a few rings are taken from instances that the operator has not accepted, since naming costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from webring.clock import Millis
from webring.crawler.frontier import registrable
from webring.documents.parts import Membership, RingHead
from webring.moderation.blocklist import Blocklist
from webring.names import RingId, ServerName
from webring.storage import ring_members, rings
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

NAMED: Final = "named"
"""The origin of a ring that an accepted instance names."""
MENTIONED: Final = "mentioned"
"""The origin of a ring that only others name."""
ORIGINS: Final = (NAMED, MENTIONED)
"""Those of rings that nobody here asked for."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many rings are known because one instance named them first, of one registrable domain of
    founding instances, and in all.
    """

    per_peer: int
    per_domain: int
    total: int


CAPS: Final[Mapping[bool, Caps]] = {True: Caps(200, 200, 5_000), False: Caps(5, 10, 100)}
"""For rings that accepted instances name, and for those that only others do."""


class NamesRings(Protocol):
    """A manifest that was verified, or our own."""

    @property
    def instance(self) -> ServerName:
        """Whose it is."""

    @property
    def memberships(self) -> Sequence[Membership]:
        """In which rings its communities stand."""

    @property
    def rings(self) -> Sequence[RingHead]:
        """What it stewards."""


async def note_rings(
    tx: Connection, manifest: NamesRings, now: Millis, *, accepted: bool, discover: bool = True
) -> None:
    """Note what a manifest that is new says of rings.

    Those that it names become known (with `discover`, and within `CAPS`); one whose steward it is
    is followed at once where it claims another version than ours; and its communities' consent is
    looked at again, wherever they are members. `accepted`: the operator accepted the instance.
    """
    named = _named(manifest)
    known = await rings.known(tx, named)
    due = {head.ring for head in manifest.rings if _is_newer(head, known.get(head.ring))}
    for ring, stored in known.items():
        if await _reconsider(tx, stored, named[ring], manifest.instance, accepted=accepted):
            due.add(ring)
    if discover:
        new = [ring for ring in named if ring not in known]
        for ring in await _within(tx, new, manifest.instance, accepted=accepted):
            origin = NAMED if accepted else MENTIONED
            root, by = named[ring], manifest.instance
            await rings.add(tx, ring, root, origin, now, accepted=accepted, named_by=by)
    await rings.hasten(tx, due, now)
    await ring_members.hasten_instance(tx, manifest.instance, now)


def _named(manifest: NamesRings) -> dict[RingId, str]:
    """Every ring that it names, with its root; of two roots for one id, the first."""
    claimed = [(head.ring, head.root) for head in manifest.rings]
    pledged = [(each.ring, each.root) for each in manifest.memberships]
    roots = dict(reversed((*claimed, *pledged)))
    return {ring: roots[ring] for ring, _ in (*claimed, *pledged)}


def _is_newer(head: RingHead, stored: StoredRing | None) -> bool:
    """Whether a claim is worth a visit. Another root is another ring, of which we know nothing."""
    if stored is None or stored.root != head.root:
        return False
    if head.sequence == stored.sequence:
        return head.sha256 != stored.sha256
    return head.sequence > stored.sequence


async def _reconsider(
    tx: Connection, stored: StoredRing, root: str, by: ServerName, *, accepted: bool
) -> bool:
    """Believe an accepted instance more than others, and the founding one more than anybody,
    about what to look for; whether that is another root now.
    """
    if stored.sequence == 0 and stored.failures and (accepted or stored.origin == MENTIONED):
        # Whoever named it first could not give it to us.
        await rings.set_named_by(tx, stored.id, by)
    promoted = accepted and stored.origin == MENTIONED
    if promoted:
        await rings.set_origin(tx, stored.id, NAMED)
        await rings.set_accepted(tx, stored.id, True)
    if stored.root == root or not (promoted or by == stored.id.instance or not stored.root):
        return False
    return await rings.set_root(tx, stored.id, root)


async def _within(
    tx: Connection, new: Sequence[RingId], by: ServerName, *, accepted: bool
) -> list[RingId]:
    """Those of these rings for which there is room."""
    if not new:
        return []
    caps, blocklist = CAPS[accepted], await Blocklist.load(tx)
    known = await rings.origins(tx)
    alike = [ring for ring, origin in known.items() if accepted or origin == MENTIONED]
    left = min(caps.per_peer - await rings.named_by(tx, by), caps.total - len(alike))
    room = _Room(alike, caps.per_domain)
    allowed = [ring for ring in new if blocklist.server(ring.instance).allowed]
    return [ring for ring in allowed if room.takes(ring)][: max(left, 0)]


class _Room:
    """How many rings of each domain are known already."""

    def __init__(self, known: Iterable[RingId], per_domain: int) -> None:
        self._counts = Counter(registrable(ring.instance) for ring in known)
        self._most = per_domain

    def takes(self, ring: RingId) -> bool:
        """Count one more, if there is room."""
        domain = registrable(ring.instance)
        if self._counts[domain] >= self._most:
            return False
        self._counts[domain] += 1
        return True
