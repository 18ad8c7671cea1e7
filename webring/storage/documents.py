"""Signed documents as bytes: our own manifests, pages of large ones, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from webring.clock import DAY, HOUR, Millis
from webring.names import ServerName
from webring.storage import facts
from webring.storage.models import Evidence, OwnManifest, Page
from webring.storage.sql import Connection, chunks, execute, marks, rows
from webring.storage.table import Table

PAGE_GRACE: Final = 48 * HOUR
"""How long a superseded page can still be fetched (`docs/protocol.md`, "Large documents")."""
MANIFESTS_KEPT: Final = 30 * DAY
MAX_EVIDENCE: Final = 20
"""Documents kept as evidence against one instance; the first ones, which nobody can push out."""
OWN_SEQUENCE: Final = "own_sequence"
"""The fact that holds the highest sequence ever issued here, whatever became of the manifest."""

WANTED: Final = "manifest_wanted"
"""The fact that holds since when our manifest has to say something else (0: it need not)."""

_manifests: Final = Table(OwnManifest)
_pages: Final = Table(Page)
_evidence: Final = Table(Evidence)


async def latest(conn: Connection) -> OwnManifest | None:
    """Our manifest of the highest sequence, the one that is served."""
    found = await _manifests.select(conn, tail="ORDER BY sequence DESC LIMIT 1")
    return found[0] if found else None


async def own_sequence(conn: Connection) -> int:
    """The highest sequence that this instance has issued, 0 before the first."""
    newest = await rows(conn, "SELECT coalesce(max(sequence), 0) FROM own_manifest")
    return max(int(newest[0][0]), int(await facts.get(conn, OWN_SEQUENCE) or 0))


async def raise_own_sequence(tx: Connection, sequence: int) -> None:
    """Remember that `sequence` was issued: no later one may be at or below it."""
    if sequence > int(await facts.get(tx, OWN_SEQUENCE) or 0):
        await facts.put(tx, OWN_SEQUENCE, sequence)


async def want_manifest(tx: Connection, now: Millis) -> None:
    """Our manifest has to say something else: it is issued anew within seconds."""
    await facts.put(tx, WANTED, now)


async def manifest_wanted(conn: Connection) -> Millis:
    """Since when our manifest has to say something else; 0 where it need not."""
    return int(await facts.get(conn, WANTED) or 0)


async def manifest_done(tx: Connection, wanted: Millis) -> None:
    """The manifest says by now what was wanted then."""
    if await manifest_wanted(tx) == wanted:
        await facts.put(tx, WANTED, 0)


async def store(
    tx: Connection,
    instance: ServerName,
    *,
    sequence: int,
    sha256: str,
    body: bytes,
    issued_at: Millis,
    expires_at: Millis,
    pages: Mapping[str, bytes],
) -> None:
    """Keep a manifest that we issued, and its pages (bytes by hash), before it is served.

    Pages that it no longer names are superseded. Raises `ValueError` for a sequence that is not
    above every earlier one.
    """
    if sequence <= (last := await own_sequence(tx)):
        raise ValueError(f"our sequence would go back from {last} to {sequence}")
    new = {
        "sequence": sequence,
        "sha256": sha256,
        "body": body,
        "issued_at": issued_at,
        "expires_at": expires_at,
    }
    await _manifests.insert(tx, [new])
    await raise_own_sequence(tx, sequence)
    await put_pages(tx, instance, pages)
    await supersede_pages(tx, instance, pages, issued_at)


async def page(conn: Connection, instance: ServerName, sha256: str) -> bytes | None:
    """One page's bytes."""
    found = await _pages.get(conn, "instance = ? AND sha256 = ?", instance, sha256)
    return found.body if found else None


async def pages(conn: Connection, instance: ServerName, hashes: Iterable[str]) -> dict[str, bytes]:
    """Those of these pages that we hold: what need not be fetched again."""
    held: dict[str, bytes] = {}
    for chunk in chunks(hashes):
        where = f"instance = ? AND sha256 IN ({marks(len(chunk))})"
        for row in await _pages.select(conn, where, [instance, *chunk]):
            held[row.sha256] = row.body
    return held


async def put_pages(tx: Connection, instance: ServerName, bodies: Mapping[str, bytes]) -> None:
    """Keep pages by their hash; one that was superseded is current again."""
    new = [
        {"instance": instance, "sha256": sha256, "body": body, "superseded_at": None}
        for sha256, body in bodies.items()
    ]
    await _pages.upsert(tx, new, ["instance", "sha256"])


async def supersede_pages(
    tx: Connection, instance: ServerName, current: Iterable[str], now: Millis
) -> None:
    """Mark every page of `instance` but the `current` ones as superseded at `now`."""
    kept = list(current)
    where = "instance = ? AND superseded_at IS NULL"
    if kept:
        where += f" AND sha256 NOT IN ({marks(len(kept))})"
    await _pages.update(tx, {"superseded_at": now}, where, [instance, *kept])


async def drop_pages(tx: Connection, instance: ServerName) -> None:
    """Forget every page of one instance."""
    await _pages.delete(tx, "instance = ?", [instance])


async def prune(tx: Connection, now: Millis) -> None:
    """Forget pages superseded for `PAGE_GRACE`, and our old manifests but the latest."""
    await _pages.delete(tx, "superseded_at <= ?", [now - PAGE_GRACE])
    await execute(
        tx,
        "DELETE FROM own_manifest WHERE expires_at <= ? "
        "AND sequence < (SELECT max(sequence) FROM own_manifest)",
        [now - MANIFESTS_KEPT],
    )


async def keep_evidence(
    tx: Connection,
    instance: ServerName,
    *,
    code: str,
    sequence: int | None,
    sha256: str,
    body: bytes,
    now: Millis,
) -> bool:
    """Keep a document that was refused; whether there was room and it was new."""
    if await _evidence.count(tx, "instance = ?", [instance]) >= MAX_EVIDENCE:
        return False
    same = await _evidence.get(
        tx, "instance = ? AND sha256 = ? AND code = ?", instance, sha256, code
    )
    if same:
        return False
    new = {
        "instance": instance,
        "code": code,
        "sequence": sequence,
        "sha256": sha256,
        "body": body,
        "at": now,
    }
    await _evidence.insert(tx, [new], keep=True)
    return True


async def evidence(conn: Connection, instance: ServerName) -> list[Evidence]:
    """What is kept against one instance, oldest first."""
    return await _evidence.select(conn, "instance = ?", [instance], tail="ORDER BY at, id")


async def drop_evidence(tx: Connection, instance: ServerName) -> None:
    """Forget what is kept against one instance: the operator has seen it."""
    await _evidence.delete(tx, "instance = ?", [instance])
