"""The form by which visitors report: without script, from its own page, and nothing is lost."""

from __future__ import annotations

from xml.etree import ElementTree

import httpx
import pytest

from tests.integration.web.garden import NASTY, NOW
from webring.moderation.desk import Action, Desk, Target
from webring.moderation.reasons import Code
from webring.moderation.reporting import AT_ONCE, MAX_TEXT
from webring.services import Services
from webring.storage import delistings, reports
from webring.storage.delistings import Delisting

pytestmark = pytest.mark.anyio
ROOM, COMMUNITY = "/report/!found:hs.example", "/report/bees:garden.example"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.mark.parametrize(
    ("page", "form"),
    [("/rooms/!found:hs.example", ROOM), ("/communities/bees:garden.example", COMMUNITY)],
)
async def test_every_page_leads_to_its_form(
    client: httpx.AsyncClient, page: str, form: str
) -> None:
    assert f'href="{form.replace(":", "%3A").replace("!", "%21")}"' in (await client.get(page)).text
    answer = await client.get(form)
    assert answer.status_code == 200
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert f'action="{form.replace("!", "%21")}"' in answer.text
    assert "<script>" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_report_is_thanked_for(client: httpx.AsyncClient, services: Services) -> None:
    answer = await client.post(COMMUNITY, data={"reason": "wrong", "text": "No <bees> here."})
    assert answer.status_code == 303
    thanks = await client.get(answer.headers["location"])
    assert thanks.status_code == 200
    assert "Your report has arrived." in thanks.text
    assert 'href="/communities/bees:garden.example"' in thanks.text
    assert "mailto:a@garden.example" in thanks.text
    (report,) = await reports.open_ones(services.db.reader, 9)
    assert (report.community, report.text) == ("bees:garden.example", "No <bees> here.")


async def test_a_strange_name_is_harmless_there(client: httpx.AsyncClient) -> None:
    for path in ("/report/!nasty:hs.example", "/report/!nasty:hs.example/thanks"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert NASTY[:25] not in answer.text
        assert "\u202e" not in answer.text


LONG = "So much, 🐝 and more. " * 300
WRONG = {
    "no reason": ({"text": "My <b>words</b>"}, 400, "Choose what is wrong."),
    "an unknown one": ({"reason": "x", "text": "My words"}, 400, "Choose what is wrong."),
    "nothing said": ({"reason": "other", "text": ""}, 400, "Say in a few words what is wrong."),
    "too much": ({"reason": "spam", "text": LONG}, 400, f"at most {MAX_TEXT} characters"),
    "nothing at all": ({}, 400, "Choose what is wrong."),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: httpx.AsyncClient, services: Services, case: str
) -> None:
    values, status, words = WRONG[case]
    answer = await client.post(ROOM, data=values)
    assert answer.status_code == status
    assert words in answer.text.partition('id="problem">')[2].partition("</p>")[0]
    kept = answer.text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    assert kept == values.get("text", "").replace("<", "&lt;").replace(">", "&gt;")
    checked = 'value="spam" required checked' in answer.text
    assert checked == (values.get("reason") == "spam")
    assert await reports.all(services.db.reader) == []


async def test_one_too_many_is_told_to_wait_and_keeps_its_words(
    client: httpx.AsyncClient, services: Services
) -> None:
    for _ in range(AT_ONCE):
        assert (await client.post(ROOM, data={"reason": "spam"})).status_code == 303
    answer = await client.post(ROOM, data={"reason": "harm", "text": "Wait for me"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Wait for me</textarea>" in answer.text
    assert await reports.count_open(services.db.reader) == AT_ONCE


REFUSED = {
    "another origin's page": ({"Origin": "https://evil.example"}, 403),
    "another site's page": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a page of a neighbour": ({"Sec-Fetch-Site": "same-site"}, 403),
    "no form": ({"Content-Type": "application/json"}, 400),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_only_its_own_page_sends_it(
    client: httpx.AsyncClient, services: Services, case: str
) -> None:
    headers, status = REFUSED[case]
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    answer = await client.post(ROOM, content=b"reason=spam", headers=form)
    assert answer.status_code == status
    assert await reports.all(services.db.reader) == []


NOWHERE = ["/report/!none:hs.example", "/report/none:garden.example", "/report/!none/thanks"]


@pytest.mark.parametrize("path", NOWHERE)
async def test_what_is_not_listed_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/report/", "/report/x", "/report/%00", "/report/!"])
async def test_what_is_no_id_is_a_clear_error(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in {400, 404}


async def test_the_log_tells_why_and_names_nobody(
    client: httpx.AsyncClient, services: Services
) -> None:
    assert "Nothing was kept out" in (await client.get("/delistings")).text
    desk = Desk(services.db, lambda: NOW)
    found = "!found:hs.example"
    await desk.keep_out(Action.BLOCK, Target.ROOM, found, "secret", "me", Code.MINORS)
    await desk.let_in(Target.ROOM, found, "me")
    page = (await client.get("/delistings")).text
    feed = await client.get("/delistings.atom")
    assert "a danger to children or young people" in page
    assert "let in again" in page
    assert feed.headers["content-type"].startswith("application/atom+xml")
    titles = [
        each.findtext("a:title", "", ATOM)
        for each in ElementTree.fromstring(feed.content).iterfind("a:entry", ATOM)
    ]
    assert titles == [
        "A room let in again.",
        "A room kept out: a danger to children or young people (1 listings gone).",
    ]
    for each in (page, feed.text):
        assert "found:hs.example" not in each
        assert "secret" not in each
    again = await client.get("/delistings.atom", headers={"If-None-Match": feed.headers["ETag"]})
    assert again.status_code == 304


async def test_equal_lines_of_a_feed_keep_ids_of_their_own(
    client: httpx.AsyncClient, services: Services
) -> None:
    async def ids() -> list[str]:
        feed = ElementTree.fromstring((await client.get("/delistings.atom")).content)
        return [each.findtext("a:id", "", ATOM) for each in feed.iterfind("a:entry", ATOM)]

    line = Delisting(NOW, "room", "spam", 1)
    async with services.db.transaction() as tx:
        await delistings.add(tx, [line, line])
    before = await ids()
    async with services.db.transaction() as tx:
        await delistings.add(tx, [line])
    assert (await ids())[1:] == before
    assert len(set(await ids())) == 3
