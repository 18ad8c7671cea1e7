"""What is for adults only stands at no exit, unless somebody asks for it or for itself."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.fakes.rooms import child
from tests.integration.web.garden import NAME, NOW, fill, room
from tests.unit.documents.test_trust import community
from webring.crawler.claims import claim_of
from webring.crawler.evidence import Claimant
from webring.directory.listing import Standing
from webring.names import RoomId
from webring.services import Services
from webring.storage import communities, listings

pytestmark = pytest.mark.anyio
SECRET = "Hentai corner"
EXITS = [
    "/",
    "/?found=1",
    "/search?q=hentai&found=1",
    "/interests/gardening?found=1",
    "/servers/hs.example",
    "/instances/garden.example",
    "/communities/bees:garden.example",
    "/api/v1/search?q=hentai&found=1",
    "/api/v1/communities",
    "/api/v1/communities/bees:garden.example",
    "/delistings",
    "/rings",
]


@pytest.fixture
async def visitor(client: httpx.AsyncClient, services: Services) -> httpx.AsyncClient:
    claimant = Claimant(NAME, frozenset(), accepted=True)
    plain = claim_of(community("bees"), claimant, Standing.SPOKEN_FOR, "it is its own server")
    held = child("!inside:hs.example", name=SECRET)
    bees = replace(plain, rooms=(held, child("!tea:hs.example", name="Tea room")))
    corner = replace(
        claim_of(community("corner"), claimant, Standing.SPOKEN_FOR, "as well"),
        room_id=RoomId("!corner:garden.example"),
        name=SECRET,
        interests=("gardening",),
    )
    await fill(services, room("lewd", SECRET, topic="gardening"))
    async with services.db.transaction() as tx:
        touched = await communities.apply(tx, NAME, [(bees, {}, NOW), (corner, {}, NOW)], 0)
        await listings.refresh(tx, touched, NOW)
    await services.follower.catch_up()
    return client


@pytest.mark.parametrize("path", EXITS)
async def test_nobody_meets_it_unasked(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert "!lewd" not in answer.text


ASKED = [
    "/search?q=hentai&found=1&adult=1",
    "/servers/hs.example?adult=1",
    "/instances/garden.example?adult=1",
    "/communities/bees:garden.example?adult=1",
    "/communities/corner:garden.example",
    "/rooms/!lewd:hs.example",
    "/api/v1/search?q=hentai&found=1&adult=1",
    "/api/v1/communities?adult=1",
    "/api/v1/communities/bees:garden.example?adult=1",
    "/api/v1/communities/corner:garden.example",
]


@pytest.mark.parametrize("path", ASKED)
async def test_whoever_asks_does(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    assert SECRET in answer.text


async def test_what_is_inferred_is_said(visitor: httpx.AsyncClient) -> None:
    told = await visitor.get("/api/v1/communities/corner:garden.example")
    assert told.json()["adult"] is True
    page = await visitor.get("/communities/corner:garden.example")
    assert page.headers["x-robots-tag"] == "noindex"
    assert "adults only" in page.text


async def test_pages_tell_that_there_is_more(visitor: httpx.AsyncClient) -> None:
    for path in ("/servers/hs.example", "/instances/garden.example"):
        assert 'href="?adult=1"' in (await visitor.get(path)).text
        assert 'href="?adult=1"' not in (await visitor.get(f"{path}?adult=1")).text
