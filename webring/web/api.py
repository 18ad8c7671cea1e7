"""`/api/v1`: what the pages show, for programs. Reads only; lists stand under `results`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from webring.crawler import explain
from webring.errors import BadRequest, NotFound
from webring.names import CommunityId, ServerName
from webring.rings.neighbours import neighbours
from webring.storage import communities, listings, peers
from webring.web import neighbour_views, shapes, views
from webring.web.answering import answer_json, answer_page, limit_of, offset_of
from webring.web.languages import SOURCE
from webring.web.operations import ADULT, FOLLOWED, PAGED, SEARCHED, SUGGESTED, Operation
from webring.web.parameters import (
    MAX_TEXT,
    facets_by_parameter,
    filters,
    flag,
    search_request,
    strict_flag,
)
from webring.web.serving import services


async def search(request: Request) -> Response:
    """Search: the page's filters, `limit` and `cursor`; with `facets`, how many have what."""
    here = services(request)
    values = filters(request, strict=True)
    cursor, facets = request.query_params.get("cursor", ""), strict_flag(request, "facets")
    wanted = search_request(values, limit=limit_of(request), cursor=cursor, facets=facets)
    found = await here.search.search(wanted)
    if found.restarted:
        raise BadRequest(
            f"cursor is what `next` of an answer to this very search said, not {cursor[:80]!a}"
        )
    base = here.settings.instance.base_url
    rows = [views.listing(each, base) for each in found.results]
    answer = views.results(rows, found.total, found.next)
    answer |= {
        "corrected": found.corrected,
        "hidden_found": found.hidden_found,
        "some_words": found.some_words,
        "facets": views.facets(facets_by_parameter(found.facets, values)),
    }
    return answer_json(request, answer)


async def suggest(request: Request) -> Response:
    """What a search may become while it is typed: interests, then names, with their pages."""
    here = services(request)
    base = here.settings.instance.base_url
    text, language = request.query_params.get("q", ""), request.query_params.get("lang", "")
    found = await here.search.suggest(text[:MAX_TEXT], language or SOURCE)
    interests = [views.suggested_interest(each, base) for each in found.interests]
    names = [views.suggested(each, base) for each in found.names]
    return answer_json(request, {"results": [*interests, *names]})


async def all_communities(request: Request) -> Response:
    """The communities that instances speak for, the largest first; adults' where asked for."""
    here = services(request)
    adult, offset = flag(request, "adult"), offset_of(request)
    total = await listings.count_spoken_for(here.db.reader, adult=adult)
    rows = await listings.spoken_for(here.db.reader, limit_of(request), offset, adult=adult)
    base = here.settings.instance.base_url
    return answer_page(request, [views.listing(each, base) for each in rows], offset, total)


async def community(request: Request) -> Response:
    """One community, by `slug:instance`, with its rooms and its neighbours; those for adults only
    where it is for adults itself, or where they are asked for.
    """
    here = services(request)
    name = CommunityId.parse(request.path_params["id"])
    claim = await communities.get(here.db.reader, name)
    if claim is None:
        raise NotFound(f"no community {name} is known here")
    shown = await listings.get(here.db.reader, claim.room_id)
    base = here.settings.instance.base_url
    adult = claim.adult or bool(shown and shown.adult) or flag(request, "adult")
    found = await neighbours(here.db.reader, here.circles, claim, adult=adult)
    near = neighbour_views.neighbours(found, base)
    rooms = [each.room_id for each in claim.rooms]
    hidden = () if adult else await listings.adults_only(here.db.reader, rooms)
    fit = replace(claim, rooms=tuple(each for each in claim.rooms if each.room_id not in hidden))
    return answer_json(request, {**views.community(fit, shown, base), **near})


async def instances(request: Request) -> Response:
    """Every instance that is known, by name, and how it stands."""
    conn = services(request).db.reader
    offset = offset_of(request)
    known = await peers.all(conn, limit_of(request), offset)
    present = await communities.counts(conn)
    rows = [views.instance(row, present.get(row.name, 0)) for row in known]
    return answer_page(request, rows, offset, await peers.count(conn))


async def server(request: Request) -> Response:
    """One homeserver, and why its rooms are listed or not."""
    name = ServerName.parse(request.path_params["name"])
    explained = await explain.homeserver(services(request).db.reader, name)
    if explained.state == "unknown":
        raise NotFound(f"no homeserver {name} is known here")
    return answer_json(request, views.server(explained))


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
    return answer_json(request, answer)


OPERATIONS: Final = (
    Operation("/api/v1/search", search, shapes.Found, query=(*FOLLOWED, *SEARCHED)),
    Operation("/api/v1/suggest", suggest, shapes.Suggestions, query=SUGGESTED),
    Operation(
        "/api/v1/communities", all_communities, shapes.Page[shapes.Listed], query=(*PAGED, ADULT)
    ),
    Operation("/api/v1/communities/{id}", community, shapes.Community, query=(ADULT,)),
    Operation("/api/v1/instances", instances, shapes.Page[shapes.Instance], query=PAGED),
    Operation("/api/v1/servers/{name}", server, shapes.Server),
    Operation("/api/v1/stats", stats, shapes.Stats),
)
