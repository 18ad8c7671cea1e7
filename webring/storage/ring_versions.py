"""Versions of rings' documents as they were signed, and the pages that their members stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from webring.clock import DAY, Millis
from webring.names import RingId
from webring.storage import ring_models as models
from webring.storage.sql import Connection, chunks, marks, rows
from webring.storage.table import Table

PAGE_LIFE: Final[Millis] = 365 * DAY
"""How long a superseded page is kept (`docs/protocol.md`, "Erasure")."""
MAX_EVIDENCE: Final = 20
"""Versions kept as evidence of one ring; the first ones, which nobody can push out."""

_versions: Final = Table(models.RingVersion)
_pages: Final = Table(models.RingPage)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version as it was signed. `on_branch` unless kept as evidence alone; `code` says why it was
    kept, a `RingOutcome` in lower case; `at` is when it came.
    """

    ring: RingId
    root: str
    sequence: int
    sha256: str
    on_branch: bool
    code: str
    at: Millis
    body: bytes = field(repr=False)


async def put(tx: Connection, version: StoredVersion) -> None:
    """Keep a version. One that is there already takes the body, the branch and the code given:
    signatures may have been added to it.
    """
    names = ("ring", "root", "sequence", "sha256", "on_branch", "code", "at", "body")
    new = {name: getattr(version, name) for name in names}
    await _versions.upsert(tx, [new], ["ring", "sha256"])


async def keep_evidence(tx: Connection, version: StoredVersion) -> bool:
    """Keep a version that does not count; whether there was room, and it was not there."""
    kept = "ring = ? AND NOT on_branch"
    if await _versions.count(tx, kept, [version.ring]) >= MAX_EVIDENCE:
        return False
    if await by_hash(tx, version.ring, version.sha256):
        return False
    await put(tx, version)
    return True


async def head(conn: Connection, ring: RingId) -> StoredVersion | None:
    """The newest version of the branch that we follow."""
    tail = "ORDER BY sequence DESC LIMIT 1"
    found = await _versions.select(conn, "ring = ? AND on_branch", [ring], tail=tail)
    return _read(found[0]) if found else None


async def at_sequence(conn: Connection, ring: RingId, sequence: int) -> StoredVersion | None:
    """One version of the branch that we follow."""
    row = await _versions.get(conn, "ring = ? AND on_branch AND sequence = ?", ring, sequence)
    return _read(row) if row else None


async def by_hash(conn: Connection, ring: RingId, sha256: str) -> StoredVersion | None:
    """One version, also one that is evidence alone."""
    row = await _versions.get(conn, "ring = ? AND sha256 = ?", ring, sha256)
    return _read(row) if row else None


async def branch(
    conn: Connection, ring: RingId, first: int = 1, limit: int = -1
) -> list[StoredVersion]:
    """Versions of the branch that we follow from `first` on; a negative limit is none."""
    tail = "ORDER BY sequence" + ("" if limit < 0 else " LIMIT ?")
    values: list[object] = [ring, first, *([] if limit < 0 else [limit])]
    where = "ring = ? AND on_branch AND sequence >= ?"
    return [_read(row) for row in await _versions.select(conn, where, values, tail=tail)]


async def hashes(conn: Connection, ring: RingId) -> dict[int, str]:
    """The hashes of the branch that we follow, by sequence."""
    statement = "SELECT sequence, sha256 FROM ring_version WHERE ring = ? AND on_branch"
    return {int(row[0]): str(row[1]) for row in await rows(conn, statement, [ring])}


async def leave_branch(tx: Connection, ring: RingId, first: int, code: str) -> int:
    """Take the versions from `first` on off the branch, as evidence; how many there were."""
    changes = {"on_branch": False, "code": code}
    where = "ring = ? AND on_branch AND sequence >= ?"
    return await _versions.update(tx, changes, where, [ring, first])


async def evidence(conn: Connection, ring: RingId) -> list[StoredVersion]:
    """Versions that do not count: siblings and forks, oldest first."""
    where, tail = "ring = ? AND NOT on_branch", "ORDER BY at, id"
    return [_read(row) for row in await _versions.select(conn, where, [ring], tail=tail)]


async def off_branch(conn: Connection, ring: RingId) -> dict[str, str]:
    """The hashes of versions that do not count, and the code that each was kept with."""
    statement = "SELECT sha256, code FROM ring_version WHERE ring = ? AND NOT on_branch"
    return {str(row[0]): str(row[1]) for row in await rows(conn, statement, [ring])}


async def put_pages(
    tx: Connection, ring: RingId, bodies: Mapping[str, bytes], now: Millis | None = None
) -> None:
    """Keep pages by their hash, current again where they were superseded.

    `now` keeps them as superseded at that time: pages of older versions, or of a proposal.
    """
    new = [
        {"ring": ring, "sha256": sha256, "body": body, "superseded_at": now}
        for sha256, body in bodies.items()
    ]
    if now is None:
        await _pages.upsert(tx, new, ["ring", "sha256"])
    else:
        await _pages.insert(tx, new, keep=True)


async def pages(conn: Connection, ring: RingId, hashes: Iterable[str]) -> dict[str, bytes]:
    """Those of these pages that we hold."""
    held: dict[str, bytes] = {}
    for chunk in chunks(hashes):
        where = f"ring = ? AND body IS NOT NULL AND sha256 IN ({marks(len(chunk))})"
        for row in await _pages.select(conn, where, [ring, *chunk]):
            if row.body is not None:
                held[row.sha256] = row.body
    return held


async def page(conn: Connection, sha256: str) -> bytes | None:
    """One page, of whatever ring."""
    row = await _pages.get(conn, "sha256 = ? AND body IS NOT NULL", sha256)
    return row.body if row else None


async def superseded(conn: Connection, ring: RingId) -> dict[str, bytes]:
    """Every page of a ring that the newest version does not name, and that was not erased."""
    where = "ring = ? AND superseded_at IS NOT NULL AND body IS NOT NULL"
    found = await _pages.select(conn, where, [ring])
    return {row.sha256: row.body for row in found if row.body is not None}


async def supersede_pages(
    tx: Connection, ring: RingId, current: Iterable[str], now: Millis
) -> None:
    """Mark every page of the ring but the `current` ones as superseded at `now`."""
    kept = list(current)
    where = "ring = ? AND superseded_at IS NULL"
    if kept:
        where += f" AND sha256 NOT IN ({marks(len(kept))})"
    await _pages.update(tx, {"superseded_at": now}, where, [ring, *kept])


async def erase_pages(tx: Connection, ring: RingId, hashes: Iterable[str]) -> None:
    """Drop what stands in these pages; their hashes stay."""
    for chunk in chunks(hashes):
        where = f"ring = ? AND sha256 IN ({marks(len(chunk))})"
        await _pages.update(tx, {"body": None}, where, [ring, *chunk])


async def erase_oldest(tx: Connection, ring: RingId, most: int) -> None:
    """Drop what stands in a ring's superseded pages beyond `most` bytes, the oldest first."""
    found = await rows(
        tx,
        "SELECT sha256, length(body) FROM ring_page WHERE ring = ? AND superseded_at IS NOT NULL "
        "AND body IS NOT NULL ORDER BY superseded_at DESC, id DESC",
        [ring],
    )
    size, gone = 0, []
    for sha256, length in found:
        size += int(length)
        if size > most:
            gone.append(str(sha256))
    await erase_pages(tx, ring, gone)


async def prune(tx: Connection, now: Millis) -> None:
    """Drop what stands in pages that were superseded `PAGE_LIFE` ago."""
    where = "superseded_at <= ? AND body IS NOT NULL"
    await _pages.update(tx, {"body": None}, where, [now - PAGE_LIFE])


async def rings_with(conn: Connection, sha256: str) -> list[RingId]:
    """The rings that hold a page of this hash."""
    found = await rows(conn, "SELECT ring FROM ring_page WHERE sha256 = ?", [sha256])
    return [RingId(row[0]) for row in found]


def _read(row: models.RingVersion) -> StoredVersion:
    return StoredVersion(
        ring=RingId(row.ring),
        root=row.root,
        sequence=row.sequence,
        sha256=row.sha256,
        on_branch=bool(row.on_branch),
        code=row.code,
        at=row.at,
        body=row.body,
    )
