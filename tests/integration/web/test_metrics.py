"""What Prometheus is told: right, of few series, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.web.garden import NOW
from webring import __version__, observing
from webring.errors import StorageUnavailable
from webring.names import RoomId
from webring.services import Services
from webring.settings import MetricsSettings
from webring.storage import listings
from webring.web.metrics import create_metrics_app

pytestmark = pytest.mark.anyio

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def watcher(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_metrics_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
        yield made


async def read(watcher: httpx.AsyncClient) -> Series:
    answer = await watcher.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == observing.CONTENT_TYPE
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(series: Series, name: str, **labels: str) -> float:
    return series.get((name, frozenset(labels.items())), 0)


async def test_requests_are_counted_by_their_route(
    client: httpx.AsyncClient, watcher: httpx.AsyncClient
) -> None:
    asked = {
        "/servers/hs.example": ("/servers/{name}", "200"),
        "/servers/none.example": ("/servers/{name}", "404"),
        "/static/style.css": ("/static", "200"),
        "/rings/none:garden.example/next": ("/rings/{ring}/{way}", "404"),
        "/topics/none/random": ("/topics/{interest}/{way}", "404"),
        "/no/such/page": ("none", "404"),
        "/?x=" + "a" * 5_000: ("none", "400"),
    }
    before = await read(watcher)
    for path in asked:
        await client.get(path)
    after = await read(watcher)
    for route, status in asked.values():
        labels = {"route": route, "method": "GET", "status": status}
        grown = of(after, "webring_requests_total", **labels) - of(
            before, "webring_requests_total", **labels
        )
        assert grown == 1, labels


async def test_strangers_add_no_series(
    client: httpx.AsyncClient, watcher: httpx.AsyncClient
) -> None:
    async def ask(turn: int) -> None:
        for path in ("/x{}", "/servers/s{}.example", "/rings/r{}:a.example/next", "/search?q={}"):
            await client.get(path.format(turn))
        await client.request(f"M{turn}", "/", headers={"Host": f"h{turn}.example"})

    await ask(0)
    known = set(await read(watcher))
    for turn in range(1, 6):
        await ask(turn)
    assert set(await read(watcher)) == known


async def test_the_state_of_the_instance_is_told(
    client: httpx.AsyncClient, watcher: httpx.AsyncClient, services: Services
) -> None:
    await services.follower.catch_up()
    told = await read(watcher)
    assert of(told, "webring_database_up") == 1
    assert of(told, "webring_index_usable") == 1
    assert of(told, "webring_index_lag") == 0
    assert of(told, "webring_index_documents") == 3
    assert of(told, "webring_listings", standing="found") == 2
    assert sum(n for (name, _), n in told.items() if name == "webring_homeservers") == 1
    assert ("webring_queue_length", frozenset({("queue", "homeservers")})) in told
    assert of(told, "webring_disk_free_bytes") > 0
    assert of(told, "process_resident_memory_bytes") > 0
    assert of(told, "webring_info", version=__version__) == 1


async def test_a_change_that_searches_do_not_see_yet_is_lag(
    client: httpx.AsyncClient, watcher: httpx.AsyncClient, services: Services
) -> None:
    async with services.db.transaction() as tx:
        await listings.remove(tx, [RoomId("!found:hs.example")], NOW)
    assert of(await read(watcher), "webring_index_lag") == 1


async def test_a_database_that_is_gone_is_told(
    watcher: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr("webring.storage.changes.latest", gone)
    told = await read(watcher)
    assert of(told, "webring_database_up") == 0
    assert ("webring_index_lag", frozenset[Any]()) not in told


@pytest.mark.parametrize(
    ("sent", "status"),
    {
        "none": ({}, 401),
        "wrong": ({"Authorization": "Bearer no"}, 401),
        "another scheme": ({"Authorization": "Basic s3cret"}, 401),
        "bytes": ({"Authorization": b"Bearer \xff\x00"}, 401),
        "right": ({"Authorization": "Bearer s3cret"}, 200),
    }.values(),
)
async def test_a_token_is_asked_for_where_one_is_set(
    services: Services, sent: dict[str, Any], status: int
) -> None:
    settings = replace(services.settings, metrics=MetricsSettings(token="s3cret"))
    opened = replace(cast("Any", services), settings=settings)
    transport = httpx.ASGITransport(create_metrics_app(opened))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as watcher:
        answer = await watcher.get("/metrics", headers=sent)
        assert answer.status_code == status
        assert ("webring_info" in answer.text) is (status == 200)


async def test_visitors_reach_no_numbers(
    client: httpx.AsyncClient, watcher: httpx.AsyncClient
) -> None:
    for path in ("/metrics", "/api/v1/metrics", "/static/../metrics"):
        assert (await client.get(path)).status_code == 404
    assert (await watcher.get("/")).status_code == 404
