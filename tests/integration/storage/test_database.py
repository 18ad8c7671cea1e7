"""The database as such: connections, tasks, transactions, and what it says when it cannot work."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tortoise.exceptions import BaseORMException, IntegrityError

from tests.integration.conftest import OpenDatabase
from webring import guards, metrics
from webring.errors import ConfigError, StorageUnavailable
from webring.storage import facts
from webring.storage.database import Database
from webring.storage.sql import execute, execute_many, rows

pytestmark = pytest.mark.anyio


async def put(db: Database, name: str, value: object) -> None:
    async with db.transaction() as tx:
        await facts.put(tx, name, value)


async def test_facts_hold_what_json_can(db: Database) -> None:
    values = [0, 5, 2**53 - 1, "5", "x\0", True, [1, "2"], {"a": {"b": None}}]
    for value in values:
        await put(db, "fact", value)
        stored = await facts.get(db.reader, "fact")
        assert stored == (value if value != "x\0" else "x\ufffd")
    assert await facts.get(db.reader, "nothing") is None


async def test_a_failed_transaction_leaves_nothing(db: Database) -> None:

    async def fail() -> None:
        async with db.transaction() as tx:
            await facts.put(tx, "fact", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await facts.get(db.reader, "fact") is None
    await put(db, "fact", 2)
    assert await facts.get(db.reader, "fact") == 2


async def test_a_cancelled_transaction_leaves_nothing(db: Database) -> None:
    began = asyncio.Event()

    async def write() -> None:
        async with db.transaction() as tx:
            await facts.put(tx, "fact", 1)
            began.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await put(db, "other", 2)
    assert await facts.get(db.reader, "fact") is None


async def test_a_task_cancelled_anywhere_never_blocks_the_next(db: Database) -> None:
    for turns in range(12):
        task = asyncio.create_task(put(db, "fact", turns))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            await put(db, "after", turns)
    assert await facts.get(db.reader, "after") == 11


async def test_a_read_never_waits_for_a_transaction(open_database: OpenDatabase) -> None:
    db, other = await open_database(), await open_database()
    await put(db, "fact", "before")
    async with db.transaction() as tx:
        await facts.put(tx, "fact", "after")
        async with asyncio.timeout(5):
            assert await facts.get(db.reader, "fact") == "before"
            assert await facts.get(other.reader, "fact") == "before"
    assert await facts.get(db.reader, "fact") == "after"


async def test_the_reader_cannot_write(db: Database) -> None:
    with pytest.raises((StorageUnavailable, BaseORMException)):
        await facts.put(db.reader, "fact", 1)
    assert await facts.get(db.reader, "fact") is None


async def test_writers_of_several_processes_wait_for_each_other(
    open_database: OpenDatabase,
) -> None:
    databases = [await open_database() for _ in range(4)]
    await put(databases[0], "count", 0)

    async def count(db: Database) -> None:
        for _ in range(5):
            async with db.transaction() as tx:
                await rows(tx, _locked(db))
                await facts.put(tx, "count", await facts.get(tx, "count") + 1)

    await asyncio.gather(*map(count, databases))
    assert await facts.get(databases[0].reader, "count") == 20


def _locked(db: Database) -> str:
    """SQLite's transactions exclude each other from their first moment."""
    lock = " FOR UPDATE" if db.dialect == "postgres" else ""
    return f"SELECT value FROM fact WHERE name = 'count'{lock}"


async def test_the_network_is_closed_inside(db: Database) -> None:
    assert not guards.holding_transaction.get()
    async with db.transaction():
        assert guards.holding_transaction.get()
    assert not guards.holding_transaction.get()


async def test_a_transaction_inside_another_is_a_mistake(db: Database) -> None:
    async with db.transaction():
        with pytest.raises(RuntimeError, match="inside another"):
            async with db.transaction():
                pass


async def test_two_databases_in_one_loop_stay_apart(tmp_path: Path) -> None:
    one = await Database.open("", tmp_path / "one")
    two = await Database.open("", tmp_path / "two")
    await asyncio.gather(put(one, "fact", "one"), put(two, "fact", "two"))
    async with one.transaction() as tx, two.transaction() as other:
        await facts.put(tx, "more", 1)
        await facts.put(other, "more", 2)
    await one.close()
    assert [await facts.get(two.reader, name) for name in ("fact", "more")] == ["two", 2]
    await two.close()


async def test_it_works_from_tasks_begun_before_it_was_open(
    open_database: OpenDatabase,
) -> None:
    opened: asyncio.Future[Database] = asyncio.get_running_loop().create_future()

    async def early() -> object:
        db = await opened
        await put(db, "fact", 1)
        return await facts.get(db.reader, "fact")

    task = asyncio.create_task(early())
    await asyncio.sleep(0)
    opened.set_result(await open_database())
    assert await task == 1


async def test_it_works_in_requests_under_uvicorn_and_in_jobs(db: Database) -> None:
    async def handle(request: Request) -> JSONResponse:
        await put(db, request.path_params["name"], "from a request")
        return JSONResponse(await facts.get(db.reader, request.path_params["name"]))

    done = asyncio.Event()

    async def job() -> None:
        await put(db, "job", "from a job")
        done.set()

    scheduler = AsyncIOScheduler()
    scheduler.start()
    scheduler.add_job(job)
    app = Starlette(routes=[Route("/{name}", handle)])
    async with _served(app) as url, httpx.AsyncClient(base_url=url) as client:
        answers = await asyncio.gather(*(client.get(f"/fact{n}") for n in range(8)))
    async with asyncio.timeout(5):
        await done.wait()
    scheduler.shutdown()
    assert [each.json() for each in answers] == ["from a request"] * 8
    assert await facts.get(db.reader, "job") == "from a job"


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    """The app under a real uvicorn; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def test_a_full_disk_is_said_and_passes_by_itself(tmp_path: Path) -> None:
    db = await Database.open("", tmp_path)
    await put(db, "fact", "before")
    async with db.transaction() as tx:
        pages = (await rows(tx, "PRAGMA page_count"))[0][0]
        await execute(tx, f"PRAGMA max_page_count = {pages}")
    failures = metrics.DATABASE_ERRORS.get("unavailable")
    with pytest.raises(StorageUnavailable, match="disk is full"):
        await put(db, "large", "x" * 1_000_000)
    assert metrics.DATABASE_ERRORS.get("unavailable") > failures
    assert await facts.get(db.reader, "fact") == "before"
    async with db.transaction() as tx:
        await execute(tx, "PRAGMA max_page_count = 1000000")
    await put(db, "large", "x" * 1_000_000)
    await db.close()


async def test_a_read_only_disk_is_said(tmp_path: Path) -> None:
    db = await Database.open("", tmp_path)
    async with db.transaction() as tx:
        await execute(tx, "PRAGMA query_only = ON")
    with pytest.raises(StorageUnavailable, match="read-only"):
        await put(db, "fact", 1)
    await db.close()


async def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="cannot be made"):
        await Database.open("", tmp_path / "file" / "data")


async def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "webring.sqlite3").write_bytes(b"This is not a database." * 1_000)
    with pytest.raises(StorageUnavailable, match="not a database"):
        await Database.open("", tmp_path)


async def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await Database.open("postgres://nobody@127.0.0.1:1/nothing", tmp_path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://host/name", "is empty, or begins with"),
        ("postgres://host", "names no database"),
        ("postgres://host/name?sslmod=require", "unknown option 'sslmod'"),
        ("postgres://host:port/name", "is not a URL"),
    ],
    ids=["another kind", "no name", "a mistyped option", "no port"],
)
async def test_a_wrong_address_is_refused(url: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        await Database.open(url, tmp_path)


async def test_what_is_wrong_with_us_is_not_blamed_on_the_disk(db: Database) -> None:
    statement = "INSERT INTO fact (name, value) VALUES (?, ?)"

    async def write_twice() -> None:
        async with db.transaction() as tx:
            await execute_many(tx, statement, [["same", "1"], ["same", "2"]])

    with pytest.raises(IntegrityError):
        await write_twice()
    with pytest.raises(BaseORMException):
        await rows(db.reader, "SELECT nothing FROM nowhere")


async def test_a_lost_connection_is_said_and_replaced(db: Database, database_url: str) -> None:
    if not database_url:
        return

    async def write_and_lose() -> None:
        async with db.transaction() as tx:
            await facts.put(tx, "fact", 1)
            await rows(tx, "SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StorageUnavailable):
        await write_and_lose()
    await put(db, "fact", 2)
    assert await facts.get(db.reader, "fact") == 2
