"""`/api/v1`: what the pages show, for programs. Reads only; lists stand under `results`."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.crawler import explain
from webring.errors import NotFound
from webring.names import CommunityId, ServerName
from webring.storage import communities, listings, peers
from webring.web import views
from webring.web.conditional import etagged
from webring.web.parameters import PAGE, filters, number, search_request
from webring.web.serving import services

MAX_LIMIT: Final = 50
MAX_OFFSET: Final = 1_000


async def search(request: Request) -> Response:
    """Search: the page's filters, `limit` and `cursor`."""
    here = services(request)
    values = filters(request, strict=True)
    limit = max(number(request, "limit", PAGE, MAX_LIMIT), 1)
    cursor = request.query_params.get("cursor", "")
    found = await here.search.search(search_request(values, limit=limit, cursor=cursor))
    base = here.settings.instance.base_url
    rows = [views.listing(each, base) for each in found.results]
    answer = views.results(rows, found.total, found.next)
    answer |= {"corrected": found.corrected, "hidden_found": found.hidden_found}
    return _json(request, answer)


async def all_communities(request: Request) -> Response:
    """The communities that instances speak for, the largest first."""
    here = services(request)
    limit = max(number(request, "limit", PAGE, MAX_LIMIT), 1)
    offset = number(request, "cursor", 0, MAX_OFFSET)
    total = await listings.count_spoken_for(here.db.reader)
    rows = await listings.spoken_for(here.db.reader, limit, offset)
    base = here.settings.instance.base_url
    end = offset + len(rows)
    following = str(end) if end < min(total, MAX_OFFSET) and rows else None
    return _json(
        request, views.results([views.listing(each, base) for each in rows], total, following)
    )


async def community(request: Request) -> Response:
    """One community, by `slug:instance`."""
    here = services(request)
    name = CommunityId.parse(request.path_params["id"])
    claim = await communities.get(here.db.reader, name)
    if claim is None:
        raise NotFound(f"no community {name} is known here")
    shown = await listings.get(here.db.reader, claim.room_id)
    return _json(request, views.community(claim, shown, here.settings.instance.base_url))


async def instances(request: Request) -> Response:
    """Every instance that is known, and how it stands."""
    here = services(request)
    known = await peers.all(here.db.reader, MAX_OFFSET)
    rows = [
        views.instance(row, await communities.count(here.db.reader, ServerName(row.name)))
        for row in known
    ]
    return _json(request, views.results(rows, await peers.count(here.db.reader), None))


async def server(request: Request) -> Response:
    """One homeserver, and why its rooms are listed or not."""
    name = ServerName.parse(request.path_params["name"])
    explained = await explain.homeserver(services(request).db.reader, name)
    if explained.state == "unknown":
        raise NotFound(f"no homeserver {name} is known here")
    return _json(request, views.server(explained))


async def stats(request: Request) -> Response:
    """The numbers of this instance."""
    here = services(request)
    numbers = await explain.overview(here.db.reader)
    own = here.settings.instance.name
    answer: dict[str, Any] = {
        "instance": own,
        "communities": await listings.count_spoken_for(here.db.reader),
        "own_communities": await communities.count(here.db.reader, own),
        "listings": await listings.count(here.db.reader),
        "instances": await peers.count(here.db.reader),
        **numbers,
    }
    return _json(request, answer)


def _json(request: Request, content: dict[str, Any]) -> Response:
    body = msgspec.json.encode(content, enc_hook=str)
    tag = hashlib.sha256(body).hexdigest()[:32]
    return etagged(request, body, tag, media_type="application/json")


ROUTES: Final = (
    Route("/api/v1/search", search),
    Route("/api/v1/communities", all_communities),
    Route("/api/v1/communities/{id}", community),
    Route("/api/v1/instances", instances),
    Route("/api/v1/servers/{name}", server),
    Route("/api/v1/stats", stats),
)
