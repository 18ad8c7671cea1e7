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
from webring.web.parameters import PAGE, cursor, filters, flag, number, search_request
from webring.web.serving import services

MAX_LIMIT: Final = 50
"""Results of one answer."""
MAX_OFFSET: Final = 100_000
"""How far a list can be read."""
_PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
"""What a browser asks before a page of another site may read from here: anything may be read."""


async def search(request: Request) -> Response:
    """Search: the page's filters, `limit` and `cursor`."""
    here = services(request)
    values = filters(request, strict=True)
    wanted = search_request(values, limit=_limit(request), cursor=cursor(request))
    found = await here.search.search(wanted)
    base = here.settings.instance.base_url
    rows = [views.listing(each, base) for each in found.results]
    answer = views.results(rows, found.total, found.next)
    answer |= {
        "corrected": found.corrected,
        "hidden_found": found.hidden_found,
        "some_words": found.some_words,
    }
    return _json(request, answer)


async def all_communities(request: Request) -> Response:
    """The communities that instances speak for, the largest first; adults' where asked for."""
    here = services(request)
    adult, offset = flag(request, "adult"), _offset(request)
    total = await listings.count_spoken_for(here.db.reader, adult=adult)
    rows = await listings.spoken_for(here.db.reader, _limit(request), offset, adult=adult)
    base = here.settings.instance.base_url
    return _page(request, [views.listing(each, base) for each in rows], offset, total)


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
    """Every instance that is known, by name, and how it stands."""
    conn = services(request).db.reader
    offset = _offset(request)
    known = await peers.all(conn, _limit(request), offset)
    present = await communities.counts(conn)
    rows = [views.instance(row, present.get(row.name, 0)) for row in known]
    return _page(request, rows, offset, await peers.count(conn))


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


async def preflight(_request: Request) -> Response:
    """What a browser may do here at the word of another site: read."""
    return Response(status_code=204, headers=_PREFLIGHT)


def _limit(request: Request) -> int:
    return number(request, "limit", PAGE, MAX_LIMIT, least=1)


def _offset(request: Request) -> int:
    return number(request, "cursor", 0, MAX_OFFSET)


def _page(request: Request, rows: list[dict[str, Any]], offset: int, total: int) -> Response:
    end = offset + len(rows)
    more = rows and end < min(total, MAX_OFFSET)
    return _json(request, views.results(rows, total, str(end) if more else None))


def _json(request: Request, content: dict[str, Any]) -> Response:
    body = msgspec.json.encode(content, enc_hook=str)
    tag = hashlib.sha256(body).hexdigest()[:32]
    return etagged(request, body, tag, media_type="application/json")


_READS: Final = {
    "/api/v1/search": search,
    "/api/v1/communities": all_communities,
    "/api/v1/communities/{id}": community,
    "/api/v1/instances": instances,
    "/api/v1/servers/{name}": server,
    "/api/v1/stats": stats,
}
ROUTES: Final = (
    *(Route(path, endpoint) for path, endpoint in _READS.items()),
    *(Route(path, preflight, methods=["OPTIONS"]) for path in _READS),
)
