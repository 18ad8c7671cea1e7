"""The frame where it may do little: in the sandboxes that consumers of oEmbed put it into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.embedded import HOME, World, accessibility, at, living, way
from tests.browser.sites import Answer, document
from tests.browser.visitor import Visitor, visiting
from webring.web.embed import oembed
from webring.web.embed.oembed import LARGEST, Asked
from webring.web.embed.options import Form, Options, Theme
from webring.web.embed.place import WHOLE, ring_place
from webring.web.embed.snippets import directives

pytestmark = pytest.mark.browser
SCRIPTS: Final = "allow-scripts"
FORBIDDEN: Final = "Unsafe attempt to initiate navigation"
"""What Chromium writes on its console where a frame tried to lead its page on."""
WORDPRESS: Final = """
addEventListener("message", ({source, data: {message, value, secret}}) => {
  const frame = document.querySelector(`iframe[data-secret="${secret}"]`);
  if (!frame || frame.contentWindow !== source) return;
  if (message === "height") frame.height = Math.min(Math.max(parseInt(value, 10), 100), 1000);
  if (message !== "link" || document.activeElement !== frame) return;
  if (new URL(value).host === new URL(frame.src).host) top.location.href = value;
});
"""
"""What WordPress does for the frames that it embeds (its `wp-embed.js`, in short)."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("ring")) as world:
        yield world


def show(world: World, frame: str, *more: str, head: str = "") -> None:
    """Show a frame at `/frame`."""
    policy = (*directives(Form.FRAME, world.host.base_url), *more)
    world.sites.show(HOME, "/frame", document(frame, head=head), *policy)


def framed(world: World, sandbox: str, address: str = "") -> str:
    source = escape(address or f"{world.place.frame}?lang=en")
    return f'<iframe src="{source}" title="A ring" sandbox="{sandbox}" width="300"></iframe>'


def test_it_works_by_what_wordpress_offers(world: World, browser: Browser) -> None:
    world.sites.pages[HOME, "/wp-embed.js"] = Answer(WORDPRESS.encode(), "text/javascript")
    address = f"{world.place.frame}?lang=en#?secret=aB3dE5fG7h"
    frame = framed(world, SCRIPTS, address).replace("<iframe", '<iframe data-secret="aB3dE5fG7h"')
    show(world, frame, "script-src 'self'", head='<script defer src="/wp-embed.js"></script>')
    with visiting(browser, world.home, known=world.known) as visitor:
        visitor.go("/frame")
        page = visitor.page
        inside = page.frame_locator("iframe")
        tall = inside.locator("html").evaluate("it => it.scrollHeight")
        expect(page.locator("iframe")).to_have_attribute("height", str(tall))
        inside.get_by_role("link", name="Next").click()
        page.wait_for_url(world.sites.url("compost"))


POPUPS = {
    "that are free": f"{SCRIPTS} allow-popups allow-popups-to-escape-sandbox",
    "that stay in its sandbox": f"{SCRIPTS} allow-popups",
    "of its own origin": f"{SCRIPTS} allow-same-origin allow-popups",
}


@pytest.mark.parametrize("case", POPUPS)
def test_where_it_may_open_pages_it_opens_one(world: World, browser: Browser, case: str) -> None:
    show(world, framed(world, POPUPS[case]))
    with visiting(browser, world.home, known=world.known) as visitor:
        visitor.go("/frame")
        with visitor.page.context.expect_page() as opened:
            visitor.page.frame_locator("iframe").get_by_role("link", name="Next").click()
        opened.value.wait_for_url(world.sites.url("compost"))
        # What inherits the sandbox cannot be let go, and may lead nobody else anywhere.
        assert opened.value.evaluate("opener") is None or "escape" not in POPUPS[case]
        assert visitor.page.url == f"{world.home}/frame"
        forgive(visitor, FORBIDDEN)


def test_where_it_may_do_nothing_a_link_leads_the_frame_on(world: World, browser: Browser) -> None:
    sources = f"frame-src {world.host.base_url} {world.sites.url('compost')}"
    world.sites.show(HOME, "/frame", document(framed(world, SCRIPTS)), sources)
    with visiting(browser, world.home, known=world.known) as visitor:
        visitor.go("/frame")
        inside = visitor.page.frame_locator("iframe")
        inside.get_by_role("link", name="All members").click()
        expect(inside.get_by_role("link", name=world.place.ring_page)).to_be_visible()
        inside.get_by_role("link", name="Next").click()
        expect(inside.get_by_text("This is compost.")).to_be_visible()
        assert visitor.page.url == f"{world.home}/frame"
        forgive(visitor, FORBIDDEN, "Blocked opening")


def test_whoever_wants_another_tab_gets_one(world: World, browser: Browser) -> None:
    world.paste(Options(Form.FRAME))
    with visiting(browser, world.home, known=world.known) as visitor:
        visitor.go("/frame")
        link = visitor.page.frame_locator("iframe").get_by_role("link", name="Next")
        with visitor.page.context.expect_page() as opened:
            link.click(modifiers=["ControlOrMeta"])
        opened.value.wait_for_url(world.sites.url("compost"))
        assert visitor.page.url == f"{world.home}/frame"


def card(world: World, options: Options) -> str:
    """What a consumer of oEmbed is given for the ring as a whole."""
    place = ring_place(world.circle, world.host.base_url)
    asked = Asked(place.ring, WHOLE, LARGEST, LARGEST)
    html: str = oembed.answer(place, asked, options, "Commune")["html"]
    return html


def test_a_ring_s_card_is_shown_in_a_sandbox_in_a_sandbox(world: World, browser: Browser) -> None:
    inner = escape(card(world, Options()))
    show(world, f'<iframe title="Pasted" sandbox="{SCRIPTS}" srcdoc="{inner}"></iframe>')
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        visitor.go("/frame")
        inside = visitor.page.frame_locator("iframe").frame_locator("iframe")
        expect(inside.get_by_role("navigation", name="Kitchen Gardens")).to_be_visible()
        expect(inside.get_by_role("link", name="Random")).to_be_visible()
        expect(inside.locator("img")).to_have_js_property("naturalWidth", 88)


GROUNDS = {Theme.LIGHT: "rgb(255, 253, 249)", Theme.DARK: "rgb(27, 23, 21)"}


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("dark", [False, True], ids=["light page", "dark page"])
def test_its_colours_are_those_that_were_asked_for(
    world: World, browser: Browser, theme: Theme, dark: bool
) -> None:
    world.paste(Options(Form.FRAME, theme=theme))
    with visiting(browser, world.home, dark=dark, known=[world.ring_host]) as visitor:
        visitor.go("/frame")
        where = at(visitor.page, Form.FRAME)
        expect(where.locator("body")).to_have_css("background-color", GROUNDS[theme])
        assert not accessibility(where)


def test_what_is_no_member_s_frame_says_so_where_it_is_shown(
    world: World, browser: Browser
) -> None:
    stranger = replace(world.place, member="f" * 20)
    show(world, framed(world, SCRIPTS, stranger.frame))
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        visitor.go("/frame")
        inside = visitor.page.frame_locator("iframe")
        expect(inside.get_by_text("No member ffff")).to_be_visible()
        expect(inside.get_by_role("link", name=world.host.base_url)).to_be_visible()
        forgive(visitor, "404")


@pytest.mark.parametrize("form", [Form.BUTTON, Form.ELEMENT, Form.FRAME])
def test_a_page_that_isolates_itself_shows_it_too(
    world: World, browser: Browser, form: Form
) -> None:
    path = world.paste(Options(form))
    shown = world.sites.pages[HOME, path]
    world.sites.pages[HOME, path] = replace(shown, isolated=True)
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        visitor.go(path)
        assert visitor.page.evaluate("crossOriginIsolated")
        where = at(visitor.page, form)
        expect(way(where, "Next")).to_be_visible()
        for picture in where.locator("img").all():
            expect(picture).to_have_js_property("naturalWidth", 88)
        if form is Form.ELEMENT:
            expect(where.locator("[data-title]")).to_have_count(2)


def forgive(visitor: Visitor, *expected: str) -> None:
    """Forget what the browser says on its console of what was forbidden, and nothing else."""
    visitor.troubles[:] = [
        each for each in visitor.troubles if not any(part in each for part in expected)
    ]
