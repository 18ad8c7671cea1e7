"""The pages of a living ring, in a real browser: accessible, within their window, and walked."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.test_walk import WINDOWS
from tests.browser.visitor import visiting
from tests.fakes.demo import RunningDemo
from webring.web.embed.options import Form

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def paths(ring: str, member: str) -> list[str]:
    return [
        "/rings",
        "/rings?interest=crafts",
        "/rings?interest=nothing-of-the-kind&hop=empty",
        ring,
        f"{ring}?hop=unknown",
        f"{ring}/history",
        f"{ring}/join",
        f"{ring}/{member}",
        f"{ring}/{member}/embed",
        f"{ring}/{member}/embed?form=element&lang=ar&theme=dark",
        *(f"{ring}/{member}/embed?form={form}" for form in Form),
    ]


def first_member(page: str) -> str:
    seen = httpx.get(f"{page}/export.json", trust_env=False).json()
    member: str = seen["members"][0]["id"]
    return member


@pytest.mark.parametrize(("size", "dark"), WINDOWS)
def test_every_page_is_accessible_and_fits(
    demo: RunningDemo, browser: Browser, size: ViewportSize, dark: bool
) -> None:
    page = demo.ring()
    home = demo.addresses[0]
    found: list[str] = []
    with visiting(browser, home, size=size, dark=dark) as visitor:
        for path in paths(page.removeprefix(home), first_member(page)):
            visitor.go(path)
            found += [f"{path}: {each}" for each in visitor.accessibility()]
            if visitor.overflows():
                found.append(f"{path} is wider than its window")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("size", "dark"), WINDOWS)
def test_a_site_that_asks_is_told_what_is_wrong_and_how_it_stands(
    demo: RunningDemo, browser: Browser, size: ViewportSize, dark: bool
) -> None:
    page = demo.ring()
    home = demo.addresses[0]
    with visiting(browser, home, size=size, dark=dark) as visitor:
        form = visitor.page
        visitor.go(f"{page.removeprefix(home)}/join")
        form.get_by_label("Address of the page").fill("http://user@nobody.localhost:1/")
        form.get_by_role("button", name="Look at my page, and ask").click()
        expect(form.get_by_role("alert")).to_be_visible()
        assert not visitor.accessibility()
        visitor.troubles[:] = [each for each in visitor.troubles if " 400 " not in each]
        form.get_by_label("Address of the page").fill(demo.addresses[1])
        form.get_by_role("button", name="Look at my page, and ask").click()
        expect(form.get_by_role("heading", level=1, name="Your request")).to_be_visible()
        assert not visitor.accessibility()
        assert not visitor.overflows()


def test_a_visitor_enters_the_ring_and_walks_on(demo: RunningDemo, browser: Browser) -> None:
    page = demo.ring()
    home = demo.addresses[0]
    known = [address.removeprefix("http://") for address in demo.addresses]
    with visiting(browser, home, known=known) as visitor:
        visitor.go("/rings")
        visitor.page.get_by_role("link", name="Made by Hand").first.click()
        expect(visitor.page.get_by_role("heading", level=1, name="Made by Hand")).to_be_visible()
        expect(visitor.page.locator("ol.members > li")).to_have_count(6)
        member = first_member(page)
        visitor.page.goto(f"{page}/{member}/next")
        assert "/communities/" in visitor.page.url
        expect(visitor.page.get_by_role("link", name="Made by Hand").first).to_be_visible()
