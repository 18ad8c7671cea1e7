"""How many may ask, and how many of one domain are let in unseen: names below one cost nothing."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from webring.crawler.frontier import registrable
from webring.documents.ring import Ring
from webring.names import RingId, ServerName
from webring.rings.askers import Asker, domain_of
from webring.rings.drafting import WantedKind
from webring.storage import ring_requests, ring_wishes
from webring.storage.ring_requests import StoredRequest
from webring.storage.sql import Connection

PER_RING: Final = 500
"""Requests of communities, or of sites, for one ring that nobody has decided."""
PER_DOMAIN: Final = 20
"""Requests of one registrable domain, for all rings, that nobody has decided."""
PASSED_ON: Final = 100
"""Requests of sites that instances of one registrable domain passed on, and nobody decided."""
UNSEEN: Final = 100
"""Members of one registrable domain that an open ring takes without a decision."""


async def full(conn: Connection, ring: RingId, asker: Asker, by: ServerName | None) -> str:
    """Why no further request is taken at the moment, "" if one is.

    `by` is the instance that passes on what a site asks.
    """
    waiting = await ring_requests.waiting(conn)
    alike = [each for each in waiting if (each.community is None) == (asker.community is None)]
    if sum(each.ring == ring for each in alike) >= PER_RING:
        return f"{PER_RING} requests for this ring wait already: ask again later"
    if sum(_domain(each) == asker.domain for each in waiting) >= PER_DOMAIN:
        return f"{PER_DOMAIN} requests of {asker.domain} wait already: ask again later"
    if by is not None and asker.community is None:
        passer = registrable(by)
        if sum(_passer(each) == passer for each in waiting) >= PASSED_ON:
            return f"{PASSED_ON} requests that {passer} passed on wait already: ask again later"
    return ""


async def crowded(conn: Connection, head: Ring, request: StoredRequest) -> str:
    """Why an open ring lets nobody more of this domain in unseen, "" while it does."""
    domain = _domain(request)
    wishes = await ring_wishes.of_ring(conn, head.id)
    joining = [each.wanted.payload for each in wishes if each.wanted.kind is WantedKind.JOIN]
    places = [(each.instance, each.url) for each in head.members]
    places += [(_text(each.get("instance")), str(each.get("url"))) for each in joining]
    count = sum(_is_below(instance, url, domain) for instance, url in places)
    if count < UNSEEN:
        return ""
    return f"{count} members of {domain} are in the ring already"


def _is_below(instance: str | None, url: str, domain: str) -> bool:
    """Whether a place is of a domain. Suffixes are compared as text: rings have many members."""
    host = ServerName(instance).host if instance else urlsplit(url).hostname or ""
    return host == domain or host.endswith(f".{domain}")


def _domain(request: StoredRequest) -> str:
    """The registrable domain that a request counts for."""
    if request.community is not None and request.instance is not None:
        return registrable(request.instance)
    return domain_of(request.url)


def _passer(request: StoredRequest) -> str:
    """The registrable domain of the instance that passed a site's request on, "" for others."""
    return registrable(request.instance) if request.instance and not request.community else ""


def _text(value: object) -> ServerName | None:
    return ServerName(value) if isinstance(value, str) else None
