"""Navigation: `/rings/{ring}/next|prev|random` and the same along an interest (`/topics/{slug}`).

The hottest path there is. It stands before routing and packing, behind the guard that limits and
adorns every answer, and asks memory alone (`webring.rings.circles`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import randbelow
from types import MappingProxyType
from typing import ClassVar, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from webring.errors import NotFound
from webring.interests.vocabulary import normalise
from webring.names import RingId
from webring.rings.circle import Circle, Slot, Walk
from webring.rings.circles import Circles
from webring.web import hops
from webring.web.hops import Caller, Direction, Hop, Pairs, Stop

_SEE_OTHER: Final = 303
_METHODS: Final = frozenset({"GET", "HEAD"})
_SENTENCES: Final = MappingProxyType(
    {
        Stop.UNKNOWN: "from names no member that is known here: give its id, or its URL as listed",
        Stop.UNSAID: "nothing tells who asks: give from, a member's id or URL",
        Stop.SEVERAL: "several members live at that origin: give from, a member's id or URL",
    }
)
"""What programs are told of a caller that is not found."""


@dataclass(frozen=True, slots=True)
class HopRoute:
    """How a hop is counted: as routes are, by a path with its parameters in braces."""

    path: str


_ROUTES: Final = MappingProxyType(
    {
        hops.RINGS: HopRoute("/rings/{ring}/{way}"),
        hops.TOPICS: HopRoute("/topics/{interest}/{way}"),
    }
)


class Nowhere(NotFound):
    """There is nobody to go on from."""

    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Cache-Control": "no-store"})


class Navigation:
    """Answers hops, and hands everything else on. `choose(n)` picks an integer from 0 below n."""

    def __init__(
        self, app: ASGIApp, circles: Circles, choose: Callable[[int], int] = randbelow
    ) -> None:
        self._app = app
        self._circles = circles
        self._choose = choose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a hop. `Nowhere` for a ring or interest that nobody here knows."""
        hop = hops.read_hop(scope["path"]) if scope["type"] == "http" else None
        if hop is None:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method not in _METHODS:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        scope["route"] = _ROUTES[hop.along]
        walk: Walk | None = self._circles.get(hop.name) if hop.along == hops.RINGS else None
        if walk is None:
            walk = await self._sought(hop)
        caller = hops.read_caller(walk, hop, scope["query_string"], scope["headers"])
        if hop.json:
            status, (headers, body) = 200, self._json(walk, caller, hop)
        else:
            status, (headers, body) = _SEE_OTHER, self._redirect(walk, caller, hop)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _sought(self, hop: Hop) -> Walk:
        """What is walked, where no ring that is known has just this name."""
        if not self._circles.loaded:
            await self._circles.refresh()
        if hop.along == hops.TOPICS:
            walk = await self._circles.topic(hop.name)
            if walk is None:
                raise Nowhere("no ring that is known here is about that")
            return walk
        circle = self._circles.get(RingId.parse(hop.name))
        if circle is None:
            raise Nowhere("no such ring is known here")
        return circle

    def _redirect(self, walk: Walk, caller: Caller, hop: Hop) -> tuple[Pairs, bytes]:
        if caller.id is None and not _needs_nobody(caller, hop):
            return hops.redirect(_page(walk, hop, caller.stop), caller)
        slot = self._target(walk, caller, hop)
        return hops.redirect(slot.url if slot else _page(walk, hop, Stop.EMPTY), caller)

    def _json(self, walk: Walk, caller: Caller, hop: Hop) -> tuple[Pairs, bytes]:
        if caller.id is None and not _needs_nobody(caller, hop):
            raise Nowhere(_SENTENCES[caller.stop])
        drawn = self._target(walk, caller, hop) if hop.direction is Direction.RANDOM else None
        return hops.neighbours(walk, caller, drawn, hop)

    def _target(self, walk: Walk, caller: Caller, hop: Hop) -> Slot | None:
        if hop.direction is Direction.RANDOM:
            return walk.random(caller.id, self._choose)
        if caller.id is None:
            return None
        return walk.next(caller.id) if hop.direction is Direction.NEXT else walk.previous(caller.id)


def _needs_nobody(caller: Caller, hop: Hop) -> bool:
    """Whether it does not matter who asks: anybody may link to random. Who names itself is told
    when the name is wrong.
    """
    return hop.direction is Direction.RANDOM and caller.by_referer


def _page(walk: Walk, hop: Hop, stop: Stop) -> str:
    """The page at which a hop ends, by the name that we know of what is walked."""
    name = walk.ring if isinstance(walk, Circle) else normalise(hop.name)
    return hops.page_of(hop, name, stop)
