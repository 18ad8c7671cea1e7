"""A visitor who notices everything that should not happen behind a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, Page, Request, ViewportSize

AXE: Final = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}


@dataclass(slots=True)
class Visitor:
    """A page, and what went wrong on it."""

    page: Page
    home: str
    troubles: list[str] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    """Who else may be asked: hosts with their ports."""
    referrers: set[str] = field(default_factory=set)
    """What was told to others than the page's own host of where the visitor comes from."""

    def go(self, path: str) -> None:
        """Open a page of the instance."""
        answer = self.page.goto(f"{self.home}{path}")
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"

    def accessibility(self) -> list[str]:
        """What axe finds wrong (WCAG 2.2, A and AA), each with where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [
            f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
            for each in found["violations"]
        ]

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        wide: bool = self.page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide


@contextmanager
def visiting(
    browser: Browser,
    home: str,
    *,
    size: ViewportSize = DESKTOP,
    dark: bool = False,
    script: bool = True,
    trust_any: bool = False,
    known: Collection[str] = (),
) -> Iterator[Visitor]:
    """A visitor at `home`; the test fails at the end if anything went wrong unseen.

    `trust_any` takes certificates of authorities that the browser does not know; `known` are hosts,
    with their ports, that may be asked besides that of `home`.
    """
    context = browser.new_context(
        viewport=size,
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        locale="en-GB",
        ignore_https_errors=trust_any,
    )
    visitor = Visitor(context.new_page(), home, known=frozenset(known))
    _listen(visitor)
    try:
        yield visitor
        cookies = [cookie.get("name", "") for cookie in context.cookies()]
        assert not cookies, f"cookies were set: {cookies}"
        assert not visitor.troubles, visitor.troubles
    finally:
        context.close()


def _listen(visitor: Visitor) -> None:
    page, troubles, own = visitor.page, visitor.troubles, urlsplit(visitor.home).netloc

    def asked(request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in {"data", "blob", "about"} or place.netloc == own:
            return
        if "cookie" in request.headers:
            troubles.append(f"a cookie was sent: {request.url}")
        visitor.referrers.add(request.headers.get("referer", ""))
        if place.netloc not in visitor.known:
            troubles.append(f"a request to somebody else: {request.url}")

    page.on("request", asked)
    page.on(
        "console",
        lambda message: (
            troubles.append(f"console: {message.text}")
            if message.type in {"error", "warning"}
            else None
        ),
    )
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))

    def opened(dialog: Any) -> None:
        troubles.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", opened)
