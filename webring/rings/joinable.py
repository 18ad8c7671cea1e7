"""What is to be known before a community of ours joins a ring, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.documents.ring import JoinPolicy, Ring
from webring.documents.ring_changes import was_taken_out
from webring.names import CommunityId, PeerUrl, RingId, ServerName, Slug
from webring.rings import askers
from webring.rings.requests import closed
from webring.rings.shelf import Shelf
from webring.storage import communities, memberships, ring_members, ring_requests, rings
from webring.storage.ring_requests import OPEN, RequestState
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

_POLICIES: Final = {
    JoinPolicy.OPEN: "Whoever says itself that it is in the ring is in: nobody has to decide.",
    JoinPolicy.REQUEST: "A steward of the ring decides.",
    JoinPolicy.INVITE: "Only whom a steward has invited is let in.",
}


@dataclass(frozen=True, slots=True)
class JoinFinding:
    """Something about a join. `code` is a stable word, `why` a sentence, `mend` what to do (or "").

    `blocks`: it cannot be joined so; `is_unknown`: because something is not there at all. Text of
    the ring (its criteria) is raw.
    """

    code: str
    why: str
    mend: str = ""
    blocks: bool = False
    is_unknown: bool = False


class Joinable:
    """Looks before a join. `own` and `base_url` are ours."""

    def __init__(self, own: ServerName, base_url: PeerUrl, shelf: Shelf) -> None:
        self._own = own
        self._base_url = base_url
        self._shelf = shelf

    async def check(
        self, conn: Connection, ring: RingId, community: Slug, now: Millis
    ) -> list[JoinFinding]:
        """Every finding, those that stand in the way first."""
        stored = await rings.get(conn, ring)
        head = await self._shelf.head(conn, ring) if stored else None
        found = [await self._of_community(conn, community)]
        if stored is None or head is None:
            found.append(_unknown(ring, stored))
        else:
            found += [_of_time(stored, head, now), *await self._of_slot(conn, head, community)]
            found += _of_terms(head)
        return sorted((each for each in found if each), key=lambda each: not each.blocks)

    async def unpublished(self, conn: Connection, community: Slug) -> str:
        """Why a community cannot stand in a ring, "" if it can."""
        finding = await self._of_community(conn, community)
        return finding.why if finding else ""

    async def _of_community(self, conn: Connection, community: Slug) -> JoinFinding | None:
        claim = await communities.get(conn, CommunityId(f"{community}:{self._own}"))
        if claim is None:
            why = f"{self._own} publishes no community {community}"
            mend = "webring manifest show lists those that it does; [communities] adds more."
            return JoinFinding("unknown_community", why, mend, blocks=True, is_unknown=True)
        if not claim.standing.is_spoken_for:
            why = f"{community} is not spoken for: {claim.why}"
            return JoinFinding("not_spoken_for", why, "See: webring check", blocks=True)
        asker = await askers.community(conn, self._own, self._base_url, self._own, community)
        if not asker.url:
            return JoinFinding("no_address", f"{community}: {askers.UNSERVED}", blocks=True)
        return None

    async def _of_slot(
        self, conn: Connection, head: Ring, community: Slug
    ) -> list[JoinFinding | None]:
        """What became of the community in this ring before."""
        asker = await askers.community(conn, self._own, self._base_url, self._own, community)
        entry = asker.entry(head.root, 0)
        holder = askers.in_its_place(head, entry)
        pledged = await memberships.get(conn, head.id, community) is not None
        if holder is not None and not askers.is_same(holder, entry):
            why = "another member of the ring has its id or its address"
            return [JoinFinding("place_taken", why, "Join with another community.", blocks=True)]
        slot = await ring_members.get(conn, head.id, holder.id) if holder else None
        if holder is not None and pledged:
            state = f" ({slot.state})" if slot else ""
            return [JoinFinding("is_member", f"{community} is in {head.id}{state}", blocks=True)]
        if holder is not None:
            why = "The ring lists it already: only its own half is missing."
            return [JoinFinding("listed", why)]
        return [await _asked(conn, head, entry.id), _taken_out(head, entry.id)]


async def _asked(conn: Connection, head: Ring, member: str) -> JoinFinding | None:
    for each in await ring_requests.of_member(conn, head.id, member):
        if each.state in OPEN:
            why = f"it has asked already, and is not answered yet: {each.reason}"
            return JoinFinding("asked", why, blocks=True)
        if each.state is RequestState.INVITED:
            return JoinFinding("invited", f"It was invited by {each.decider}.")
    return None


def _taken_out(head: Ring, member: str) -> JoinFinding | None:
    removed = was_taken_out(head, member)
    if removed is None:
        return None
    why = f"The stewards took it out of the ring ({removed.code}): one of them has to invite it."
    return JoinFinding("taken_out", why)


def _of_time(stored: StoredRing, head: Ring, now: Millis) -> JoinFinding | None:
    why = closed(stored, head, now)
    if why and stored.behind_since is not None:
        return JoinFinding("behind", why, f"See: webring ring show {stored.id}", blocks=True)
    return JoinFinding("stale", why, "Its stewards renew it.", blocks=True) if why else None


def _of_terms(head: Ring) -> list[JoinFinding]:
    found = [JoinFinding(f"policy_{head.terms.policy.value}", _POLICIES[head.terms.policy])]
    if head.terms.criteria:
        found.append(JoinFinding("criteria", head.terms.criteria))
    return found


def _unknown(ring: RingId, stored: StoredRing | None) -> JoinFinding:
    if stored is None:
        mend = f"webring ring show {ring} gets to know it."
        return JoinFinding(
            "unknown_ring", f"no ring {ring} is known here", mend, blocks=True, is_unknown=True
        )
    why = f"no version of {ring} could be verified yet: {stored.why or 'it was not asked for yet'}"
    return JoinFinding("no_version", why, blocks=True, is_unknown=True)
