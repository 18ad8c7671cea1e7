"""Whom to ask for a ring, in which order, and where they serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webring.crawler.fetching import ManifestFetcher
from webring.documents.ring import Ring
from webring.names import PeerUrl, ServerName
from webring.storage import peers
from webring.storage.rings import StoredRing
from webring.storage.sql import Connection


@dataclass(frozen=True, slots=True)
class Whom:
    """An instance to ask, by its name, or at a base URL that somebody gave (`name` is that then).

    `claims`: it calls a newer version newest; `given`: somebody wants it to be asked.
    """

    name: str
    base: PeerUrl | None = None
    claims: bool = False
    given: bool = False

    @classmethod
    def parse(cls, text: str, *, allow_http: bool) -> Whom:
        """A name or a base URL; raises `InvalidName` for anything else."""
        if "://" in text:
            base = PeerUrl.parse(text, allow_http=allow_http)
            return cls(base, base, given=True)
        return cls(ServerName.parse(text), given=True)


def others(ring: StoredRing, head: Ring | None) -> Iterator[ServerName]:
    """Who may have the ring, the likeliest first; some of them twice."""
    if head is None:
        yield from [ring.named_by] if ring.named_by else []
        yield ring.id.instance
        return
    yield from sorted(head.terms.stewards.instances)
    yield from head.terms.mirrors
    yield ring.id.instance
    yield from [ring.named_by] if ring.named_by else []


async def base_of(conn: Connection, whom: Whom, fetching: ManifestFetcher) -> PeerUrl:
    """Where an instance serves; raises a `FetchError` or a `DocumentError` where it was asked."""
    if whom.base is not None:
        return whom.base
    name = ServerName(whom.name)
    peer = await peers.get(conn, name)
    if peer is not None and peer.base_url:
        return PeerUrl(peer.base_url)
    return await fetching.ask_base(name)
