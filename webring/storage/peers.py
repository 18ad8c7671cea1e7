"""Peers: which instances are known, what was pinned of each, and its last good manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from webring.clock import Millis
from webring.names import PeerUrl, ServerName
from webring.storage import claims
from webring.storage.homeservers import Candidate
from webring.storage.models import Peer
from webring.storage.sql import Connection, Row, chunks, execute, from_json, marks, returned, rows
from webring.storage.table import Table

MAX_ETAG: Final = 256
"""Characters; a longer one is not worth keeping."""
TRUSTED_ORIGINS: Final = frozenset({"configured", "accepted"})

_peers: Final = Table(Peer)
_STRANGER: Final = "NOT accepted AND sequence IS NULL AND state <> 'blocked'"
"""Nobody but itself has said that it is an instance."""
_CLAIMED: Final = (
    "name", "epoch", "state", "origin", "accepted", "base_url", "trust", "sequence", "sha256",
    "etag", "failures",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeerJob:
    """The right to visit one peer, until somebody else may; and what we hold of it.

    `trust` is what `documents.trust` stored (None before first contact); `accepted` tells whether
    the operator configured or accepted it, `shares_ring` whether it shares a ring with one that he
    did (filled in by whoever visits).
    """

    name: ServerName
    epoch: int
    state: str
    origin: str
    accepted: bool
    base_url: PeerUrl | None
    trust: Mapping[str, Any] | None
    sequence: int | None
    sha256: str | None
    etag: str | None
    failures: int
    shares_ring: bool = False

    @property
    def ranks(self) -> bool:
        """Whether what it speaks for ranks as spoken for: announcing oneself buys no rank."""
        return self.accepted or self.shares_ring


@dataclass(frozen=True, slots=True)
class GoodManifest:
    """A manifest that verified, with what was pinned of its instance by then."""

    trust: Mapping[str, Any]
    body: bytes = field(repr=False)
    sequence: int
    sha256: str
    expires_at: Millis


@dataclass(frozen=True, slots=True)
class PeerResult:
    """What a visit came to. `good` None keeps the last good manifest and what is pinned.

    `trust` alone changes what is pinned without a new manifest (a freeze, a healed one). `etag`
    goes with the manifest that is kept; `answered` sets the time of that name to now.
    """

    state: str
    outcome: str
    why: str
    failures: int
    next_at: Millis
    answered: bool
    base_url: PeerUrl | None = None
    etag: str | None = None
    good: GoodManifest | None = None
    trust: Mapping[str, Any] | None = None


async def add(
    tx: Connection,
    candidates: Iterable[Candidate],
    now: Millis,
    first_at: Millis,
    *,
    cap: int | None = None,
    per_domain: int | None = None,
) -> int:
    """Remember instances that are new, to be visited from `first_at`; how many there were.

    Never changes one that is known. At most `cap` peers are known in all, and `per_domain` of one
    registrable domain.
    """
    new = await claims.unknown(tx, _peers, candidates, cap=cap, per_domain=per_domain)
    await _peers.insert(tx, [_new(each, now, first_at) for each in new], keep=True)
    return len(new)


async def claim(
    tx: Connection, holder: str, now: Millis, limit: int, length: Millis, *, accepted: bool
) -> list[PeerJob]:
    """Take up to `limit` peers whose time has come, for `length`; the longest due first.

    Those that the operator accepted, or those that nobody did.
    """
    only = "accepted" if accepted else "NOT accepted"
    taken = await claims.take(tx, _peers, _CLAIMED, holder, now, limit, length, only=only)
    return [_job(row) for row in taken]


async def claim_one(
    tx: Connection, name: ServerName, holder: str, now: Millis, length: Millis
) -> PeerJob | None:
    """Take this peer whether or not its time has come, unless somebody visits it now."""
    taken = await claims.take_one(tx, _peers, _CLAIMED, name, holder, now, length)
    return _job(taken) if taken else None


async def check(tx: Connection, job: PeerJob) -> None:
    """Make sure that the visit is still ours to write down; raises `LeaseLost`."""
    await claims.check(tx, _peers, job.name, job.epoch)


async def finish(tx: Connection, job: PeerJob, result: PeerResult, now: Millis) -> None:
    """Write down what the visit came to, and let go. Raises `LeaseLost` where another took over."""
    changes: dict[str, object] = {
        "state": result.state,
        "outcome": result.outcome,
        "why": result.why,
        "failures": result.failures,
        "next_at": result.next_at,
        "tried_at": now,
    }
    changes |= {"answered_at": now} if result.answered else {}
    changes |= {"base_url": result.base_url} if result.base_url else {}
    changes |= {"trust": dict(result.trust)} if result.trust is not None else {}
    changes |= _good(result.good, result.etag) if result.good else {}
    await claims.finish(tx, _peers, job.name, job.epoch, changes)


async def release(tx: Connection, jobs: Sequence[PeerJob]) -> None:
    """Let go of visits that were not made; they are due as before."""
    for job in jobs:
        await claims.release(tx, _peers, job.name, job.epoch)


async def set_accepted(tx: Connection, name: ServerName, accepted: bool, at: Millis) -> bool:
    """Accept a peer, or no longer; it is visited at `at`. Whether it is known.

    A visit under way is fenced off: it went by what held before.
    """
    statement = (
        "UPDATE peer SET accepted = ?, next_at = ?, etag = NULL, epoch = epoch + 1, "
        "holder = NULL, held_until = NULL WHERE name = ?"
    )
    return bool(await execute(tx, statement, [accepted, at, name]))


async def set_origin(tx: Connection, name: ServerName, origin: str) -> bool:
    """Change why a peer is known (the operator has configured one that was only named)."""
    return bool(await _peers.update(tx, {"origin": origin}, "name = ?", [name]))


async def repin(
    tx: Connection, name: ServerName, trust: Mapping[str, Any] | None, why: str, at: Millis
) -> bool:
    """Replace what is pinned (None: pin anew at the next visit, at `at`). Whether it is known.

    A visit under way is fenced off. The last good manifest stays until the next one verifies.
    """
    if not await claims.set_state(tx, _peers, name, "new", at):
        return False
    changes = {"trust": dict(trust) if trust is not None else None, "why": why, "etag": None}
    return bool(await _peers.update(tx, {**changes, "outcome": None}, "name = ?", [name]))


async def set_state(
    tx: Connection, name: ServerName, state: str, why: str, next_at: Millis
) -> bool:
    """Set a state that no visit came to (such as "blocked"); whether it is known.

    A visit under way is fenced off: it can no longer write.
    """
    if not await claims.set_state(tx, _peers, name, state, next_at):
        return False
    return bool(await _peers.update(tx, {"why": why}, "name = ?", [name]))


async def get(conn: Connection, name: ServerName) -> Peer | None:
    """One peer."""
    return await _peers.get(conn, "name = ?", name)


async def all(conn: Connection, limit: int = -1, offset: int = 0) -> list[Peer]:  # noqa: A001
    """Every peer by name; a negative limit is none."""
    return await claims.listed(conn, _peers, limit, offset)


async def neighbours(conn: Connection, limit: int) -> list[Peer]:
    """Those that the operator trusts and whose manifest verified, by name; no blocked one."""
    where = "accepted AND sequence IS NOT NULL AND state <> 'blocked'"
    return await _peers.select(conn, where, [limit], tail="ORDER BY name LIMIT ?")


async def states(conn: Connection) -> dict[ServerName, str]:
    """The state of every one that is known, by name."""
    return await claims.states(conn, _peers)


async def known(conn: Connection, names: Iterable[ServerName]) -> set[ServerName]:
    """Which of these are known."""
    there: set[ServerName] = set()
    for chunk in chunks(names):
        statement = f"SELECT name FROM peer WHERE name IN ({marks(len(chunk))})"  # noqa: S608
        there |= {ServerName(row[0]) for row in await rows(conn, statement, chunk)}
    return there


async def base_urls(conn: Connection, names: Iterable[ServerName]) -> dict[ServerName, PeerUrl]:
    """Where these serve, as far as it is known."""
    found: dict[ServerName, PeerUrl] = {}
    for chunk in chunks(names):
        statement = (
            "SELECT name, base_url FROM peer WHERE base_url IS NOT NULL "  # noqa: S608
            f"AND name IN ({marks(len(chunk))})"
        )
        found |= {
            ServerName(name): PeerUrl(url) for name, url in await rows(conn, statement, chunk)
        }
    return found


async def named_by(conn: Connection, name: ServerName) -> int:
    """How many are known because `name` mentioned them first."""
    return await _peers.count(conn, "named_by = ?", [name])


async def prune_strangers(tx: Connection, before: Millis) -> int:
    """Forget those that were never verified, nor accepted, and are known since before then."""
    return await _peers.delete(tx, f"{_STRANGER} AND added_at < ?", [before])


async def strangers(conn: Connection) -> int:
    """How many announced themselves and were never verified, nor accepted."""
    return await _peers.count(conn, f"{_STRANGER} AND origin = 'announced'")


async def give_up_stranger(tx: Connection) -> ServerName | None:
    """Forget the one of these that is known for longest and fails; None where none fails."""
    chosen = (
        f"SELECT name FROM peer WHERE {_STRANGER} AND origin = 'announced' AND failures > 0 "  # noqa: S608
        "ORDER BY added_at, name LIMIT 1"
    )
    gone = await returned(tx, f"DELETE FROM peer WHERE name = ({chosen}) RETURNING name")  # noqa: S608
    return ServerName(gone[0][0]) if gone else None


async def count(conn: Connection) -> int:
    """How many peers are known."""
    return await _peers.count(conn)


async def counts(conn: Connection) -> dict[str, int]:
    """How many peers are in each state."""
    return await _peers.counts(conn, "state")


async def due_soonest(conn: Connection) -> Millis | None:
    """When the next visit is due."""
    return await claims.due_soonest(conn, _peers)


async def due(conn: Connection, now: Millis) -> int:
    """How many peers wait for a visit that is due."""
    return await claims.due(conn, _peers, now)


async def hasten(tx: Connection, names: Iterable[ServerName] | None, at: Millis) -> None:
    """Make visits of these (or of all) due at `at`, where they would be later."""
    await claims.hasten(tx, _peers, names, at)


async def remove(tx: Connection, name: ServerName) -> bool:
    """Forget a peer and what was pinned; whether it was known. Its communities are elsewhere."""
    return bool(await _peers.delete(tx, "name = ?", [name]))


def _good(good: GoodManifest, etag: str | None) -> dict[str, object]:
    return {
        "trust": dict(good.trust),
        "manifest": good.body,
        "sequence": good.sequence,
        "sha256": good.sha256,
        "expires_at": good.expires_at,
        "etag": etag if etag and len(etag) <= MAX_ETAG else None,
    }


def _job(row: Row) -> PeerJob:
    values = dict(zip(_CLAIMED, row, strict=True))
    values["name"] = ServerName(values["name"])
    values["accepted"] = bool(values["accepted"])
    values["base_url"] = PeerUrl(values["base_url"]) if values["base_url"] else None
    values["trust"] = from_json(values["trust"]) if values["trust"] is not None else None
    return PeerJob(**values)


def _new(candidate: Candidate, now: Millis, first_at: Millis) -> dict[str, object]:
    return {
        "name": candidate.name,
        "domain": candidate.domain,
        "origin": candidate.origin,
        "named_by": candidate.named_by,
        "accepted": candidate.origin in TRUSTED_ORIGINS,
        "state": "new",
        "why": "not visited yet",
        "failures": 0,
        "added_at": now,
        "next_at": first_at,
        "epoch": 0,
    }
