"""Query parameters, read once: what is malformed is a clear error in the API, and no filter in a
page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.requests import Request

from webring.directory.listing import Activity, JoinRule, Kind
from webring.errors import BadRequest, InvalidName
from webring.names import ServerName
from webring.search.finding import Facet, Order
from webring.search.planning import SearchRequest

MAX_TEXT: Final = 500
"""Characters of a search."""
MAX_DIGITS: Final = 9
PAGE: Final = 20
"""Results of one page."""
ONLY: Final = "only"
"""What `adult` says besides yes and no: nothing else."""
FACETS: Final = {
    "interest": "interest",
    "lang": "language",
    "kind": "kind",
    "activity": "activity",
    "join_rule": "join_rule",
    "world_readable": "world_readable",
    "server": "server",
    "instance": "instance",
    "adult": "adult",
}
"""The parameters that narrow a search, in the order of the page, and the index's fields."""

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


def filters(request: Request, *, strict: bool) -> dict[str, Any]:
    """The filters that a request names, by parameter, as `_READ` reads them.

    `strict` refuses malformed ones; a page does without them.
    """
    read: dict[str, Any] = {"q": request.query_params.get("q", "")[:MAX_TEXT]}
    for name, reader in _READ.items():
        try:
            read[name] = reader(name, request.query_params.get(name, ""))
        except BadRequest:
            if strict:
                raise
            read[name] = reader(name, "")
    return read


def search_request(
    values: Mapping[str, Any], *, limit: int = PAGE, cursor: str = "", facets: bool = False
) -> SearchRequest:
    """The search that these filters ask for."""
    readable = values["world_readable"]
    return SearchRequest(
        text=values["q"],
        interest=values["interest"],
        language=values["lang"],
        kind=values["kind"],
        server=values["server"],
        instance=values["instance"],
        activity=values["activity"],
        join_rule=values["join_rule"],
        world_readable=readable == "1" if readable else None,
        found=bool(values["found"]),
        adult=bool(values["adult"]),
        adult_only=values["adult"] == ONLY,
        sort=values["sort"] or Order.RELEVANCE.value,
        limit=limit,
        cursor=cursor,
        facets=tuple(FACETS.values()) if facets else (),
    )


def facets_by_parameter(
    found: Mapping[str, tuple[Facet, ...]], values: Mapping[str, Any]
) -> dict[str, tuple[Facet, ...]]:
    """What was counted, by the parameter that narrows to it; without those that are in force.

    The values are the parameter's: for `adult`, only "only" narrows anything.
    """
    counted = {name: found.get(field, ()) for name, field in FACETS.items() if not values[name]}
    counted["adult"] = (
        tuple(Facet(ONLY, each.count) for each in found.get("adult", ()) if each.value == "1")
        if values["adult"] == "1"
        else ()
    )
    return {name: facets for name, facets in counted.items() if facets}


def number(request: Request, name: str, default: int, most: int, *, least: int = 0) -> int:
    """A whole number from `least` to `most`; `BadRequest` for anything else."""
    text = request.query_params.get(name, str(default))
    digits = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    if not digits or not least <= int(text) <= most:
        raise BadRequest(f"{name} is a whole number from {least} to {most}, not {text[:80]!a}")
    return int(text)


def flag(request: Request, name: str) -> bool:
    """Whether a switch of a page is on; what is neither on nor off is off."""
    return request.query_params.get(name, "").lower() in _TRUE


def strict_flag(request: Request, name: str) -> bool:
    """Whether a switch of the API is on; `BadRequest` for what is neither on nor off."""
    return _switch(name, request.query_params.get(name, ""))


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise BadRequest(f"{name} is 1 or 0, not {text[:80]!a}")
    return text.lower() in _TRUE


def _adult(name: str, text: str) -> str:
    if text.lower() == ONLY:
        return ONLY
    if text.lower() not in _TRUE | _FALSE:
        raise BadRequest(f"{name} is 1, 0 or only, not {text[:80]!a}")
    return "1" if text.lower() in _TRUE else ""


def _either(name: str, text: str) -> str:
    """Yes and no both narrow; nothing does not."""
    return ("1" if _switch(name, text) else "0") if text else ""


def _one_of(*known: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text and text not in known:
            raise BadRequest(f"{name} is {', '.join(known[:-1])} or {known[-1]}, not {text[:80]!a}")
        return text

    return read


def _words(most: int) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text and (len(text) > most or not text.isprintable()):
            raise BadRequest(f"{name} has at most {most} printable characters")
        return text

    return read


def _server(name: str, text: str) -> str:
    try:
        return ServerName.parse(text) if text else ""
    except InvalidName as error:
        raise BadRequest(f"{name}: {error}") from None


_READ: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "interest": _words(64),
    "lang": _words(35),
    "kind": _one_of(*Kind),
    "activity": _one_of(*Activity),
    "join_rule": _one_of(*JoinRule),
    "world_readable": _either,
    "server": _server,
    "instance": _server,
    "found": _switch,
    "adult": _adult,
    "sort": _one_of(*Order),
}
