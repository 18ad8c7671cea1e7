"""What members want by themselves, of rings that we steward: leave, sleep, wake, move.

Nobody's permission is needed, so each becomes a wish without a decider. A later word takes the
place of an earlier one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from webring.clock import HOUR, Millis
from webring.documents.message import MessageKind
from webring.documents.ring import MemberKind, Ring, RingMember, SlotState
from webring.names import RingId, ServerName, Slug
from webring.rings import askers, drafting
from webring.rings.admitting import drop_wishes, wants_place
from webring.rings.drafting import WantedKind
from webring.rings.slots import standing, with_standing
from webring.rings.states import Finding, Halves, judge
from webring.storage import ring_members, ring_wishes, rings
from webring.storage.ring_members import StoredMember
from webring.storage.sql import Connection

LEAVING: Final = "it has left: the next version of the ring will say so"
UNASKED: Final[Millis] = 2 * HOUR
"""How long the half of whoever leaves is not looked at: its manifest follows within a cycle."""
_SLEEP: Final = {WantedKind.SLEEP, WantedKind.WAKE}
_OWN: Final = {WantedKind.JOIN, WantedKind.LEAVE, WantedKind.MOVE, *_SLEEP}


async def leave(tx: Connection, slot: StoredMember, now: Millis) -> None:
    """Want a listed member to go, and send nobody there from now on."""
    await go(tx, slot, now)
    await part(tx, slot, now)


async def go(tx: Connection, slot: StoredMember, now: Millis) -> None:
    """Want a listed member to go, at its own word; said again, it is wanted since the first."""
    if await is_leaving(tx, slot.ring, slot.member):
        return
    await drop_wishes(tx, slot.ring, slot.member, _OWN)
    await ring_wishes.add(tx, slot.ring, drafting.leave(slot.member), "", now)


async def stay(tx: Connection, slot: StoredMember) -> None:
    """A member stands by the ring again before a version says that it left."""
    await drop_wishes(tx, slot.ring, slot.member, {WantedKind.LEAVE})


async def is_leaving(conn: Connection, ring: RingId, member: str) -> bool:
    """Whether a member has said that it leaves, and no version says so yet."""
    wishes = await ring_wishes.of_ring(conn, ring)
    return any(each.wanted == drafting.leave(member) for each in wishes)


async def part(tx: Connection, slot: StoredMember, now: Millis) -> None:
    """Send nobody to a member any more: its own half is gone, at its own word."""
    asleep = slot.slot == SlotState.SLEEPING
    gone = Halves(listed=True, finding=Finding.ABSENT, sleeping=asleep, certain=True)
    after = with_standing(slot, judge(standing(slot), gone, now))
    await rings.touch(tx, slot.ring)
    await ring_members.put(tx, [replace(after, reason=LEAVING, next_at=now + UNASKED)])


async def rest(tx: Connection, slot: StoredMember, kind: MessageKind, now: Millis) -> str:
    """Want a listed member to sleep or to wake; what comes of it, in a sentence."""
    await drop_wishes(tx, slot.ring, slot.member, _SLEEP)
    asleep = kind is MessageKind.SLEEP
    if (slot.slot == SlotState.SLEEPING) is asleep:
        return "it sleeps already" if asleep else "it is awake already"
    wanted = drafting.sleep(slot.member) if asleep else drafting.wake(slot.member)
    await ring_wishes.add(tx, slot.ring, wanted, "", now)
    return "the next version of the ring will say so"


async def move(
    tx: Connection,
    head: Ring,
    slot: StoredMember,
    url: str,
    home: tuple[ServerName, Slug] | None,
    now: Millis,
) -> str:
    """Want a listed member at another place; "", or why it cannot be there.

    It moves once the new place says so as well, which is looked at before a version is proposed.
    """
    entry = moved(slot, url, home)
    if why := await taken(tx, head, entry):
        return why
    await drop_wishes(tx, slot.ring, slot.member, {WantedKind.MOVE})
    await ring_wishes.add(tx, slot.ring, drafting.move(slot.member, url, home), "", now)
    return ""


def moved(slot: StoredMember, url: str, home: tuple[ServerName, Slug] | None) -> RingMember:
    """A member's entry as it would be at another place."""
    instance, community = home or (None, None)
    return RingMember(slot.member, MemberKind(slot.kind), instance, community, url, slot.joined_at)


async def taken(conn: Connection, head: Ring, entry: RingMember) -> str:
    """Why a member cannot be at the place of `entry`, "" if it can."""
    others = replace(head, members=tuple(each for each in head.members if each.id != entry.id))
    if askers.in_its_place(others, entry) is not None:
        return "another member of the ring has that address"
    wishes = await ring_wishes.of_ring(conn, head.id)
    if any(wants_place(wish, entry) for wish in wishes):
        return "somebody else is about to have that address in the ring"
    return ""
