"""Makes the pictures of the documentation from a living demo: `make screenshots`.

Some of the sample is Japanese: Debian's fonts-noto-cjk shows it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.fakes.demo import RunningDemo

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


def main(target: Path) -> None:
    """Start the demo, take the pictures, end it."""
    target.mkdir(parents=True, exist_ok=True)
    demo = RunningDemo(Path(tempfile.mkdtemp()))
    try:
        time.sleep(SETTLING)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for picture in PICTURES:
                _take(browser, demo, picture, target)
            browser.close()
    finally:
        demo.end()


def _take(browser: Browser, demo: RunningDemo, picture: Picture, target: Path) -> None:
    page = browser.new_page(viewport=picture.size, color_scheme="dark" if picture.dark else "light")
    page.goto(f"{demo.addresses[picture.instance]}{picture.path}")
    page.screenshot(path=target / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
