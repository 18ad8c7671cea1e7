"""Switching to another branch of a ring, as its operator wants: what no rule can decide.

The branch is read from whoever has it, from its newest version back to one that we hold, or put
together from what was kept as evidence. From there on it has to verify like any other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import Clock
from webring.documents import chain
from webring.documents.ring import Ring, read_ring, with_members
from webring.documents.ring_outcome import RingOutcome
from webring.errors import BadRequest, DocumentError, FetchError, TrustError
from webring.names import RingId
from webring.rings.asking import Source
from webring.rings.attempting import Attempting, RingVisit, hold
from webring.rings.concluding import Conclusion, VisitOutcome
from webring.rings.keeping import Keeper
from webring.rings.reading import Versions, too_long
from webring.rings.sources import Whom
from webring.storage import decisions, ring_versions, rings
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.sql import Connection

CHOOSE: Final = "ring_choose"
"""The decision in the log."""
_BEGINNING: Final = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Branch:
    """Another branch: the newest version that ours has as well (None: they share none), and those
    that follow it there, oldest first.
    """

    common: Ring | None
    versions: Sequence[Ring]

    def has(self, sha256: str) -> bool:
        """Whether a version whose hash begins so is among them."""
        return any(each.sha256.startswith(sha256) for each in self.versions)


class BranchChooser:
    """Takes over another branch."""

    def __init__(self, db: Database, attempting: Attempting, keeper: Keeper, clock: Clock) -> None:
        self._db = db
        self._attempting = attempting
        self._keeper = keeper
        self._clock = clock

    async def choose(
        self, visit: RingVisit, sha256: str, actor: str, whoms: Sequence[Whom]
    ) -> Conclusion:
        """Switch to the branch that holds the version whose hash begins so, asking `whoms` for it
        in turn. Raises `BadRequest` for what is no beginning of a hash, or is that of several, and
        `LeaseLost` where another process has taken the ring over.
        """
        ours = await ring_versions.hashes(self._db.reader, visit.held.id)
        theirs = await ring_versions.off_branch(self._db.reader, visit.held.id)
        if _is_ours(sha256, list(ours.values()), list(theirs)):
            why = f"version {sha256[:12]} is of the branch that we follow"
            return Conclusion(RingOutcome.UNCHANGED, why, good=True)
        why = f"nobody who was asked has a branch with a version {sha256[:12]}"
        failed = Conclusion(VisitOutcome.NOT_SERVED, why, good=False)
        kept = await _kept(self._db.reader, visit.held.id, sha256)
        for whom in whoms:
            try:
                async with self._attempting.source(visit, whom) as source:
                    read = await self._read(visit, source)
                    branch = read if read.has(sha256) else kept
                    if branch is not None:
                        await self._attempting.pages(visit, source, branch.versions[-1])
                        return await self._switch(visit, branch, actor)
            except FetchError:
                continue
            except DocumentError as error:
                failed = Conclusion(error.code, f"{whom.name}: {error.sentence}", good=False)
        if kept is None:
            return failed
        try:
            return await self._switch(visit, kept, actor)
        except DocumentError as error:
            return Conclusion(error.code, error.sentence, good=False)

    async def _read(self, visit: RingVisit, source: Source) -> Branch:
        """Read a branch back from its newest version; nothing of it is judged yet."""
        newest = await source.newest("")
        held = visit.held
        if newest is None or newest.id != held.id:
            raise TrustError(f"it is not of {held.id}", "wrong_ring")
        if held.pinned is not None and newest.root != held.root:
            raise TrustError(f"its root is {newest.root}, not {held.root}", "wrong_root")
        backwards = Versions()
        at = newest
        while (common := await self._ours(at)) is None:
            backwards.add(at)
            if len(backwards) > visit.limits.versions or backwards.size > visit.limits.size:
                raise too_long(len(backwards), visit.limits.versions, "versions")
            if at.sequence == 1:
                break
            before = await source.version(at.sequence - 1)
            if before.sha256 != at.previous:
                why = f"version {at.sequence} follows another version {before.sequence}"
                raise TrustError(why, "broken_chain")
            at = before
        return Branch(common, list(backwards)[::-1])

    async def _ours(self, version: Ring) -> Ring | None:
        """The version as we hold it, where it is of our branch."""
        stored = await ring_versions.by_hash(self._db.reader, version.id, version.sha256)
        return read_ring(stored.body) if stored is not None and stored.on_branch else None

    async def _switch(self, visit: RingVisit, branch: Branch, actor: str) -> Conclusion:
        """Take a branch over; raises `TrustError` where it does not verify."""
        ring, now, head = visit.held.id, self._clock(), branch.versions[-1]
        bodies = visit.bodies | await ring_versions.pages(
            self._db.reader, ring, [ref.sha256 for ref in head.pages]
        )
        await asyncio.to_thread(with_members, head, bodies)
        verdict = await asyncio.to_thread(chain.choose, branch.common, branch.versions, now)
        if not verdict.is_good:
            raise TrustError(verdict.why, verdict.outcome)
        left = visit.held.pinned
        over = f"version {left.sequence} {left.sha256}" if left else "nothing"
        async with self._db.transaction() as tx:
            await rings.check(tx, visit.job)
            stored = await ring_versions.head(tx, ring)
            if (stored.sha256 if stored else "") != (left.sha256 if left else ""):
                raise TrustError("our own version changed meanwhile: try again", "busy")
            await self._keeper.accept(tx, ring, verdict, branch.versions, bodies, now)
            reason = f"version {head.sequence} {head.sha256} over {over}"
            await decisions.log(tx, Decision(now, actor, CHOOSE, ring, reason))
            visit.held = await hold(tx, visit.job.ring)
        return Conclusion(verdict.outcome, verdict.why, good=True)


def _is_ours(sha256: str, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the one version whose hash begins so is of our branch."""
    if not _BEGINNING.fullmatch(sha256):
        raise BadRequest(
            f"a version is named by 8 to 64 hexadecimal digits of its hash, not {sha256[:80]!a}"
        )
    meant = {each for each in (*ours, *theirs) if each.startswith(sha256)}
    if len(meant) > 1:
        raise BadRequest(f"{len(meant)} versions begin with {sha256}: give more of the hash")
    return not meant.isdisjoint(ours)


async def _kept(conn: Connection, ring: RingId, sha256: str) -> Branch | None:
    """A branch as it was kept as evidence; None where a version of it is missing."""
    known = await ring_versions.off_branch(conn, ring)
    wanted = next((each for each in known if each.startswith(sha256)), None)
    versions: list[Ring] = []
    while wanted is not None:
        stored = await ring_versions.by_hash(conn, ring, wanted)
        if stored is None:
            return None
        version = read_ring(stored.body)
        if stored.on_branch:
            return Branch(version, versions[::-1])
        versions.append(version)
        if version.sequence == 1:
            return Branch(None, versions[::-1])
        wanted = version.previous
    return None
