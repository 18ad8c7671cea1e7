"""The pages: read, ask the services, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from webring.crawler import explain
from webring.errors import NotFound
from webring.interests.relatedness import related
from webring.interests.vocabulary import normalise, vocabulary
from webring.names import CommunityId, RoomId, ServerName
from webring.rings.neighbours import neighbours
from webring.storage import communities, homeservers, listings, peers, sightings
from webring.web.parameters import PAGE, filters, flag, number, search_request
from webring.web.rendering import page
from webring.web.rings import showing
from webring.web.serving import services

MANY: Final = 200
"""Rows of a list that has no pages."""
INTERESTS: Final = 16
"""Interests that the home page shows; the others have a page of their own."""
ROWS: Final = 100
"""Rows of a table on one page."""
NEAR: Final = 12
"""Interests that the page of one names as near it."""
MAX_OFFSET: Final = 10_000
"""How far a list can be paged through; whoever wants more asks more precisely."""


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a list: its rows, and where the pages before and after it begin, if there are."""

    rows: Sequence[Any]
    offset: int
    before: int | None
    after: int | None

    @classmethod
    def of(cls, rows: Sequence[Any], offset: int, size: int) -> Part:
        """The page at `offset`, of up to `size` rows and one more where the list goes on."""
        end = offset + size
        more = len(rows) > size and end <= MAX_OFFSET
        before = max(offset - size, 0) if offset else None
        return cls(rows[:size], offset, before, end if more else None)


async def home(request: Request) -> Response:
    """The communities that instances speak for; what was only found, behind a switch."""
    conn = services(request).db.reader
    offset, found = number(request, "from", 0, MAX_OFFSET), flag(request, "found")
    shown = listings.found if found else listings.spoken_for
    rows = await shown(conn, PAGE + 1, offset, adult=False)
    first = not offset and not found
    return page(
        request,
        "home.html",
        noindex=found,
        part=Part.of(rows, offset, PAGE),
        found=found,
        total=await listings.count_spoken_for(conn, adult=False),
        hidden=await listings.count_found(conn, adult=False),
        interests=await listings.interests(conn, INTERESTS) if first else [],
        instances=await peers.neighbours(conn, MANY) if first else [],
        counts=await communities.counts(conn) if first else {},
    )


async def community(request: Request) -> Response:
    """A community: what it is, its rooms, how to get in, and who says so."""
    here = services(request)
    conn = here.db.reader
    name = CommunityId.parse(request.path_params["id"])
    claim = await communities.get(conn, name)
    shown = await listings.get(conn, claim.room_id) if claim else None
    if claim is None or shown is None:
        raise NotFound(f"no community {name} is known here")
    adult = shown.adult or flag(request, "adult")
    others = [other for other in await communities.of_room(conn, claim.room_id) if other != claim]
    return page(
        request,
        "community.html",
        noindex=not claim.standing.is_spoken_for or shown.adult,
        claim=claim,
        shown=shown,
        others=others,
        rooms=await listings.children(conn, name, adult=adult),
        found=await neighbours(conn, here.circles, claim, adult=adult),
        ring_path=showing.ring_path,
        name_of=showing.name_of,
        host_of=showing.host_of,
    )


async def room(request: Request) -> Response:
    """A room that is no community itself."""
    conn = services(request).db.reader
    room_id = RoomId.parse(request.path_params["id"])
    shown = await listings.get(conn, room_id)
    if shown is None:
        raise NotFound(f"no room {room_id} is listed here")
    holders = await communities.many(conn, shown.parents)
    return page(
        request,
        "room.html",
        noindex=not shown.standing.is_spoken_for or shown.adult,
        shown=shown,
        parents=[holders[each] for each in shown.parents if each in holders],
        seen=await sightings.of_room(conn, room_id),
        claims=await communities.of_room(conn, room_id),
    )


async def instances(request: Request) -> Response:
    """The instances that are known."""
    conn = services(request).db.reader
    offset = number(request, "from", 0, MAX_OFFSET)
    return page(
        request,
        "instances.html",
        part=Part.of(await peers.all(conn, ROWS + 1, offset), offset, ROWS),
        counts=await communities.counts(conn),
    )


async def instance(request: Request) -> Response:
    """One instance, ours or another, and its communities."""
    here = services(request)
    name = ServerName.parse(request.path_params["name"])
    row = await peers.get(here.db.reader, name)
    own = name == here.settings.instance.name
    if row is None and not own:
        raise NotFound(f"no instance {name} is known here")
    rows = await communities.of_instance(here.db.reader, name)
    hidden = frozenset[RoomId]()
    if not flag(request, "adult"):
        known = await listings.adults_only(here.db.reader, [each.room_id for each in rows])
        hidden = known | {each.room_id for each in rows if each.adult}
    return page(
        request,
        "instance.html",
        name=name,
        row=row,
        own=own,
        rows=[each for each in rows if each.room_id not in hidden],
        hidden=len(hidden),
    )


async def servers(request: Request) -> Response:
    """The homeservers that are known, by state."""
    conn = services(request).db.reader
    offset = number(request, "from", 0, MAX_OFFSET)
    return page(
        request,
        "servers.html",
        part=Part.of(await homeservers.all(conn, ROWS + 1, offset), offset, ROWS),
        counts=await homeservers.counts(conn),
    )


async def server(request: Request) -> Response:
    """One homeserver: why its rooms are listed, or why not."""
    conn = services(request).db.reader
    name = ServerName.parse(request.path_params["name"])
    offset = number(request, "from", 0, MAX_OFFSET)
    explained = await explain.homeserver(conn, name)
    adult = flag(request, "adult")
    rows = await listings.by_server(conn, name, PAGE + 1, offset, adult=adult)
    return page(
        request,
        "server.html",
        status=404 if explained.state == "unknown" else 200,
        noindex=True,
        explained=explained,
        adult=adult,
        part=Part.of(rows, offset, PAGE),
    )


async def interests(request: Request) -> Response:
    """Everything that spoken-for communities are about."""
    conn = services(request).db.reader
    return page(request, "interests.html", interests=await listings.interests(conn, MANY))


async def interest(request: Request) -> Response:
    """One interest: its communities, and what is near it."""
    slug = normalise(request.path_params["slug"])
    if not slug:
        raise NotFound(f"{request.path_params['slug'][:80]!a} is no interest")
    values = {**filters(request, strict=False), "interest": slug, "q": ""}
    wanted = search_request(values, cursor=request.query_params.get("cursor", ""))
    result = await services(request).search.search(wanted)
    known = vocabulary().get(slug) is not None
    return page(
        request,
        "interest.html",
        status=200 if known or result.total else 404,
        noindex=not result.total or values["found"] or values["adult"],
        slug=slug,
        values=values,
        result=result,
        near=related(slug)[:NEAR] if known else (),
        rings=services(request).circles.about(slug)[:NEAR],
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
    """What other crawlers are asked: not to search.

    Pages of what was only found are not named here but say `noindex`, which a crawler has to read.
    """
    base = services(request).settings.instance.base_url
    return PlainTextResponse(
        f"User-agent: *\nDisallow: /search\nDisallow: /api/\nDisallow: /report/\n# {base}/about\n"
    )


ROUTES: Final = (
    Route("/", home),
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
