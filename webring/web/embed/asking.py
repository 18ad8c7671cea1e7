"""From a request to the ring, the member and the options that it names, and to the answer.

Embeds stand on pages of other origins: whatever answers them may be read, and shown, by anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from webring.errors import NotFound
from webring.names import RingId
from webring.rings.circle import Circle
from webring.web.conditional import etagged
from webring.web.embed.options import read_member
from webring.web.embed.place import Place, member_place, ring_place
from webring.web.serving import services

AS_IT_STANDS: Final = "no-cache"
"""For what names members: whoever takes something back takes it back at once."""


async def circle_of(request: Request) -> Circle:
    """The ring that the path names."""
    return await known_circle(request, RingId.parse(request.path_params["ring"]))


async def known_circle(request: Request, ring: RingId) -> Circle:
    """A ring that is known here; else `NotFound`."""
    circles = services(request).circles
    if not circles.loaded:
        await circles.refresh()
    circle = circles.get(ring)
    if circle is None:
        raise NotFound(f"no ring {ring} is known here")
    return circle


def place_of(request: Request, circle: Circle) -> Place:
    """The place of the member that the path names."""
    return known_place(request, circle, read_member(request.path_params["member"]))


def known_place(request: Request, circle: Circle, member: str) -> Place:
    """The place of a member of a ring, also of one that nobody is sent to; else `NotFound`.

    `WHOLE` is the ring as a whole.
    """
    base_url = services(request).settings.instance.base_url
    place = member_place(circle, member, base_url) if member else ring_place(circle, base_url)
    if place is None:
        raise NotFound(f"no member {member} of {circle.ring} is known here")
    return place


def shared(
    request: Request,
    body: bytes,
    media_type: str,
    cache: str = AS_IT_STANDS,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that pages of any origin may use; 304 where it is there already."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    response = etagged(request, body, tag, media_type=media_type, cache=cache)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers.update(headers or {})
    return response
