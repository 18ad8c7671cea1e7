"""The search page. Every filter is in its address, and each can be taken off alone."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.directory.listing import Activity, JoinRule, Kind
from webring.search.finding import Order
from webring.web.parameters import FACETS, facets_by_parameter, filters, search_request
from webring.web.rendering import page
from webring.web.serving import services

SELECTS: Final = {
    "kind": tuple(Kind),
    "activity": tuple(Activity),
    "join_rule": tuple(JoinRule),
    "world_readable": ("1", "0"),
}
"""Filters that have few values, all known."""


async def search(request: Request) -> Response:
    """What matches, how many there are of each kind, and what to try where nothing does."""
    searching = services(request).search
    values = filters(request, strict=False)
    cursor = request.query_params.get("cursor", "")
    result = await searching.search(search_request(values, cursor=cursor, facets=True))
    chips = [name for name in (*FACETS, "found") if values[name]]
    without = {
        name: await searching.count(search_request({**values, name: ""}))
        for name in chips
        if not result.total
    }
    counted = facets_by_parameter(result.facets, values)
    return page(
        request,
        "search.html",
        noindex=True,
        values=values,
        result=result,
        cursor=cursor,
        chips=chips,
        without=without,
        facets={
            name: facets
            for name, facets in counted.items()
            if any(each.count < result.total for each in facets)
        },
        orders=tuple(map(str, Order)),
        selects=SELECTS,
    )


ROUTES: Final = (Route("/search", search),)
