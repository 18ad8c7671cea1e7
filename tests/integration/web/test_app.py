"""The app against a real database: every page, every answer, and what strangers send."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.integration.web.garden import NAME, NOW
from webring.documents import canonical
from webring.documents import message as messages
from webring.documents.keys import SigningKey
from webring.names import ServerName
from webring.services import Services
from webring.web.app import create_app

pytestmark = pytest.mark.anyio


PAGES = {
    "/": 200,
    "/?found=1": 200,
    "/?from=20": 200,
    "/?from=x": 400,
    "/search": 200,
    "/search?q=bees": 200,
    "/search?q=%22&lang=%00&kind=castle&server=a%20b": 200,
    "/communities/bees:garden.example": 200,
    "/communities/none:garden.example": 404,
    "/communities/nonsense": 400,
    "/rooms/!found:hs.example": 200,
    "/rooms/%21nasty%3Ahs.example": 200,
    "/rooms/!none:hs.example": 404,
    "/rooms/%21a%2Fb": 404,
    "/instances": 200,
    "/instances/garden.example": 200,
    "/instances/other.example": 404,
    "/servers": 200,
    "/servers/hs.example": 200,
    "/servers/other.example": 404,
    "/interests": 200,
    "/interests/gardening": 200,
    "/interests/no-such-thing": 404,
    "/interests/%00": 404,
    "/interests/%F0%9F%90%9D": 404,
    "/interests/": 404,
    "/search/": 404,
    "/static": 404,
    "/static/none.css": 404,
    "/?from=10001": 400,
    "/?from=9999": 200,
    "/instances?from=100": 200,
    "/servers?from=100": 200,
    "/servers/hs.example?from=40": 200,
    "/about": 200,
    "/nope": 404,
    "/search?q=" + "a" * 5_000: 400,
    "/" + "a" * 2_000: 400,
}


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_as_it_should(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == PAGES[path]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert [each for each in policy if "script" in each] == ["script-src 'self'"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert set(re.findall("<script[^>]*>", answer.text)) <= {OWN_SCRIPT}
    assert "\u202e" not in answer.text
    assert "elsewhere" not in answer.text
    assert "set-cookie" not in answer.headers
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("path", ["/?found=1", "/search?q=x", "/rooms/!found:hs.example"])
async def test_what_was_only_found_stays_out_of_search_engines(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text


OWN_SCRIPT = '<script src="/static/suggest.js" defer>'


async def test_the_home_page_shows_what_is_spoken_for_and_counts_the_rest(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get("/")).text
    assert "The bees" in text
    assert "A quiet room" not in text
    assert "Show 2 that were only found" in text
    assert "A quiet room" in (await client.get("/?found=1")).text


async def test_pages_speak_german_to_whoever_prefers_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/about", headers={"Accept-Language": "de"})
    assert '<html lang="de"' in answer.text
    assert answer.headers["content-language"] == "de"
    assert "Accept-Language" in answer.headers["vary"]


async def test_search_in_the_api(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/search", params={"q": "bees"})).json()
    assert [each["id"] for each in found["results"]] == ["bees:garden.example"]
    assert (found["total"], found["next"]) == (1, None)
    with_found = (await client.get("/api/v1/search?found=1")).json()
    assert with_found["total"] == 3


API_ERRORS = {
    "/api/v1/search?kind=castle": 400,
    "/api/v1/search?server=a%20b": 400,
    "/api/v1/search?found=maybe": 400,
    "/api/v1/search?limit=51": 400,
    "/api/v1/search?limit=0": 400,
    "/api/v1/search?cursor=%00": 400,
    "/api/v1/search?cursor=w5000": 400,
    "/api/v1/communities?cursor=w20": 400,
    "/api/v1/instances?limit=1000": 400,
    "/api/v1/search?limit=x": 400,
    "/api/v1/communities/x": 400,
    "/api/v1/communities/none:garden.example": 404,
    "/api/v1/servers/other.example": 404,
    "/api/v1/servers/%00": 400,
    "/api/v1/nope": 404,
    "/webring/v1/pages/short": 400,
    "/webring/v1/pages/" + "0" * 64: 404,
    "/webring/v1/inbox/a.example/x": 404,
}


@pytest.mark.parametrize("path", API_ERRORS)
async def test_errors_have_one_shape(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == API_ERRORS[path]
    assert set(answer.json()) == {"errcode", "error"}
    assert answer.json()["errcode"].startswith("M_")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/communities",
        "/api/v1/search?q=bees",
        "/api/v1/communities/bees:garden.example",
        "/api/v1/instances",
        "/api/v1/servers/hs.example",
        "/api/v1/stats",
    ],
)
async def test_reads_are_open_and_conditional(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_wrong_method_is_said_to_be_one(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/search")
    assert (answer.status_code, answer.json()["errcode"]) == (405, "M_UNRECOGNIZED")
    assert (await client.post("/")).status_code == 405
    assert (await client.head("/")).status_code == 200


async def test_the_manifest_and_the_keys_are_served(
    client: httpx.AsyncClient, services: Services
) -> None:
    well_known = (await client.get("/.well-known/federated-webring")).json()
    assert well_known == {"instance": NAME, "base_url": "https://ring.garden.example"}
    answer = await client.get("/webring/v1/manifest")
    assert canonical.decode(answer.content)["instance"] == NAME
    again = await client.get(
        "/webring/v1/manifest", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    delegation = (await client.get("/.well-known/matrix/server")).json()
    assert delegation == {"m.server": "ring.garden.example:443"}
    keys = (await client.get("/_matrix/key/v2/server")).json()
    assert keys["server_name"] == "ring.garden.example"
    assert list(keys["verify_keys"]) == [services.identity.matrix_keys.current.id]


async def test_the_inbox(client: httpx.AsyncClient) -> None:
    key, stranger = SigningKey.generate(), ServerName("stranger.example")
    note = messages.announce(stranger, NAME)
    body = messages.sign_message(note, [key], NOW)
    answer = await client.post("/webring/v1/inbox", content=body)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert (await client.post("/webring/v1/inbox", content=body)).status_code == 409
    state = await client.get(f"/webring/v1/inbox/{stranger}/{note.id}")
    assert state.json()["state"] == "queued"
    gone = messages.MessageDraft(
        messages.new_id(),
        messages.MessageKind.WITHDRAW,
        ServerName("unknown.example"),
        NAME,
        {"withdrawn": [{"room_id": "!a:b.example", "at": NOW}]},
    )
    waits = await client.post("/webring/v1/inbox", content=messages.sign_message(gone, [key], NOW))
    assert (waits.status_code, waits.json()["state"]) == (202, "waiting")


BODIES = {
    "nothing": (b"", 400),
    "not JSON": (b"{", 400),
    "another type": (json.dumps({"type": "webring.manifest"}).encode(), 400),
    "too large": (b"x" * 70_000, 413),
}


@pytest.mark.parametrize("case", BODIES)
async def test_what_the_inbox_refuses(client: httpx.AsyncClient, case: str) -> None:
    body, status = BODIES[case]
    answer = await client.post("/webring/v1/inbox", content=body)
    assert answer.status_code == status
    assert set(answer.json()) == {"errcode", "error"}


async def test_health(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok\n"
    ready = (await client.get("/readyz")).json()
    assert ready == {"ready": True, "parts": {"database": True, "manifest": True, "search": True}}


async def test_too_many_requests_are_told_to_wait(services: Services) -> None:
    settings = services.settings
    object.__setattr__(settings.web, "requests_per_minute", 2)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        await client.get("/api/v1/stats")
        answer = await client.get("/api/v1/stats")
        page = await client.get("/")
    assert (answer.status_code, page.status_code) == (429, 429)
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["retry_after_ms"] > 0


async def test_a_database_that_is_gone_is_a_moment_s_pause(services: Services) -> None:
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        await services.db.close()
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert (await client.get("/healthz")).status_code == 200
