"""From a proposal to a version: it collects signatures until there are enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from webring.clock import Millis
from webring.documents import canonical, chain
from webring.documents.ring import Ring, read_ring, with_members
from webring.documents.ring_outcome import RingOutcome
from webring.errors import DocumentError
from webring.names import RingId, ServerName
from webring.rings.founders import founder_keys
from webring.rings.hand import Hand, merged, only_good
from webring.rings.keeping import Keeper
from webring.rings.shelf import Shelf
from webring.storage import ring_signing, ring_versions, rings
from webring.storage.ring_signing import UNDER_WAY, Proposal, ProposalState
from webring.storage.sql import Connection


class Publishing:
    """Collects signatures, and publishes what has enough of them."""

    def __init__(self, hand: Hand, shelf: Shelf, keeper: Keeper) -> None:
        self._hand = hand
        self._shelf = shelf
        self._keeper = keeper

    async def add_signatures(
        self, tx: Connection, ring: RingId, sha256: str, signatures: canonical.Json, now: Millis
    ) -> bool:
        """Add a steward's answer to a proposal; whether it is a version by now.

        Signatures that do not verify, or are nobody's who may sign, are passed over.
        """
        await rings.lock(tx, ring)
        proposal = await ring_signing.proposal(tx, ring, sha256)
        if proposal is None or proposal.state not in UNDER_WAY:
            return proposal is not None and proposal.state is ProposalState.PUBLISHED
        head = await self._shelf.head(tx, ring)
        try:
            good = only_good(read_ring(proposal.body), head, signatures)
        except DocumentError:
            return False
        signed = replace(proposal, body=merged(proposal.body, good))
        await ring_signing.put_proposal(tx, signed)
        return await self.publish(tx, signed, now)

    async def publish(self, tx: Connection, proposal: Proposal, now: Millis) -> bool:
        """Make a version of a proposal, if enough stewards signed it; whether it is one.

        One that cannot become a version any more is refused, with the reason.
        """
        ring = proposal.ring
        await rings.lock(tx, ring)
        head = await self._shelf.head(tx, ring)
        before = await self._shelf.version(tx, ring, head.sequence - 1) if head else None
        founders = await founder_keys(tx, ring, self._hand.own, self._hand.keys)
        try:
            pages = await ring_versions.pages(tx, ring, proposal.pages)
            after = with_members(read_ring(proposal.body), pages)
        except DocumentError as error:
            await _refuse(tx, proposal, error.sentence)
            return False
        verdict = chain.follow(head, before, [after], founders, now)
        if verdict.outcome is RingOutcome.TOO_FEW_SIGNATURES:
            return False
        if not verdict.is_good:
            await _refuse(tx, proposal, verdict.why)
            return False
        if verdict.outcome is not RingOutcome.UNCHANGED:
            await self._keeper.accept(tx, ring, verdict, [after], pages, now)
            # What the last visit came to may be said of a version that is not the newest any more.
            await rings.hasten(tx, [ring], now)
        return True


def stewards_of(before: Ring | None, after: Ring) -> Mapping[ServerName, object]:
    """Everybody whose signature counts for `after`: the stewards before it and its own."""
    old = before.terms.stewards.instances if before else {}
    return {**old, **after.terms.stewards.instances}


async def _refuse(tx: Connection, proposal: Proposal, why: str) -> None:
    state = ProposalState.REFUSED
    await ring_signing.set_state(tx, proposal.ring, proposal.sha256, state, why)
