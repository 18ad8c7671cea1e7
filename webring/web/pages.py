"""The pages: read, ask the services, show."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from webring.crawler import explain
from webring.errors import NotFound
from webring.interests.relatedness import related
from webring.interests.vocabulary import vocabulary
from webring.names import CommunityId, RoomId, ServerName
from webring.storage import communities, homeservers, listings, peers, sightings
from webring.web.parameters import PAGE, filters, number, search_request
from webring.web.rendering import page
from webring.web.serving import services

MANY: Final = 200
"""Rows of a list that has no pages."""
INTERESTS: Final = 40
"""Interests that the home page shows."""
MAX_OFFSET: Final = 10_000


async def home(request: Request) -> Response:
    """The communities that instances speak for; what was only found, behind a switch."""
    conn = services(request).db.reader
    offset = number(request, "from", 0, MAX_OFFSET)
    found = request.query_params.get("found") == "1"
    standings = await listings.by_standing(conn)
    hidden = sum(n for standing, n in standings.items() if not standing.is_spoken_for)
    rows = await (listings.found if found else listings.spoken_for)(conn, PAGE + 1, offset)
    return page(
        request,
        "home.html",
        noindex=found,
        rows=rows[:PAGE],
        offset=offset,
        size=PAGE,
        more=len(rows) > PAGE,
        found=found,
        total=await listings.count_spoken_for(conn),
        hidden=hidden,
        interests=await listings.interests(conn, INTERESTS),
        instances=[row for row in await peers.all(conn, MANY) if row.sequence is not None],
    )


async def search(request: Request) -> Response:
    """Search. Every filter is in the address, and each can be taken off alone."""
    values = filters(request, strict=False)
    cursor = request.query_params.get("cursor", "")
    result = await services(request).search.search(search_request(values, cursor=cursor))
    return page(request, "search.html", noindex=True, values=values, result=result, cursor=cursor)


async def community(request: Request) -> Response:
    """A community: what it is, its rooms, how to get in, and who says so."""
    conn = services(request).db.reader
    name = CommunityId.parse(request.path_params["id"])
    claim = await communities.get(conn, name)
    shown = await listings.get(conn, claim.room_id) if claim else None
    if claim is None or shown is None:
        raise NotFound(f"no community {name} is known here")
    others = [other for other in await communities.of_room(conn, claim.room_id) if other != claim]
    return page(
        request,
        "community.html",
        noindex=not claim.standing.is_spoken_for or shown.adult,
        claim=claim,
        shown=shown,
        others=others,
        rooms=await listings.children(conn, name),
    )


async def room(request: Request) -> Response:
    """A room that is no community itself."""
    conn = services(request).db.reader
    room_id = RoomId.parse(request.path_params["id"])
    shown = await listings.get(conn, room_id)
    if shown is None:
        raise NotFound(f"no room {room_id} is listed here")
    return page(
        request,
        "room.html",
        noindex=not shown.standing.is_spoken_for or shown.adult,
        shown=shown,
        seen=await sightings.of_room(conn, room_id),
        claims=await communities.of_room(conn, room_id),
    )


async def instances(request: Request) -> Response:
    """The instances that are known."""
    conn = services(request).db.reader
    return page(request, "instances.html", rows=await peers.all(conn, MANY))


async def instance(request: Request) -> Response:
    """One instance, ours or another, and its communities."""
    here = services(request)
    name = ServerName.parse(request.path_params["name"])
    row = await peers.get(here.db.reader, name)
    own = name == here.settings.instance.name
    if row is None and not own:
        raise NotFound(f"no instance {name} is known here")
    rows = await communities.of_instance(here.db.reader, name)
    return page(request, "instance.html", name=name, row=row, own=own, rows=rows)


async def servers(request: Request) -> Response:
    """The homeservers that are known, by state."""
    conn = services(request).db.reader
    offset = number(request, "from", 0, MAX_OFFSET)
    rows = await homeservers.all(conn, PAGE * 5 + 1, offset)
    return page(
        request,
        "servers.html",
        rows=rows[: PAGE * 5],
        offset=offset,
        size=PAGE * 5,
        more=len(rows) > PAGE * 5,
        counts=await homeservers.counts(conn),
    )


async def server(request: Request) -> Response:
    """One homeserver: why its rooms are listed, or why not."""
    conn = services(request).db.reader
    name = ServerName.parse(request.path_params["name"])
    offset = number(request, "from", 0, MAX_OFFSET)
    explained = await explain.homeserver(conn, name)
    rows = await listings.by_server(conn, name, PAGE + 1, offset)
    return page(
        request,
        "server.html",
        status=404 if explained.state == "unknown" else 200,
        noindex=True,
        explained=explained,
        rows=rows[:PAGE],
        offset=offset,
        size=PAGE,
        more=len(rows) > PAGE,
    )


async def interests(request: Request) -> Response:
    """Everything that spoken-for communities are about."""
    conn = services(request).db.reader
    return page(request, "interests.html", interests=await listings.interests(conn, MANY))


async def interest(request: Request) -> Response:
    """One interest: its communities, and what is near it."""
    slug = request.path_params["slug"]
    values = {**filters(request, strict=False), "interest": slug[:64], "q": ""}
    found = search_request(values, cursor=request.query_params.get("cursor", ""))
    known = vocabulary().get(slug) is not None
    result = await services(request).search.search(found)
    return page(
        request,
        "interest.html",
        status=200 if known or result.total else 404,
        slug=slug,
        values=values,
        result=result,
        near=related(slug) if known else (),
    )


async def about(request: Request) -> Response:
    """What is collected, how to opt out, and who the crawler is."""
    here = services(request)
    return page(
        request,
        "about.html",
        settings=here.settings,
        agent=here.agent,
        manifest=await here.publisher.current(),
    )


async def robots(request: Request) -> Response:
    """What other crawlers are asked: not to index searches and what was only found."""
    base = services(request).settings.instance.base_url
    text = f"User-agent: *\nDisallow: /search\nDisallow: /rooms/\nDisallow: /api/\n# {base}/about\n"
    return PlainTextResponse(text)


ROUTES: Final = (
    Route("/", home),
    Route("/search", search),
    Route("/communities/{id}", community),
    Route("/rooms/{id:path}", room),
    Route("/instances", instances),
    Route("/instances/{name}", instance),
    Route("/servers", servers),
    Route("/servers/{name}", server),
    Route("/interests", interests),
    Route("/interests/{slug}", interest),
    Route("/about", about),
    Route("/robots.txt", robots),
)
