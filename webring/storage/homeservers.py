"""Homeservers: which are known, who visits them when, and what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webring.clock import Millis
from webring.names import ServerName
from webring.storage import claims
from webring.storage.models import Homeserver
from webring.storage.sql import Connection, Row, chunks, marks
from webring.storage.table import Table

_homeservers: Final = Table(Homeserver)
_CLAIMED: Final = ("name", "epoch", "state", "way", "interval", "failures", "rooms", "complete")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that somebody or something mentioned: a homeserver's, or an instance's.

    `domain` is its registrable domain, which caps are counted by; `named_by` is who mentioned it.
    """

    name: ServerName
    domain: str
    origin: str
    named_by: ServerName | None = None


@dataclass(frozen=True, slots=True)
class HomeserverJob:
    """The right to visit one homeserver, until somebody else may; and how it stood before."""

    name: ServerName
    epoch: int
    state: str
    way: str | None
    interval: Millis
    failures: int
    rooms: int
    complete: bool


@dataclass(frozen=True, slots=True)
class HomeserverResult:
    """What a visit came to. `answered` and `changed` set the times of the same names to now."""

    state: str
    way: str | None
    reasons: Mapping[str, str]
    dropped: Mapping[str, int]
    rooms: int
    complete: bool
    failures: int
    interval: Millis
    next_at: Millis
    answered: bool
    changed: bool


async def add(
    tx: Connection,
    candidates: Iterable[Candidate],
    now: Millis,
    first_at: Millis,
    *,
    cap: int | None = None,
    per_domain: int | None = None,
) -> int:
    """Remember names that are new, to be visited from `first_at`; how many there were.

    Never changes one that is known. At most `cap` homeservers are known in all, and `per_domain`
    of one registrable domain.
    """
    new = await claims.unknown(tx, _homeservers, candidates, cap=cap, per_domain=per_domain)
    await _homeservers.insert(tx, [_new(each, now, first_at) for each in new], keep=True)
    return len(new)


async def claim(
    tx: Connection,
    holder: str,
    now: Millis,
    limit: int,
    length: Millis,
    *,
    whole: bool | None = None,
) -> list[HomeserverJob]:
    """Take up to `limit` homeservers whose time has come, for `length`; the longest due first.

    Those whose directory was read to its end at the last visit, the others, or (None) all.
    """
    only = {True: "complete", False: "NOT complete", None: "TRUE"}[whole]
    taken = await claims.take(tx, _homeservers, _CLAIMED, holder, now, limit, length, only=only)
    return [_job(row) for row in taken]


async def claim_one(
    tx: Connection, name: ServerName, holder: str, now: Millis, length: Millis
) -> HomeserverJob | None:
    """Take this homeserver whether or not its time has come, unless somebody visits it now."""
    taken = await claims.take_one(tx, _homeservers, _CLAIMED, name, holder, now, length)
    return _job(taken) if taken else None


async def check(tx: Connection, job: HomeserverJob) -> None:
    """Make sure that the visit is still ours to write down; raises `LeaseLost`."""
    await claims.check(tx, _homeservers, job.name, job.epoch)


async def renew(tx: Connection, job: HomeserverJob, now: Millis, length: Millis) -> None:
    """Hold it longer, while a long directory is read; raises `LeaseLost`."""
    await claims.renew(tx, _homeservers, job.name, job.epoch, now + length)


async def finish(tx: Connection, job: HomeserverJob, result: HomeserverResult, now: Millis) -> None:
    """Write down what the visit came to, and let go. Raises `LeaseLost` where another took over."""
    changes: dict[str, object] = {
        "state": result.state,
        "way": result.way,
        "reasons": dict(result.reasons),
        "dropped": dict(result.dropped),
        "rooms": result.rooms,
        "complete": result.complete,
        "failures": result.failures,
        "interval": result.interval,
        "next_at": result.next_at,
        "tried_at": now,
    }
    changes |= {"answered_at": now} if result.answered else {}
    changes |= {"changed_at": now} if result.changed else {}
    await claims.finish(tx, _homeservers, job.name, job.epoch, changes)


async def release(tx: Connection, jobs: Sequence[HomeserverJob]) -> None:
    """Let go of visits that were not made; they are due as before."""
    for job in jobs:
        await claims.release(tx, _homeservers, job.name, job.epoch)


async def get(conn: Connection, name: ServerName) -> Homeserver | None:
    """One homeserver."""
    return await _homeservers.get(conn, "name = ?", name)


async def all(  # noqa: A001
    conn: Connection, limit: int = -1, offset: int = 0
) -> list[Homeserver]:
    """Every homeserver by name; a negative limit is none."""
    return await claims.listed(conn, _homeservers, limit, offset)


async def states(conn: Connection) -> dict[ServerName, str]:
    """The state of every one that is known, by name."""
    return await claims.states(conn, _homeservers)


async def known(conn: Connection, names: Iterable[ServerName]) -> set[ServerName]:
    """Which of these are known."""
    there: set[ServerName] = set()
    for chunk in chunks(names):
        for row in await _homeservers.select(conn, f"name IN ({marks(len(chunk))})", chunk):
            there.add(ServerName(row.name))
    return there


async def named_by(conn: Connection, name: ServerName) -> int:
    """How many are known because `name` mentioned them first."""
    return await _homeservers.count(conn, "named_by = ?", [name])


async def counts(conn: Connection) -> dict[str, int]:
    """How many homeservers are in each state."""
    return await _homeservers.counts(conn, "state")


async def due_soonest(conn: Connection) -> Millis | None:
    """When the next visit is due."""
    return await claims.due_soonest(conn, _homeservers)


async def due(conn: Connection, now: Millis) -> int:
    """How many homeservers wait for a visit that is due."""
    return await claims.due(conn, _homeservers, now)


async def hasten(tx: Connection, names: Iterable[ServerName] | None, at: Millis) -> None:
    """Make visits of these (or of all) due at `at`, where they would be later."""
    await claims.hasten(tx, _homeservers, names, at)


async def hasten_state(tx: Connection, state: str, at: Millis) -> None:
    """Make visits of those in this state due at `at`, where they would be later."""
    await _homeservers.update(tx, {"next_at": at}, "state = ? AND next_at > ?", [state, at])


async def forget_ways(tx: Connection, but: str) -> None:
    """Forget which way worked, unless it was `but`: all are tried again in their order."""
    await _homeservers.update(tx, {"way": None}, "way <> ?", [but])


async def set_state(tx: Connection, name: ServerName, state: str, next_at: Millis) -> bool:
    """Set a state that no visit came to ("blocked", or "new" again); whether it is known.

    A visit under way is fenced off: it can no longer write.
    """
    return await claims.set_state(tx, _homeservers, name, state, next_at)


async def remove(tx: Connection, name: ServerName) -> bool:
    """Forget a homeserver; whether it was known. Its sightings are another table's."""
    return bool(await _homeservers.delete(tx, "name = ?", [name]))


def _job(row: Row) -> HomeserverJob:
    values = [*row[1:-1], bool(row[-1])]  # SQLite has numbers for truth
    return HomeserverJob(ServerName(row[0]), *values)


def _new(candidate: Candidate, now: Millis, first_at: Millis) -> dict[str, object]:
    return {
        "name": candidate.name,
        "domain": candidate.domain,
        "origin": candidate.origin,
        "named_by": candidate.named_by,
        "state": "new",
        "reasons": {},
        "dropped": {},
        "rooms": 0,
        "complete": False,
        "failures": 0,
        "interval": 0,
        "added_at": now,
        "next_at": first_at,
        "epoch": 0,
    }
