"""A small world for embeds: a ring's host, and its members' sites, each of another origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Frame, Locator, Page

from tests.browser.ringhost import RingHost
from tests.browser.sites import STYLE, STYLED, Answer, Sites, document
from tests.browser.visitor import AXE, RULES
from tests.unit.rings.circles import member_id, slot
from webring.names import RingId
from webring.rings.circle import NOBODY, Circle
from webring.rings.states import MemberState
from webring.web.embed import selfhosting
from webring.web.embed.options import Form, Options
from webring.web.embed.pictures import button_of
from webring.web.embed.place import Place, member_place
from webring.web.embed.snippets import directives, snippet
from webring.web.embed.words import Words

RING: Final = RingId("gardens:commune.example")
NAMES: Final = ("apples", "bees", "compost", "dahlias")
HOME: Final = "apples"
_GALLERY: Final = """
h1, main > p { display: none }
main { display: flex; gap: 2.5rem; align-items: start; justify-content: space-between; }
iframe { border: 0; border-radius: .4rem; box-shadow: 0 0 0 1px #8886; display: block }
nav p:first-child { margin-block-start: 0 }
nav li p { margin-block: .4rem }
web-ring { display: block; inline-size: 17rem; padding: .5em }
"""
_TYPES: Final = {"js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True, slots=True)
class World:
    """A ring's host, and the sites of its members: bees sleeps."""

    host: RingHost
    sites: Sites
    circle: Circle

    @property
    def place(self) -> Place:
        """The place of the site whose embed is looked at."""
        return self.place_of(0)

    def place_of(self, number: int) -> Place:
        """The place of a site by its number."""
        found = member_place(self.circle, member_id(number), self.host.base_url)
        assert found is not None
        return found

    @property
    def known(self) -> list[str]:
        """Everybody whom a visitor may meet, while going on."""
        urls = [self.host.base_url, *(self.sites.url(name) for name in NAMES)]
        return [urlsplit(url).netloc for url in urls]

    @property
    def home(self) -> str:
        """The origin of the first site."""
        return self.sites.url(HOME).removesuffix("/")

    @property
    def ring_host(self) -> str:
        """The ring's host with its port."""
        return urlsplit(self.host.base_url).netloc

    def paste(self, options: Options, *, style: str = STYLED) -> str:
        """Show an embed on a page of the first site; its path."""
        path, words = f"/{options.form}", options.words
        body = document(
            snippet(self.place, options),
            language=words.language,
            direction=words.direction,
            head=style,
        )
        self.sites.show(HOME, path, body, *directives(options.form, self.host.base_url))
        return path


@contextmanager
def living(folder: Path) -> Iterator[World]:
    """The world, alive; `folder` is the host's."""
    sites = Sites()
    sites.start()
    slots = [
        replace(slot(number, url=sites.url(name)), title=f"The {name.title()}")
        for number, name in enumerate(NAMES)
    ]
    slots[1] = replace(slots[1], state=MemberState.SLEEPING)
    circle = Circle(RING, "a" * 64, slots, NOBODY, 1, "Kitchen Gardens", False)
    host = RingHost(folder, [circle])
    world = World(host, sites, circle)
    for path, data in selfhosting.files(world.place, Options(), button_of(circle), "").items():
        media_type = _TYPES.get(path.rpartition(".")[2], "text/html")
        sites.pages[HOME, f"/{path}"] = Answer(data, media_type)
    try:
        yield world
    finally:
        host.end()
        sites.end()


def gallery(world: World, words: Words) -> str:
    """Show three forms side by side, of a member each; the page's address."""
    forms = dict(zip((Form.BUTTON, Form.ELEMENT, Form.FRAME), (0, 2, 3), strict=True))
    shown = [
        snippet(world.place_of(number), Options(form, words)) for form, number in forms.items()
    ]
    body = document(
        "\n".join(f"<div>{each}</div>" for each in shown),
        language=words.language,
        direction=words.direction,
        head='<link rel="stylesheet" href="/gallery.css">',
    )
    needed = (each for form in forms for each in directives(form, world.host.base_url))
    world.sites.pages[HOME, "/gallery.css"] = Answer(f"{STYLE}{_GALLERY}".encode(), "text/css")
    return world.sites.show(HOME, "/gallery", body, *needed)


def at(page: Page, form: Form) -> Page | Frame:
    """Where the links are."""
    if form is not Form.FRAME:
        return page
    handle = page.locator("iframe").element_handle()
    found = handle.content_frame()
    assert found is not None
    return found


def way(where: Page | Frame, word: str) -> Locator:
    """The link of a direction."""
    return where.get_by_role("link", name=word, exact=False).first


def accessibility(where: Page | Frame) -> list[str]:
    """What axe finds wrong in a page or a frame, without the frames in it."""
    where.evaluate(AXE.read_text(encoding="utf-8"))
    found = where.evaluate(
        "values => axe.run({iframes: false, preload: false, runOnly: {type: 'tag', values}})",
        RULES,
    )
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]
