"""Every embed in a real browser, on a page of another origin that forbids whatever it can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, ViewportSize, expect

from tests.browser.embedded import HOME, World, accessibility, at, living, way
from tests.browser.sites import STYLED, Answer, document
from tests.browser.visitor import PHONE, Visitor, visiting
from webring.web.embed.files import embed_file
from webring.web.embed.options import Form, Options
from webring.web.embed.snippets import directives, snippet
from webring.web.embed.words import SPOKEN

pytestmark = pytest.mark.browser
SETTLING: Final = 400
"""Milliseconds after which nothing moves any more."""
MOVED: Final = """
wait => new Promise(done => {
  const moved = [];
  const name = ({node, previousRect: from, currentRect: to}) =>
    `${node?.outerHTML?.slice(0, 80)} moved from ${from.x},${from.y} to ${to.x},${to.y}`;
  const seen = new PerformanceObserver(list =>
    list.getEntries().forEach(each => moved.push(...each.sources.map(name))));
  seen.observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(moved), wait);
})
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("ring")) as world:
        yield world


def look(world: World, visitor: Visitor, options: Options, *, script: bool) -> None:
    """Look at everything there is to be seen on a page with an embed."""
    page, words = visitor.page, options.words
    below = page.get_by_text("What stands below.")
    stood = below.bounding_box()
    where = at(page, options.form)
    for word in (words.previous, words.next, words.random):
        expect(way(where, word)).to_be_visible()
    for picture in where.locator("img").all():
        expect(picture).to_have_js_property("naturalWidth", 88)
    if options.form is Form.ELEMENT and script:
        expect(page.locator("[data-title]")).to_have_text(["The Dahlias", "The Compost"])
    page.wait_for_load_state("networkidle")
    assert below.bounding_box() == stood, "the page has moved"
    if script:
        found = [each for view in {page, where} for each in view.evaluate(MOVED, SETTLING)]
        found += [each for view in {page, where} for each in accessibility(view)]
        assert not found, f"{options.form} in {words.language}: {found}"
    assert not visitor.overflows()
    assert visitor.referrers <= {"", f"{world.home}/"}, "more than the origin was told"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("form", Form)
def test_it_shows_and_moves_nothing_and_asks_nobody_else(
    world: World, browser: Browser, form: Form, script: bool
) -> None:
    """Also where no stylesheet of the site helps: light, in English."""
    for dark, language, style in ((False, "en", ""), (True, "ar", STYLED)):
        options = Options(form, SPOKEN[language], level=2)
        with visiting(
            browser, world.home, size=PHONE, dark=dark, script=script, known=[world.ring_host]
        ) as visitor:
            visitor.go(world.paste(options, style=style))
            look(world, visitor, options, script=script)


def go_on(world: World, visitor: Visitor, form: Form, word: str, arrival: str) -> None:
    """Follow a link of an embed to where it leads."""
    visitor.go(f"/{form}")
    way(at(visitor.page, form), word).click()
    visitor.page.wait_for_url(world.sites.url(arrival))
    expect(visitor.page.get_by_text(f"This is {arrival}.")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("form", Form)
def test_it_leads_on_past_who_sleeps(
    world: World, browser: Browser, form: Form, script: bool
) -> None:
    world.paste(Options(form))
    with visiting(browser, world.home, script=script, known=world.known) as visitor:
        go_on(world, visitor, form, "Next", "compost")
        go_on(world, visitor, form, "Previous", "dahlias")
        assert all(urlsplit(each).path in {"", "/"} for each in visitor.referrers)


def focused(where: Page | Frame) -> dict[str, str]:
    """What has the focus, and whether that is seen."""
    found: dict[str, str] = where.evaluate(
        "() => { const it = document.activeElement, style = getComputedStyle(it);"
        " return {href: it.href || '', outline: style.outlineStyle} }"
    )
    return found


@pytest.mark.parametrize("form", Form)
def test_the_keyboard_reaches_every_link_and_follows_it(
    world: World, browser: Browser, form: Form
) -> None:
    path = world.paste(Options(form))
    with visiting(browser, world.home, known=world.known) as visitor:
        page = visitor.page
        visitor.go(path)
        where = at(page, form)
        wanted = where.locator("a").evaluate_all("links => links.map(link => link.href)")
        assert len(wanted) in {4, 6}
        for href in wanted:
            page.keyboard.press("Tab")
            assert focused(where) == {"href": href, "outline": focused(where)["outline"]}
            assert focused(where)["outline"] != "none"
        way(where, "Next").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(world.sites.url("compost"))


def test_the_element_wears_what_the_site_gives_it(world: World, browser: Browser) -> None:
    options = Options(Form.ELEMENT)
    world.sites.pages[HOME, "/own.css"] = Answer(
        b"web-ring { --web-ring-link: rgb(1, 2, 3); --web-ring-background: rgb(4, 5, 6);"
        b" --web-ring-border: rgb(7, 8, 9); --web-ring-title: rgb(10, 11, 12) }",
        "text/css",
    )
    world.paste(options, style='<link rel="stylesheet" href="/own.css">')
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        page = visitor.page
        visitor.go("/element")
        expect(page.locator("[data-title]").first).to_have_css("color", "rgb(10, 11, 12)")
        expect(way(page, "Next")).to_have_css("color", "rgb(1, 2, 3)")
        nav = page.locator("web-ring > nav")
        expect(nav).to_have_css("background-color", "rgb(4, 5, 6)")
        expect(nav).to_have_css("outline-color", "rgb(7, 8, 9)")


def test_the_element_works_where_a_script_puts_it(world: World, browser: Browser) -> None:
    world.paste(Options(Form.ELEMENT))
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        page = visitor.page
        visitor.go("/element")
        expect(page.locator("[data-title]")).to_have_count(2)
        page.evaluate(
            """() => {
              const ring = document.querySelector("web-ring"), again = ring.cloneNode(true);
              again.querySelectorAll("[data-title]").forEach(each => each.remove());
              ring.replaceWith(again);
            }"""
        )
        expect(page.locator("[data-title]")).to_have_text(["The Dahlias", "The Compost"])
        page.evaluate("() => document.body.append(document.querySelector('web-ring'))")
        expect(page.locator("[data-title]")).to_have_count(2)
        assert page.evaluate("document.adoptedStyleSheets.length") == 1


def test_a_script_that_was_changed_does_not_run_and_the_links_stay(
    world: World, browser: Browser
) -> None:
    html = document(snippet(world.place, Options(Form.ELEMENT)))
    other = html.replace(embed_file().integrity, f"sha384-{'A' * 64}")
    world.sites.show(HOME, "/other", other, *directives(Form.ELEMENT, world.host.base_url))
    with visiting(browser, world.home, known=[world.ring_host]) as visitor:
        visitor.go("/other")
        visitor.page.wait_for_load_state("networkidle")
        assert visitor.page.evaluate("customElements.get('web-ring') === undefined")
        expect(way(visitor.page, "Next")).to_be_visible()
        assert [each for each in visitor.troubles if "integrity" in each]
        visitor.troubles.clear()


def test_where_the_titles_may_not_be_read_the_links_lead_on(world: World, browser: Browser) -> None:
    html = document(snippet(world.place, Options(Form.ELEMENT)))
    world.sites.show(HOME, "/alone", html, f"script-src {world.host.base_url}")
    with visiting(browser, world.home, known=world.known) as visitor:
        visitor.go("/alone")
        visitor.page.wait_for_load_state("networkidle")
        visitor.troubles.clear()
        way(visitor.page, "Next").click()
        visitor.page.wait_for_url(world.sites.url("compost"))


STICKS_OUT = """
titles => titles.filter(title => {
  title.textContent = "Wunderkammer ".repeat(20);
  const box = title.getBoundingClientRect(), line = title.closest("li").getBoundingClientRect();
  return box.left < line.left - 1 || box.right > line.right + 1 || !box.width;
}).length
"""


def test_no_title_sticks_out_in_any_language(world: World, browser: Browser) -> None:
    size: ViewportSize = {"width": 320, "height": 600}
    with visiting(browser, world.home, size=size, known=[world.ring_host]) as visitor:
        for words in SPOKEN.values():
            visitor.go(world.paste(Options(Form.ELEMENT, words)))
            titles = visitor.page.locator("[data-title]")
            expect(titles).to_have_count(2)
            assert titles.evaluate_all(STICKS_OUT) == 0, words.language
            assert not visitor.overflows()
