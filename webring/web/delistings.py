"""The public log of what was kept out and let in again, without names: a page, and a feed."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.moderation.public_log import MEDIA_TYPE, Log, feed
from webring.moderation.reasons import DELISTED, KINDS
from webring.storage import delistings
from webring.web.pages import MAX_OFFSET, Part
from webring.web.parameters import number
from webring.web.rendering import page
from webring.web.rings.answers import published
from webring.web.serving import services

LINES: Final = 50
"""Lines of a page, and of the feed."""


async def log(request: Request) -> Response:
    """What was decided, the newest first."""
    offset = number(request, "from", 0, MAX_OFFSET)
    rows = await delistings.recent(services(request).db.reader, LINES + 1, offset)
    return page(
        request,
        "delistings.html",
        part=Part.of(rows, offset, LINES),
        whys=DELISTED,
        kinds=KINDS,
    )


async def atom(request: Request) -> Response:
    """The same as a feed."""
    here = services(request)
    base, profile = here.settings.instance.base_url, here.settings.profile
    author = profile.name or here.settings.instance.name
    whose = Log(author, f"{base}/delistings.atom", f"{base}/delistings")
    lines = await delistings.recent(here.db.reader, LINES)
    return published(request, feed(whose, lines), MEDIA_TYPE)


ROUTES: Final = (Route("/delistings", log), Route("/delistings.atom", atom))
