"""Writing a ring's new head down: the one place, for whoever follows and whoever publishes.

One transaction: versions, pages, slots, and all that a new version settles. Whatever was refused
never comes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from webring.clock import Millis
from webring.documents import canonical
from webring.documents.ring import MemberKind, Reason, Ring
from webring.documents.ring_changes import ChangeKind, MemberChange, member_changes
from webring.documents.ring_outcome import RingOutcome, RingVerdict
from webring.errors import MalformedDocument
from webring.names import RingId, ServerName, Slug
from webring.rings import drafting, slots
from webring.rings.shelf import Shelf
from webring.storage import (
    documents,
    ring_members,
    ring_requests,
    ring_signing,
    ring_versions,
    ring_wishes,
    rings,
)
from webring.storage.ring_requests import OPEN, RequestState
from webring.storage.ring_versions import StoredVersion
from webring.storage.rings import RingHeadRow
from webring.storage.sql import Connection

BY_VERSION: Final = "the ring's stewards"
"""Who decided a request that a version answers: whose hand it was is in that steward's log."""
_SWITCHES: Final = frozenset({RingOutcome.SIBLING_WON, RingOutcome.CHOSEN})
_SENTENCES: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.JOIN: "It has joined {ring}.",
    ChangeKind.LEAVE: "It has left {ring}.",
    ChangeKind.REMOVE: "The stewards of {ring} have taken it out ({code}).",
    ChangeKind.SLEEP: "It sleeps in {ring}: it keeps its slot, and nobody is sent there.",
    ChangeKind.WAKE: "It is awake again in {ring}.",
    ChangeKind.MOVE: "It has moved within {ring}, to {url}.",
}


class Notes(Protocol):
    """Whoever tells a ring's people what happened."""

    async def note(
        self,
        tx: Connection,
        ring: RingId,
        member: str,
        kind: str,
        text: str,
        community: Slug | None = None,
    ) -> None:
        """Record a notice about a member; `community` is its id where it is one of ours."""


class Keeper:
    """Keeps rings. `own` is our own name, of whose members the room is told as well."""

    def __init__(self, own: ServerName, shelf: Shelf, notes: Notes) -> None:
        self._own = own
        self._shelf = shelf
        self._notes = notes

    async def accept(
        self,
        tx: Connection,
        ring: RingId,
        verdict: RingVerdict,
        versions: Sequence[Ring],
        pages: Mapping[str, bytes],
        now: Millis,
    ) -> None:
        """Write down what `verdict` found good: `versions`, the last of them the new head.

        `pages` are bodies by hash: those of the head that are not held yet have to be among them;
        others are kept as superseded. The ring is known already. Raises `TrustError` mixed_pages
        where a page of the head is missing: then nothing is written.
        """
        before = await self._shelf.head(tx, ring)
        if verdict.outcome in _SWITCHES:
            first = versions[0].sequence
            await ring_versions.leave_branch(tx, ring, first, verdict.outcome.value)
        for version in versions:
            await ring_versions.put(tx, _stored(version, verdict.outcome, now))
        await self._pages(tx, ring, versions[-1], pages, now)
        head = await self._shelf.head(tx, ring)
        if head is None:
            raise ValueError(f"{ring} has no head after {verdict.outcome}")
        await rings.set_head(tx, ring, _row(head))
        await self._slots(tx, before, head, now)
        await _settle(tx, head, now)
        stored = await rings.get(tx, ring)
        if stored is not None and stored.stewarded != (self._own in head.terms.stewards.instances):
            await rings.set_stewarded(tx, ring, not stored.stewarded)
        await documents.want_manifest(tx, now)

    async def _pages(
        self, tx: Connection, ring: RingId, head: Ring, pages: Mapping[str, bytes], now: Millis
    ) -> None:
        current = {ref.sha256 for ref in head.pages}
        held = await ring_versions.pages(tx, ring, current)
        known = held | {sha256: body for sha256, body in pages.items() if sha256 in current}
        await ring_versions.put_pages(tx, ring, known)
        others = {sha256: body for sha256, body in pages.items() if sha256 not in current}
        await ring_versions.put_pages(tx, ring, others, now)
        await ring_versions.supersede_pages(tx, ring, current, now)
        left = {gone.id for gone in head.removed if gone.code is Reason.LEFT}
        if left:
            await _erase(tx, ring, left)

    async def _slots(self, tx: Connection, before: Ring | None, head: Ring, now: Millis) -> None:
        kept = await ring_members.of_ring(tx, head.id)
        await ring_members.put(tx, slots.renewed(kept, head, now))
        if before is None or before.sha256 == head.sha256:
            return
        for change in member_changes(before, head):
            await self._tell(tx, head, change)

    async def _tell(self, tx: Connection, head: Ring, change: MemberChange) -> None:
        member = change.after or change.before
        text = _SENTENCES.get(change.kind)
        if member is None or text is None:
            return
        ours = member.kind is MemberKind.COMMUNITY and member.instance == self._own
        name = head.terms.name or head.id
        said = text.format(ring=name, code=change.code or "no reason given", url=member.url)
        community = member.community if ours else None
        await self._notes.note(tx, head.id, member.id, change.kind.value, said, community)


async def _erase(tx: Connection, ring: RingId, left: set[str]) -> None:
    """Drop superseded pages in which somebody stands who left: leaving takes back."""
    superseded = await ring_versions.superseded(tx, ring)
    gone = [sha256 for sha256, body in superseded.items() if left & _ids(body)]
    await ring_versions.erase_pages(tx, ring, gone)


def _ids(body: bytes) -> set[str]:
    """The ids that stand in a page, which was verified when it was kept."""
    content = msgspec.json.decode(body)
    return {str(item.get("id")) for item in content["items"] if isinstance(item, dict)}


async def _settle(tx: Connection, head: Ring, now: Millis) -> None:
    """What the new head answers: requests, wishes, and proposals that it overtook."""
    here = {member.id for member in head.members}
    for state in (*OPEN, RequestState.INVITED):
        for request in await ring_requests.in_state(tx, state, head.id):
            if request.member in here:
                await ring_requests.decide(
                    tx,
                    request.id,
                    RequestState.ACCEPTED,
                    code="",
                    decider=BY_VERSION,
                    reason=f"version {head.sequence} lists it",
                    now=now,
                )
    done = [wish.id for wish in await ring_wishes.of_ring(tx, head.id) if _is_done(head, wish, now)]
    await ring_wishes.drop(tx, done)
    await ring_signing.overtake(tx, head.id, head.sequence, head.sha256)


def _is_done(head: Ring, wish: ring_wishes.StoredWish, now: Millis) -> bool:
    """Whether a wish happened, or cannot happen any more."""
    try:
        return not drafting.draft(head, [wish.wanted], now).changed
    except MalformedDocument:
        return True


def _stored(version: Ring, outcome: RingOutcome, now: Millis) -> StoredVersion:
    return StoredVersion(
        ring=version.id,
        root=version.root,
        sequence=version.sequence,
        sha256=version.sha256,
        on_branch=True,
        code=outcome.value,
        at=now,
        body=canonical.encode(version.content),
    )


def _row(head: Ring) -> RingHeadRow:
    return RingHeadRow(
        root=head.root,
        name=head.terms.name,
        sequence=head.sequence,
        sha256=head.sha256,
        issued_at=head.validity.issued_at,
        expires_at=head.expires_at,
    )


__all__ = ["BY_VERSION", "Keeper", "Notes"]
