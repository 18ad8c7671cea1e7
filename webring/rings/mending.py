"""What whoever keeps a site can do about a check that did not find what it looked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from webring.rings.site import WELL_KNOWN_PATH, Sought

_SNIPPET: Final = (
    "Put the ring's links, with the member's id in them, on {url}; or serve {file} with {json}"
)
_BY_FILE: Final = (
    "The page is almost empty before its scripts run, and we run none: serve {file} with {json}"
)
_REL: Final = "Take ugc, nofollow and sponsored out of the rel of that link."
_TEMPLATE: Final = "Put the link outside of the <template>; or serve {file} with {json}"
_BACK: Final = "To be in the ring again, take that word away, and put the ring's links there."
_MOVED: Final = "If the site has moved, tell the ring its new address."
_ROBOTS: Final = (
    "Allow {path} for the user agent webring in {origin}/robots.txt, which is read again within a "
    "day."
)
_SHUT: Final = (
    "The site turns our user agent away: let webring pass, in the server or the service before it."
)
_GONE: Final = "Serve a page at {url} again; if the site has moved, tell the ring its new address."
_ANSWER: Final = "See to it that {url} answers from outside of your own network."
_TLS: Final = "Renew or mend the certificate of {host}."
_PUBLIC: Final = "Give {host} a public address: only the public web is visited."
_URL: Final = "Only https addresses of other hosts are visited: tell the ring another one."

_MENDING: Final[Mapping[str, str]] = {
    "no_link": _SNIPPET,
    "other_link": _SNIPPET,
    "no_member": _SNIPPET,
    "shell": _BY_FILE,
    "rel": _REL,
    "template": _TEMPLATE,
    "left": _BACK,
    "left_site": _MOVED,
    "robots": _ROBOTS,
    "shut": _SHUT,
    "gone": _GONE,
    "status": _ANSWER,
    "dns": _PUBLIC,
    "connect": _ANSWER,
    "timeout": _ANSWER,
    "tls": _TLS,
    "address": _PUBLIC,
    "url": _URL,
    "type": _ANSWER,
    "budget": _ANSWER,
    "redirect": _ANSWER,
}


def mending(code: str, sought: Sought) -> str:
    """How to mend what `code` says of a site; "" where waiting is all that helps."""
    parts = urlsplit(sought.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return _MENDING.get(code, "").format(
        url=sought.url,
        host=parts.hostname or "",
        path=parts.path or "/",
        origin=origin,
        file=origin + WELL_KNOWN_PATH,
        json=json.dumps({"memberships": [{"ring": sought.ring, "url": sought.url}]}),
    )
