"""The pages of rings, as a visitor without script sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.integration.rings.kept import keep
from tests.integration.web.garden import NAME
from tests.unit.documents.ring_world import ID, TERMS, A, after, community, first, site
from webring.documents.chain import STALE_FOR
from webring.documents.ring import JoinPolicy
from webring.names import RingId
from webring.rings.states import MemberState
from webring.services import Services
from webring.storage import ring_members
from webring.web.app import create_app

pytestmark = pytest.mark.anyio

NASTY = '<script>alert("1")</script>\u202e{{7*7}}'
ROOT = first(replace(TERMS, criteria=f"Dig.\n{NASTY}", policy=JoinPolicy.REQUEST))
BEES, HAY = site(1, ROOT.sha256), community(1, ROOT.sha256, instance=NAME)
PLOT, ASLEEP = community(2, ROOT.sha256, instance=NAME), site(2, ROOT.sha256)
SOIL = after(ROOT, members=(BEES, HAY, PLOT, ASLEEP))
MOSS = first(replace(TERMS, name="Moss", interests=("nature",)), ring_id=RingId(f"moss:{A}"))
PAGE = f"/rings/{ID}"


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    await keep(services.db, SOIL, {ASLEEP.id: MemberState.SLEEPING})
    await keep(services.db, MOSS)
    async with services.db.transaction() as tx:
        slots = await ring_members.of_ring(tx, ID)
        titled = [replace(slot, title=NASTY) for slot in slots if slot.member == BEES.id]
        await ring_members.put(tx, titled)
        for each in (HAY, PLOT):
            await tx.execute_query(
                "INSERT INTO community_room (community, room_id) VALUES (?, ?)",
                [f"{each.community}:{each.instance}", "!both:garden.example"],
            )
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


async def text(visitor: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_all_rings_are_listed_and_narrowed_by_interest(visitor: httpx.AsyncClient) -> None:
    page = await text(visitor, "/rings")
    assert page.index("Soil") < page.index("Moss"), "those with most open doors come first"
    narrowed = await text(visitor, "/rings?interest=nature")
    assert "Moss" in narrowed
    assert "Soil" not in narrowed
    assert "No ring here is about this" in await text(visitor, "/rings?interest=%3Cb%3E")


async def test_an_instance_without_rings_says_how_one_is_founded(services: Services) -> None:
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
        assert "webring ring create" in await text(client, "/rings")


async def test_a_ring_shows_its_members_in_order_as_a_picture_and_as_a_list(
    visitor: httpx.AsyncClient,
) -> None:
    page = await text(visitor, PAGE)
    at = [page.index(f'href="{each.url}"') for each in (BEES, HAY, PLOT, ASLEEP)]
    assert at == sorted(at)
    assert page.count('class="slot ') == 4
    assert '<path class="thread"' in page
    assert "!both:garden.example" in page
    assert "asleep" in page
    assert "On request: a steward decides." in page
    assert f"{PAGE}/history.atom" in page
    assert 'type="application/json+oembed"' in page


async def test_what_strangers_wrote_is_shown_and_never_run(visitor: httpx.AsyncClient) -> None:
    page = await text(visitor, PAGE)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "{{7*7}}" in page


STOPS = {
    "unknown": "does not know as a member",
    "unsaid": "Nothing told us where you came from",
    "several": "Which one was it?",
    "empty": "Nobody is at home",
}


@pytest.mark.parametrize("why", STOPS)
async def test_a_hop_that_ends_here_is_met_with_a_friendly_line(
    visitor: httpx.AsyncClient, why: str
) -> None:
    assert STOPS[why] in await text(visitor, f"{PAGE}?hop={why}")


async def test_an_unknown_reason_says_nothing(visitor: httpx.AsyncClient) -> None:
    page = await text(visitor, f"{PAGE}?hop=%3Cb%3Eunknown")
    assert 'role="status"' not in page


async def test_a_ring_that_ended_sends_nobody_anywhere(services: Services) -> None:
    old = first(TERMS, now=ROOT.validity.issued_at - 2 * STALE_FOR)
    lapsed = after(old, members=(site(1, old.sha256),), now=old.validity.issued_at + 1)
    await keep(services.db, lapsed)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
        page = await text(client, PAGE)
    assert "shown for memory" in page
    assert f"{PAGE}/random" not in page


REFUSED = {
    "an unknown ring": (f"/rings/nothing:{A}", 404),
    "no ring's id": ("/rings/soil", 400),
    "a ring's id with markup": ("/rings/%3Cb%3E:a.example", 400),
    "a page far beyond": (f"{PAGE}?from=99999999999", 400),
    "a page that is no number": (f"{PAGE}?from=-1", 400),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_wrong_is_said(visitor: httpx.AsyncClient, case: str) -> None:
    path, status = REFUSED[case]
    await text(visitor, path, status)
