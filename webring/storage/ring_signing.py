"""What a steward signs: its ledger, and the proposals that collect signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from webring.clock import Millis
from webring.names import RingId, ServerName
from webring.storage import ring_models as models
from webring.storage.sql import Connection
from webring.storage.table import Table

_ledger: Final = Table(models.RingLedger)
_proposals: Final = Table(models.RingProposal)


class ProposalState(StrEnum):
    """How a proposed version stands with us.

    `arrived`: another steward asks, and nobody has looked yet. `held`: our operator has to look.
    `signed`: we signed, and it collects others' signatures. `published` and `refused` are final;
    `overtaken`: another version took its place.
    """

    ARRIVED = "arrived"
    HELD = "held"
    SIGNED = "signed"
    PUBLISHED = "published"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


UNDER_WAY: Final = (ProposalState.ARRIVED, ProposalState.HELD, ProposalState.SIGNED)
"""The states of proposals that may still become a version."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A line of the ledger: what was signed for a ring's sequence, and when."""

    sequence: int
    sha256: str
    signed_at: Millis


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed version: its head with the signatures so far, and the hashes of its pages.

    `proposer` composed it; `reason` says why it waits, or was refused. `message` is the id of the
    `cosign` by which we were asked, None for our own.
    """

    ring: RingId
    sequence: int
    sha256: str
    pages: tuple[str, ...]
    proposer: ServerName
    state: ProposalState
    reason: str
    at: Millis
    body: bytes = field(repr=False)
    message: str | None = None


async def signed(conn: Connection, ring: RingId, sequence: int) -> list[Signed]:
    """What we signed for this sequence, newest first."""
    tail = "ORDER BY signed_at DESC, id DESC"
    found = await _ledger.select(conn, "ring = ? AND sequence = ?", [ring, sequence], tail=tail)
    return [Signed(row.sequence, row.sha256, row.signed_at) for row in found]


async def write_down(tx: Connection, ring: RingId, sequence: int, sha256: str, now: Millis) -> None:
    """Write down that we sign this; once it is committed, the signature may leave.

    What was signed before keeps its time.
    """
    new = {"ring": ring, "sequence": sequence, "sha256": sha256, "signed_at": now}
    await _ledger.insert(tx, [new], keep=True)


async def ledger(conn: Connection) -> list[tuple[RingId, Signed]]:
    """All that we ever signed, for a restore that must not sign anew."""
    found = await _ledger.select(conn, tail="ORDER BY id")
    return [(RingId(row.ring), Signed(row.sequence, row.sha256, row.signed_at)) for row in found]


async def put_proposal(tx: Connection, proposal: Proposal) -> None:
    """Keep a proposal, or replace what is kept of it."""
    new: dict[str, object] = {
        name: getattr(proposal, name)
        for name in ("ring", "sequence", "sha256", "body", "proposer", "message", "reason", "at")
    }
    new |= {"pages": list(proposal.pages), "state": proposal.state.value}
    await _proposals.upsert(tx, [new], ["ring", "sha256"])


async def proposal(conn: Connection, ring: RingId, sha256: str) -> Proposal | None:
    """One proposal."""
    row = await _proposals.get(conn, "ring = ? AND sha256 = ?", ring, sha256)
    return _read(row) if row else None


async def asked_by(conn: Connection, proposer: ServerName, message: str) -> Proposal | None:
    """The proposal that came by this message."""
    row = await _proposals.get(conn, "proposer = ? AND message = ?", proposer, message)
    return _read(row) if row else None


async def proposals(conn: Connection, ring: RingId) -> list[Proposal]:
    """Every proposal of a ring, newest first."""
    found = await _proposals.select(conn, "ring = ?", [ring], tail="ORDER BY at DESC, id DESC")
    return [_read(row) for row in found]


async def in_states(conn: Connection, states: Sequence[ProposalState]) -> list[Proposal]:
    """Proposals of all rings in one of these states, oldest first."""
    names = ", ".join(f"'{state.value}'" for state in states)
    found = await _proposals.select(conn, f"state IN ({names})", tail="ORDER BY at, id")
    return [_read(row) for row in found]


async def set_state(
    tx: Connection, ring: RingId, sha256: str, state: ProposalState, reason: str
) -> bool:
    """Note what became of a proposal; whether it is there."""
    changes = {"state": state.value, "reason": reason}
    return bool(await _proposals.update(tx, changes, "ring = ? AND sha256 = ?", [ring, sha256]))


async def overtake(tx: Connection, ring: RingId, sequence: int, sha256: str) -> None:
    """A version was published: proposals for its sequence, or earlier ones, are under way no more.

    The one that became it, if it is among them, is published.
    """
    open_states = ", ".join(f"'{state.value}'" for state in UNDER_WAY)
    where = f"ring = ? AND sequence <= ? AND sha256 <> ? AND state IN ({open_states})"
    changes = {"state": ProposalState.OVERTAKEN.value, "reason": "another version took its place"}
    await _proposals.update(tx, changes, where, [ring, sequence, sha256])
    await set_state(tx, ring, sha256, ProposalState.PUBLISHED, "")


async def prune(tx: Connection, before: Millis) -> None:
    """Forget proposals of before then that are under way no more. The ledger is kept for ever."""
    open_states = ", ".join(f"'{state.value}'" for state in UNDER_WAY)
    await _proposals.delete(tx, f"at < ? AND state NOT IN ({open_states})", [before])


def _read(row: models.RingProposal) -> Proposal:
    return Proposal(
        ring=RingId(row.ring),
        sequence=row.sequence,
        sha256=row.sha256,
        pages=tuple(row.pages),
        proposer=ServerName(row.proposer),
        state=ProposalState(row.state),
        reason=row.reason,
        at=row.at,
        body=row.body,
        message=row.message,
    )
