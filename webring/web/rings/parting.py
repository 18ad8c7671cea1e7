"""How a site leaves its ring, or moves, as its member's page tells it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from webring.documents.ring_parts import MemberKind
from webring.rings import wanting
from webring.rings.site import WELL_KNOWN_PATH
from webring.storage import rings
from webring.storage.ring_members import StoredMember
from webring.text import shown_server
from webring.web.embed.selfhosting import departure, farewell
from webring.web.rings.showing import ring_path
from webring.web.serving import services


@dataclass(frozen=True, slots=True)
class Moving:
    """What the form of a move was sent with, and what is wrong with it; both "" at first."""

    url: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StewardPage:
    """The member's page at a steward, whose name is fit to be shown."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Parting:
    """How a site says that it leaves: by the `link` on its page, or the `content` of its `file`.

    `leaving` tells whether it has said so and no version does yet. `stewards` are where it says
    that it moves; none where we are a steward.
    """

    link: str
    file: str
    content: str
    leaving: bool
    stewards: tuple[StewardPage, ...]


async def parting_of(request: Request, stored: StoredMember) -> Parting | None:
    """None for a community, whose instance speaks for it, and for a former member."""
    if stored.kind != MemberKind.SITE or not stored.listed:
        return None
    here = services(request)
    conn, path = here.db.reader, f"{ring_path(stored.ring)}/{stored.member}"
    bases = here.rings.checking.bases
    ring = await rings.get(conn, stored.ring)
    elsewhere = {} if ring and ring.stewarded else await bases.stewards(conn, stored.ring)
    host = (await bases.of(conn, stored.ring))[0]
    return Parting(
        link=farewell(host + path),
        file=WELL_KNOWN_PATH,
        content=departure(stored.ring, stored.url).decode(),
        leaving=await wanting.is_leaving(conn, stored.ring, stored.member),
        stewards=tuple(
            StewardPage(shown_server(name), f"{base}{path}") for name, base in elsewhere.items()
        ),
    )
