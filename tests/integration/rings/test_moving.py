"""Sites that move, on loopback: the old place and the new one both have to say so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.fakes.listener import respond
from tests.integration.rings.checked import NOW, RING, SETTINGS, World, world
from tests.integration.rings.pledged import HERBS, OWN, PEER, standing, verified
from tests.integration.rings.web import HOST, html, page
from tests.unit.documents.test_trust import community
from webring.documents.ring_parts import MemberKind, RingMember
from webring.names import ServerName, Slug
from webring.rings.moving import MoveProof, Moves, serves_at
from webring.storage.database import Database

pytestmark = pytest.mark.anyio
MEMBER = "0123456789abcdef0123"
FILE = "/.well-known/webring.json"
BASE = SETTINGS.instance.base_url


@dataclass
class Move:
    """A site that moves from /old to another host's /new."""

    here: World

    @property
    def old(self) -> str:
        return self.here.web.url(path="/old")

    @property
    def new(self) -> str:
        return self.here.web.url("b.example", "/new")

    def leads(self, location: str, status: str = "301 Moved") -> None:
        self.here.web.serve("/old", html("", f"Location: {location}", status=status))

    def says(self, url: str, ring: str = RING) -> None:
        body = {"memberships": [{"ring": ring, "url": url}]}
        self.here.web.serve(FILE, respond(json.dumps(body).encode()))

    async def proof(self) -> MoveProof:
        moves = Moves(self.here.web.fetcher, self.here.checking.eyes)
        return await moves.site_moved(self.here.db.reader, RING, MEMBER, self.old, self.new)


@pytest.fixture
async def move(db: Database) -> AsyncIterator[Move]:
    async with world(db) as here:
        here.web.serve("/new", page(RING, MEMBER))
        yield Move(here)


@pytest.mark.parametrize("status", ["301 Moved", "308 Permanent"])
async def test_the_old_address_leads_there_for_good(move: Move, status: str) -> None:
    move.leads(move.new, status)
    assert await move.proof() == MoveProof(True, "the old address leads to the new one for good")


async def test_or_the_old_host_says_so_in_its_file(move: Move) -> None:
    move.here.web.serve("/old", html("I am at b.example now"))
    move.says(move.new)
    proof = await move.proof()
    assert proof == MoveProof(True, "the old host's webring.json names the new address")


ASTRAY = {
    "for now only": ("{new}", "302 Found"),
    "for now only, as before": ("{new}", "307 Temporary"),
    "elsewhere": ("{new}/x", "301 Moved"),
    "to another host": ("http://c.example/new", "301 Moved"),
    "nowhere": ("", "301 Moved"),
    "to a script": ("javascript:alert(1)", "301 Moved"),
    "by the way of another page": ("/between", "301 Moved"),
}


@pytest.mark.parametrize("case", ASTRAY)
async def test_the_old_address_leads_astray(move: Move, case: str) -> None:
    location, status = ASTRAY[case]
    move.leads(location.format(new=move.new), status)
    proof = await move.proof()
    assert (proof.proven, "neither leads to the new one" in proof.why) == (False, True)


@pytest.mark.parametrize("case", ["another ring", "another address"])
async def test_the_old_host_s_file_says_something_else(move: Move, case: str) -> None:
    move.here.web.serve("/old", html("Hello"))
    move.says(move.new, "books:commune.example") if case == "another ring" else move.says(move.old)
    assert not (await move.proof()).proven


async def test_the_old_host_is_gone(move: Move) -> None:
    move.here.web.cut("site.example")
    proof = await move.proof()
    assert proof.why == "the old address does not say so: site.example has no public address"


async def test_the_old_host_lets_us_see_nothing(move: Move) -> None:
    move.leads(move.new)
    move.here.web.serve("/robots.txt", respond(b"User-agent: *\nDisallow: /old"))
    assert not (await move.proof()).proven


UNWILLING = {
    "it shows nothing": html("Hello"),
    "it shows another member's link": page(RING, "f" * 20),
    "it is about to join by itself": html(
        f'<a href="{HOST}/rings/{RING}/next?from=http://b.example:PORT/new">Ring</a>'
    ),
    "a guestbook shows it": html(f'<a rel="ugc" href="{HOST}/rings/{RING}/{MEMBER}">Ring</a>'),
    "it is not there": html("", status="404 None"),
}


@pytest.mark.parametrize("case", UNWILLING)
async def test_the_new_place_does_not_say_so(move: Move, case: str) -> None:
    """Or a member could give its slot to a site that never asked for it."""
    move.leads(move.new)
    body = UNWILLING[case].replace(b"PORT", str(move.here.web.listener.port).encode())
    head, _, text = body.partition(b"\r\n\r\n")
    length = f"Content-Length: {len(text)}".encode()
    lines = [length if each.startswith(b"Content-Length") else each for each in head.split(b"\r\n")]
    move.here.web.serve("/new", b"\r\n".join(lines) + b"\r\n\r\n" + text)
    assert not (await move.proof()).proven
    assert move.here.web.asked("/old") == 0


async def test_a_file_names_no_member_and_proves_no_move(move: Move) -> None:
    move.here.web.serve("/new", html("Hello"))
    move.leads(move.new)
    move.says(move.new)
    proof = await move.proof()
    assert (proof.proven, MEMBER in proof.why) == (False, True)


def entry(url: str, instance: ServerName = PEER, slug: Slug = HERBS) -> RingMember:
    return RingMember(MEMBER, MemberKind.COMMUNITY, instance, slug, url, NOW)


async def test_a_community_is_where_its_manifest_says(db: Database) -> None:
    await verified(db)
    await standing(db)
    url = community(HERBS).url
    assert await serves_at(db.reader, entry(url), OWN, BASE)
    assert not await serves_at(db.reader, entry("https://evil.example/"), OWN, BASE)
    assert not await serves_at(db.reader, entry(url, slug=Slug("trees")), OWN, BASE)
    site = RingMember(MEMBER, MemberKind.SITE, None, None, url, NOW)
    assert not await serves_at(db.reader, site, OWN, BASE)


@pytest.mark.parametrize(("instance", "base"), [(PEER, "https://ring.garden.example"), (OWN, BASE)])
async def test_or_at_its_instance_s_page_of_it(
    db: Database, instance: ServerName, base: str
) -> None:
    await verified(db)
    await standing(db, instance=instance, url="")
    page = f"{base}/communities/{HERBS}:{instance}"
    assert await serves_at(db.reader, entry(page, instance), OWN, BASE)
    assert not await serves_at(db.reader, entry(f"{page}x", instance), OWN, BASE)
