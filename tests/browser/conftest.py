"""A real Chromium, Debian's own; playwright only drives it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

HOW = "no Chromium for the browser tests: `apt install chromium`, or name one in CHROMIUM"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; where there is none, these tests fail and say what installs it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail(HOW, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()
