"""The search page and its API: filters, counts, order, pages, and whatever is typed."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.web.garden import fill, room, rooms
from webring.directory.listing import DirectoryRoom, JoinRule, Kind
from webring.services import Services

pytestmark = pytest.mark.anyio
CARD = re.compile(r'<h3><a href="([^"]+)">')
FACET = re.compile(
    r'<li><a href="(/search\?[^"]+)"><bdi>([^<]+)</bdi> <small>([\d,]+)</small></a></li>'
)
CHIP = re.compile(r'<li><a href="(/search\?[^"]*)">(?:[^<]*)<bdi>([^<]*)</bdi> <span')


def places() -> list[DirectoryRoom]:
    """Rooms that differ in all that a directory tells."""
    made = rooms(30)
    return [
        replace(
            each,
            kind=Kind.SPACE if n % 5 == 0 else Kind.ROOM,
            join_rule=JoinRule.KNOCK if n % 3 == 0 else JoinRule.PUBLIC,
            world_readable=n % 4 == 0,
            topic="Music" if n % 6 == 0 else "",
        )
        for n, each in enumerate(made)
    ]


def total(text: str) -> int:
    """How many results a page says it has."""
    found = re.search(r"<h2>([\d,]+) results?</h2>", text)
    return int(found[1].replace(",", "")) if found else 0


def title(text: str) -> str:
    """The title of a page, without the site's name."""
    found = re.search(r"<title>(.*?) · Garden ring</title>", text, re.DOTALL)
    assert found
    return html.unescape(found[1])


async def test_every_facet_leads_to_as_many_as_it_says(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places(), room("dark", "Room after dark", topic="NSFW 18+", members=5))
    for path in ("/search?found=1", "/search?q=room&found=1&adult=1", "/search?q=roon&found=1"):
        shown = (await client.get(path)).text
        facets = FACET.findall(shown)
        assert len({name for _, name, _ in facets}) > 4
        for link, name, count in facets:
            narrowed = (await client.get(html.unescape(link))).text
            assert total(narrowed) == int(count) < total(shown) + 1, (path, name)
            assert name in {found for _, found in CHIP.findall(narrowed)}


async def test_filters_are_in_the_address_and_taken_off_one_by_one(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    filters = {
        "interest": "music", "kind": "room", "join_rule": "public", "world_readable": "0",
        "server": "hs.example", "found": "1", "sort": "members",
    }  # fmt: skip
    query = "&".join(f"{key}={value}" for key, value in filters.items())
    text = (await client.get(f"/search?q=room&{query}")).text
    chips = CHIP.findall(text)
    assert len(chips) == len(filters) - 1
    for link, _ in chips:
        left = parse_qs(urlsplit(html.unescape(link)).query)
        assert len(left) == len(filters)  # the words, and one filter fewer
        assert {key: value[0] for key, value in left.items()}.items() <= {
            "q": "room",
            **filters,
        }.items()


TITLES = {
    "/search": "Search",
    "/search?q=bees": "Search: bees",
    "/search?interest=gardening&kind=space": "Search: Gardening, spaces",
    "/search?q=bees&lang=de&activity=week": "Search: bees, German, active this week",
    "/search?q=bees&found=1&adult=only": "Search: bees",
    "/search?lang=qqq": "Search: qqq",
    "/search?q=%3Cb%3E": "Search: <b>",
}


@pytest.mark.parametrize("path", TITLES)
async def test_a_title_says_what_is_shown(client: httpx.AsyncClient, path: str) -> None:
    text = (await client.get(path)).text
    assert title(text) == TITLES[path]
    assert f"<h1><bdi>{html.escape(TITLES[path])}</bdi></h1>" in text
    german = await client.get("/search?lang=de&kind=room", headers={"Accept-Language": "de"})
    assert title(german.text) == "Suche: Deutsch, Räume"


async def test_an_empty_result_says_which_filter_is_in_the_way(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    text = html.unescape((await client.get("/search?q=room&found=1&kind=space&lang=tlh")).text)
    links = re.findall(r'<li><a href="([^"]+)">6 results without the filter', text)
    assert links == ["/search?q=room&kind=space&found=1"]
    assert "without the filter <bdi>spaces" not in text
    assert 'href="/search?q=room&found=1">Take off all filters' in text


async def test_results_are_put_into_the_order_that_is_asked_for(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    answer = await client.get("/api/v1/search?q=room&found=1&sort=members&limit=50")
    members = [each["members"] for each in answer.json()["results"] if each["members"] <= 1_000]
    assert members == sorted(members, reverse=True)
    assert len(members) == 30
    text = (await client.get("/search?q=room&found=1&sort=members")).text
    assert re.search(r'sort=members" aria-current="true">members', text)
    assert 'name="sort" value="members"' in text


async def test_pages_lead_on_and_back_to_the_first(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    first = (await client.get("/search?q=room&found=1&kind=room")).text
    link = re.search(r'href="(/search\?[^"]*cursor=[^"]+)">More results', first)
    assert link
    second = (await client.get(html.unescape(link[1]))).text
    assert title(second) == "Search: room, rooms – further results"  # noqa: RUF001 (a dash)
    assert 'kind=room&amp;found=1">To the first results' in second
    assert not set(CARD.findall(first)) & set(CARD.findall(second))


CURSORS = {
    "made up": "nonsense",
    "of a page": "20",
    "NUL": "%00",
    "long": "a" * 2_000,
    "half a surrogate": "%ED%A0%80",
}


@pytest.mark.parametrize("case", CURSORS)
async def test_a_cursor_of_nowhere_is_refused_in_the_api_and_begins_anew_in_pages(
    client: httpx.AsyncClient, case: str
) -> None:
    told = await client.get(f"/api/v1/search?q=bees&cursor={CURSORS[case]}")
    assert told.status_code == 400
    assert told.json()["errcode"] == "M_INVALID_PARAM"
    assert "`next` of an answer to this very search" in told.json()["error"]
    shown = await client.get(f"/search?q=bees&cursor={CURSORS[case]}")
    assert shown.status_code == 200
    assert "was not of this search" in shown.text
    assert CARD.findall(shown.text)


async def test_a_cursor_of_another_search_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    answer = (await client.get("/api/v1/search?q=room&found=1&limit=5")).json()
    path = f"/api/v1/search?q={{}}&found=1&limit=5&cursor={quote(answer['next'])}"
    assert (await client.get(path.format("room"))).status_code == 200
    assert (await client.get(path.format("lion"))).status_code == 400


async def test_the_api_counts_what_each_parameter_would_leave(
    client: httpx.AsyncClient, services: Services
) -> None:
    await fill(services, *places())
    path = "/api/v1/search?found=1&q=room&adult=1"
    assert (await client.get(path)).json()["facets"] == {}
    facets = (await client.get(f"{path}&facets=1&kind=room")).json()["facets"]
    assert "kind" not in facets
    for name, counted in facets.items():
        for each in counted:
            value = quote(each["value"])
            answer = (await client.get(f"{path}&kind=room&{name}={value}")).json()
            assert answer["total"] == each["count"], (name, value)
    assert (await client.get(f"{path}&facets=2")).status_code == 400


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.dictionaries(
        st.sampled_from(["interest", "lang", "kind", "server", "activity", "adult", "sort",
                         "world_readable", "join_rule", "cursor", "found", "instance"]),
        st.text(max_size=40) | st.sampled_from(["1", "0", "only", "week", "space", "en", "new"]),
        max_size=4,
    ),
)  # fmt: skip
async def test_whatever_is_typed_a_page_is_shown(
    client: httpx.AsyncClient, text: str, filters: dict[str, str]
) -> None:
    typed = "q=" + quote(text.encode("utf-8", "surrogatepass"))
    shown = await client.get(f"/search?{typed}&{urlencode(filters)}")
    assert shown.status_code == 200
    assert "<h2>" in shown.text
    assert (await client.get(f"/api/v1/search?{typed}")).status_code == 200


async def test_what_is_typed_is_gone_on_with(client: httpx.AsyncClient, services: Services) -> None:
    await fill(services, room("dark", "Bees after dark", topic="NSFW 18+"))
    answer = (await client.get("/api/v1/suggest?q=bee")).json()
    base = "https://ring.garden.example"
    assert [list(each.values()) for each in answer["results"]] == [
        ["interest", "beekeeping", "Beekeeping", f"{base}/interests/beekeeping"],
        ["community", "bees:garden.example", "The bees", f"{base}/communities/bees:garden.example"],
    ]
    german = (await client.get("/api/v1/suggest?q=garden&lang=de")).json()["results"]
    assert [each["text"] for each in german] == ["Gärtnern"]
    for typed in ("", "quiet", "%00", "a" * 2_000, "%ED%A0%80"):
        answer = await client.get(f"/api/v1/suggest?q={typed}&lang={typed}")
        assert answer.json() == {"results": []}
