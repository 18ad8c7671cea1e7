"""Makes the pictures of the documentation from living instances: `make screenshots`.

Some of the sample is Japanese: Debian's fonts-noto-cjk shows it.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import httpx
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.embedded import gallery, living
from tests.fakes.demo import RunningDemo
from webring.web.embed.words import SPOKEN

DESKTOP: Final[ViewportSize] = {"width": 1180, "height": 820}
PHONE: Final[ViewportSize] = {"width": 390, "height": 800}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: of which instance (by number), which page, how large and in which colours.

    In `path`, {ring} is the sample's ring and {member} its first member.
    """

    name: str
    instance: int
    path: str
    size: ViewportSize = field(default_factory=lambda: DESKTOP)
    dark: bool = False


PICTURES: Final = (
    Picture("home", 0, "/"),
    Picture("home-dark", 2, "/", dark=True),
    Picture("home-phone", 1, "/", PHONE),
    Picture("community", 1, "/communities/kitchen-garden:meadow.localhost:8101"),
    Picture("search", 0, "/search?q=astronmy"),
    Picture("homeserver", 1, "/servers/cellar.localhost:8204"),
    Picture("rings", 0, "/rings"),
    Picture("ring", 1, "/rings/{ring}"),
    Picture("ring-dark", 2, "/rings/{ring}", dark=True),
    Picture("ring-phone", 1, "/rings/{ring}", PHONE),
    Picture("member", 0, "/rings/{ring}/{member}"),
    Picture("builder", 0, "/rings/{ring}/{member}/embed"),
)


EMBEDS: Final = {"embeds": ("en", False), "embeds-dark": ("ar", True)}
"""Pictures of embeds: in which language, and whether on a dark page."""
EMBEDS_SIZE: Final[ViewportSize] = {"width": 860, "height": 215}


def main(target: Path) -> None:
    """Take all pictures."""
    target.mkdir(parents=True, exist_ok=True)
    of_embeds(target)
    of_demo(target)


def of_embeds(target: Path) -> None:
    """Start a ring's host and its members' sites, take the pictures, end them."""
    with living(Path(tempfile.mkdtemp())) as world, chromium() as browser:
        for name, (language, dark) in EMBEDS.items():
            scheme: Literal["dark", "light"] = "dark" if dark else "light"
            page = browser.new_page(viewport=EMBEDS_SIZE, color_scheme=scheme)
            page.goto(gallery(world, SPOKEN[language]))
            page.wait_for_load_state("networkidle")
            page.screenshot(path=target / f"{name}.png")
            page.close()


def of_demo(target: Path) -> None:
    """Start the demo, take the pictures, end it."""
    demo = RunningDemo(Path(tempfile.mkdtemp()))
    try:
        home, _, ring = demo.ring().partition("/rings/")
        found = httpx.get(f"{home}/rings/{ring}/export.json", trust_env=False).json()
        names = {"ring": ring, "member": found["members"][0]["id"]}
        with chromium() as browser:
            for picture in PICTURES:
                address = demo.addresses[picture.instance] + picture.path.format_map(names)
                _take(browser, address, picture, target)
    finally:
        demo.end(signal.SIGINT)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def _take(browser: Browser, address: str, picture: Picture, target: Path) -> None:
    page = browser.new_page(viewport=picture.size, color_scheme="dark" if picture.dark else "light")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=target / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
