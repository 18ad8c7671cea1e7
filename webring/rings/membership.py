"""The half of our own communities: join, leave, sleep, wake, move. Nobody is asked over the network
here: messages are kept until they are delivered, and the manifest is issued anew within seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.documents import message as messages
from webring.documents import ring_messages
from webring.documents.fields import cut, is_web_url
from webring.documents.message import MessageKind
from webring.documents.parts import Membership
from webring.documents.ring import Ring, community_member_id
from webring.documents.ring_messages import MAX_NOTE, Move, RingMessage, SlotChange
from webring.errors import BadRequest, Conflict, NotFound
from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.rings import askers, passing, wanting
from webring.rings.admitting import drop_wishes, settle
from webring.rings.drafting import WantedKind
from webring.rings.joinable import Joinable, JoinFinding
from webring.rings.joining import COMMAND, Asked, Asking
from webring.rings.requests import Requests
from webring.rings.shelf import Shelf
from webring.storage import (
    decisions,
    documents,
    memberships,
    outgoing,
    ring_members,
    ring_requests,
    rings,
)
from webring.storage.decisions import Decision
from webring.storage.ring_members import StoredMember
from webring.storage.ring_requests import OPEN, RequestState
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection

_LOGGED: Final = {
    MessageKind.SLEEP: "sleep_ring",
    MessageKind.WAKE: "wake_ring",
    MessageKind.MOVE: "move_ring",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a community moves to. "" and None: as it is."""

    url: str = ""
    instance: ServerName | None = None
    community: Slug | None = None


class Memberships:
    """Carries out what our operator, or whoever looks after a community, wants of rings."""

    def __init__(
        self, own: ServerName, base_url: PeerUrl, shelf: Shelf, requests: Requests
    ) -> None:
        self._own = own
        self._base_url = base_url
        self._shelf = shelf
        self._requests = requests
        self._joinable = Joinable(own, base_url, shelf)

    async def check_join(
        self, conn: Connection, ring: RingId, community: Slug, now: Millis
    ) -> list[JoinFinding]:
        """What stands in the way of a join, and what is to be known before it."""
        return await self._joinable.check(conn, ring, community, now)

    async def join(
        self,
        tx: Connection,
        ring: RingId,
        community: Slug,
        note: str,
        actor: str,
        now: Millis,
        *,
        decides: bool = False,
    ) -> Asked:
        """Be willing to stand in a ring, and ask its stewards; `decides` where `actor` may say yes
        for us as a steward.

        Raises `NotFound` and `Conflict` by what `check_join` finds.
        """
        for finding in await self.check_join(tx, ring, community, now):
            if finding.blocks:
                raise NotFound(finding.why) if finding.is_unknown else Conflict(finding.why)
        stored, head = await self._ring(tx, ring)
        await self._pledge(tx, stored, community, actor, note, now)
        asker = await askers.community(tx, self._own, self._base_url, self._own, community)
        note, request_id = cut(note, MAX_NOTE), messages.new_id()
        if askers.in_its_place(head, asker.entry(head.root, now)) is not None:
            return Asked("", RequestState.ACCEPTED, "the ring lists it already", "")
        others = await passing.send(tx, self._own, head, request_id, asker, note, now)
        if stored.stewarded:
            decider = actor if decides else ""
            asking = Asking(stored, asker, note, COMMAND, request_id, decider=decider)
            asked = await self._requests.asked(tx, asking, now)
            if asked.id:
                return asked
            if not others:
                raise Conflict(asked.reason)
        request = passing.passed(head, asker, request_id, note, COMMAND, now)
        await ring_requests.add(tx, request)
        return Asked(request.id, request.state, request.reason, request.member)

    async def pledge(
        self, tx: Connection, ring: RingId, community: Slug, actor: str, now: Millis
    ) -> None:
        """Be willing to stand in a ring, and ask nobody: for a member that moves here from another
        instance. Raises `NotFound` and `Conflict`.
        """
        stored, _ = await self._ring(tx, ring)
        if why := await self._joinable.unpublished(tx, community):
            raise NotFound(why)
        await self._pledge(tx, stored, community, actor, "", now)

    async def leave(
        self, tx: Connection, ring: RingId, community: Slug, actor: str, now: Millis
    ) -> int:
        """Be in a ring no more, at once; how many stewards are told. Raises `NotFound`."""
        stored = await rings.get(tx, ring)
        membership = await memberships.get(tx, ring, community)
        slot = await self._slot(tx, ring, community)
        if stored is None or (membership is None and slot is None):
            raise NotFound(f"{community} is not in {ring}")
        await memberships.remove(tx, ring, community)
        target = memberships.target(ring, community)
        await decisions.log(tx, Decision(now, actor, memberships.ENDED, target, ""))
        member = slot.member if slot else community_member_id(stored.root, self._own, community)
        head = await self._shelf.head(tx, ring)
        await self._call_off(tx, head, ring, member, actor, now)
        if slot is not None and stored.stewarded:
            await wanting.leave(tx, slot, now)
        elif slot is not None:
            await wanting.part(tx, slot, now)
        # After the ring's revision, as whoever writes a new head does: nobody waits for each other.
        await documents.want_manifest(tx, now)
        change = SlotChange(MessageKind.LEAVE, ring, stored.root, member)
        return await self._send(tx, head, change, now)

    async def sleep(
        self, tx: Connection, ring: RingId, community: Slug, actor: str, now: Millis
    ) -> int:
        """Keep the slot, and let nobody be sent there; how many stewards are told.

        Raises `NotFound` where the ring does not list it.
        """
        return await self._rest(tx, ring, community, MessageKind.SLEEP, actor, now)

    async def wake(
        self, tx: Connection, ring: RingId, community: Slug, actor: str, now: Millis
    ) -> int:
        """Let people be sent there again. Returns and raises as `sleep`."""
        return await self._rest(tx, ring, community, MessageKind.WAKE, actor, now)

    async def move(
        self, tx: Connection, ring: RingId, community: Slug, to: Place, actor: str, now: Millis
    ) -> str:
        """Have a member at another place: another address, another community of ours, or one of
        another instance, which has to pledge it there. The address that it will have.

        Raises `NotFound` where the ring does not list it, or the new community is not known,
        `BadRequest` for an address that no ring can lead to, and `Conflict` where it is taken.
        """
        stored, head = await self._ring(tx, ring)
        slot = await self._listed(tx, ring, community)
        home = (to.instance or self._own, to.community or community)
        if home[0] == self._own and (why := await self._joinable.unpublished(tx, home[1])):
            raise NotFound(why)
        url = to.url
        if not url:
            url = (await askers.community(tx, self._own, self._base_url, *home)).url
        if not is_web_url(url):
            raise BadRequest(f"url is an https:// address, not {url[:80]!a}")
        if (url, *home) == (slot.url, slot.instance, slot.community):
            raise Conflict(f"{community} stands in {ring} at {url} already")
        if why := await wanting.taken(tx, head, wanting.moved(slot, url, home)):
            raise Conflict(why)
        if home[0] == self._own and home[1] != community:
            await self._pledge(tx, stored, home[1], actor, f"{community} moves there", now)
        if stored.stewarded:
            await wanting.move(tx, head, slot, url, home, now)
        await self._log(tx, MessageKind.MOVE, ring, community, actor, url, now)
        await self._send(tx, head, Move(ring, stored.root, slot.member, url, *home), now)
        return url

    async def _rest(
        self,
        tx: Connection,
        ring: RingId,
        community: Slug,
        kind: MessageKind,
        actor: str,
        now: Millis,
    ) -> int:
        stored, head = await self._ring(tx, ring)
        slot = await self._listed(tx, ring, community)
        if stored.stewarded:
            await wanting.rest(tx, slot, kind, now)
        await self._log(tx, kind, ring, community, actor, "", now)
        return await self._send(tx, head, SlotChange(kind, ring, stored.root, slot.member), now)

    async def _pledge(
        self,
        tx: Connection,
        ring: StoredRing,
        community: Slug,
        actor: str,
        reason: str,
        now: Millis,
    ) -> None:
        await memberships.put(tx, Membership(ring.id, ring.root, community, now))
        target = memberships.target(ring.id, community)
        await decisions.log(tx, Decision(now, actor, memberships.BEGUN, target, reason))
        await documents.want_manifest(tx, now)

    async def _call_off(
        self, tx: Connection, head: Ring | None, ring: RingId, member: str, actor: str, now: Millis
    ) -> None:
        """Take back what was asked for a member, and what came of it but no version says yet."""
        for each in await ring_requests.of_member(tx, ring, member):
            if each.state in OPEN:
                await passing.withdraw(tx, head, each, "the community has left")
                await settle(tx, each, RequestState.WITHDRAWN, "", actor, "it was taken back", now)
        await drop_wishes(tx, ring, member, {WantedKind.JOIN})

    async def _send(
        self, tx: Connection, head: Ring | None, message: RingMessage, now: Millis
    ) -> int:
        """Send to every steward but ourselves; how many there are."""
        stewards = sorted(head.terms.stewards.instances) if head else []
        others = [name for name in stewards if name != self._own]
        for name in others:
            await outgoing.add(tx, ring_messages.draft(self._own, name, message), now)
        return len(others)

    async def _ring(self, conn: Connection, ring: RingId) -> tuple[StoredRing, Ring]:
        stored = await rings.get(conn, ring)
        head = await self._shelf.head(conn, ring) if stored else None
        if stored is None or head is None:
            raise NotFound(f"no ring {ring} is known here")
        return stored, head

    async def _slot(self, conn: Connection, ring: RingId, community: Slug) -> StoredMember | None:
        found = await ring_members.of_community(conn, self._own, community)
        return next((each for each in found if each.ring == ring), None)

    async def _listed(self, conn: Connection, ring: RingId, community: Slug) -> StoredMember:
        slot = await self._slot(conn, ring, community)
        if slot is None:
            raise NotFound(f"{ring} does not list {community}")
        return slot

    async def _log(
        self,
        tx: Connection,
        kind: MessageKind,
        ring: RingId,
        community: Slug,
        actor: str,
        reason: str,
        now: Millis,
    ) -> None:
        target = memberships.target(ring, community)
        await decisions.log(tx, Decision(now, actor, _LOGGED[kind], target, reason))


__all__ = ["JoinFinding", "Memberships", "Place"]
