"""The schedule: what a running instance does by itself, how often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from webring import metrics
from webring.clock import DAY, HOUR, MINUTE, SECOND, Millis
from webring.errors import LeaseLost, StorageError, WebringError
from webring.moderation.reporting import KEPT
from webring.names import RoomId
from webring.rings.clearing import clear
from webring.rings.naming import ORIGINS
from webring.services import Services
from webring.storage import (
    changes,
    communities,
    documents,
    facts,
    inbox,
    leases,
    listings,
    notices,
    outgoing,
    peers,
    reports,
    ring_versions,
    rings,
    sightings,
)
from webring.storage.leases import Lease

EXPIRED_AT_ONCE: Final = 1_000
CHANGES_KEPT: Final[Millis] = 7 * DAY
STRANGERS_KEPT: Final[Millis] = 7 * DAY
"""How long an instance is remembered that nobody accepted and that never verified."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its name, how often it runs, and whether one process alone may run it at a time.

    Work that is claimed row by row needs no leader. `lease` is for how long a leader may work where
    it asks the network (None: until the next run). What a process needs to answer requests runs
    also in those that do nothing else.
    """

    name: str
    every: Millis
    run: Callable[[Services], Awaitable[None]]
    led: bool = False
    answering: bool = False
    lease: Millis | None = None


async def publish(services: Services) -> None:
    """Keep our manifest current, and tell peers when it changed."""
    published = await services.publisher.refresh()
    for sentence in published.news:
        log.warning("Publishing: %s", sentence)
    services.follower.notify()
    await services.outbox.announce()


async def make_sure(services: Services) -> None:
    """Look whether our Matrix identity is ours, and do anew what a signature opens."""
    if await services.signing.make_sure() and services.matrix.signs_for_spaces:
        await publish(services)


async def reissue(services: Services) -> None:
    """Issue our manifest anew where rings or memberships changed, and tell peers."""
    if await services.publisher.reissue():
        await services.outbox.announce()


async def visit_peers(services: Services) -> None:
    """Visit the peers that are due."""
    if await services.peers.visit_due():
        services.follower.notify()


async def take_up_messages(services: Services) -> None:
    """Act upon messages that waited for their senders' manifests."""
    if await services.inbox.take_up():
        services.follower.notify()


async def send_messages(services: Services) -> None:
    """Deliver messages about rings to other instances."""
    await services.sender.send_due()


async def poll_messages(services: Services) -> None:
    """Ask what became of messages that were delivered."""
    await services.sender.poll_due()


async def post_notices(services: Services) -> None:
    """Tell rooms of ours that they are listed, or in a ring."""
    await services.noticing.post_due()


async def mail_notices(services: Services) -> None:
    """Send the operator what happened to our communities and rings."""
    await services.noticing.mail_due()


async def follow_rings(services: Services) -> None:
    """Follow the rings that are due."""
    await services.rings.following.follow_due()


async def propose_versions(services: Services) -> None:
    """Propose what is wanted of rings that we steward."""
    await services.rings.proposing.propose_due()


async def review_proposals(services: Services) -> None:
    """Look at versions that other stewards propose, and sign what may be signed."""
    await services.rings.cosigning.review_due()


async def look_at_requests(services: Services) -> None:
    """Look again at whoever asks to join rings that we steward."""
    await services.rings.waiting.look_again()


async def check_members(services: Services) -> None:
    """Look at members of rings that are due, whether they still say that they are in them."""
    await services.rings.checking.check_due()


async def crawl_homeservers(services: Services) -> None:
    """Visit the homeservers that are due, once it is known whether we may sign."""
    if await services.signing.certainty() is None:
        return
    await services.homeservers.crawl_due(lambda *_: services.follower.notify())


async def refresh_circles(services: Services) -> None:
    """Take over what changed in rings since the last time."""
    await services.circles.refresh()


async def live(services: Services) -> None:
    """Count the time that we were running; forgetting is measured by it."""
    async with services.db.transaction() as tx:
        await facts.advance_lived(tx, services.clock())


async def forget(services: Services) -> None:
    """Drop what nothing has confirmed for the configured time."""
    gone: frozenset[RoomId] = frozenset()
    async with services.db.transaction() as tx:
        before = await facts.lived(tx) - services.settings.crawl.forget_after
        gone |= await sightings.expire(tx, before, EXPIRED_AT_ONCE)
        gone |= await communities.expire(tx, before, EXPIRED_AT_ONCE)
        await listings.refresh(tx, gone, services.clock())


async def tidy(services: Services) -> None:
    """Drop what is kept for a time only: pages, messages, notices, old changes, reports that are
    resolved, strangers, and rings that were named and never had. By the calm date, which no clock
    makes jump.
    """
    async with services.db.transaction() as tx:
        now = await facts.calm(tx, services.clock())
        await documents.prune(tx, now)
        await inbox.prune(tx, now)
        await outgoing.prune(tx, now)
        await notices.prune(tx, now)
        await changes.prune(tx, now - CHANGES_KEPT)
        await peers.prune_strangers(tx, now - STRANGERS_KEPT)
        await inbox.drop_unknown(tx)
        await ring_versions.prune(tx, now)
        await rings.prune_unread(tx, ORIGINS, now - STRANGERS_KEPT)
        await clear(tx, services.rings.verdicts, now)
        await reports.prune(tx, now - KEPT)


JOBS: Final = (
    Job("refresh-circles", SECOND, refresh_circles, answering=True),
    Job("live", MINUTE, live, led=True),
    Job("publish", 5 * MINUTE, publish, led=True),
    Job("make-sure", 2 * SECOND, make_sure),
    Job("reissue", 2 * SECOND, reissue, led=True),
    Job("visit-peers", 2 * SECOND, visit_peers),
    Job("take-up-messages", 10 * SECOND, take_up_messages),
    Job("send-messages", 2 * SECOND, send_messages),
    Job("poll-messages", 2 * SECOND, poll_messages),
    Job("post-notices", MINUTE, post_notices, led=True),
    Job("mail-notices", MINUTE, mail_notices, led=True),
    Job("check-members", 2 * SECOND, check_members),
    Job("follow-rings", 2 * SECOND, follow_rings),
    Job("propose-versions", 2 * SECOND, propose_versions, led=True, lease=5 * MINUTE),
    Job("review-proposals", 2 * SECOND, review_proposals, led=True, lease=5 * MINUTE),
    Job("look-at-requests", 5 * SECOND, look_at_requests, led=True, lease=5 * MINUTE),
    Job("crawl-homeservers", 2 * SECOND, crawl_homeservers),
    Job("forget", HOUR, forget, led=True),
    Job("tidy", HOUR, tidy, led=True),
)


@asynccontextmanager
async def running(services: Services, *, answering: bool = False) -> AsyncIterator[None]:
    """Run every job on its schedule, and the search index behind the changes.

    `answering`: only those that a process needs to answer requests.

    A job never overlaps itself; a run that was missed is made once. At the end nothing new begins,
    and what is under way is cancelled: leases and transactions make that safe.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    runs = Runs(services)
    chosen = [job for job in JOBS if job.answering or not answering]
    for job in chosen:
        scheduler.add_job(
            runs.begin,
            "interval",
            [job],
            seconds=job.every / SECOND,
            id=job.name,
            name=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    first = asyncio.create_task(runs.first(chosen))
    follower = asyncio.create_task(services.follower.run())
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        first.cancel()
        follower.cancel()
        await asyncio.gather(first, follower, return_exceptions=True)
        await runs.end()
        await _give_back(services)


async def _give_back(services: Services) -> None:
    """Let go of whatever this process leads. Where that cannot be written, the leases run out."""
    try:
        async with services.db.transaction() as tx:
            await leases.release_all(tx, services.holder)
    except StorageError as error:
        log.warning("Leases were not given back, and run out by themselves: %s", error.sentence)


class Runs:
    """The runs of jobs that are under way, at most one of each.

    The scheduler only begins them: to it, a run that takes longer than its interval, or that is
    cancelled at the end, would be something to warn of.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def begin(self, job: Job) -> None:
        """Begin a run, unless the one before is not over."""
        self._run(job)

    async def first(self, chosen: Iterable[Job]) -> None:
        """What a start does at once, in order: so that a first visitor finds something."""
        for job in chosen:
            if job.run in {refresh_circles, live, publish, make_sure}:
                await self._run(job)

    async def end(self) -> None:
        """Cancel what is under way, and wait for it."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self, job: Job) -> asyncio.Task[None]:
        """The run that is under way, or else a new one."""
        task = self._under_way.get(job.name)
        if task is None or task.done():
            task = asyncio.create_task(self._guarded(job), name=job.name)
            self._under_way[job.name] = task
        return task

    async def _guarded(self, job: Job) -> None:
        """A run that fails by a fault of ours is made again; it ends nothing else."""
        try:
            await run_once(job, self._services)
        except Exception:
            log.exception("%s failed by a fault of webring, and is tried again", job.name)


async def run_once(job: Job, services: Services) -> None:
    """Run a job, unless another process leads it. Errors that are ours are logged, not raised."""
    began, outcome = monotonic(), "fault"
    try:
        outcome = "done" if await _run_or_leave(job, services) else ""
    except asyncio.CancelledError:
        outcome = ""
        raise
    except LeaseLost:
        outcome = "overtaken"
        log.info("%s is done by another process", job.name)
    except WebringError as error:
        outcome = "failed"
        log.warning("%s failed, and is tried again: %s", job.name, error.sentence)
    finally:
        if outcome:
            metrics.job_ran(job.name, outcome, monotonic() - began)


async def _run_or_leave(job: Job, services: Services) -> bool:
    """Run a job; False where another process leads it."""
    if not job.led:
        await job.run(services)
        return True
    async with services.db.transaction() as tx:
        now = services.clock()
        # A little less than the interval, so that the holder's next run finds it free.
        length = job.lease or job.every * 9 // 10
        lease = await leases.acquire(tx, f"job:{job.name}", services.holder, now, length)
    if lease is not None:
        await _lead(job, services, lease)
    return lease is not None


async def _lead(job: Job, services: Services, lease: Lease) -> None:
    """Run a job such that it cannot write any more once another process has its lease."""
    before = leases.held.set(lease)
    try:
        await job.run(services)
    finally:
        leases.held.reset(before)
        if job.lease:
            async with services.db.transaction() as tx:
                await leases.release(tx, lease)
