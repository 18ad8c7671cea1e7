"""The pages of rings for whoever comes by: all of them, one of them, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.names import RoomId
from webring.rings.circling import Encircled
from webring.storage import communities, listings, rings
from webring.storage.sql import Connection
from webring.text import cut, line
from webring.web.embed import oembed
from webring.web.embed.asking import circle_of
from webring.web.embed.place import ring_place
from webring.web.hops import OPENABLE, Stop
from webring.web.pages import MAX_OFFSET, ROWS, Part
from webring.web.parameters import number
from webring.web.rendering import page
from webring.web.rings import drawing, showing
from webring.web.rings.history import chapter_of
from webring.web.rings.showing import SharedRoom
from webring.web.serving import services

MOST_LOOKED: Final = 500
"""Members of a ring whose shared rooms are looked for."""
MOST_SHARED: Final = 12
"""Shared rooms that a ring's page names."""
EVENTS: Final = 8
"""Happenings that a ring's page tells; its history has more."""
DESCRIPTION: Final = 200
"""Graphemes of a description in a page's head."""


async def all_rings(request: Request) -> Response:
    """Every ring that is known here, those with most open doors first; by interest if asked."""
    here = services(request)
    if not here.circles.loaded:
        await here.circles.refresh()
    slug = request.query_params.get("interest", "")[:64]
    offset = number(request, "from", 0, MAX_OFFSET)
    known = [each for each in here.circles.all() if not slug or slug in each.topics]
    known.sort(key=lambda each: (-_open(each), each.circle.ring))
    return page(
        request,
        "rings.html",
        part=Part.of(known[offset : offset + ROWS + 1], offset, ROWS),
        opened={each.circle.ring: _open(each) for each in known[offset : offset + ROWS]},
        topics=_topics(here.circles.all()),
        slug=slug,
        path_of=showing.ring_path,
        stopped=_stopped(request),
    )


async def ring(request: Request) -> Response:
    """One ring: its circle as a picture and as a list, its terms, and how to join."""
    here = services(request)
    circle = await circle_of(request)
    made = here.circles.encircled(circle.ring)
    if made is None:
        raise RuntimeError(f"{circle.ring} has a circle and no terms")
    offset = number(request, "from", 0, MAX_OFFSET)
    shared = await _shared(here.db.reader, made)
    place = ring_place(circle, here.settings.instance.base_url)
    shown = showing.rows(circle, offset, ROWS + 1)
    response = page(
        request,
        "ring.html",
        circle=circle,
        terms=made.terms,
        head=oembed.head(place, here.settings.profile.name, _description(made)),
        stored=await rings.get(here.db.reader, circle.ring),
        part=Part.of(shown, offset, ROWS),
        opened=_open(made),
        marks=showing.marks(circle),
        threads=showing.threads(shared),
        drawing=drawing.drawing,
        shared=shared[:MOST_SHARED],
        rooms=await listings.many(here.db.reader, [each.room for each in shared[:MOST_SHARED]]),
        names={each.number: each for each in showing.rows(circle, 0, MOST_LOOKED)},
        here=showing.ring_path(circle.ring),
        events=(await chapter_of(request, circle.ring)).events[:EVENTS],
        stopped=_stopped(request),
    )
    # Frames of members' pages lead here, too.
    response.headers[OPENABLE[0]] = OPENABLE[1]
    return response


async def _shared(conn: Connection, made: Encircled) -> list[SharedRoom]:
    """The rooms that members share, as far as they are looked for."""
    numbers = showing.numbered(made.circle)
    wanted = [each for each, at in numbers.items() if at <= MOST_LOOKED]
    found: dict[RoomId, Any] = dict(await communities.shared_rooms(conn, wanted))
    return showing.shared(numbers, found)


def _open(made: Encircled) -> int:
    """How many members anybody is sent to."""
    return 0 if made.circle.lapsed else sum(slot.navigable for slot in made.circle.slots)


def _topics(made: Sequence[Encircled]) -> list[tuple[str, int]]:
    """What rings are about, and how many are, the most frequent first."""
    count: dict[str, int] = {}
    for each in made:
        for slug in each.topics:
            count[slug] = count.get(slug, 0) + 1
    return sorted(count.items(), key=lambda item: (-item[1], item[0]))


def _description(made: Encircled) -> str:
    return cut(line(made.terms.description), DESCRIPTION)


def _stopped(request: Request) -> str:
    """Why a hop ended here, one of `Stop`; "" for whoever came by himself."""
    said = request.query_params.get("hop", "")
    return said if said in list(Stop) else ""


ROUTES: Final = (
    Route("/rings", all_rings),
    Route("/rings/{ring}", ring),
)
