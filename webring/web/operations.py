"""What the API takes and answers, as a table: its routes are made of it, and its description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webring.directory.listing import Activity, JoinRule, Kind
from webring.search.finding import MAX_DEPTH, Order
from webring.web.answering import MAX_LIMIT, MAX_OFFSET
from webring.web.parameters import MAX_TEXT, ONLY, PAGE

Endpoint = Callable[[Request], Awaitable[Response]]


class Access(StrEnum):
    """Whose token an operation wants."""

    ANYBODY = "anybody"
    COMMUNITY = "community"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query: its name, what it says, and the JSON Schema of its values."""

    name: str
    text: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `answer` and `body` are types that `msgspec` describes.

    The endpoint's docstring is what the description says of it.
    """

    path: str
    endpoint: Endpoint
    answer: Any
    method: str = "GET"
    query: tuple[Query, ...] = ()
    body: type[msgspec.Struct] | None = None
    access: Access = Access.ANYBODY
    status: int = 200

    @property
    def name(self) -> str:
        """What it is called in the description."""
        return str(getattr(self.endpoint, "__name__", ""))

    @property
    def text(self) -> str:
        """What it does, as its endpoint says."""
        return " ".join((self.endpoint.__doc__ or "").split())


def _one_of(known: type[StrEnum]) -> dict[str, object]:
    return {"type": "string", "enum": [*map(str, known)]}


_SWITCH: Final = {"type": "string", "enum": ["0", "1"]}
_TEXT: Final = {"type": "string"}
ADULT: Final = Query("adult", "1: also what is for adults only.", _SWITCH)
INTEREST: Final = Query(
    "interest", "An interest, in any language that the vocabulary knows.", {"type": "string"}
)
LIMIT: Final = Query(
    "limit",
    "Results of this answer.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": PAGE},
)
PAGED: Final = (
    LIMIT,
    Query("cursor", f"What `next` of the answer before said, up to {MAX_OFFSET}.", _TEXT),
)
FOLLOWED: Final = (
    LIMIT,
    Query(
        "cursor",
        f"What `next` of the answer before said to the same search, up to {MAX_DEPTH} results.",
        _TEXT,
    ),
)
SEARCHED: Final = (
    Query("q", "What the search page takes.", {"type": "string", "maxLength": MAX_TEXT}),
    INTEREST,
    Query("lang", "A BCP 47 tag.", _TEXT),
    Query("kind", "Spaces or rooms alone.", _one_of(Kind)),
    Query("server", "A homeserver whose directory publishes it.", _TEXT),
    Query("instance", "An instance that presents it.", _TEXT),
    Query("activity", "Active within this; or quiet for longer.", _one_of(Activity)),
    Query("join_rule", "Who may join.", _one_of(JoinRule)),
    Query("world_readable", "1: readable without joining; 0: not.", _SWITCH),
    Query("found", "1: also what only directories know.", _SWITCH),
    Query(
        "adult",
        "1: also what is for adults only; only: nothing else.",
        {"type": "string", "enum": ["0", "1", ONLY]},
    ),
    Query("sort", "The order; relevance if you say nothing.", _one_of(Order)),
    Query("facets", "1: also how many results each filter would leave.", _SWITCH),
)

SUGGESTED: Final = (
    Query("q", "What was typed so far.", {"type": "string", "maxLength": MAX_TEXT}),
    Query("lang", "The language that interests are named in, a BCP 47 tag; else English.", _TEXT),
)


def routes(operations: Iterable[Operation]) -> tuple[Route, ...]:
    """A route for each address with all of its methods, and one for browsers that ask first."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for each in operations:
        by_path.setdefault(each.path, {})[each.method] = each.endpoint
    return (
        *(Route(path, _chosen(ways), methods=[*ways]) for path, ways in by_path.items()),
        *(Route(path, _preflight(ways), methods=["OPTIONS"]) for path, ways in by_path.items()),
    )


def _chosen(ways: Mapping[str, Endpoint]) -> Endpoint:
    async def chosen(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await ways[method](request)

    return chosen


def _preflight(ways: Iterable[str]) -> Endpoint:
    """What a browser asks before a page of another site may do this: a token is no cookie, so that
    nothing is done here in the name of somebody who did not mean it.
    """
    methods = ", ".join([*(["GET", "HEAD"] if "GET" in ways else []), *_writes(ways), "OPTIONS"])
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
        "Allow": methods,
    }

    async def preflight(_request: Request) -> Response:
        return Response(status_code=204, headers=headers)

    return preflight


def _writes(ways: Iterable[str]) -> list[str]:
    return [way for way in ways if way != "GET"]
