"""What each page says, and where it leads."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from tests.fakes.rooms import child, claim
from tests.integration.web.garden import NASTY, NOW, SERVER, fill, room, rooms
from tests.unit.documents.test_trust import community
from webring.clock import HOUR
from webring.names import PeerUrl, RoomId, ServerName
from webring.services import Services
from webring.storage import communities, homeservers, listings, peers, sightings
from webring.storage.homeservers import Candidate, HomeserverResult
from webring.storage.peers import GoodManifest, PeerResult
from webring.web.parameters import PAGE
from webring.web.rendering import sentence

pytestmark = pytest.mark.anyio
MANY = 2 * PAGE + 3
CARD = re.compile(r'<li class="card">\s*<h3><a href="([^"]+)"')
STEP = re.compile(r'<a href="(\?[^"]*)">(Next|Previous) page')


async def walked(client: httpx.AsyncClient, path: str) -> list[list[str]]:
    """The cards of every page of a list, by its own links, forth and back again."""
    pages: list[list[str]] = []
    query = ""
    while True:
        text = (await client.get(f"{path}{query}".replace("&amp;", "&"))).text
        pages.append(CARD.findall(text))
        steps = {word: link.replace("&amp;", "&") for link, word in STEP.findall(text)}
        if len(pages) > 1:
            back = (await client.get(f"{path.partition('?')[0]}{steps['Previous']}")).text
            assert CARD.findall(back) == pages[-2]
        if "Next" not in steps:
            return pages
        path, query = path.partition("?")[0], steps["Next"]


@pytest.mark.parametrize("path", ["/?found=1", f"/servers/{SERVER}"])
async def test_a_list_goes_on_and_stays_the_same_list(
    client: httpx.AsyncClient, services: Services, path: str
) -> None:
    await fill(services, *rooms(MANY - 2))
    pages = await walked(client, path)
    assert [len(page) for page in pages] == [PAGE, PAGE, 3]
    assert len({card for page in pages for card in page}) == MANY


async def test_the_api_s_cursors_lead_through_everything_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *rooms(MANY - 2))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await client.get("/api/v1/search", params={"found": "1", "cursor": cursor})
        seen += [each["id"] for each in answer.json()["results"]]
        cursor = answer.json()["next"]
    assert len(seen) == len(set(seen)) == MANY + 1


async def test_a_page_beyond_the_end_says_so(client: httpx.AsyncClient) -> None:
    for path in ("/?from=9999", "/?found=1&from=40", "/servers?from=200", "/instances?from=100"):
        text = (await client.get(path)).text
        assert "The list ends before this page" in text, path
        assert "Nothing is listed yet" not in text


ADULT = room("adult", "Life drawing after dark", topic="NSFW, 18+", members=50)


async def test_what_is_for_adults_is_not_shown_unasked(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, ADULT)
    found = await client.get("/?found=1")
    assert "after dark" not in found.text
    assert "2 rooms and spaces" in found.text
    assert "Show 2 that were only found" in (await client.get("/")).text
    assert "after dark" not in (await client.get("/search?found=1")).text
    assert "after dark" in (await client.get("/search?found=1&adult=1")).text
    shown = await client.get("/rooms/!adult:hs.example")
    assert "adults only" in shown.text
    assert "after dark" in (await client.get(f"/servers/{SERVER}?adult=1")).text


async def test_a_room_names_the_communities_that_it_is_part_of(
    client: httpx.AsyncClient, services: Services
) -> None:
    inside = RoomId("!found:hs.example")
    rows = [
        replace(claim(f"{slug}:a.example", f"!{slug}:a.example"), name=name, rooms=(child(inside),))
        for slug, name in [("soil", "Soil & seeds"), ("nameless", "")]
    ]
    async with services.db.transaction() as tx:
        touched = await communities.apply(
            tx, ServerName("a.example"), [(row, {}, NOW) for row in rows], 0
        )
        await listings.refresh(tx, touched, NOW)
    text = (await client.get(f"/rooms/{inside}")).text
    part = text.partition("Part of")[2].partition("</dd>")[0]
    links = re.findall(r'href="/communities/([^"]+)"><bdi[^>]*>([^<]*)</bdi>', part)
    assert [name for _, name in links] == ["#garden:one.example", "Soil &amp; seeds"]
    for place, _ in links:
        assert (await client.get(f"/communities/{place}")).status_code == 200


async def test_the_first_page_leads_to_interests_and_neighbours_and_later_ones_only_go_on(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.db.transaction() as tx:
        name = ServerName("neighbour.example")
        await peers.add(tx, [Candidate(name, name, "configured")], NOW, NOW)
    home = (await client.get("/")).text
    assert '<a href="/interests/gardening">Gardening <small>1</small></a>' in home
    assert "neighbour.example" not in home  # nothing of it has verified yet
    assert "neighbour.example" in (await client.get("/instances")).text
    for path in ("/?from=20", "/?found=1"):
        assert "By interest" not in (await client.get(path)).text


NEIGHBOURS: dict[str, tuple[str, bool, str, bool]] = {
    "configured": ("configured", True, "verified", True),
    "accepted, and stale by now": ("accepted", True, "stale", True),
    "never verified": ("configured", False, "unreachable", False),
    "not accepted, or in quarantine": ("announced", True, "verified", False),
    "named by a peer": ("named", True, "verified", False),
    "blocked": ("accepted", True, "blocked", False),
}


@pytest.mark.parametrize("case", NEIGHBOURS)
async def test_the_first_page_names_neighbours_that_the_operator_trusts(
    client: httpx.AsyncClient, services: Services, case: str
) -> None:
    origin, verified, state, named = NEIGHBOURS[case]
    name = ServerName("neighbour.example")
    good = GoodManifest({}, b"{}", NOW, "0" * 64, NOW + HOUR) if verified else None
    result = PeerResult(state, "accepted", "", 0, NOW, answered=True, good=good)
    async with services.db.transaction() as tx:
        await peers.add(tx, [Candidate(name, name, origin)], NOW, NOW)
        job = await peers.claim_one(tx, name, "test", NOW, HOUR)
        assert job is not None
        await peers.finish(tx, job, result, NOW)
    assert (name in (await client.get("/")).text) is named


async def test_a_neighbour_that_has_not_changed_says_so_in_plain_words(
    client: httpx.AsyncClient, services: Services
) -> None:
    name = ServerName("neighbour.example")
    async with services.db.transaction() as tx:
        await peers.add(tx, [Candidate(name, name, "configured")], NOW, NOW)
        job = await peers.claim_one(tx, name, "test", NOW, HOUR)
        assert job is not None
        url = PeerUrl("https://ring.neighbour.example")
        result = PeerResult("verified", "unchanged", "it is ours", 0, NOW + HOUR, True, url)
        await peers.finish(tx, job, result, NOW)
    for path in ("/instances", f"/instances/{name}"):
        text = (await client.get(path)).text
        assert "nothing has changed since the visit before" in text
        assert "it is ours" not in text
    assert f'href="{url}" rel="external noopener"' in text


async def test_an_interest_has_a_page_that_shows_what_its_number_promised(
    client: httpx.AsyncClient,
) -> None:
    shown = await client.get("/interests/gardening")
    assert CARD.findall(shown.text) == ["/communities/bees%3Agarden.example"]
    assert "Nearby interests" in shown.text
    assert "x-robots-tag" not in shown.headers
    assert (await client.get("/interests/G%C3%A4rtnern")).text.count("The bees") == 1
    assert (await client.get("/interests/gardening?found=1")).headers["x-robots-tag"] == "noindex"
    empty = await client.get("/interests/no-such-thing")
    assert "No community here names this interest" in empty.text


async def test_search_says_why_it_found_nothing_and_what_to_try(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get("/search?q=quiet+room")).text
    assert "Nothing was found" in text
    assert "1 was only found in a room directory: show it" in text
    assert "Take off all filters" not in text
    text = (await client.get("/search?q=bees&interest=tea&kind=room")).text
    assert 'href="/search?q=bees">Take off all filters' in text
    assert "only found in a room directory" not in text


async def test_search_says_that_only_some_words_were_met(client: httpx.AsyncClient) -> None:
    assert "what has some of them" in (await client.get("/search?q=bees+zeppelins")).text
    assert "what has some of them" not in (await client.get("/search?q=the+bees")).text
    assert (await client.get("/api/v1/search?q=bees+zeppelins")).json()["some_words"] is True


async def test_a_room_s_own_server_is_named_first(
    client: httpx.AsyncClient, services: Services
) -> None:
    early = ServerName("a.example")
    async with services.db.transaction() as tx:
        diff = await sightings.record(
            tx, early, [room("found", "A quiet room")], complete=True, now=NOW, lived=0
        )
        await listings.refresh(tx, diff.touched, NOW)
    text = (await client.get("/?found=1")).text
    source = text[text.index("A quiet room") :]
    assert source.index(f"/servers/{SERVER}") < source.index("and 1 other")


async def test_a_homeserver_says_why(client: httpx.AsyncClient, services: Services) -> None:
    closed = ServerName("closed.example")
    result = HomeserverResult(
        "closed", None, {"federation": "it answered 403 M_FORBIDDEN"}, {}, 0, False, 1, HOUR,
        NOW + HOUR, answered=False, changed=False,
    )  # fmt: skip
    async with services.db.transaction() as tx:
        await homeservers.add(tx, [Candidate(closed, closed, "seed")], NOW, NOW)
        job = await homeservers.claim_one(tx, closed, "test", NOW, HOUR)
        assert job is not None
        await homeservers.finish(tx, job, result, NOW)
    text = (await client.get(f"/servers/{closed}")).text
    assert "does not publish its room directory to the federation" in text
    assert "allow_public_rooms_over_federation" in text
    assert "Why not by way of its federation API" in text
    assert "it answered 403 M_FORBIDDEN" in text
    assert "in 1 hour" in text
    german = await client.get(f"/servers/{closed}", headers={"Accept-Language": "de"})
    assert "veröffentlicht sein Raumverzeichnis nicht" in german.text
    assert '<span lang="en">it answered 403 M_FORBIDDEN</span>' in german.text


async def test_an_unknown_homeserver_is_no_dead_end(client: httpx.AsyncClient) -> None:
    answer = await client.get("/servers/nobody.example")
    assert answer.status_code == 404
    assert "Homeservers that are known" in answer.text
    assert "Last tried" not in answer.text


async def test_the_about_page_says_what_is_collected_and_how_to_leave(
    client: httpx.AsyncClient, services: Services
) -> None:
    text = (await client.get("/about")).text
    for words in ("[webring:off]", "(MRS-noindex:true-MRS)", "robots.txt", "7 days", "claimed"):
        assert words in text
    assert '<a href="mailto:a@garden.example"><bdi>a@garden.example</bdi></a>' in text
    assert services.agent.replace("+", "&#43;") in text or services.agent in text


async def test_robots_may_read_that_they_are_not_to_index(client: httpx.AsyncClient) -> None:
    lines = (await client.get("/robots.txt")).text.splitlines()
    asked = ["Disallow: /search", "Disallow: /api/", "Disallow: /report/"]
    assert lines[:-1] == ["User-agent: *", *asked]
    assert (await client.get("/rooms/!found:hs.example")).headers["x-robots-tag"] == "noindex"


async def test_every_page_has_a_language_a_title_and_a_way_past_its_header(
    client: httpx.AsyncClient,
) -> None:
    titles = set()
    for path in ("/", "/?found=1", "/search", "/interests", "/instances", "/servers", "/about",
                 "/communities/bees:garden.example", "/nope"):  # fmt: skip
        text = (await client.get(path)).text
        assert text.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">'), path
        assert '<a class="skip" href="#main">' in text
        assert '<main id="main"' in text
        found = re.search("<title>(.+?) · Garden ring</title>", text)
        assert found, path
        titles.add(found[1])
        assert re.search('<meta name="description" content="[^"]{10,}">', text), path
    assert len(titles) == 9


async def test_text_carries_the_language_that_its_community_declared(
    client: httpx.AsyncClient,
) -> None:
    claim = community("bees")
    assert claim.languages == ("en",)
    assert (
        '<h1 dir="auto" lang="en">The bees</h1>'
        in (await client.get("/communities/bees:garden.example")).text
    )


async def test_a_nasty_room_is_harmless_also_in_attributes(client: httpx.AsyncClient) -> None:
    text = (await client.get("/rooms/!nasty:hs.example")).text
    assert NASTY not in text
    assert text.count("<script") == text.count('<script src="/static/suggest.js" defer></script>')
    assert '<meta name="description" content="&lt;script&gt;' in text


SENTENCES = {
    "no room !a:b is listed here": "No room !a:b is listed here.",
    "'x' is no interest": "'x' is no interest.",
    "Is that so?": "Is that so?",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_an_error_is_a_whole_sentence_on_its_page(text: str) -> None:
    assert sentence(text) == SENTENCES[text]


async def test_a_404_does_not_say_the_same_twice(client: httpx.AsyncClient) -> None:
    plain = (await client.get("/nope")).text
    assert "There is nothing here" not in plain
    known = (await client.get("/rooms/!none:hs.example")).text
    assert "No room !none:hs.example is listed here." in known
