"""`/api/v1` as a whole: every operation, their routes, and the description of all of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from webring import __version__
from webring.web import api
from webring.web.answering import answer_json
from webring.web.openapi import describe
from webring.web.operations import Operation, routes
from webring.web.ringapi import routes as ringapi
from webring.web.serving import services


async def openapi(request: Request) -> Response:
    """What this API takes and answers, in the words of OpenAPI 3.1."""
    return answer_json(request, _described(services(request).settings.instance.base_url))


@lru_cache(maxsize=1)
def _described(base_url: str) -> dict[str, Any]:
    return describe(OPERATIONS, base_url, __version__)


OPERATIONS: Final = (
    *api.OPERATIONS,
    *ringapi.OPERATIONS,
    Operation("/api/v1/openapi.json", openapi, dict[str, Any]),
)
ROUTES: Final = routes(OPERATIONS)
