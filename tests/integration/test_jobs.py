"""Jobs that one process leads: run once at a time, and fenced off when they come too late."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import pytest

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, first
from webring import jobs, metrics
from webring.clock import MINUTE, SECOND
from webring.errors import LeaseLost, StorageUnavailable
from webring.jobs import Job, Runs
from webring.rings.circles import Circles
from webring.services import Services
from webring.storage import facts, leases
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000


def process(db: Database, holder: str, now: int = NOW) -> Services:
    """As much of a process as a job's leadership asks of it."""
    return cast("Services", SimpleNamespace(db=db, holder=holder, clock=lambda: now))


async def note(services: Services) -> None:
    async with services.db.transaction() as tx:
        await facts.put(tx, "done by", services.holder)


async def test_one_process_leads_a_job_at_a_time(db: Database) -> None:
    job = Job("note", MINUTE, note, led=True)
    await jobs.run_once(job, process(db, "one"))
    await jobs.run_once(job, process(db, "two"))
    assert await facts.get(db.reader, "done by") == "one"
    await jobs.run_once(job, process(db, "two", NOW + MINUTE))
    assert await facts.get(db.reader, "done by") == "two"
    assert leases.held.get() is None


async def test_a_holder_that_was_overtaken_cannot_write(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job("note", MINUTE, note, led=True)

    async def paused(services: Services) -> None:
        before = leases.held.set(None)  # the other process knows nothing of ours
        await jobs.run_once(job, process(db, "two", NOW + MINUTE))
        leases.held.reset(before)
        with pytest.raises(LeaseLost):
            await note(services)
        await note(services)

    caplog.set_level("INFO")
    await jobs.run_once(Job("note", MINUTE, paused, led=True), process(db, "one"))
    assert await facts.get(db.reader, "done by") == "two"
    assert "note is done by another process" in caplog.text


async def test_a_job_that_is_still_running_is_not_begun_again(db: Database) -> None:
    begun, end = [], asyncio.Event()

    async def slow(services: Services) -> None:
        begun.append(services.holder)
        await end.wait()

    runs, job = Runs(process(db, "one")), Job("slow", SECOND, slow)
    await runs.begin(job)
    await runs.begin(job)
    await asyncio.sleep(0)
    assert begun == ["one"]
    end.set()
    await runs.first([])
    await asyncio.sleep(0.01)
    await runs.begin(job)
    await asyncio.sleep(0)
    assert begun == ["one", "one"]
    await runs.end()


async def test_a_job_that_fails_is_named_and_begun_again(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    begun = []

    async def broken(services: Services) -> None:
        begun.append(services.holder)
        raise ValueError("a fault")

    runs, job = Runs(process(db, "one")), Job("broken", SECOND, broken)
    for _ in range(2):
        await runs.begin(job)
        await asyncio.sleep(0.01)
    await runs.end()
    assert begun == ["one", "one"]
    assert "broken failed by a fault of webring" in caplog.text


async def test_runs_are_counted_by_how_they_end(db: Database) -> None:
    async def refused(_: Services) -> None:
        raise StorageUnavailable

    async def broken(_: Services) -> None:
        raise ValueError("a fault")

    ends = {"done": note, "failed": refused, "fault": broken}
    before = {end: metrics.JOB_RUNS.get("counted", end) for end in ends}
    for run in (*ends.values(), note):
        with suppress(ValueError):
            await jobs.run_once(Job("counted", MINUTE, run), process(db, "one"))
    counted = {end: metrics.JOB_RUNS.get("counted", end) - before[end] for end in ends}
    assert counted == {"done": 2, "failed": 1, "fault": 1}


async def test_who_does_not_lead_counts_no_run(db: Database) -> None:
    job, before = Job("led", MINUTE, note, led=True), metrics.JOB_RUNS.get("led", "done")
    for holder in ("one", "two"):
        await jobs.run_once(job, process(db, holder))
    assert metrics.JOB_RUNS.get("led", "done") == before + 1


async def test_what_is_cancelled_at_the_end_is_no_matter_for_the_log(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def endless(_: Services) -> None:
        await asyncio.Event().wait()

    runs = Runs(process(db, "one"))
    await runs.begin(Job("endless", SECOND, endless))
    await asyncio.sleep(0)
    await runs.end()
    assert caplog.text == ""


async def test_every_job_has_a_name_of_its_own() -> None:
    assert len({job.name for job in jobs.JOBS}) == len(jobs.JOBS)


async def test_a_process_that_only_answers_follows_rings_and_does_nothing_else(
    db: Database,
) -> None:
    await keep(db, first())
    circles = Circles(db, lambda: NOW)
    follower = SimpleNamespace(run=asyncio.Event().wait)
    parts = SimpleNamespace(
        db=db, circles=circles, follower=follower, holder="one", clock=lambda: NOW
    )
    async with asyncio.timeout(30), jobs.running(cast("Services", parts), answering=True):
        while circles.get(ID) is None:
            await asyncio.sleep(0.01)
    assert await facts.lived(db.reader) == 0
