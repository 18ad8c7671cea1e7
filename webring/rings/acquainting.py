"""Instances that a ring brings with it: its stewards, who say what is new, and its members'.

They become known as peers, to be visited like any other; nobody is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from webring.clock import Millis
from webring.crawler import frontier
from webring.documents.ring import Ring
from webring.moderation.blocklist import Blocklist
from webring.names import RingId, ServerName
from webring.settings import Settings
from webring.storage import peers, ring_members
from webring.storage.sql import Connection

ORIGIN: Final = "ring"
"""Why such a peer is known."""


async def acquaint(
    tx: Connection,
    ring: RingId,
    head: Ring | None,
    settings: Settings,
    now: Millis,
    *,
    wanted: bool,
) -> None:
    """Get to know whom the ring needs: its founder until a version is held, then its stewards, and
    the instances of its members, whose manifests hold their half of the consent.

    A ring that is not `wanted` here brings along no members, and nobody at all where the operator
    wants no peers to be discovered.
    """
    if not wanted and not settings.peers.discover:
        return
    needed = {ring.instance} if head is None else set(head.terms.stewards.instances)
    of_domain = None if wanted else settings.peers.per_domain
    await _add(tx, needed, settings, now, of_domain)
    if wanted and head is not None:
        members = await ring_members.instances(tx, ring)
        await _add(tx, members, settings, now, settings.peers.per_domain)


async def _add(
    tx: Connection,
    names: Iterable[ServerName],
    settings: Settings,
    now: Millis,
    of_domain: int | None,
) -> None:
    blocklist = await Blocklist.load(tx)
    there = await peers.known(tx, names)
    new = [
        name
        for name in sorted(names)
        if name != settings.instance.name and name not in there and blocklist.server(name).allowed
    ]
    if new:
        candidates = frontier.candidates(new, ORIGIN)
        most = frontier.MAX_PEERS
        await peers.add(tx, candidates, now, now, cap=most, per_domain=of_domain)
