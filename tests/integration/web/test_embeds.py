"""The addresses of embeds against a ring in a real database: what pages of other sites get."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from urllib.parse import quote, urlencode

import httpx
import pytest
from PIL import Image

from tests.integration.rings.kept import keep
from tests.unit.documents.ring_world import ID, TERMS, after, community, first, site
from tests.unit.rings.stored import stored_member
from webring.documents.ring import Ring
from webring.rings.site import Sought, find_consent, read_page
from webring.rings.states import MemberState
from webring.services import Services
from webring.web.embed.files import ELEMENT, SCRIPT, embed_file
from webring.web.embed.selfhosting import consent
from webring.web.embed.words import SPOKEN

pytestmark = pytest.mark.anyio
BASE = "https://ring.garden.example"
ROOT = first(TERMS)
SOIL = after(ROOT, members=(site(1, ROOT.root), community(1, ROOT.root), site(2, ROOT.root)))
ONE, PLOT, TWO = SOIL.members
GONE = site(9, ROOT.root)
EMBED = f"/embed/{ID}"
FRAME = f"{EMBED}/{ONE.id}"


@pytest.fixture
async def services(services: Services) -> Services:
    left = stored_member(SOIL, GONE, 0, 5, MemberState.LEFT, after=ONE.id)
    await keep(services.db, SOIL, {TWO.id: MemberState.ONE_SIDED}, gone=[left])
    return services


def oembed(url: str, **more: str) -> str:
    return f"/oembed?{urlencode({'url': url, **more})}"


PAGES = {
    "the element": (f"/embed/{ELEMENT}", 200, "text/javascript; charset=utf-8"),
    "one that was never released": ("/embed/web-ring-0.js", 404, "text/html; charset=utf-8"),
    "a frame's script": (f"/embed/{SCRIPT}", 200, "text/javascript; charset=utf-8"),
    "a file that is none": ("/embed/..%2Fstyle.css", 400, "text/html; charset=utf-8"),
    "a button": (f"{EMBED}/button.svg", 200, "image/svg+xml"),
    "a button for old programs": (f"{EMBED}/button.png", 200, "image/png"),
    "in its own colours": (f"{EMBED}/button.svg?ground=ffffff&ink=000000", 200, "image/svg+xml"),
    "in colours nobody can read": (
        f"{EMBED}/button.svg?ground=ffffff&ink=fffffe",
        400,
        "text/html; charset=utf-8",
    ),
    "another file format": (f"{EMBED}/button.gif", 404, "text/html; charset=utf-8"),
    "the ring's frame": (EMBED, 200, "text/html; charset=utf-8"),
    "an escaped ring": (f"/embed/{quote(ID, safe='')}", 200, "text/html; charset=utf-8"),
    "a member's frame": (f"{FRAME}?lang=ar&theme=dark&level=2", 200, "text/html; charset=utf-8"),
    "a community's frame": (f"{EMBED}/{PLOT.id}", 200, "text/html; charset=utf-8"),
    "the frame of one who is not shown": (f"{EMBED}/{TWO.id}", 200, "text/html; charset=utf-8"),
    "the frame of one who left": (f"{EMBED}/{GONE.id}", 404, "text/html; charset=utf-8"),
    "the frame of a stranger": (f"{EMBED}/{'f' * 20}", 404, "text/html; charset=utf-8"),
    "a malformed member": (f"{EMBED}/nobody", 400, "text/html; charset=utf-8"),
    "an unknown ring": ("/embed/none:a.example", 404, "text/html; charset=utf-8"),
    "a malformed ring": ("/embed/nonsense", 400, "text/html; charset=utf-8"),
    "a language that is not spoken": (f"{FRAME}?lang=xx", 400, "text/html; charset=utf-8"),
    "a fragment": (f"{FRAME}.html", 200, "text/html; charset=utf-8"),
    "a snippet": (f"{FRAME}/snippet?form=element", 200, "text/plain; charset=utf-8"),
    "a form that is none": (f"{FRAME}/snippet?form=popup", 400, "text/html; charset=utf-8"),
    "the files": (f"{FRAME}/webring.zip", 200, "application/zip"),
    "nobody's files": (f"{EMBED}/{'f' * 20}/webring.zip", 404, "text/html; charset=utf-8"),
    "a card": (f"/rings/{ID}/card.png", 200, "image/png"),
    "an unknown ring's card": ("/rings/none:a.example/card.png", 404, "text/html; charset=utf-8"),
    "oEmbed of a ring": (oembed(f"{BASE}/rings/{ID}"), 200, "application/json"),
    "oEmbed of a member": (oembed(f"{BASE}/rings/{ID}/{ONE.id}"), 200, "application/json"),
    "oEmbed of a stranger": (oembed(f"{BASE}/rings/{ID}/{'f' * 20}"), 404, "application/json"),
    "oEmbed of an unknown ring": (oembed(f"{BASE}/rings/none:a.example"), 404, "application/json"),
    "oEmbed of another site": (oembed("https://elsewhere.example/"), 404, "application/json"),
    "oEmbed of nothing": ("/oembed", 400, "application/json"),
    "oEmbed in XML": (oembed(f"{BASE}/rings/{ID}", format="xml"), 501, "application/json"),
    "oEmbed of no width": (oembed(f"{BASE}/rings/{ID}", maxwidth="0"), 400, "application/json"),
}


@pytest.mark.parametrize("case", PAGES)
async def test_every_address_answers_as_it_should(client: httpx.AsyncClient, case: str) -> None:
    path, status, media_type = PAGES[case]
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "elsewhere" not in answer.text.replace("'https://elsewhere.example/'", "")
    if status >= 400 and path.startswith("/oembed"):
        assert set(answer.json()) == {"errcode", "error"}


SHARED = [each for each in PAGES if PAGES[each][1] == 200]


@pytest.mark.parametrize("case", SHARED)
async def test_pages_of_other_sites_may_use_it(client: httpx.AsyncClient, case: str) -> None:
    answer = await client.get(PAGES[case][0], headers={"Origin": "https://site.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert case.startswith("oEmbed") or (
        answer.headers["cross-origin-resource-policy"] == "cross-origin"
    )


@pytest.mark.parametrize("case", [each for each in SHARED if not each.startswith("oEmbed")])
async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient, case: str) -> None:
    path = PAGES[case][0]
    answer = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("path", [EMBED, FRAME, f"{EMBED}/{'f' * 20}", "/embed/nonsense"])
async def test_a_frame_may_be_shown_by_anybody_also_where_it_refuses(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors" not in policy
    assert "default-src 'none'" in policy
    assert "x-frame-options" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert answer.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize(
    "path", [f"/rings/{ID}/card.png", f"{FRAME}.html", "/oembed", "/", f"{EMBED}/button.svg"]
)
async def test_nothing_else_may_be_framed(client: httpx.AsyncClient, path: str) -> None:
    policy = (await client.get(path)).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy or "sandbox" in policy


async def test_a_released_file_is_kept_for_ever(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/embed/{ELEMENT}")
    assert answer.content == embed_file().data
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_frame_s_script_is_kept_by_its_version(client: httpx.AsyncClient) -> None:
    named = await client.get(f"/embed/{SCRIPT}?v={embed_file(SCRIPT).version}")
    other = await client.get(f"/embed/{SCRIPT}?v=0")
    assert "immutable" in named.headers["cache-control"]
    assert other.headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", [FRAME, f"{FRAME}.html"])
async def test_what_names_members_is_asked_for_again(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-cache"
    assert "b.example" in answer.text


async def test_a_name_that_is_taken_back_is_gone(
    services: Services, client: httpx.AsyncClient
) -> None:
    before = await client.get(FRAME)
    await keep(services.db, after(SOIL, members=(ONE, TWO)))
    await services.circles.refresh()
    answer = await client.get(FRAME, headers={"If-None-Match": before.headers["etag"]})
    assert answer.status_code == 200
    assert (await client.get(f"{EMBED}/{PLOT.id}")).status_code == 404


async def test_a_refusal_says_why_in_the_frame(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{EMBED}/{'f' * 20}")
    assert f"No member {'f' * 20} of {ID} is known here." in answer.text
    assert f'href="{BASE}/"' in answer.text
    assert answer.text.count("<script") == 1


async def test_a_button_is_a_picture_of_its_size(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{EMBED}/button.png")
    assert Image.open(io.BytesIO(answer.content)).size == (88, 31)
    svg = await client.get(f"{EMBED}/button.svg")
    assert "sandbox" in svg.headers["content-security-policy"]
    assert ">Soil</text>" in svg.text


async def test_a_card_is_a_picture_of_its_size(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/rings/{ID}/card.png")
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


async def test_the_fragment_carries_the_neighbour_s_own_address(client: httpx.AsyncClient) -> None:
    fragment = (await client.get(f"{FRAME}.html?lang=de&level=3")).text
    assert f'href="{PLOT.url}"' in fragment
    assert f'href="{BASE}/rings/{ID}/{ONE.id}/next"' in fragment
    assert '<h3 id="' in fragment
    assert "Mitglied von" in fragment
    sought = Sought(ID, ONE.id, ONE.url, (BASE,))
    assert find_consent(read_page(fragment), ONE.url, sought).is_given


@pytest.mark.parametrize("language", SPOKEN)
async def test_every_language_is_spoken(client: httpx.AsyncClient, language: str) -> None:
    answer = await client.get(f"{FRAME}?lang={language}")
    assert f'<html lang="{language}" dir="{SPOKEN[language].direction}">' in answer.text


async def test_the_files_are_whole(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{FRAME}/webring.zip?lang=fr")
    assert answer.headers["content-disposition"] == 'attachment; filename="webring.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.read(".well-known/webring.json") == consent(ID, ONE.url)
        assert "Membre de" in packed.read("webring/snippet.html").decode()
    community_s = await client.get(f"{EMBED}/{PLOT.id}/webring.zip")
    with zipfile.ZipFile(io.BytesIO(community_s.content)) as packed:
        assert ".well-known/webring.json" not in packed.namelist()


async def test_a_card_for_consumers_names_the_frame(client: httpx.AsyncClient) -> None:
    answer = await client.get(oembed(f"{BASE}/rings/{ID}/{ONE.id}", maxwidth="250", lang="ja"))
    content = answer.json()
    assert content["type"] == "rich"
    assert content["width"] == 250
    assert content["provider_name"] == "Garden ring"
    assert f"{BASE}{FRAME}?lang=ja" in content["html"]
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_an_unknown_format_fills_no_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get(oembed(f"{BASE}/rings/{ID}", format="xml"))
    assert json.loads(answer.text)["errcode"] == "M_UNRECOGNIZED"
    assert not caplog.records


async def test_a_nasty_ring_is_shown_harmlessly(
    services: Services, client: httpx.AsyncClient
) -> None:
    nasty = '<script>alert(1)</script>\u202e"&{x}' + "x" * 40
    ring: Ring = after(SOIL, terms=replace(TERMS, name=nasty))
    await keep(services.db, ring)
    await services.circles.refresh()
    for path in (EMBED, FRAME, f"{FRAME}.html", f"{EMBED}/button.svg"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "<script>" not in answer.text
        assert "\u202e" not in answer.text
    content = (await client.get(oembed(f"{BASE}/rings/{ID}"))).json()
    assert "<script>" not in content["html"]
    assert (await client.get(f"/rings/{ID}/card.png")).status_code == 200
