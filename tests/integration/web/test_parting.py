"""How a site leaves and moves by its member's page, and what nobody else can do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.integration.rings.held import hold
from tests.unit.documents.ring_world import ID, B, after, community, first, site
from webring.rings.moving import MoveProof
from webring.rings.site_moving import BURST
from webring.services import Services
from webring.storage import ring_wishes, rings
from webring.web.app import create_app

pytestmark = pytest.mark.anyio
ROOT = first()
BEES, HAY = site(1, ROOT.sha256), community(1, ROOT.sha256)
PAGE, PLOT = f"/rings/{ID}/{BEES.id}", f"/rings/{ID}/{HAY.id}"
NEW = "https://new.example/"
OURS = {"Origin": "https://ring.garden.example", "Sec-Fetch-Site": "same-origin"}


class Ends:
    """Both ends of a move, which agree or not."""

    def __init__(self) -> None:
        self.proof = MoveProof(True, "the old address leads there")
        self.looked_at: list[str] = []

    async def site_moved(self, _: object, ring: str, member: str, old: str, new: str) -> MoveProof:
        self.looked_at.append(new)
        return self.proof


@pytest.fixture
async def ends(services: Services) -> Ends:
    found = Ends()
    services.rings.site_moving._moves = found  # type: ignore[assignment]
    return found


@pytest.fixture
async def visitor(services: Services, ends: Ends) -> AsyncIterator[httpx.AsyncClient]:
    await hold(services.db, services.rings.keeper, [ROOT, after(ROOT, members=(BEES, HAY))])
    await steward(services, True)
    transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as made:
        yield made


async def steward(services: Services, is_one: bool) -> None:
    async with services.db.transaction() as tx:
        await rings.set_stewarded(tx, ID, is_one)


async def wishes(services: Services) -> list[str]:
    found = await ring_wishes.of_ring(services.db.reader, ID)
    return [f"{each.wanted.kind} {each.wanted.payload.get('url', '')}".strip() for each in found]


async def test_a_site_is_told_how_it_leaves_and_moves(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(PAGE)).text
    assert f"&lt;link rel=&#34;webring-left&#34; href=&#34;https://a.example{PAGE}&#34;&gt;" in page
    assert "/.well-known/webring.json" in page
    assert f'action="{PAGE}/leave"' in page
    assert f'action="{PAGE}/move"' in page


async def test_a_community_is_told_who_does_it(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(PLOT)).text
    assert f"webring ring leave {ID} {HAY.community}" in page
    assert "/leave" not in page


async def test_who_is_no_steward_names_them(visitor: httpx.AsyncClient, services: Services) -> None:
    await steward(services, False)
    page = (await visitor.get(PAGE)).text
    assert f'href="https://{B}{PAGE}"' in page
    assert f'action="{PAGE}/leave"' in page, "here, too, nobody is sent there any more"
    assert "/move" not in page
    answer = await visitor.post(f"{PAGE}/move", data={"url": NEW})
    assert answer.status_code == 404


async def test_whoever_asks_it_is_the_site_that_is_looked_at(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    answer = await visitor.post(f"{PAGE}/leave", headers=OURS)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{PAGE}?checked=stays#why"
    assert "does not say that it has left" in (await visitor.get(f"{PAGE}?checked=stays")).text
    assert await wishes(services) == []
    again = await visitor.post(f"{PAGE}/leave", headers=OURS)
    assert again.headers["location"] == f"{PAGE}?checked=held#why", "nobody is sent there so soon"


async def test_what_both_ends_say_moves_it(
    visitor: httpx.AsyncClient, services: Services, ends: Ends
) -> None:
    answer = await visitor.post(f"{PAGE}/move", data={"url": " new.example "}, headers=OURS)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"{PAGE}?checked=moves#why"
    assert await wishes(services) == [f"move {NEW}"]


async def test_what_one_end_does_not_say_is_told_and_the_form_kept(
    visitor: httpx.AsyncClient, services: Services, ends: Ends
) -> None:
    ends.proof = MoveProof(False, "no link at the new address carries the member's id")
    answer = await visitor.post(f"{PAGE}/move", data={"url": NEW})
    assert answer.status_code == 409
    assert "No link at the new address carries the member&#39;s id." in answer.text
    assert f'value="{NEW}"' in answer.text
    assert await wishes(services) == []


WRONG = {
    "nothing": ("", 400),
    "plain http": ("http://new.example/", 400),
    "a script": ("javascript:alert(1)", 400),
    "an address of ours": ("https://127.0.0.1/", 400),
    "a name of a private network": ("https://router.local/", 400),
    "markup": ('"><script>alert(1)</script>', 400),
    "an endless one": (f"https://new.example/{'a' * 10_000}", 400),
    "where it stands": (BEES.url, 409),
    "where another member stands": (HAY.url, 409),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_move_to_no_site_s_address(
    visitor: httpx.AsyncClient, services: Services, ends: Ends, case: str
) -> None:
    url, status = WRONG[case]
    answer = await visitor.post(f"{PAGE}/move", data={"url": url})
    assert answer.status_code == status, answer.text
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text
    assert (await wishes(services), ends.looked_at) == ([], [])


async def test_one_domain_is_not_looked_at_often(visitor: httpx.AsyncClient, ends: Ends) -> None:
    ends.proof = MoveProof(False, "no")
    for number in range(BURST):
        await visitor.post(f"{PAGE}/move", data={"url": f"{NEW}{number}"})
    answer = await visitor.post(f"{PAGE}/move", data={"url": NEW})
    assert answer.status_code == 429
    assert 'role="alert"' in answer.text
    assert len(ends.looked_at) == BURST


FOREIGN = {
    "another site's form": {"Sec-Fetch-Site": "cross-site"},
    "another origin": {"Origin": "https://evil.example"},
}


@pytest.mark.parametrize("form", ["leave", "move"])
@pytest.mark.parametrize("case", FOREIGN)
async def test_the_forms_are_our_own_pages_alone(
    visitor: httpx.AsyncClient, ends: Ends, case: str, form: str
) -> None:
    answer = await visitor.post(f"{PAGE}/{form}", data={"url": NEW}, headers=FOREIGN[case])
    assert answer.status_code == 403
    assert (await visitor.get(f"{PAGE}/{form}")).status_code == 405
    assert ends.looked_at == []


NOBODY = {
    "a community": PLOT,
    "nobody": f"/rings/{ID}/{'0' * 20}",
    "a member of no ring": f"/rings/moss:a.example/{BEES.id}",
}


@pytest.mark.parametrize("form", ["leave", "move"])
@pytest.mark.parametrize("case", NOBODY)
async def test_there_is_no_such_site(visitor: httpx.AsyncClient, case: str, form: str) -> None:
    answer = await visitor.post(f"{NOBODY[case]}/{form}", data={"url": NEW})
    assert answer.status_code == 404


async def test_a_former_member_has_nothing_to_leave(
    visitor: httpx.AsyncClient, services: Services
) -> None:
    head = after(ROOT, members=(BEES, HAY))
    gone = replace(after(head, members=(HAY,)))
    await hold(services.db, services.rings.keeper, [ROOT, head, gone])
    assert "/leave" not in (await visitor.get(PAGE)).text
    assert (await visitor.post(f"{PAGE}/leave")).status_code == 404
