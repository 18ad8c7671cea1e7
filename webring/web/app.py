"""The ASGI app: routes, what holds for all of them, and what becomes of errors."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from webring.errors import WebringError
from webring.limiter import RateLimiter
from webring.services import Services
from webring.web import (
    delistings,
    health,
    interface,
    matrix,
    pages,
    protocol,
    reporting,
    ring_documents,
    searching,
)
from webring.web.clients import Proxies
from webring.web.embed import routes as embeds
from webring.web.errors import answer
from webring.web.middleware import Guard
from webring.web.navigation import Navigation
from webring.web.rings import routes as rings
from webring.web.static import Static, static_directory

SMALLEST_PACKED = 1_000
"""Bytes of an answer from which it is worth packing."""


def create_app(services: Services) -> Starlette:
    """The app of an instance that is open."""
    web = services.settings.web
    guard = Middleware(
        Guard,
        proxies=Proxies.parse(web.trusted_proxies),
        limiter=RateLimiter(web.requests_per_minute, services.clock),
        tls=services.settings.instance.base_url.startswith("https:"),
    )
    app = Starlette(
        routes=[
            *pages.ROUTES,
            *searching.ROUTES,
            *reporting.ROUTES,
            *delistings.ROUTES,
            *interface.ROUTES,
            *protocol.ROUTES,
            *ring_documents.ROUTES,
            *matrix.ROUTES,
            *health.ROUTES,
            *embeds.ROUTES,
            *rings.ROUTES,
            Mount("/static", Static(directory=static_directory()), name="static"),
        ],
        middleware=[
            guard,
            Middleware(Navigation, circles=services.circles),
            Middleware(GZipMiddleware, minimum_size=SMALLEST_PACKED),
        ],
        exception_handlers={WebringError: answer, HTTPException: answer},
    )
    # Starlette would redirect to whatever host the request names.
    app.router.redirect_slashes = False
    app.state.services = services
    return app
