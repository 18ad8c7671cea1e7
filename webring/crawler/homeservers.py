"""Reading one homeserver's public directory, and writing down what came of it.

The ways are tried in order, the one that worked last time first. What is written is written in one
transaction, after the network has answered, and only if the visit is still ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from webring.clock import Millis
from webring.crawler.admitting import Admitted, admit
from webring.crawler.schedule import Bounds, jittered, next_interval, pause
from webring.crawler.signing import UNSIGNED
from webring.directory.listing import DirectoryRoom
from webring.errors import FetchError, IdentityOff, RobotsRefused, StatusRefused, TypeRefused
from webring.matrix.client import PROXY
from webring.matrix.directory import DirectoryListing
from webring.moderation.blocklist import Blocklist
from webring.names import ServerName
from webring.storage import facts, homeservers, listings, sightings
from webring.storage.database import Database
from webring.storage.homeservers import HomeserverJob, HomeserverResult
from webring.storage.sql import Connection

_NO: Final = frozenset({401, 403})
"""Answers of a server that does not want its directory read this way."""
_CLOSED: Final = _NO | {404, 405}
"""Answers of one that does not publish it this way. Where that worked before, the latter are those
of a proxy that lost its routes."""
_REFUSALS: Final = frozenset({"blocked", "closed", "robots"})
"""States in which somebody who may say so wants nothing of this directory listed."""
_FAILURES: Final = frozenset({"failed", "unreachable"})
_GRAVITY: Final = (UNSIGNED, "closed", "failed", "unreachable")
"""Of several ways' states, the one that says most stands for the server. While we cannot ask as a
homeserver, what it answers anybody else says little about it."""


class Way(Protocol):
    """One way to read a directory: federation, client or proxy."""

    @property
    def name(self) -> str:
        """What it is called: federation, client or proxy."""

    async def read(self, server: ServerName) -> DirectoryListing:
        """The directory of `server`, or the `FetchError` of its first page."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the ways answered. `listing` is None where none of them worked."""

    state: str
    way: str | None
    listing: DirectoryListing | None
    reasons: dict[str, str] = field(default_factory=dict)
    asked_pause: Millis = 0


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit as it was written down, for progress and for tests."""

    server: ServerName
    state: str
    rooms: int
    added: int
    changed: int
    removed: int


async def read(server: ServerName, ways: Sequence[Way], last: str | None) -> Reading:
    """Try the ways until one works; the one named `last` first, which worked the last time.

    Where robots.txt asks us to stay away, no other way is sought around it.
    """
    reasons: dict[str, str] = {}
    states: dict[str, str] = {}
    asked = 0
    for way in sorted(ways, key=lambda each: each.name != last):
        try:
            listing = await way.read(server)
        except RobotsRefused as error:
            state = "robots" if error.certain else "failed"
            return Reading(state, None, None, {**reasons, way.name: error.sentence})
        except FetchError as error:
            reasons[way.name] = error.sentence
            states[way.name] = _state(error, way.name, worked=way.name == last)
            asked = max(asked, getattr(error, "retry_after", None) or 0)
            continue
        return Reading("open", way.name, listing, reasons)
    return Reading(_altogether(states, last), None, None, reasons, asked)


async def write(
    db: Database,
    job: HomeserverJob,
    reading: Reading,
    *,
    bounds: Bounds,
    spread: float,
    now: Millis,
    home: ServerName | None = None,
) -> Visited:
    """Write down a reading; raises `LeaseLost` (and changes nothing) where another took over.

    `home` is our own homeserver.
    """
    async with db.transaction() as tx:
        verdict = (await Blocklist.load(tx)).server(job.name)
        if not verdict.allowed:
            reading = Reading("blocked", None, None, {"operator": verdict.why})
        admitted = await _admitted(tx, job, reading, now, home)
        rooms, left = admitted.rooms, admitted.left
        diff = await _record(tx, job, reading, rooms, now)
        changed = bool(diff.added or diff.changed or diff.removed or left)
        result = _result(job, reading, len(rooms), changed=changed, bounds=bounds, spread=spread)
        await homeservers.finish(tx, job, replace(result, next_at=now + result.next_at), now)
        await listings.refresh(tx, diff.touched | left, now)
    return Visited(
        job.name, reading.state, len(rooms), diff.added, diff.changed, diff.removed + len(left)
    )


async def _record(
    tx: Connection,
    job: HomeserverJob,
    reading: Reading,
    rooms: Sequence[DirectoryRoom],
    now: Millis,
) -> sightings.SightingDiff:
    """Store the rooms. A directory that was not read whole takes nothing away, a refusal all."""
    if reading.state in _REFUSALS:
        touched = await sightings.drop_server(tx, job.name)
        return sightings.SightingDiff(touched, 0, 0, len(touched), 0)
    complete = reading.listing is not None and reading.listing.complete
    lived = await facts.lived(tx)
    return await sightings.record(tx, job.name, rooms, complete=complete, now=now, lived=lived)


async def _admitted(
    tx: Connection, job: HomeserverJob, reading: Reading, now: Millis, home: ServerName | None
) -> Admitted:
    listing = reading.listing
    if listing is None:
        return Admitted((), frozenset())
    complete = listing.complete
    return await admit(tx, job.name, listing.rooms, now, complete=complete, home=home)


def _result(
    job: HomeserverJob,
    reading: Reading,
    rooms: int,
    *,
    changed: bool,
    bounds: Bounds,
    spread: float,
) -> HomeserverResult:
    """The row; `next_at` holds the pause until the time is added."""
    listing = reading.listing
    before = job.interval or bounds.shortest
    if listing is not None:
        interval, failures = next_interval(before, changed=changed, bounds=bounds), 0
        wait = interval
    else:
        interval, failures = before, job.failures + 1
        wait = pause(failures, bounds, asked=reading.asked_pause)
    return HomeserverResult(
        state=reading.state,
        way=reading.way or job.way,
        reasons=reading.reasons,
        dropped=dict(listing.dropped) if listing else {},
        rooms=rooms if listing else 0 if reading.state in _REFUSALS else job.rooms,
        complete=listing.complete if listing else False,
        failures=failures,
        interval=interval,
        next_at=jittered(wait, spread),
        answered=listing is not None,
        changed=changed,
    )


def _altogether(states: Mapping[str, str], last: str | None) -> str:
    """The state of a server of which no way worked, by the ways' states.

    Where a way worked before and fails now, others that never did refuse nothing new by refusing.
    """
    there = set(states.values())
    before = states.get(last or "")
    if UNSIGNED not in there and before in _FAILURES:
        return before
    return next((each for each in _GRAVITY if each in there), "unreachable")


def _state(error: FetchError, way: str, *, worked: bool) -> str:
    """The state of a server that refused one way, which `worked` before, with this error.

    What our own homeserver answers in its place says little: Synapse has 502 for whatever failed.
    """
    if isinstance(error, IdentityOff):
        return UNSIGNED
    if isinstance(error, StatusRefused) and error.status in (_NO if worked else _CLOSED):
        return "closed"
    if way == PROXY:
        return "unreachable"
    if isinstance(error, StatusRefused):
        return "failed"
    return "failed" if isinstance(error, TypeRefused) else "unreachable"
