"""Making sure by ourselves that members want what the next version of their ring says of them.

A steward's server proposes and signs unasked what members may do by themselves, and nothing of that
on another's word: what is not seen here waits for the operator. What was seen is remembered, since
a proposal is looked at again and again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import HOUR, MINUTE, Clock, Millis
from webring.documents.ring import MemberKind, Ring, RingMember
from webring.documents.ring_changes import ChangeKind, MemberChange
from webring.names import PeerUrl, RingId, ServerName
from webring.rings import drafting
from webring.rings.drafting import WantedKind
from webring.rings.host_turns import HostTurns
from webring.rings.moving import Moves, serves_at
from webring.rings.rounds import BURST, GAP, domain
from webring.rings.seeing import Eyes, Seen
from webring.rings.site import LEFT
from webring.rings.slots import newcomer
from webring.rings.states import Finding, MemberState
from webring.storage import ring_members, ring_wishes
from webring.storage.database import Database
from webring.storage.ring_wishes import StoredWish

AT_ONCE: Final = 8
"""Members that are looked at together."""
LOOKS: Final = 200
"""Members that one call looks at; the next one goes on where it ended."""
PROVEN_FOR: Final[Millis] = HOUR
"""How long it holds that a member was seen to want something."""
UNPROVEN_FOR: Final[Millis] = MINUTE
"""And that it was not."""
REMEMBERED: Final = 10_000
"""Changes of which is known what came of them."""
_UNSAID: Final = frozenset({"not_named", "other_root"})
"""What a manifest that does not name the ring comes to; what we keep out ourselves is no wish."""
_SELF: Final[Mapping[ChangeKind, WantedKind]] = {
    ChangeKind.LEAVE: WantedKind.LEAVE,
    ChangeKind.SLEEP: WantedKind.SLEEP,
    ChangeKind.WAKE: WantedKind.WAKE,
    ChangeKind.MOVE: WantedKind.MOVE,
}


@dataclass(frozen=True, slots=True)
class _Case:
    """A change of a member of `ring`, which was looked for in what members asked of us."""

    ring: RingId
    change: MemberChange
    asked: bool


class MemberProver:
    """Looks at both halves. `own` and `base_url` are ours."""

    def __init__(
        self,
        db: Database,
        eyes: Eyes,
        moves: Moves,
        own: ServerName,
        base_url: PeerUrl,
        clock: Clock,
    ) -> None:
        self._db = db
        self._eyes = eyes
        self._moves = moves
        self._own = own
        self._base_url = base_url
        self._clock = clock
        self._turns = HostTurns(BURST, GAP)
        self._known: OrderedDict[_Case, tuple[bool, Millis]] = OrderedDict()
        self._judges: Mapping[ChangeKind, Callable[[_Case], Awaitable[bool]]] = {
            ChangeKind.JOIN: self._joins,
            ChangeKind.LEAVE: self._leaves,
            ChangeKind.MOVE: self._moves_away,
        }

    async def prove(self, before: Ring, changes: Sequence[MemberChange]) -> frozenset[str]:
        """The ids of those members whose changes were all seen to be wanted, by ourselves.

        It asks the network, for `LOOKS` members at most: never in a transaction.
        """
        wishes = await ring_wishes.of_ring(self._db.reader, before.id)
        cases = [_Case(before.id, each, _is_asked(each, wishes)) for each in changes]
        proven = await self._all(cases)
        unproven = {case.change.id for case in cases if not proven.get(case)}
        return frozenset(case.change.id for case in cases) - unproven

    async def _all(self, cases: Sequence[_Case]) -> dict[_Case, bool]:
        now, places = self._clock(), asyncio.Semaphore(AT_ONCE)
        known = {case: self._known_of(case, now) for case in cases}
        found = {case: proven for case, proven in known.items() if proven is not None}

        async def one(case: _Case) -> None:
            async with places:
                found[case] = await self._is_wanted(case)
            if _asks(case):
                self._remember(case, found[case])

        left = [case for case in known if case not in found]
        ready = [case for case in left if self._may_look(case, now)][:LOOKS]
        await asyncio.gather(*(one(case) for case in ready))
        return found

    async def _is_wanted(self, case: _Case) -> bool:
        judge = self._judges.get(case.change.kind)
        return case.asked if judge is None else await judge(case)

    async def _joins(self, case: _Case) -> bool:
        """Its own half is there, at the address that its entry gives."""
        after = case.change.after
        if after is None or (await self._see(case.ring, after)).finding is not Finding.SHOWN:
            return False
        return await self._is_at_home(after)

    async def _leaves(self, case: _Case) -> bool:
        """It says so, or its half is gone: by its manifest, or by strikes and one more look.

        A site says so by its page or its file, whoever proposes it.
        """
        before = case.change.before
        if case.asked or before is None:
            return case.asked
        if before.kind is MemberKind.COMMUNITY:
            return (await self._see(case.ring, before)).code in _UNSAID
        seen = await self._see(case.ring, before)
        if seen.code == LEFT:
            return True
        slot = await ring_members.get(self._db.reader, case.ring, before.id)
        silent = slot is not None and slot.state == MemberState.ONE_SIDED
        return silent and seen.finding is Finding.ABSENT and not seen.certain

    async def _moves_away(self, case: _Case) -> bool:
        """The old place and the new one both say so."""
        before, after = case.change.before, case.change.after
        if before is None or after is None or before.kind is not after.kind:
            return False
        if after.kind is MemberKind.SITE:
            reader = self._db.reader
            proof = await self._moves.site_moved(reader, case.ring, after.id, before.url, after.url)
            return proof.proven
        return case.asked and await self._arrived(case.ring, before, after)

    async def _arrived(self, ring: RingId, before: RingMember, after: RingMember) -> bool:
        """Whether the instance that a community moves to has it, with the membership.

        Within one instance the address in its message suffices.
        """
        if (await self._see(ring, after)).finding is not Finding.SHOWN:
            return False
        return before.instance == after.instance or await self._is_at_home(after)

    async def _is_at_home(self, member: RingMember) -> bool:
        if member.kind is MemberKind.SITE:
            return True
        return await serves_at(self._db.reader, member, self._own, self._base_url)

    async def _see(self, ring: RingId, member: RingMember) -> Seen:
        slot = newcomer(None, member, 0, ring, self._clock())
        return await self._eyes.see(self._db.reader, slot)

    def _may_look(self, case: _Case, now: Millis) -> bool:
        """Whether nobody has to be asked for it, or it is the turn of the site's domain."""
        member = case.change.after or case.change.before
        if member is None or not _asks(case):
            return True
        return self._turns.take(domain(member.url), now) <= now

    def _known_of(self, case: _Case, now: Millis) -> bool | None:
        proven, at = self._known.get(case, (False, now - HOUR))
        return proven if 0 <= now - at < (PROVEN_FOR if proven else UNPROVEN_FOR) else None

    def _remember(self, case: _Case, proven: bool) -> None:
        self._known[case] = (proven, self._clock())
        self._known.move_to_end(case)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _asks(case: _Case) -> bool:
    """Whether a site has to be asked over the network."""
    kind, member = case.change.kind, case.change.after or case.change.before
    if member is None or member.kind is not MemberKind.SITE:
        return False
    gone = kind is ChangeKind.LEAVE and not case.asked
    return gone or kind in {ChangeKind.JOIN, ChangeKind.MOVE}


def _is_asked(change: MemberChange, wishes: Sequence[StoredWish]) -> bool:
    """Whether the member itself asked us for this very change."""
    kind = _SELF.get(change.kind)
    return any(
        wish.decider == ""
        and wish.wanted.kind is kind
        and wish.wanted.member == change.id
        and (kind is not WantedKind.MOVE or _leads_there(wish, change.after))
        and wish.wanted != drafting.departed(change.id)
        for wish in wishes
    )


def _leads_there(wish: StoredWish, after: RingMember | None) -> bool:
    """Whether a wish to move is for the place of this entry."""
    if after is None:
        return False
    place = {"url": after.url, "instance": after.instance, "community": after.community}
    wanted = wish.wanted.payload
    return all(wanted.get(key) == value for key, value in place.items())
