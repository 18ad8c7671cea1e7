"""Requests to join rings that we steward: who may ask, and what the ring's policy makes of it.

Under `open`, whoever says itself that it is in the ring is in, without a decision; until it says
so the request waits, and is looked at again (`webring.rings.waiting`). Under `request` it waits for
a steward's operator (`webring.rings.deciding`). Under `invite` it is refused unless an invitation
stands. Whoever was taken out within the year comes back by a decision alone. A site that is invited
need not ask: it is looked at, and let in once it says itself that it is in the ring.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from webring.clock import Millis
from webring.documents import chain
from webring.documents.chain import RingFreshness
from webring.documents.ring import JoinPolicy, MemberKind, Ring
from webring.documents.ring_changes import was_taken_out
from webring.moderation.blocklist import Blocklist
from webring.names import PeerUrl, ServerName
from webring.rings import askers
from webring.rings.admitting import Admission, drop_wishes
from webring.rings.askers import UNSERVED, Asker
from webring.rings.crowding import crowded, full
from webring.rings.drafting import WantedKind
from webring.rings.joining import COMMAND, Asked, Asking, asked_before, refused, request_of
from webring.rings.keeping import Notes
from webring.rings.looking import SiteCheck
from webring.rings.pledges import Pledger, Pledges
from webring.rings.shelf import Shelf
from webring.rings.states import Finding
from webring.storage import ring_members, ring_requests
from webring.storage.notices import REQUEST
from webring.storage.ring_requests import RequestState, StoredRequest
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

_DECISION: Final = "a steward of the ring decides about it"
_OPEN: Final = "the ring is open, and it says itself that it is in it"
_WELCOME: Final = "a steward invited it, and it says itself that it is in the ring"
_UNSEEN: Final = "it was not looked at yet"
_UNSIGNED: Final = "it is in once our manifest says so, which is issued anew within seconds"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a request waits; `undecided` where somebody has to decide, else the asker can mend it.

    `silent`: the site was looked at, and does not say itself that it wants to be in.
    """

    why: str
    undecided: bool
    silent: bool = False


class Requests:
    """Takes requests. `own` and `base_url` are ours. Nothing is asked of the network here."""

    def __init__(
        self, own: ServerName, base_url: PeerUrl, shelf: Shelf, pledges: Pledges, notes: Notes
    ) -> None:
        self._shelf = shelf
        self._pledges = pledges
        self._notes = notes
        self._admission = Admission(own, base_url)

    async def asked(self, tx: Connection, asking: Asking, now: Millis) -> Asked:
        """Take a request for a ring that we steward, or say why not. Asked again, it stands as it
        did.
        """
        head = await self._shelf.head(tx, asking.ring.id)
        why = closed(asking.ring, head, now) or await kept_out(tx, asking.asker)
        if head is None or why:
            return refused(asking, why)
        if asking.decider and not await self._has_to_decide(tx, head, asking, now):
            asking = replace(asking, decider="")
        known = await self._in_it(tx, head, asking, now)
        if known is None and not asking.decider:
            known = await asked_before(tx, asking, now)
        if known is not None:
            return known
        if why := await _full(tx, asking):
            return refused(asking, why)
        return await self._take(tx, head, asking, now)

    async def _has_to_decide(
        self, conn: Connection, head: Ring, asking: Asking, now: Millis
    ) -> bool:
        """Whether our operator's yes is needed at all. What members may do by themselves the first
        steward proposes: were each to propose its own, none of the versions would be signed.
        """
        hold = await self.held(conn, head, request_of(asking, now), asking.look, now)
        return hold is not None and hold.undecided

    async def consider(
        self,
        tx: Connection,
        head: Ring,
        request: StoredRequest,
        look: SiteCheck | None,
        now: Millis,
    ) -> Hold | None:
        """Let a waiting asker in where the ring is open and both halves are there.

        None if it is in, else why it waits.
        """
        if hold := await self.held(tx, head, request, look, now):
            return hold
        invited = request.state is RequestState.INVITED
        decider, reason = (request.decider, _WELCOME) if invited else ("", _OPEN)
        why = await self._admission.admit(tx, head, request, decider, reason, now)
        return Hold(why, undecided=invited) if why else None

    async def held(
        self,
        conn: Connection,
        head: Ring,
        request: StoredRequest,
        look: SiteCheck | None,
        now: Millis,
    ) -> Hold | None:
        """Why an asker is not let in without a decision; None if it is.

        Of an invitation the decision is there: what is missing is the invited site's own word.
        """
        if request.state is RequestState.INVITED:
            why = await self._one_sided(conn, request, look, now)
            return Hold(why, undecided=True) if why else None
        if head.terms.policy is not JoinPolicy.OPEN:
            silent = look is not None and look.finding is not Finding.SHOWN
            return Hold(_DECISION, undecided=True, silent=silent)
        if removed := was_taken_out(head, request.member):
            why = f"it was taken out of the ring ({removed.code}), so {_DECISION}"
            return Hold(why, undecided=True)
        if why := await self._one_sided(conn, request, look, now):
            return Hold(why, undecided=False)
        if why := await crowded(conn, head, request):
            return Hold(f"{why}, so {_DECISION}", undecided=True)
        return None

    async def _in_it(self, tx: Connection, head: Ring, asking: Asking, now: Millis) -> Asked | None:
        """The answer to whoever is in the ring already, or wants a place that somebody has."""
        entry = asking.asker.entry(head.root, now)
        holder = askers.in_its_place(head, entry)
        if holder is None:
            return None
        if not askers.is_same(holder, entry):
            why = "another member of the ring has its id or its address"
            return Asked("", RequestState.DECLINED, why, entry.id)
        if holder.kind is MemberKind.COMMUNITY:
            # It wanted to leave, and has changed its mind before a version said so.
            await drop_wishes(tx, head.id, holder.id, {WantedKind.LEAVE})
            await ring_members.hasten(tx, head.id, [holder.id], now)
        return Asked("", RequestState.ACCEPTED, "it is in the ring", holder.id)

    async def _take(self, tx: Connection, head: Ring, asking: Asking, now: Millis) -> Asked:
        request = request_of(asking, now)
        decider, why = asking.decider, "a steward of the ring has decided it"
        if not decider:
            decider, why = await _inviter(tx, request), "a steward has invited it"
        if not decider and (refusal := _uninvited(head, request.member)):
            return refused(asking, refusal)
        if not await ring_requests.add(tx, request):
            return refused(asking, "another request has its id")
        if decider:
            reason = await self._admission.admit(tx, head, request, decider, why, now)
        else:
            hold = await self.consider(tx, head, request, asking.look, now)
            reason = hold.why if hold else ""
            if hold is not None and hold.undecided:
                await self._ask_operator(tx, asking)
        if reason:
            await ring_requests.note(tx, request.id, title=request.title, reason=reason)
        stored = await ring_requests.get(tx, request.id) or request
        return Asked(stored.id, stored.state, stored.reason, stored.member)

    async def _ask_operator(self, tx: Connection, asking: Asking) -> None:
        ring, name = asking.ring, asking.asker.name
        said = f": {asking.note}" if asking.note.strip() else "."
        text = f"{name} asks to join {ring.name or ring.id}{said}"
        member = asking.asker.member_id(ring.root)
        await self._notes.note(tx, ring.id, member, REQUEST, text)

    async def _one_sided(
        self, conn: Connection, request: StoredRequest, look: SiteCheck | None, now: Millis
    ) -> str:
        """What is missing of the asker's own half, "" if nothing is."""
        if request.kind == MemberKind.SITE:
            if look is None:
                return _UNSEEN
            return "" if look.finding is Finding.SHOWN else _sentences(look.why, look.mend)
        if request.instance is None or request.community is None:
            return _UNSEEN
        pledger = Pledger(
            ring=request.ring,
            root=request.root,
            instance=request.instance,
            community=request.community,
            joined_at=now,
            confirmed=False,
        )
        pledge = await self._pledges.look(conn, pledger, now)
        if pledge.code == "not_named" and await self._pledges.is_under_way(conn, pledger):
            return _UNSIGNED
        return "" if pledge.finding is Finding.SHOWN else _sentences(pledge.why, pledge.mend)


def closed(stored: StoredRing, head: Ring | None, now: Millis) -> str:
    """Why nobody can join a ring at the moment, "" if somebody can."""
    if head is None:
        return "no version of the ring is known here yet"
    if chain.freshness(head, now) is not RingFreshness.FRESH:
        return "the ring's newest version has expired: its stewards have to renew it first"
    if stored.behind_since is not None:
        return "a steward names a newer version than the one that is known here: ask again later"
    return ""


async def kept_out(conn: Connection, asker: Asker) -> str:
    """Why an asker is not even asked about, "" if it is."""
    if not asker.url:
        return UNSERVED
    blocklist = await Blocklist.load(conn)
    for name in asker.servers:
        verdict = blocklist.server(name)
        if not verdict.allowed:
            return verdict.why.rstrip(".")
    return ""


async def _full(conn: Connection, asking: Asking) -> str:
    """Why no further request is taken, "" if one is. Our own communities are few."""
    if asking.origin == COMMAND:
        return ""
    return await full(conn, asking.ring.id, asking.asker, asking.by)


async def _inviter(conn: Connection, request: StoredRequest) -> str:
    """Which operator of ours has invited whoever asks, "" if nobody did."""
    found = await ring_requests.of_member(conn, request.ring, request.member)
    invited = (
        each.decider
        for each in found
        if each.state is RequestState.INVITED and each.origin == COMMAND
    )
    return next(invited, "")


def _uninvited(head: Ring, member: str) -> str:
    """Why somebody whom nobody invited cannot even wait."""
    if head.terms.policy is JoinPolicy.INVITE:
        return "the ring takes only whom one of its stewards has invited"
    removed = was_taken_out(head, member)
    if removed is not None and head.terms.policy is JoinPolicy.OPEN:
        return (
            f"the stewards took it out of the ring ({removed.code}); within a year one of them "
            "has to invite it again"
        )
    return ""


def _sentences(why: str, mend: str) -> str:
    """What is missing, and how to mend it."""
    return f"{why}. {mend}" if mend else why
