"""Searching in a real browser: suggestions by keyboard and pointer, and filters one by one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.visitor import DESKTOP, PHONE, visiting
from tests.fakes.demo import RunningDemo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)])
def test_a_name_is_suggested_and_reached_by_keyboard(
    demo: RunningDemo, browser: Browser, size: ViewportSize, dark: bool
) -> None:
    with visiting(browser, demo.addresses[0], size=size, dark=dark) as visitor:
        page = visitor.page
        visitor.go("/")
        page.get_by_role("combobox").press_sequentially("small bo")
        expect(page.get_by_role("option", name="Small Boats")).to_be_visible()
        assert not visitor.accessibility()
        assert not visitor.overflows()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", selected=True)).to_have_text("Small Boats")
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        page.keyboard.press("s")
        page.keyboard.press("Backspace")
        page.get_by_role("option", name="Small Boats").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Small Boats")).to_be_visible()


def test_an_interest_is_suggested_and_reached_by_pointer(
    demo: RunningDemo, browser: Browser
) -> None:
    with visiting(browser, demo.addresses[0]) as visitor:
        page = visitor.page
        visitor.go("/search")
        page.get_by_role("combobox").press_sequentially("gärtn")
        page.get_by_role("option", name="Gardening").click()
        expect(page.get_by_role("heading", level=1, name="Gardening")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_results_are_narrowed_and_widened_by_links(
    demo: RunningDemo, browser: Browser, script: bool
) -> None:
    with visiting(browser, demo.addresses[0], size=PHONE, script=script) as visitor:
        page = visitor.page
        visitor.go("/search?found=1")
        before = page.get_by_role("heading", name=re.compile("result")).inner_text()
        page.get_by_role("link", name="Narrow these down").click()
        facet = page.locator("#narrow").get_by_role("link", name=re.compile("^spaces"))
        count = facet.locator("small").inner_text()
        facet.click()
        expect(page.get_by_role("heading", name=re.compile(f"^{count} result"))).to_be_visible()
        expect(page).to_have_title(re.compile("^Search: spaces"))
        page.get_by_role("link", name=re.compile("^spaces.*take off")).click()
        expect(page.get_by_role("heading", name=before, exact=True)).to_be_visible()
