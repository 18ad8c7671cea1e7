"""From a request to the services that answer it."""

from __future__ import annotations

from starlette.requests import Request

from webring.services import Services


def services(request: Request) -> Services:
    """The services of the app that took this request."""
    here = request.app.state.services
    if not isinstance(here, Services):
        raise TypeError("the app was made without services")
    return here
