"""Reporting, in a real browser: accessible, within its window, thanked for, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.test_walk import WINDOWS
from tests.browser.visitor import visiting
from tests.fakes.demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_form(page: Page) -> None:
    page.locator(".card h3 a").first.click()
    page.get_by_role("link", name="Report this listing").click()
    expect(page.get_by_role("heading", level=1, name="Report this listing")).to_be_visible()


@pytest.mark.parametrize(("size", "dark"), WINDOWS)
def test_its_pages_are_accessible_and_fit(
    demo: RunningDemo, browser: Browser, size: ViewportSize, dark: bool
) -> None:
    with visiting(browser, demo.addresses[0], size=size, dark=dark) as visitor:
        page = visitor.page
        visitor.go("/")
        open_form(page)
        form = page.url.removeprefix(demo.addresses[0])
        found = visitor.accessibility()
        page.get_by_label("Something else.", exact=True).check()
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("alert")).to_contain_text("Say in a few words what is wrong.")
        expect(page.get_by_label("Something else.", exact=True)).to_be_checked()
        visitor.troubles[:] = [each for each in visitor.troubles if " 400 " not in each]
        found += visitor.accessibility()
        assert not visitor.overflows()
        for path in (f"{form}/thanks", "/delistings"):
            visitor.go(path)
            found += visitor.accessibility()
            assert not visitor.overflows()
        assert not found, "\n".join(found)


def test_a_visitor_without_script_is_thanked(demo: RunningDemo, browser: Browser) -> None:
    with visiting(browser, demo.addresses[0], script=False) as visitor:
        page = visitor.page
        visitor.go("/")
        open_form(page)
        page.get_by_label("It is spam or a scam.").check()
        page.get_by_label("In your words, if you like").fill("Only trying the form.")
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()
        page.get_by_role("link", name="The log of delistings").click()
        expect(page.get_by_role("heading", level=1, name="Delistings")).to_be_visible()
