"""A walk through a living instance, in a real browser, as its visitors take it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

import msgspec
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.visitor import DESKTOP, PHONE, visiting
from tests.fakes.demo import RunningDemo
from webring.demo.plan import Plan

pytestmark = pytest.mark.browser

WINDOWS = [
    pytest.param(DESKTOP, False, id="desktop, light"),
    pytest.param(DESKTOP, True, id="desktop, dark"),
    pytest.param(PHONE, False, id="phone, light"),
    pytest.param(PHONE, True, id="phone, dark"),
]
ALLOWED_CONTROLS = {"\n", "\t"}


def plan_of(demo: RunningDemo) -> Plan:
    return msgspec.json.decode((demo.folder / "data" / "plan.json").read_bytes(), type=Plan)


def search(page: Page, words: str) -> None:
    box = page.locator("input[type=search]").first
    box.fill(words)
    box.press("Enter")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_home_by_search_to_a_community_and_its_homeserver(
    demo: RunningDemo, browser: Browser, script: bool
) -> None:
    with visiting(browser, demo.addresses[0], script=script) as visitor:
        page = visitor.page
        visitor.go("/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        search(page, "small boats")
        expect(page.get_by_role("heading", name=re.compile("result"))).to_be_visible()
        page.get_by_role("link", name="Small Boats", exact=True).click()
        expect(page.get_by_role("heading", level=1, name="Small Boats")).to_be_visible()
        expect(page.get_by_text("spoken for").first).to_be_visible()
        expect(page.get_by_role("link", name="Tide Tables")).to_be_visible()
        harbour = plan_of(demo).federation.servers["harbour"].name
        page.locator("dd").get_by_role("link", name=harbour, exact=True).click()
        expect(page.get_by_role("heading", level=1, name=harbour)).to_be_visible()
        expect(page.get_by_role("link", name="Ferry Delays")).to_be_visible()


def paths(demo: RunningDemo) -> list[str]:
    federation = plan_of(demo).federation
    harbour = federation.servers["harbour"]
    market = next(room for room in harbour.rooms if room.key == "market-day")
    community = f"kitchen-garden:{federation.instance_names['meadow']}"
    return [
        "/",
        "/?found=1",
        "/search?q=repair",
        "/search?q=nothing+of+the+kind",
        "/search?q=&found=1&kind=room",
        f"/communities/{quote(community, safe='')}",
        f"/rooms/{quote(market.room_id, safe='')}",
        "/instances",
        f"/instances/{quote(federation.instance_names['harbour'], safe='')}",
        "/servers",
        f"/servers/{quote(harbour.name, safe='')}",
        "/interests",
        "/interests/gardening",
        "/about",
    ]


@pytest.mark.parametrize(("size", "dark"), WINDOWS)
def test_every_page_is_accessible_and_fits(
    demo: RunningDemo, browser: Browser, size: ViewportSize, dark: bool
) -> None:
    found: list[str] = []
    with visiting(browser, demo.addresses[1], size=size, dark=dark) as visitor:
        for path in paths(demo):
            visitor.go(path)
            found += [f"{path}: {each}" for each in visitor.accessibility()]
            if visitor.overflows():
                found.append(f"{path} is wider than its window")
    assert not found, "\n".join(found)


def test_a_nasty_name_is_shown_harmlessly(demo: RunningDemo, browser: Browser) -> None:
    harbour = plan_of(demo).federation.servers["harbour"]
    market = next(room for room in harbour.rooms if room.key == "market-day")
    with visiting(browser, demo.addresses[0]) as visitor:
        for path in (
            f"/rooms/{quote(market.room_id, safe='')}",
            f"/servers/{quote(harbour.name, safe='')}",
            "/search?q=market&found=1",
        ):
            visitor.go(path)
            text = visitor.page.inner_text("main")
            assert "<b>Market</b>" in text, path
            harmful = {
                f"U+{ord(letter):04X}"
                for letter in visitor.page.content()
                if unicodedata.category(letter) in {"Cc", "Cf"} and letter not in ALLOWED_CONTROLS
            }
            assert not harmful, f"{path} shows {sorted(harmful)}"
            assert visitor.page.locator("main b, main script, main img[src=x]").count() == 0


def test_why_a_homeserver_is_not_listed(demo: RunningDemo, browser: Browser) -> None:
    closed = plan_of(demo).federation.servers["cellar"].name
    with visiting(browser, demo.addresses[1]) as visitor:
        visitor.go(f"/servers/{quote(closed, safe='')}")
        expect(visitor.page.get_by_role("heading", level=1, name=closed)).to_be_visible()
        expect(visitor.page.locator(".state").first).to_have_text("closed")
        expect(visitor.page.get_by_text("M_FORBIDDEN").first).to_be_visible()


def test_what_opted_out_is_nowhere(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[2]) as visitor:
        visitor.go("/search?q=committee+table&found=1&adult=1")
        assert "Committee Table" not in visitor.page.inner_text("main")


def test_the_keyboard_reaches_the_content_first(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0]) as visitor:
        visitor.go("/")
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
        assert visitor.page.evaluate("document.activeElement.id") == "main"


def test_the_focus_is_always_seen(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0]) as visitor:
        visitor.go("/search")
        for _ in range(12):
            visitor.page.keyboard.press("Tab")
            outline = visitor.page.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle + ' '"
                " + getComputedStyle(document.activeElement).outlineWidth"
            )
            assert outline == "solid 3px", visitor.page.evaluate("document.activeElement.outerHTML")


def test_interests_lead_on_also_from_a_phone(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[1], size=PHONE) as visitor:
        page = visitor.page
        visitor.go("/")
        first = page.locator(".card").first.bounding_box()
        assert first is not None
        assert first["y"] < 2 * PHONE["height"]
        page.get_by_role("link", name="All interests").click()
        page.locator("main").get_by_role("link", name=re.compile("^Gardening")).click()
        expect(page.get_by_role("heading", level=1, name="Gardening")).to_be_visible()
        page.get_by_role("link", name="Kitchen Garden", exact=True).click()
        page.get_by_role("link", name="What does that mean?").click()
        expect(page.get_by_role("heading", name="Who speaks for what")).to_be_in_viewport()


def test_what_was_only_found_stands_behind_a_switch(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0]) as visitor:
        page = visitor.page
        visitor.go("/")
        assert "Ferry Delays" not in page.inner_text("main")
        page.get_by_role("link", name=re.compile(r"^Show \d+ that")).click()
        expect(page.get_by_role("link", name="Ferry Delays")).to_be_visible()
        assert "Life Drawing" not in page.inner_text("main")
        page.get_by_role("link", name="Hide what was only found").click()
        expect(page.get_by_role("link", name="Small Boats")).to_be_visible()


def test_paper_shows_what_paper_can(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0], dark=True) as visitor:
        page = visitor.page
        visitor.go("/")
        page.emulate_media(media="print")
        assert not page.locator("header nav").is_visible()
        assert not page.locator("form.search").is_visible()
        expect(page.get_by_role("link", name="Small Boats")).to_be_visible()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"


def test_a_page_that_is_not_there_says_so(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0]) as visitor:
        answer = visitor.page.goto(f"{demo.addresses[0]}/nowhere")
        assert answer is not None
        assert answer.status == 404
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        visitor.troubles[:] = [each for each in visitor.troubles if "404" not in each]
