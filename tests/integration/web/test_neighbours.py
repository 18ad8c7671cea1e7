"""A community's page and its answer tell what ties it to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.fakes.rooms import child
from tests.integration.rings.held import hold
from tests.integration.rings.neighbourhood import ROOT, Here, member, place, praise, ring_of
from tests.integration.web import described
from tests.unit.documents import ring_world as w
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId
from webring.services import Services
from webring.web.app import create_app

pytestmark = pytest.mark.anyio

BEES, MOSS, HAY, TREES = (
    "bees:garden.example",
    "moss:forest.example",
    "hay:meadow.example",
    "trees:orchard.example",
)
NASTY = '<script>alert("1")</script>\u202egnp.exe\x07{{7*7}}'
LONG = "s" * 10_000
ART = (child("!art:garden.example", name="Drawing"),)
YES = AcceptedVouch(CommunityId(TREES), "Without them no apples.")
SITE = w.site(1, ROOT.sha256)
PATH = "/api/v1/communities"


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    here = Here(services.db)
    slots = (SITE, member(BEES), member(HAY))
    titles = {SITE.id: NASTY, member(HAY).id: "Hay"}
    await hold(services.db, services.rings.keeper, [ROOT, ring_of(*slots)], {}, titles)
    said = [
        praise(MOSS, "Quiet paths."),
        Vouch("Good bread.", url=SITE.url),
        praise("no:x.example"),
    ]
    shared = replace(place(MOSS, praise(BEES, NASTY), name=NASTY), rooms=ART)
    await here.know(
        replace(place(BEES, *said, accepts=[YES]), rooms=ART),
        shared,
        place(HAY, praise(BEES, LONG)),
        place(TREES, praise(BEES, YES.sentence)),
        *(place(f"c{at}:crowd.example", praise(BEES, "Unasked.")) for at in range(9)),
    )
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


async def test_a_page_says_who_vouches_and_why_that_is_shown(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(f"/communities/{BEES}")).text
    said = page[page.index('id="said"') : page.index('id="says"')]
    assert "they vouch for each other" in said
    assert 'both are in the ring <a href="/rings/soil:a.example">' in said
    assert "it has agreed to this sentence" in said
    assert f'href="/communities/{TREES.replace(":", "%3A")}"' in said
    assert "Communities of 1 more instance vouch for it." in said
    assert "Unasked." not in page
    says = page[page.index('id="says"') : page.index('id="shared"')]
    assert "Quiet paths." in says
    assert f'href="{SITE.url}"' in says
    assert "And for 1 more place, which has not answered." in says
    assert "Good people at no:x.example" not in page


async def test_a_page_says_its_rings_and_who_is_beside(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(f"/communities/{BEES}")).text
    rings = page[page.index('id="rings"') : page.index('id="said"')]
    assert 'href="/rings/soil:a.example"' in rings
    assert f'href="/rings/soil:a.example/{member(BEES).id}"' in rings
    assert rings.index(f'href="{SITE.url}"') < rings.index(f'href="{member(HAY).url}"')


async def test_a_shared_room_is_named_on_both_pages(visitor: httpx.AsyncClient) -> None:
    for one, other in ((BEES, MOSS), (MOSS, BEES)):
        page = (await visitor.get(f"/communities/{one}")).text
        shared = page[page.index('id="shared"') : page.index('id="why"')]
        assert f'href="/communities/{other.replace(":", "%3A")}"' in shared
        assert 'href="/rooms/%21art%3Agarden.example"' in shared


async def test_what_others_write_is_shown_and_never_run(visitor: httpx.AsyncClient) -> None:
    for path in (BEES, MOSS, HAY):
        page = (await visitor.get(f"/communities/{path}")).text
        assert "<script>" not in page
        assert "\u202e" not in page
        assert "\x07" not in page
        assert "s" * 501 not in page
    page = (await visitor.get(f"/communities/{BEES}")).text
    assert page.count("&lt;script&gt;") >= 3, "a name, a sentence and a site's title"
    assert "{{7*7}}" in page


async def test_who_looks_like_another_is_told_apart(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    imitation = "moss:xn--80ak6aa92e.example"
    accepts = [AcceptedVouch(CommunityId(imitation), "Trust me.")]
    await Here(services.db).know(
        place(BEES, accepts=accepts), place(imitation, praise(BEES, "Trust me."))
    )
    page = (await visitor.get(f"/communities/{BEES}")).text
    assert "Trust me." in page
    assert "<bdi>xn--80ak6aa92e.example</bdi>" in page


async def test_a_page_speaks_german(visitor: httpx.AsyncClient) -> None:
    german = {"Accept-Language": "de"}
    page = (await visitor.get(f"/communities/{BEES}", headers=german)).text
    assert "sie bürgen füreinander" in page
    assert "Gemeinschaften von 1 weiteren Instanz bürgen für sie." in page


async def test_a_community_without_neighbours_says_nothing_of_them(
    visitor: httpx.AsyncClient,
) -> None:
    page = (await visitor.get("/communities/c1:crowd.example")).text
    for word in ('id="rings"', 'id="said"', 'id="shared"'):
        assert word not in page


async def test_the_api_tells_the_same(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(f"{PATH}/{BEES}")
    described.check(answer, described.operation("GET", f"{PATH}/{{id}}"))
    content = answer.json()
    told = content["vouches"]
    assert [(each["community"], each["reason"]) for each in told["received"]] == [
        (MOSS, "mutual"),
        (HAY, "ring"),
        (TREES, "accepted"),
    ]
    assert told["received"][0]["sentence"] == NASTY, "text is as strangers wrote it"
    assert [(each["community"], each["url"]) for each in told["given"]] == [
        (MOSS, None),
        (None, SITE.url),
    ]
    assert (told["others"], told["unanswered"]) == (1, 1)
    (ring,) = content["rings"]
    assert (ring["ring"], ring["state"], ring["next"]["community"]) == (w.ID, "active", HAY)
    (shared,) = content["shared_rooms"]
    assert (shared["room_id"], shared["communities"]) == ("!art:garden.example", [MOSS])
    assert "Unasked." not in answer.text
