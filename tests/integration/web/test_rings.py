"""The pages of rings, as a visitor without script sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.integration.rings.kept import keep
from tests.integration.web.garden import NAME
from tests.unit.documents.ring_world import ID, TERMS, A, after, community, first, site
from webring.documents.chain import STALE_FOR
from webring.documents.ring import JoinPolicy
from webring.names import RingId
from webring.rings.states import MemberState
from webring.services import Services
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
    states, titles = {ASLEEP.id: MemberState.SLEEPING}, {BEES.id: NASTY}
    await hold(services.db, services.rings.keeper, [ROOT, SOIL], states, titles)
    await hold(services.db, services.rings.keeper, [MOSS])
    async with services.db.transaction() as tx:
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
    assert "<script>" not in page
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


async def test_a_history_tells_each_version_and_is_a_feed_too(visitor: httpx.AsyncClient) -> None:
    page = await text(visitor, f"{PAGE}/history")
    assert '<li value="2">' in page
    assert "joined" in page
    assert "webring ring verify" in page
    feed = await visitor.get(f"{PAGE}/history.atom")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    again = await visitor.get(
        f"{PAGE}/history.atom", headers={"If-None-Match": feed.headers["etag"]}
    )
    assert again.status_code == 304
    assert "<script" not in feed.text


async def test_a_ring_can_be_taken_along(visitor: httpx.AsyncClient) -> None:
    outline = await visitor.get(f"{PAGE}/members.opml")
    assert outline.headers["content-type"].startswith("text/x-opml")
    assert HAY.url in outline.text
    assert ASLEEP.url not in outline.text, "whoever sleeps is recommended to nobody"
    content = (await visitor.get(f"{PAGE}/export.json")).json()
    assert [each["id"] for each in content["members"]] == [each.id for each in SOIL.members]
    assert content["policy"] == "request"


async def test_a_member_s_page_tells_both_halves(visitor: httpx.AsyncClient) -> None:
    page = await text(visitor, f"{PAGE}/{BEES.id}")
    assert "Version <bdi>2</bdi> of the ring lists it." in page
    assert "Check now" in page
    assert "noindex" in page
    await text(visitor, f"{PAGE}/{'0' * 20}", 404)
    await text(visitor, f"{PAGE}/not-an-id", 400)
    await text(visitor, f"{PAGE}/{'0' * 20}/notices.atom", 404)
    feed = await visitor.get(f"{PAGE}/{BEES.id}/notices.atom")
    assert feed.status_code == 200


FOREIGN = {
    "another site's form": {"Sec-Fetch-Site": "cross-site"},
    "another subdomain's form": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "https://evil.example"},
    "the name that it was asked by": {"Origin": "http://elsewhere.example"},
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_a_check_is_asked_for_by_our_own_page_alone(
    visitor: httpx.AsyncClient, case: str
) -> None:
    answer = await visitor.post(f"{PAGE}/{BEES.id}/check", headers=FOREIGN[case])
    assert answer.status_code == 403
    assert (await visitor.get(f"{PAGE}/{BEES.id}/check")).status_code == 405


async def test_a_check_looks_and_leads_back(visitor: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://ring.garden.example", "Sec-Fetch-Site": "same-origin"}
    answer = await visitor.post(f"{PAGE}/{HAY.id}/check", headers=headers)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{PAGE}/{HAY.id}?checked=done#why"
    page = await text(visitor, answer.headers["location"])
    assert "looked at just now" in page
    assert "presents no community" in page or "does not name this ring" in page


async def test_the_builder_shows_what_is_pasted_and_how_it_looks(
    visitor: httpx.AsyncClient,
) -> None:
    answer = await visitor.get(f"{PAGE}/{BEES.id}/embed?form=button&lang=de&level=3")
    page = answer.text
    assert "&lt;h3 id=" in page
    assert "Zufällig" in page
    assert "/.well-known/webring.json" in page
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    shown = await visitor.get(f"{PAGE}/{BEES.id}/embed/preview?form=button&lang=de&level=3")
    assert "<h3 id=" in shown.text
    assert "frame-ancestors 'self'" in shown.headers["content-security-policy"]


async def test_a_community_needs_no_file(visitor: httpx.AsyncClient) -> None:
    assert "/.well-known/webring.json" not in await text(visitor, f"{PAGE}/{HAY.id}/embed")


WRONG_CHOICES = {
    "a form": "form=popup",
    "a language": "lang=tlh",
    "a level": "level=1",
    "colours that nobody can read": "form=button&ground=ffffff&ink=fffffe",
    "markup": "theme=%3Cscript%3E",
}


@pytest.mark.parametrize("case", WRONG_CHOICES)
async def test_a_wrong_choice_is_named_and_the_rest_still_there(
    visitor: httpx.AsyncClient, case: str
) -> None:
    page = await text(visitor, f"{PAGE}/{BEES.id}/embed?{WRONG_CHOICES[case]}", 400)
    assert 'role="alert"' in page
    assert "<script>" not in page
    assert 'id="snippet"' in page


async def test_a_mirror_is_one_of_the_ring_s(visitor: httpx.AsyncClient) -> None:
    known = await text(visitor, f"{PAGE}/{BEES.id}/embed?mirror=https://a.example")
    assert "https://a.example/rings/" in known
    evil = await text(visitor, f"{PAGE}/{BEES.id}/embed?mirror=https://evil.example")
    assert "evil.example/" not in evil


async def test_an_interest_names_its_rings(visitor: httpx.AsyncClient) -> None:
    await visitor.get("/rings")
    page = (await visitor.get("/interests/gardening")).text
    assert "Rings about this" in page
    assert f"/rings/{ID.replace(':', '%3A')}" in page
