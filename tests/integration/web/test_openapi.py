"""The API describes itself: all of it, nothing else, and as it is."""

from __future__ import annotations

import httpx
import pytest
from openapi_spec_validator import validate
from starlette.routing import Route

from tests.integration.rings.held import hold
from tests.integration.web.described import DESCRIBED, check, operation
from tests.integration.web.garden import NAME
from tests.integration.web.test_rings import ASLEEP, BEES, ROOT, SOIL
from tests.unit.documents.ring_world import ID
from webring.rings.states import MemberState
from webring.services import Services
from webring.web.app import create_app
from webring.web.interface import OPERATIONS
from webring.web.operations import Access

pytestmark = pytest.mark.anyio


@pytest.fixture
async def filled(client: httpx.AsyncClient, services: Services) -> httpx.AsyncClient:
    states = {ASLEEP.id: MemberState.SLEEPING}
    await hold(services.db, services.rings.keeper, [ROOT, SOIL], states)
    return client


def test_it_is_openapi() -> None:
    validate(DESCRIBED)


async def test_it_is_served_as_it_is_made(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.json()["paths"] == DESCRIBED["paths"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_every_route_is_described_and_every_description_is_a_route(
    services: Services,
) -> None:
    routes = {
        (method, route.path)
        for route in create_app(services).routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in route.methods or ()
    }
    described = {
        (method.upper(), path) for path, ways in DESCRIBED["paths"].items() for method in ways
    }
    assert {each for each in routes if each[0] not in {"HEAD", "OPTIONS"}} == described


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [each.name for each in OPERATIONS]
    assert len(names) == len(set(names))
    assert all(each.text.endswith(".") for each in OPERATIONS)


def test_whatever_changes_something_wants_a_token() -> None:
    open_to_all = {each.method for each in OPERATIONS if each.access is Access.ANYBODY}
    assert open_to_all == {"GET"}


RING = f"/api/v1/rings/{ID}"
READS = {
    "/api/v1/search": "/api/v1/search?found=1",
    "/api/v1/suggest": "/api/v1/suggest?q=bee",
    "/api/v1/communities": "/api/v1/communities",
    "/api/v1/communities/{id}": f"/api/v1/communities/bees:{NAME}",
    "/api/v1/instances": "/api/v1/instances",
    "/api/v1/servers/{name}": "/api/v1/servers/hs.example",
    "/api/v1/stats": "/api/v1/stats",
    "/api/v1/rings": "/api/v1/rings",
    "/api/v1/rings/{ring}": RING,
    "/api/v1/rings/{ring}/members": f"{RING}/members",
    "/api/v1/rings/{ring}/members/{member}": f"{RING}/members/{BEES.id}",
    "/api/v1/rings/{ring}/history": f"{RING}/history",
    "/api/v1/openapi.json": "/api/v1/openapi.json",
}


def test_every_read_is_tried() -> None:
    assert set(READS) == {each.path for each in OPERATIONS if each.access is Access.ANYBODY}


@pytest.mark.parametrize("path", READS)
async def test_answers_have_the_fields_that_are_described(
    filled: httpx.AsyncClient, path: str
) -> None:
    answer = await filled.get(READS[path])
    assert answer.status_code == 200, answer.text
    check(answer, operation("GET", path))
    again = await filled.get(READS[path], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", READS)
async def test_errors_are_described_too(filled: httpx.AsyncClient, path: str) -> None:
    answer = await filled.get(READS[path] + "?" + "x" * 5_000)
    assert answer.status_code == 400
    check(answer, operation("GET", path))
