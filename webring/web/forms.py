"""What a form sends: read in full within a limit, and only from a page of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from webring.errors import BadRequest, Forbidden
from webring.web.middleware import read_body
from webring.web.serving import services

MAX_FORM: Final = 16 * 1024
"""Bytes of a form."""
MAX_FIELDS: Final = 32
_FORM: Final = "application/x-www-form-urlencoded"
_OURS: Final = frozenset({"same-origin", "none"})


async def read_form(request: Request, limit: int = MAX_FORM) -> Mapping[str, str]:
    """The fields of a form of at most `limit` bytes, the first value of each.

    Raises `Forbidden` for one that a page of another origin sent, and `BadRequest` for what is no
    form.
    """
    check_origin(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, limit)
    if body and media_type != _FORM:
        raise BadRequest(f"a form is sent as {_FORM}, not {media_type[:80]!a}")
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise BadRequest(f"a form is UTF-8, of at most {MAX_FIELDS} fields") from None
    return dict(reversed(pairs))


def check_origin(request: Request) -> None:
    """Raise `Forbidden` where the browser says that another origin's page made it ask.

    What is no browser says nothing of the kind, and acts for itself alone: no cookie stands for a
    visitor here.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in _OURS:
        raise Forbidden("a form is sent from its own page, and this came from another site")
    origin = request.headers.get("origin")
    base = urlsplit(services(request).settings.instance.base_url)
    if origin not in {None, "null", f"{base.scheme}://{base.netloc}"}:
        raise Forbidden("a form is sent from its own page, and this came from another origin")
