"""Inviting the sites of a list, one by one: a long list holds nobody up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webring.clock import Clock
from webring.errors import Conflict
from webring.names import RingId
from webring.rings import askers
from webring.rings.deciding import Deciding
from webring.rings.importing import Imported, Refused
from webring.storage.database import Database
from webring.storage.ring_requests import RequestState

_LET_IN = frozenset({RequestState.INVITED, RequestState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Invited:
    """The addresses of those that are invited, and those that were passed over."""

    urls: tuple[str, ...]
    passed: tuple[Refused, ...]


async def invite_all(
    db: Database,
    deciding: Deciding,
    ring: RingId,
    sites: Sequence[Imported],
    actor: str,
    clock: Clock,
) -> Invited:
    """Invite all of them into a ring that we steward. Raises `NotFound` where we do not."""
    urls: list[str] = []
    passed: list[Refused] = []
    for site in sites:
        try:
            async with db.transaction() as tx:
                asker = askers.site(site.url)
                done = await deciding.invite(tx, ring, asker, "", actor, clock())
        except Conflict as error:
            passed.append(Refused(site.url, error.sentence))
            continue
        if done.state in _LET_IN:
            urls.append(site.url)
    return Invited(tuple(urls), tuple(passed))
