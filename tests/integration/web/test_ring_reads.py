"""What programs read of rings: who is in one, and why people are sent there or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.integration.web.test_rings import ASLEEP, BEES, HAY, MOSS, NASTY, ROOT, SOIL
from tests.unit.documents.ring_world import ID, A
from webring.rings.states import MemberState
from webring.services import Services
from webring.storage import blocks
from webring.storage.blocks import Block
from webring.web.app import create_app

pytestmark = pytest.mark.anyio
RINGS = "/api/v1/rings"
RING = f"{RINGS}/{ID}"


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    states, titles = {ASLEEP.id: MemberState.SLEEPING}, {BEES.id: NASTY}
    await hold(services.db, services.rings.keeper, [ROOT, SOIL], states, titles)
    await hold(services.db, services.rings.keeper, [MOSS])
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


async def test_rings_are_listed_those_with_most_open_doors_first(client: httpx.AsyncClient) -> None:
    answer = (await client.get(RINGS)).json()
    assert [(each["id"], each["open"]) for each in answer["results"]] == [(ID, 3), (MOSS.id, 0)]
    assert (answer["total"], answer["next"]) == (2, None)


@pytest.mark.parametrize(
    ("interest", "found"), [("Gärtnern", [ID]), ("nature", [MOSS.id]), ("ships", [])]
)
async def test_rings_are_found_by_what_they_are_about_in_any_language(
    client: httpx.AsyncClient, interest: str, found: list[str]
) -> None:
    answer = (await client.get(RINGS, params={"interest": interest})).json()
    assert [each["id"] for each in answer["results"]] == found


async def test_a_list_is_read_page_by_page(client: httpx.AsyncClient) -> None:
    first = (await client.get(f"{RING}/members?limit=3")).json()
    rest = (await client.get(f"{RING}/members?limit=3&cursor={first['next']}")).json()
    seen = [each["id"] for each in first["results"] + rest["results"]]
    assert seen == [each.id for each in SOIL.members]
    assert rest["next"] is None


async def test_a_ring_tells_its_terms_and_how_fresh_it_is(client: httpx.AsyncClient) -> None:
    ring = (await client.get(RING)).json()
    assert ring["criteria"] == f"Dig.\n{NASTY}", "raw: whoever shows it escapes it"
    assert ring["members"] == {"active": 3, "sleeping": 1}
    assert (ring["sequence"], ring["sha256"]) == (2, SOIL.sha256)
    assert (ring["policy"], ring["freshness"], ring["stewarded"]) == ("request", "fresh", False)
    assert ring["stewards"] == {"threshold": 2, "instances": [A, "b.example", "c.example"]}


async def test_a_member_tells_both_halves(client: httpx.AsyncClient) -> None:
    member = (await client.get(f"{RING}/members/{HAY.id}")).json()
    assert (member["state"], member["shown"]) == ("active", True)
    assert member["ring_half"] == {"there": True, "says": ["Version 2 of the ring lists it."]}
    assert member["own_half"]["there"] is True
    assert (member["community"], member["instance"]) == (HAY.community, HAY.instance)
    asleep = (await client.get(f"{RING}/members/{ASLEEP.id}")).json()
    assert asleep["shown"] is False
    assert "sleeps" in asleep["why"]


async def test_whom_the_operator_keeps_out_has_no_name_and_is_not_shown(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.db.transaction() as tx:
        await blocks.add(tx, Block("server", "site1.example", "block", "spam", 1))
    await services.circles.refresh()
    for path in (f"{RING}/members/{BEES.id}", f"{RING}/members"):
        answer = (await client.get(path)).json()
        bees = answer if "id" in answer else answer["results"][0]
        assert (bees["id"], bees["shown"], bees["name"]) == (BEES.id, False, "site1.example")


async def test_a_history_is_read_to_its_beginning(client: httpx.AsyncClient) -> None:
    chapter = (await client.get(f"{RING}/history")).json()
    assert [each["kind"] for each in chapter["results"]] == ["joined"] * 4 + ["founded"]
    assert chapter["results"][-1]["says"].startswith("The ring was founded.")
    assert (chapter["next"], chapter["left_out"]) == (None, 0)
    older = (await client.get(f"{RING}/history?cursor=2")).json()
    assert [each["kind"] for each in older["results"]] == ["founded"]


REFUSED = {
    "an unknown ring": (f"{RINGS}/nope:{A}", 404),
    "its members": (f"{RINGS}/nope:{A}/members", 404),
    "its history": (f"{RINGS}/nope:{A}/history", 404),
    "no ring's id": (f"{RINGS}/soil", 400),
    "a NUL": (f"{RINGS}/%00:{A}", 400),
    "an unknown member": (f"{RING}/members/{'0' * 20}", 404),
    "no member's id": (f"{RING}/members/me", 400),
    "a long interest": (f"{RINGS}?interest={'x' * 65}", 400),
    "a cursor that is no number": (f"{RING}/history?cursor=x", 400),
    "too many at once": (f"{RING}/members?limit=51", 400),
    "something below": (f"{RING}/members/{BEES.id}/x", 404),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_wrong_is_said_to_programs(client: httpx.AsyncClient, case: str) -> None:
    path, status = REFUSED[case]
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"errcode", "error"}
    assert answer.headers["access-control-allow-origin"] == "*"
