"""Who asks to be in a ring: a community of an instance, or a site; and the slot it would have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from webring.clock import Millis
from webring.crawler.frontier import registrable
from webring.documents.fields import is_web_url
from webring.documents.ring import (
    MemberKind,
    Ring,
    RingMember,
    community_member_id,
    site_member_id,
)
from webring.documents.ring_parts import member_marks, place_marks
from webring.errors import InvalidName
from webring.names import CommunityId, PeerUrl, ServerName, Slug
from webring.storage import communities, peers
from webring.storage.ring_requests import StoredRequest
from webring.storage.sql import Connection

UNSERVED: Final = "it has no https address that a ring could lead to: give its community a url"


@dataclass(frozen=True, slots=True)
class Asker:
    """A community (`instance` and `community`), or the site at `url` alone.

    `url` is where people are sent, `title` raw text ("" while unknown).
    """

    url: str
    instance: ServerName | None = None
    community: Slug | None = None
    title: str = ""

    @property
    def kind(self) -> MemberKind:
        """What it is."""
        return MemberKind.SITE if self.community is None else MemberKind.COMMUNITY

    @property
    def name(self) -> str:
        """What it is called in sentences: `slug:instance`, or the site's address."""
        return self.url if self.community is None else f"{self.community}:{self.instance}"

    @property
    def domain(self) -> str:
        """The registrable domain that caps are counted by."""
        return registrable(self.instance) if self.instance else domain_of(self.url)

    @property
    def servers(self) -> tuple[ServerName, ...]:
        """The names by which an operator could keep it out: its instance's, and its host's."""
        host = host_of(self.url)
        named = [self.instance] if self.instance else []
        return (*named, *([host, ServerName(host.host)] if host else []))

    def member_id(self, root: str) -> str:
        """The id under which it joins the ring of that root."""
        if self.instance is None or self.community is None:
            return site_member_id(root, self.url)
        return community_member_id(root, self.instance, self.community)

    def entry(self, root: str, now: Millis) -> RingMember:
        """Its slot, as it would stand in the ring's document from `now` on."""
        return RingMember(
            id=self.member_id(root),
            kind=self.kind,
            instance=self.instance,
            community=self.community,
            url=self.url,
            joined_at=now,
        )


def site(url: str) -> Asker:
    """The site at `url`, which is one that a document may carry."""
    return Asker(url)


async def community(
    conn: Connection, own: ServerName, base_url: PeerUrl, instance: ServerName, slug: Slug
) -> Asker:
    """A community, with the address that its own manifest gives, or else its instance's page of it.

    `own` and `base_url` are ours. `url` is "" where it has none that a ring could lead to.
    """
    claim = await communities.get(conn, CommunityId(f"{slug}:{instance}"))
    if claim is not None and is_web_url(claim.url):
        return Asker(claim.url, instance, slug, claim.name)
    if instance == own:
        base: str | None = base_url
    else:
        peer = await peers.get(conn, instance)
        base = peer.base_url if peer else None
    page = f"{base or f'https://{instance}'}/communities/{quote(f'{slug}:{instance}', safe=':')}"
    url = page if is_web_url(page) else ""
    return Asker(url, instance, slug, claim.name if claim else "")


async def of_request(
    conn: Connection, own: ServerName, base_url: PeerUrl, request: StoredRequest
) -> Asker:
    """Who asked, as it is now."""
    if request.instance is None or request.community is None:
        return Asker(request.url, title=request.title)
    return await community(conn, own, base_url, request.instance, request.community)


def in_its_place(head: Ring, entry: RingMember) -> RingMember | None:
    """Whoever has the id, the community or the address of `entry` in a ring, itself included."""
    marks = member_marks(entry)
    return next((each for each in head.members if not marks.isdisjoint(member_marks(each))), None)


def is_same(one: RingMember, other: RingMember) -> bool:
    """Whether two entries are of one community, or of one site."""
    if one.kind is MemberKind.COMMUNITY or other.kind is MemberKind.COMMUNITY:
        return (one.instance, one.community) == (other.instance, other.community)
    return place_marks(one.url, None, None) == place_marks(other.url, None, None)


def domain_of(url: str) -> str:
    """The registrable domain of an address, "" where it has no host."""
    host = host_of(url)
    return registrable(host) if host else ""


def host_of(url: str) -> ServerName | None:
    """The host of an address, with its port where one is written; None where it has none."""
    try:
        return ServerName.parse(urlsplit(url).netloc)
    except (InvalidName, ValueError):
        return None
