"""What a restored database must not forget of vouches: what was said last, and taken back.

What the replaced database lacks and nobody took back stays: it may be that it was lost.
"""

from __future__ import annotations

from webring.storage import decisions, own_vouches
from webring.storage.sql import Connection
from webring.storage.vouches import place_of


async def carry_vouches(former: Connection, tx: Connection) -> None:
    """Carry over what `former` knows of our own vouches. Decisions are carried over before."""
    await _said(former, tx)
    await _agreed(former, tx)


async def _said(former: Connection, tx: Connection) -> None:
    kept = await own_vouches.all(former)
    for each in kept:
        await own_vouches.put(tx, each)
    known = {(each.community, place_of(each.vouch)) for each in kept}
    for each in await own_vouches.all(tx):
        place = place_of(each.vouch)
        if (each.community, place) in known:
            continue
        target = own_vouches.target(each.community, place)
        if await _is_over(tx, target, own_vouches.VOUCHED, own_vouches.VOUCHED_NO_MORE):
            await own_vouches.remove(tx, each.community, place)


async def _agreed(former: Connection, tx: Connection) -> None:
    kept = await own_vouches.acceptances(former)
    for each in kept:
        await own_vouches.accept(tx, each)
    known = {(each.community, each.accepted.voucher) for each in kept}
    for each in await own_vouches.acceptances(tx):
        voucher = each.accepted.voucher
        if (each.community, voucher) in known:
            continue
        target = own_vouches.target(each.community, voucher)
        if await _is_over(tx, target, own_vouches.ACCEPTED, own_vouches.ACCEPTED_NO_MORE):
            await own_vouches.unaccept(tx, each.community, voucher)


async def _is_over(tx: Connection, target: str, begun: str, ended: str) -> bool:
    """Whether the last word about a vouch, or a yes to one, was that it is no more."""
    found = await decisions.about(tx, target)
    words = [each.action for each in found if each.action in {begun, ended}]
    return words[-1:] == [ended]
