"""How the API answers: JSON with a validator, and lists in pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from webring.web import views
from webring.web.conditional import etagged
from webring.web.parameters import PAGE, number

MAX_LIMIT: Final = 50
"""Results of one answer."""
MAX_OFFSET: Final = 100_000
"""How far a list can be read."""
_JSON: Final = "application/json"
_PRIVATE: Final = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


def limit_of(request: Request) -> int:
    """How many results are asked for."""
    return number(request, "limit", PAGE, MAX_LIMIT, least=1)


def offset_of(request: Request) -> int:
    """From which result on."""
    return number(request, "cursor", 0, MAX_OFFSET)


def answer_page(request: Request, rows: Sequence[Any], offset: int, total: int) -> Response:
    """Part of a list, and how to ask for the next part."""
    return answer_json(request, page(rows, offset, total))


def page(rows: Sequence[Any], offset: int, total: int) -> dict[str, Any]:
    """Part of a list that has `total` entries, from the one at `offset` on."""
    end = offset + len(rows)
    more = rows and end < min(total, MAX_OFFSET)
    return views.results(rows, total, str(end) if more else None)


def answer_json(request: Request, content: Mapping[str, Any]) -> Response:
    """What anybody may read, and need not read twice."""
    body = _encoded(content)
    tag = hashlib.sha256(body).hexdigest()[:32]
    return etagged(request, body, tag, media_type=_JSON)


def answer_private(content: Mapping[str, Any], status: int = 200) -> Response:
    """What only whoever sent a token may read: nobody on the way keeps it."""
    return Response(_encoded(content), status, _PRIVATE, _JSON)


def _encoded(content: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(content, enc_hook=str)
