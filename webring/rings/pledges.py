"""A community's own half of consent: what its instance's manifest says, verified and stored.

Nobody is asked: visits to peers bring manifests, and authority over rooms is judged there. What is
found here is a signed statement, so it counts at once. That the operator has not accepted an
instance is no hindrance: the ring's stewards have.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.directory.listing import Claim, Standing
from webring.documents import trust
from webring.documents.authority import unaccepted
from webring.documents.manifest import read_manifest
from webring.documents.parts import Membership
from webring.documents.trust import Freshness, PeerTrust
from webring.names import CommunityId, RingId, ServerName, Slug
from webring.rings.states import Finding
from webring.storage import communities, decisions, documents, memberships, peers
from webring.storage.models import Peer
from webring.storage.sql import Connection

REPIN: Final = "repin_peer"
"""The decision by which an operator let go of a peer's keys."""
REMEMBERED: Final = 500
"""Manifests whose memberships are kept at hand."""

_PLEDGE: Final = (
    "On its instance: webring ring join {ring} {community} (its manifest then names the ring)."
)
_AUTHORITY: Final = (
    "Let its alias, its server's well-known document or its room's topic name {instance}."
)


@dataclass(frozen=True, slots=True)
class Pledger:
    """The community that is a member, by the ring's document; `root` is the ring's."""

    ring: RingId
    root: str
    instance: ServerName
    community: Slug
    joined_at: Millis
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Pledge:
    """What was found. `code` is a stable word; `why` and `mend` are sentences for people.

    `certain` where it is what the instance signed, or what the operator here decided; what is not
    known yet is no statement. `title` is raw text, "" where there is none.
    """

    finding: Finding
    code: str
    why: str
    mend: str = ""
    title: str = ""

    @property
    def certain(self) -> bool:
        """Whether it counts at once."""
        return self.finding is not Finding.UNKNOWN


class Pledges:
    """Reads communities' halves. `own` is our own name, whose manifest we issued ourselves."""

    def __init__(self, own: ServerName) -> None:
        self._own = own
        self._read: OrderedDict[str, tuple[Membership, ...]] = OrderedDict()

    async def look(self, conn: Connection, pledger: Pledger, now: Millis) -> Pledge:
        """Whether the community stands by the ring."""
        if pledger.instance == self._own:
            row = await documents.latest(conn)
            named = self._memberships(row.sha256, row.body) if row else ()
            return await self._pledge(conn, pledger, named)
        peer = await peers.get(conn, pledger.instance)
        hindrance = _hindrance(peer, pledger, now) or await _repinned(conn, pledger)
        if hindrance or peer is None or peer.manifest is None or peer.sha256 is None:
            return hindrance or _unknown(pledger)
        return await self._pledge(conn, pledger, self._memberships(peer.sha256, peer.manifest))

    async def is_under_way(self, conn: Connection, pledger: Pledger) -> bool:
        """Whether the community is ours, and our next manifest names the ring for it."""
        if pledger.instance != self._own:
            return False
        membership = await memberships.get(conn, pledger.ring, pledger.community)
        return membership is not None and membership.root == pledger.root

    async def _pledge(
        self, conn: Connection, pledger: Pledger, named: tuple[Membership, ...]
    ) -> Pledge:
        claim = await communities.get(conn, CommunityId(f"{pledger.community}:{pledger.instance}"))
        return _unnamed(pledger, named) or _unspoken(pledger, claim) or _given(pledger, claim)

    def _memberships(self, sha256: str, body: bytes) -> tuple[Membership, ...]:
        """The memberships that a manifest names; each manifest is read once."""
        if sha256 not in self._read:
            self._read[sha256] = read_manifest(body).memberships
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        self._read.move_to_end(sha256)
        return self._read[sha256]


def _hindrance(peer: Peer | None, pledger: Pledger, now: Millis) -> Pledge | None:
    """Why the instance's manifest does not count, whatever it says."""
    name = pledger.instance
    if peer is not None and peer.state == "blocked":
        return Pledge(Finding.ABSENT, "blocked", f"the operator here keeps {name} out")
    if peer is None or peer.trust is None or peer.manifest is None:
        return _unknown(pledger)
    if trust.freshness(PeerTrust.from_json(peer.trust), now) is Freshness.LAPSED:
        why = f"the last manifest of {name} that could be verified expired more than a week ago"
        mend = f"See to it that {name} answers, and signs by the keys that are known of it."
        return Pledge(Finding.FAILED, "lapsed", why, mend)
    return None


def _unknown(pledger: Pledger) -> Pledge:
    """The instance is not known: not yet, or no more."""
    name = pledger.instance
    finding = Finding.FAILED if pledger.confirmed else Finding.UNKNOWN
    why = f"no manifest of {name} has been verified here"
    return Pledge(
        finding, "unverified", why, f"See to it that {name} answers; it is visited hourly."
    )


async def _repinned(conn: Connection, pledger: Pledger) -> Pledge | None:
    """A new identity inherits no membership of the old one: it has to join for itself."""
    decided = await decisions.about(conn, pledger.instance)
    repinned_at = max((each.at for each in decided if each.action == REPIN), default=None)
    if repinned_at is None or pledger.joined_at >= repinned_at:
        return None
    why = f"{pledger.instance} has become another identity since it joined"
    return Pledge(Finding.ABSENT, "repinned", why, "Leave the ring, and join it anew.")


def _unnamed(pledger: Pledger, named: tuple[Membership, ...]) -> Pledge | None:
    for membership in named:
        if (membership.ring, membership.community) == (pledger.ring, pledger.community):
            if membership.root == pledger.root:
                return None
            why = f"{pledger.instance} names another ring of the same id: its root differs"
            return Pledge(Finding.ABSENT, "other_root", why, _how(_PLEDGE, pledger))
    why = f"the manifest of {pledger.instance} does not name this ring for {pledger.community}"
    return Pledge(Finding.ABSENT, "not_named", why, _how(_PLEDGE, pledger))


def _unspoken(pledger: Pledger, claim: Claim | None) -> Pledge | None:
    """The community has to be one that the instance may speak for."""
    if claim is None:
        why = f"{pledger.instance} presents no community {pledger.community} that is shown here"
        return Pledge(Finding.ABSENT, "not_listed", why)
    only_claimed = claim.standing is Standing.CLAIMED and claim.why != unaccepted(pledger.instance)
    if only_claimed or claim.standing is Standing.DISPUTED:
        why = f"{pledger.instance} may not speak for it: {claim.why}"
        return Pledge(Finding.ABSENT, "not_spoken_for", why, _how(_AUTHORITY, pledger))
    return None


def _given(pledger: Pledger, claim: Claim | None) -> Pledge:
    why = f"the manifest of {pledger.instance} names the ring"
    return Pledge(Finding.SHOWN, "named", why, title=claim.name if claim else "")


def _how(text: str, pledger: Pledger) -> str:
    return text.format(ring=pledger.ring, community=pledger.community, instance=pledger.instance)
