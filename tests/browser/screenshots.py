"""Makes the pictures of the documentation from living instances: `make screenshots`.

Some of the sample is Japanese: Debian's fonts-noto-cjk shows it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.embedded import gallery, living
from tests.fakes.demo import RunningDemo
from webring.web.embed.words import SPOKEN

DESKTOP: Final[ViewportSize] = {"width": 1180, "height": 820}
PHONE: Final[ViewportSize] = {"width": 390, "height": 800}
SETTLING: Final = 15.0
"""Seconds for the second round of visits, so that every directory is full."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: of which instance (by number), which page, how large and in which colours."""

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
        time.sleep(SETTLING)
        with chromium() as browser:
            for picture in PICTURES:
                _take(browser, demo, picture, target)
    finally:
        demo.end()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def _take(browser: Browser, demo: RunningDemo, picture: Picture, target: Path) -> None:
    page = browser.new_page(viewport=picture.size, color_scheme="dark" if picture.dark else "light")
    page.goto(f"{demo.addresses[picture.instance]}{picture.path}")
    page.screenshot(path=target / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
