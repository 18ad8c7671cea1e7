"""oEmbed 1.0 (https://oembed.com): a pasted address of a ring or a member becomes a card. Pure.

The card is the frame (`webring.web.embed.frame`), which works under `sandbox="allow-scripts"`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from markupsafe import Markup

from webring.errors import BadRequest, InvalidName, NotFound, Unsupported
from webring.names import RingId
from webring.web.embed import card
from webring.web.embed.options import MEMBER, SEEN, Options
from webring.web.embed.place import WHOLE, Place
from webring.web.embed.snippets import FRAME_HEIGHT, FRAME_WIDTH, frame_tag

MAX_URL: Final = 2_048
"""Characters of `url`."""
LARGEST: Final = 10_000
"""The most that `maxwidth` and `maxheight` may say."""
CACHE_SECONDS: Final = 3_600
"""How long a card may be kept."""
FORMAT: Final = "json"
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_PORTS: Final = {"https": 443, "http": 80}
_LINK: Final = Markup(
    '<link rel="alternate" type="application/json+oembed" href="{address}" title="{title}">\n'
    '<meta property="og:type" content="website">\n'
    '<meta property="og:site_name" content="{site}">\n'
    '<meta property="og:title" content="{name}">\n'
    '<meta property="og:description" content="{description}">\n'
    '<meta property="og:url" content="{page}">\n'
    '<meta property="og:image" content="{card}">\n'
    '<meta property="og:image:type" content="image/png">\n'
    '<meta property="og:image:width" content="{width}">\n'
    '<meta property="og:image:height" content="{height}">\n'
    '<meta property="og:image:alt" content="{name}">\n'
    '<meta name="twitter:card" content="summary_large_image">'
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a consumer asks for: a ring, the member in it (or `WHOLE`), and how large in pixels."""

    ring: RingId
    member: str
    max_width: int
    max_height: int


def read_asked(values: Mapping[str, str], base_url: str) -> Asked:
    """What an address asks for. `BadRequest` for what is malformed, `Unsupported` for a format that
    is not JSON, `NotFound` for a `url` that is no page of a ring below `base_url`.
    """
    spoken = values.get("format", "")
    if spoken not in {"", FORMAT}:
        raise Unsupported(f"format is {FORMAT}, not {spoken[:SEEN]!a}")
    width, height = (_most(values, name) for name in ("maxwidth", "maxheight"))
    ring, member = _read_url(values.get("url", ""), base_url)
    return Asked(ring, member, width, height)


def answer(place: Place, asked: Asked, options: Options, provider: str) -> dict[str, Any]:
    """The answer; `provider` is the name of this instance, fit to be shown."""
    width, height = min(asked.max_width, FRAME_WIDTH), min(asked.max_height, FRAME_HEIGHT)
    content: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": place.name,
        "provider_name": provider,
        "provider_url": f"{place.base_url}/",
        "cache_age": CACHE_SECONDS,
        "html": str(frame_tag(place, options, width, height)),
        "width": width,
        "height": height,
    }
    if asked.max_width >= card.WIDTH and asked.max_height >= card.HEIGHT:
        content |= {
            "thumbnail_url": place.card,
            "thumbnail_width": card.WIDTH,
            "thumbnail_height": card.HEIGHT,
        }
    return content


def head(place: Place, site: str, description: str) -> Markup:
    """What the page of a ring, or of a member, says in its `head` for oEmbed and Open Graph.

    `site` is the name of this instance and `description` a sentence, both fit to be shown.
    """
    query = urlencode({"url": place.member_page, "format": FORMAT}, quote_via=quote, safe="")
    return _LINK.format(
        address=f"{place.base_url}/oembed?{query}",
        title=place.name,
        site=site,
        name=place.name,
        description=description,
        page=place.member_page,
        card=place.card,
        width=card.WIDTH,
        height=card.HEIGHT,
    )


def _most(values: Mapping[str, str], name: str) -> int:
    text = values.get(name, "")
    if not text:
        return LARGEST
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= LARGEST:
        raise BadRequest(f"{name} is a number of pixels from 1 to {LARGEST}, not {text[:SEEN]!a}")
    return int(text)


def _read_url(text: str, base_url: str) -> tuple[RingId, str]:
    """The ring and the member whose page a URL is."""
    if not text:
        raise BadRequest("url is missing: the address of a ring's page, or of a member's")
    if len(text) > MAX_URL:
        raise BadRequest(f"url has at most {MAX_URL} characters, not {len(text)}")
    if _origin(text) != _origin(base_url):
        raise NotFound(f"url is no page of {base_url}: {text[:SEEN]!a}")
    folder, *rest = urlsplit(text).path.removeprefix("/").removesuffix("/").split("/")
    try:
        ring = RingId.parse(unquote(rest[0]) if folder == "rings" and rest else "")
    except InvalidName:
        raise NotFound(f"url is no page of a ring: {text[:SEEN]!a}") from None
    member = rest[1] if len(rest) == 2 else WHOLE
    if len(rest) > 2 or (member and not MEMBER.fullmatch(member)):
        raise NotFound(f"url is neither a ring's page nor a member's: {text[:SEEN]!a}")
    return ring, member


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address that is read in one way only; else None."""
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port
