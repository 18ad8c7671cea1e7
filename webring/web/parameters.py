"""Query parameters, read once: what is malformed is a clear error in the API, and no filter in a
page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from webring.directory.listing import Kind
from webring.errors import BadRequest, InvalidName
from webring.names import ServerName
from webring.search.planning import SearchRequest
from webring.search.service import is_cursor

MAX_TEXT: Final = 500
"""Characters of a search."""
MAX_DIGITS: Final = 9
PAGE: Final = 20
"""Results of one page."""
_WORDS: Final = {"interest": 64, "lang": 35}
_FLAGS: Final = ("found", "adult")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


def filters(request: Request, *, strict: bool) -> dict[str, Any]:
    """The filters that a request names, by parameter. `strict` refuses malformed ones."""
    read: dict[str, Any] = {"q": request.query_params.get("q", "")[:MAX_TEXT]}
    for name in ("interest", "lang", "kind", "server", "instance", *_FLAGS):
        text = request.query_params.get(name, "")
        try:
            read[name] = _value(name, text)
        except BadRequest:
            if strict:
                raise
            read[name] = False if name in _FLAGS else ""
    return read


def search_request(
    values: Mapping[str, Any], *, limit: int = PAGE, cursor: str = ""
) -> SearchRequest:
    """The search that these filters ask for."""
    return SearchRequest(
        text=values["q"],
        interest=values["interest"],
        language=values["lang"],
        kind=values["kind"],
        server=values["server"],
        instance=values["instance"],
        found=values["found"],
        adult=values["adult"],
        limit=limit,
        cursor=cursor,
    )


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


def cursor(request: Request) -> str:
    """The cursor of a search, or nothing; `BadRequest` for one that was never given out.

    A program that got the first page instead would read it again and again.
    """
    text = request.query_params.get("cursor", "")
    if text and not is_cursor(text):
        raise BadRequest(f"cursor is what `next` of an answer said, not {text[:80]!a}")
    return text


def _value(name: str, text: str) -> Any:
    if name in _FLAGS:
        if text.lower() not in _TRUE | _FALSE:
            raise BadRequest(f"{name} is 1 or 0, not {text[:80]!a}")
        return text.lower() in _TRUE
    if not text:
        return ""
    if name == "kind":
        if text not in list(Kind):
            raise BadRequest(f"kind is space or room, not {text[:80]!a}")
        return text
    if name in _WORDS:
        if len(text) > _WORDS[name] or not text.isprintable():
            raise BadRequest(f"{name} has at most {_WORDS[name]} printable characters")
        return text
    try:
        return ServerName.parse(text)
    except InvalidName as error:
        raise BadRequest(f"{name}: {error}") from None
