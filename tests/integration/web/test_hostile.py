"""What strangers try at the door, whatever stands behind it."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from webring.errors import BadRequest
from webring.search.service import SearchService
from webring.services import Services
from webring.web.app import create_app
from webring.web.middleware import read_body
from webring.web.static import style_version

pytestmark = pytest.mark.anyio
FOREIGN = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "Forwarded": "host=evil.example",
}
PLACES = [
    "/", "/about", "/about/", "/interests/", "/search/", "/static", "/nope", "//evil.example/..",
    "/communities/bees:garden.example", "/communities/bees:garden.example/", "/robots.txt",
    "/api/v1/search", "/api/v1/search/", "/.well-known/federated-webring",
    "/.well-known/matrix/server", "/_matrix/key/v2/server", "/embed/bees:garden.example",
    "/embed/nonsense", "/oembed", "/rings/bees:garden.example/card.png",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
async def test_no_answer_repeats_the_host_that_was_asked_for(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(f"http://127.0.0.1{path}", headers=FOREIGN)
    assert "evil.example" not in answer.text.replace("//evil.example/..", "")
    assert not any("evil.example" in value for value in answer.headers.values())
    assert "location" not in answer.headers


SEARCHES = {
    "a quote": '"',
    "an operator alone": "a AND",
    "a field and a quote": 'name:"',
    "only an exclusion": "-x",
    "NUL": "\x00",
    "brackets": "((((",
    "a star": "*",
    "a backslash": "\\",
    "every sigil": "# ! @ + -",
    "half a surrogate": "%ED%A0%80",
    "fields of nothing": "lang: server: in: interest:",
    "many words": "a " * 249,
    "one long word": "a" * 500,
    "many exclusions": "-a " * 160,
    "right to left": "\u202egnp.exe",
}


@pytest.mark.parametrize("case", SEARCHES)
@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
async def test_every_search_is_answered(client: httpx.AsyncClient, path: str, case: str) -> None:
    answer = await client.get(path, params={"q": SEARCHES[case]})
    assert answer.status_code == 200


async def test_what_breaks_is_answered_in_each_dialect_with_every_header(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of our insides")

    usual = set((await client.get("/about")).headers) - {"content-encoding"}
    monkeypatch.setattr(SearchService, "search", broken)
    shown, told = await client.get("/search"), await client.get("/api/v1/search")
    assert (shown.status_code, told.status_code) == (500, 500)
    for answer in (shown, told):
        assert "secret" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "strict-transport-security" in answer.headers
    assert usual <= set(shown.headers)
    assert "Something broke here" in shown.text
    assert told.json() == {
        "errcode": "M_UNKNOWN",
        "error": "Something went wrong here. It has been noted.",
    }


async def test_a_browser_may_ask_whether_it_may_read(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/search", "/api/v1/communities/x", "/api/v1/servers/a.example"):
        answer = await client.options(path)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
        assert "access-control-allow-credentials" not in answer.headers
    assert (await client.options("/webring/v1/inbox")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/about", "/api/v1/stats", "/healthz", "/static/icon.svg"])
async def test_a_head_is_a_get_without_its_body(client: httpx.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"])
async def test_nothing_is_changed_by_other_methods(client: httpx.AsyncClient, method: str) -> None:
    for path in ("/", "/search", "/api/v1/communities", "/communities/bees:garden.example"):
        answer = await client.request(method, path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_the_stylesheet_is_kept_for_as_long_as_its_address_says(
    client: httpx.AsyncClient,
) -> None:
    linked = f"/static/style.css?v={style_version()}"
    assert linked in (await client.get("/")).text
    for path, immutable in (
        (linked, True),
        ("/static/style.css?v=old", False),
        ("/static/icon.svg", False),
    ):
        answer = await client.get(path)
        assert ("immutable" in answer.headers["cache-control"]) is immutable, path
        again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_only_the_health_of_the_process_is_told_without_a_limit(services: Services) -> None:
    object.__setattr__(services.settings.web, "requests_per_minute", 2)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for _ in range(5):
            assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/static/icon.svg")).status_code == 200
        for path in ("/healthz/", "/healthzz", "/static/icon.svg", "/"):
            assert (await client.get(path)).status_code == 429, path


async def test_a_body_that_ends_early_is_the_client_s_mistake() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(BadRequest, match="before it was whole"):
        await read_body(request, 100)
