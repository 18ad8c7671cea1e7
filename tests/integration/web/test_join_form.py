"""The form by which a site asks for a place: what it takes, and what it says to everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.unit.documents.ring_world import ID, first
from webring.services import Services
from webring.storage import ring_requests
from webring.web.app import create_app
from webring.web.rings.joining import MAX_URL

pytestmark = pytest.mark.anyio

FORM = f"/rings/{ID}/join"
NONE = "no web address"
WRONG = {
    "nothing": ("", "give the address"),
    "plain http": ("http://bees.example/", "only https"),
    "another scheme": ("javascript://bees.example/%0aalert(1)", "only https"),
    "no address": ("my page", NONE),
    "a user and a password": ("https://ruth:honey@bees.example/", NONE),
    "an address of ours": ("https://127.0.0.1/", "not a bare IP address"),
    "an address of a private network": ("https://[fd00::1]/", "not a bare IP address"),
    "a name of a private network": ("https://router.local/", "private network"),
    "a port that serves no pages": ("https://bees.example:22/", "ports are"),
    "an endless one": (f"https://bees.example/{'a' * MAX_URL}", NONE),
    "markup": ('"><script>alert(1)</script>', NONE),
}


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    await hold(services.db, services.rings.keeper, [first()])
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


async def test_the_form_is_empty_at_first_and_tells_how_communities_join(
    visitor: httpx.AsyncClient,
) -> None:
    answer = await visitor.get(FORM)
    assert answer.status_code == 200, answer.text
    assert 'name="url"' in answer.text
    assert f"webring ring join {ID}" in answer.text


@pytest.mark.parametrize("case", WRONG)
async def test_what_is_wrong_is_said_above_the_form_which_keeps_it(
    visitor: httpx.AsyncClient, services: Services, case: str
) -> None:
    url, said = WRONG[case]
    answer = await visitor.post(FORM, data={"url": url, "note": "We keep <b>bees</b>."})
    assert answer.status_code == 400, answer.text
    problem = answer.text.partition('id="problem">')[2].partition("</p>")[0]
    assert said in problem
    assert "We keep &lt;b&gt;bees&lt;/b&gt;." in answer.text
    assert "<script>alert" not in answer.text
    assert await ring_requests.of_ring(services.db.reader, ID) == []


UNREAD = {
    "another origin's page": ({"Origin": "https://evil.example"}, b"url=x", 403),
    "another site's page": ({"Sec-Fetch-Site": "cross-site"}, b"url=x", 403),
    "JSON": ({"Content-Type": "application/json"}, b'{"url": "x"}', 400),
    "no UTF-8": ({}, b"url=%ff", 400),
    "too many fields": ({}, b"&".join([b"url=x"] * 33), 400),
    "too much": ({}, b"url=" + b"x" * 20_000, 413),
}


@pytest.mark.parametrize("case", UNREAD)
async def test_what_is_no_form_of_ours_is_refused(visitor: httpx.AsyncClient, case: str) -> None:
    headers, body, status = UNREAD[case]
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    answer = await visitor.post(FORM, content=body, headers=form)
    assert answer.status_code == status, answer.text


async def test_a_request_that_nobody_made_is_not_found(visitor: httpx.AsyncClient) -> None:
    for request in ("x", "0" * 32, "%3Cb%3E"):
        assert (await visitor.get(f"/rings/{ID}/requests/{request}")).status_code == 404
