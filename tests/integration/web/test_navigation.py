"""Hops through the whole app: who asks, in which form, and what strangers send instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, TERMS, A, after, community, first, site
from tests.unit.rings.stored import stored_member
from webring.documents.chain import STALE_FOR
from webring.documents.ring import RingMember
from webring.errors import StorageUnavailable
from webring.moderation.desk import Action, Target
from webring.names import RingId
from webring.rings.states import MemberState
from webring.services import Services
from webring.storage import rings
from webring.web.app import create_app

pytestmark = pytest.mark.anyio

ROOT = first()
FIRST, PLOT, ASLEEP = site(1, ROOT.sha256), community(1, ROOT.sha256), site(2, ROOT.sha256)
TILDES = [
    replace(site(number, ROOT.sha256), url=f"https://tilde.example/~{name}/")
    for number, name in ((3, "ada"), (4, "bob"))
]
GONE = site(9, ROOT.sha256)
SOIL = after(ROOT, members=(FIRST, PLOT, ASLEEP, *TILDES))
MOSS_ROOT = first(replace(TERMS, name="Moss"), ring_id=RingId(f"moss:{A}"))
BARK = site(7, MOSS_ROOT.sha256)
MOSS = after(MOSS_ROOT, members=(BARK, replace(FIRST, id="7" * 20)))
EMPTY = first(replace(TERMS, interests=("stones",)), ring_id=RingId(f"stones:{A}"))

PATH = f"/rings/{ID}"
PAGE = f"{PATH}?hop="


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who visits an instance that holds three rings, by another name than its own."""
    states = {ASLEEP.id: MemberState.SLEEPING}
    gone = stored_member(SOIL, GONE, 0, 9, MemberState.LEFT, after=PLOT.id)
    await keep(services.db, SOIL, states, [gone])
    await keep(services.db, MOSS)
    await keep(services.db, EMPTY)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


def url(member: RingMember) -> str:
    return quote(member.url, safe="")


NAMED = {
    "next, by id": (f"{PATH}/next?from={FIRST.id}", PLOT.url),
    "next, by URL": (f"{PATH}/next?from={url(FIRST)}", PLOT.url),
    "next, by URL as it stands": (f"{PATH}/next?from={FIRST.url}", PLOT.url),
    "next, by path": (f"{PATH}/{FIRST.id}/next", PLOT.url),
    "prev": (f"{PATH}/prev?from={PLOT.id}", FIRST.url),
    "previous": (f"{PATH}/previous?from={PLOT.id}", FIRST.url),
    "prev, by path": (f"{PATH}/{PLOT.id}/prev", FIRST.url),
    "previous, by path": (f"{PATH}/{PLOT.id}/previous", FIRST.url),
    "past one who sleeps": (f"{PATH}/{PLOT.id}/next", TILDES[0].url),
    "from one who sleeps": (f"{PATH}/{ASLEEP.id}/next", TILDES[0].url),
    "around": (f"{PATH}/{TILDES[1].id}/next", FIRST.url),
    "from one who is gone": (f"{PATH}/{GONE.id}/next", TILDES[0].url),
    "from the URL of one who is gone": (f"{PATH}/prev?from={url(GONE)}", PLOT.url),
    "the path before the query": (f"{PATH}/{FIRST.id}/next?from={TILDES[0].id}", PLOT.url),
    "the founder in capitals": (f"/rings/soil:A.Example/{FIRST.id}/next", PLOT.url),
    "the colon escaped": (f"/rings/soil%3A{A}/{FIRST.id}/next", PLOT.url),
    "a topic": (f"/topics/gardening/next?from={BARK.id}", FIRST.url),
    "a topic, from one ring to the other": (f"/topics/gardening/{FIRST.id}/next", PLOT.url),
    "a topic, by another name": (f"/topics/G%C3%A4rtnern/{BARK.id}/next", FIRST.url),
    "a topic, by an id of the other ring": (f"/topics/gardening/{'7' * 20}/next", PLOT.url),
    "a topic, back": (f"/topics/gardening/prev?from={url(BARK)}", TILDES[1].url),
}


@pytest.mark.parametrize("case", NAMED)
async def test_whoever_says_its_name_is_led_on(visitor: httpx.AsyncClient, case: str) -> None:
    path, target = NAMED[case]
    answer = await visitor.get(path, headers={"Referer": "https://tilde.example/"})
    assert (answer.status_code, answer.headers["location"]) == (303, target)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "strict-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "vary" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert f'<a href="{target}">' in answer.text
    assert len(answer.content) < 1_000


REFERERS = {
    "one member": ("next", "https://site1.example", PLOT.url),
    "one of its pages": ("prev", "https://site1.example/any/page", TILDES[1].url),
    "several members": ("next", "https://tilde.example/~ada/", f"{PAGE}several"),
    "a stranger": ("next", "https://stranger.example/", f"{PAGE}unknown"),
    "one who is gone": ("next", "https://site9.example/", TILDES[0].url),
    "nobody": ("next", None, f"{PAGE}unsaid"),
    "a name that goes on": ("next", "https://site1.example.evil.com/", f"{PAGE}unknown"),
    "another site's page about it": (
        "next",
        "https://evil.example/https://site1.example/",
        f"{PAGE}unknown",
    ),
}


@pytest.mark.parametrize("case", REFERERS)
async def test_whoever_does_not_is_known_by_where_it_comes_from(
    visitor: httpx.AsyncClient, case: str
) -> None:
    way, referer, target = REFERERS[case]
    headers = {} if referer is None else {"Referer": referer}
    answer = await visitor.get(f"{PATH}/{way}", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, target)
    assert answer.headers["vary"] == "Referer"
    assert answer.headers["cache-control"] == "no-store"


HOSTILE = {
    "a stranger's id": "f" * 20,
    "another host": "https://evil.example/",
    "a host that goes on": "https://site1.example.evil.com/",
    "a path that goes on": "https://site1.example/evil",
    "a user": "https://site1.example@evil.com/",
    "a user before": "https://evil.com@site1.example/",
    "a backslash": "https://evil.com\\@site1.example/",
    "a backslash for a slash": "\\\\evil.com",
    "no scheme": "//evil.com",
    "a path": "/evil",
    "a line break": "https://site1.example/\r\nSet-Cookie: evil=1",
    "a line break alone": "\r\n\r\n<script>alert(1)</script>",
    "NUL": "https://site1.example/\0",
    "a script": "javascript:alert(1)//site1.example/",
    "data": "data:text/html,<script>alert(1)</script>",
    "a very long one": "https://site1.example/" + "a" * 3_000,
    "letters that look like it": "https://s\u0456te1.example/",
    "a right-to-left override": "https://site1.example/\u202e",
    "full-width letters": "https://site1\uff0eexample\uff0f",
    "escaped twice": "https%3A%2F%2Fsite1.example%2F",
    "an escaped dot": "https://site1%2eexample/",
    "markup": '"><script>alert(1)</script>',
    "a template": "{{7*7}}",
    "bytes that are no text": "\udcff",
    "another port": "https://site1.example:8443/",
    "another scheme": "ftp://site1.example/",
    "a ring": str(ID),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_strangers_are_led_to_the_ring_and_nowhere_else(
    visitor: httpx.AsyncClient, case: str
) -> None:
    caller = quote(HOSTILE[case], safe="", errors="surrogateescape")
    for way in ("next", "prev", "previous", "random"):
        answer = await visitor.get(f"{PATH}/{way}?from={caller}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}unknown")
        assert "evil" not in str(answer.headers) + answer.text
        assert "<script>" not in answer.text
    topic = await visitor.get(f"/topics/gardening/next?from={caller}")
    assert topic.headers["location"] == "/rings?interest=gardening&hop=unknown"
    told = await visitor.get(f"{PATH}/next.json?from={caller}")
    assert (told.status_code, told.json()["errcode"]) == (404, "M_NOT_FOUND")
    assert "evil" not in told.text


PATHS = {
    "a stranger": (f"{PATH}/{'f' * 20}/next", 303),
    "markup": (f"{PATH}/%22%3E%3Cscript%3E/next", 303),
    "a line break": (f"{PATH}/%0d%0aSet-Cookie:x=y/next", 303),
    "escaped slashes": (f"{PATH}/https%3A%2F%2Fsite1.example%2F/next", 404),
    "dot segments": (f"{PATH}/%2e%2e/next", 303),
    "a ring that nobody knows": ("/rings/none:evil.example/next", 404),
    "a ring of no name": ("/rings//next", 400),
    "a ring that is no name": ("/rings/%0d%0aevil/next", 400),
    "a host for a ring": ("/rings/evil.example/next", 400),
    "a topic that no ring is about": ("/topics/castles/next", 404),
    "a topic of no letters": ("/topics/%0d%0a/next", 404),
    "a topic without a name": ("/topics//next", 404),
    "a very long topic": (f"/topics/{'x' * 900}/next", 404),
    "too long a path": (f"{PATH}/{'x' * 1_000}/next", 400),
    "too long a query": (f"{PATH}/next?from={'x' * 5_000}", 400),
}


@pytest.mark.parametrize("case", PATHS)
async def test_paths_that_strangers_make_up(visitor: httpx.AsyncClient, case: str) -> None:
    path, status = PATHS[case]
    answer = await visitor.get(path)
    assert answer.status_code == status
    assert status != 303 or answer.headers["location"] == f"{PAGE}unknown"
    assert "set-cookie" not in answer.headers
    assert "<script>" not in answer.text


async def test_hosts_and_forwarded_hosts_are_not_believed(visitor: httpx.AsyncClient) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    for path in (f"{PATH}/next", f"{PATH}/{FIRST.id}/next", "/topics/gardening/next"):
        answer = await visitor.get(path, headers=headers)
        assert "evil" not in str(answer.headers) + answer.text


ENDS = {
    "an unknown caller": (f"{PATH}/next?from=nobody", "does not know as a member"),
    "no caller": (f"{PATH}/next", "Nothing told us where you came from"),
    "nobody to go to": (f"/rings/{EMPTY.id}/random", "Nobody is at home in this ring"),
    "a topic's unknown caller": (
        "/topics/G%C3%A4rtnern/next?from=nobody",
        "It is not known from which member",
    ),
    "a topic of nobody": ("/topics/stones/random", "Nobody is at home in these rings"),
}


@pytest.mark.parametrize("case", ENDS)
async def test_a_hop_that_ends_here_is_explained(visitor: httpx.AsyncClient, case: str) -> None:
    path, words = ENDS[case]
    answer = await visitor.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert words in answer.text
    assert words not in (await visitor.get(answer.url.copy_set_param("hop", "<b>"))).text


async def test_random_needs_nobody_and_never_stays(visitor: httpx.AsyncClient) -> None:
    everybody = {FIRST.url, PLOT.url, *(each.url for each in TILDES)}
    met = {(await visitor.get(f"{PATH}/random")).headers["location"] for _ in range(100)}
    assert met == everybody
    own = {(await visitor.get(f"{PATH}/{PLOT.id}/random")).headers["location"] for _ in range(60)}
    assert own == everybody - {PLOT.url}


async def test_a_ring_of_nobody_leads_to_its_page(visitor: httpx.AsyncClient) -> None:
    path = f"/rings/{EMPTY.id}"
    assert (await visitor.get(f"{path}/random")).headers["location"] == f"{path}?hop=empty"
    assert (await visitor.get("/topics/stones/random")).headers["location"] == (
        "/rings?interest=stones&hop=empty"
    )


async def test_heads_are_the_same_without_a_body(visitor: httpx.AsyncClient) -> None:
    for path in (f"{PATH}/{FIRST.id}/next", f"{PATH}/{FIRST.id}/next.json"):
        whole, head = await visitor.get(path), await visitor.head(path)
        assert head.content == b""
        assert (head.status_code, head.headers) == (whole.status_code, whole.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
async def test_other_methods_are_refused(visitor: httpx.AsyncClient, method: str) -> None:
    answer = await visitor.request(method, f"{PATH}/next?from={FIRST.id}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    told = await visitor.request(method, f"{PATH}/next.json?from={FIRST.id}")
    assert told.json()["errcode"] == "M_UNRECOGNIZED"


async def test_neighbours_for_programs_of_any_origin(visitor: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://site1.example", "Referer": "https://site1.example/"}
    by_name = await visitor.get(f"{PATH}/prev.json?from={PLOT.id}", headers=headers)
    assert {name: each["url"] for name, each in by_name.json().items()} == {
        "previous": FIRST.url,
        "current": PLOT.url,
        "next": TILDES[0].url,
    }
    assert by_name.json()["current"] == {
        "id": PLOT.id,
        "kind": "community",
        "url": PLOT.url,
        "title": f"Title of {PLOT.url}",
        "instance": PLOT.instance,
        "community": PLOT.community,
        "state": "active",
    }
    by_referer = await visitor.get(f"{PATH}/next.json", headers=headers)
    assert by_referer.json()["current"]["url"] == FIRST.url
    assert by_referer.headers["vary"] == "Referer"
    for answer in (by_name, by_referer):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["cache-control"] == "no-store"


async def test_programs_are_told_why_there_is_nobody(visitor: httpx.AsyncClient) -> None:
    asked = {
        f"{PATH}/next.json": "nothing tells who asks: give from, a member's id or URL",
        f"{PATH}/x/next.json": (
            "from names no member that is known here: give its id, or its URL as listed"
        ),
        "/rings/none:a.example/next.json": "no such ring is known here",
        "/topics/castles/next.json": "no ring that is known here is about that",
    }
    for path, sentence in asked.items():
        answer = await visitor.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"errcode": "M_NOT_FOUND", "error": sentence}
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"
    headers = {"Referer": "https://tilde.example/"}
    several = await visitor.get(f"{PATH}/next.json", headers=headers)
    assert several.json()["error"].startswith("several members live at that origin")


async def test_a_member_that_goes_is_passed_over_after_the_next_reading(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    assert (await visitor.get(f"{PATH}/{FIRST.id}/next")).headers["location"] == PLOT.url
    await keep(services.db, after(SOIL, members=(FIRST, ASLEEP, *TILDES)))
    await services.circles.refresh()
    # The one who sleeps was written down as awake.
    assert (await visitor.get(f"{PATH}/{FIRST.id}/next")).headers["location"] == ASLEEP.url
    assert (await visitor.get(f"{PATH}/{PLOT.id}/next")).headers["location"] == ASLEEP.url
    assert (await visitor.get(f"{PATH}/prev?from={url(PLOT)}")).headers["location"] == FIRST.url


async def test_whom_the_operator_keeps_out_is_passed_over(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    await services.desk.keep_out(Action.BLOCK, Target.SERVER, "tilde.example", "spam", "me")
    await services.circles.refresh()
    assert (await visitor.get(f"{PATH}/{PLOT.id}/next")).headers["location"] == FIRST.url


async def test_a_ring_that_lapsed_leads_to_its_page(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    object.__setattr__(services.circles, "_clock", lambda: SOIL.expires_at + STALE_FOR)
    for way in ("next", "prev", "random"):
        answer = await visitor.get(f"{PATH}/{FIRST.id}/{way}")
        assert answer.headers["location"] == f"{PAGE}empty"


async def test_hops_are_answered_while_the_database_is_gone(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    await services.circles.refresh()
    await services.db.close()
    answer = await visitor.get(f"{PATH}/{FIRST.id}/next")
    assert (answer.status_code, answer.headers["location"]) == (303, PLOT.url)
    assert (await visitor.get("/topics/gardening/random")).status_code == 303


async def test_a_first_hop_without_a_database_is_a_moment_s_pause(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: object) -> None:
        raise StorageUnavailable("the database is gone")

    monkeypatch.setattr(rings, "revisions", gone)
    assert (await visitor.get(f"{PATH}/{FIRST.id}/next")).status_code == 503
    assert (await visitor.get(f"{PATH}/{FIRST.id}/next.json")).json()["errcode"].startswith("M_")


async def test_hops_count_against_a_client_s_limit(services: Services) -> None:
    object.__setattr__(services.settings.web, "requests_per_minute", 2)
    await keep(services.db, SOIL)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        codes = [(await client.get(f"{PATH}/{FIRST.id}/next")).status_code for _ in range(2)]
    assert codes == [303, 429]
