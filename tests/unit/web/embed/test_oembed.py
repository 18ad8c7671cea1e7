"""oEmbed: which addresses become cards, how large, and what is refused, each in a sentence."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.web.embed.places import BASE, MEMBER, NASTY, PLACE
from tests.unit.web.embed.test_snippets import starts
from webring.errors import BadRequest, NotFound, RequestError, Unsupported
from webring.rings.markup import unescaped
from webring.web.embed import oembed
from webring.web.embed.card import HEIGHT, WIDTH
from webring.web.embed.oembed import LARGEST, Asked, read_asked
from webring.web.embed.options import Options, Theme
from webring.web.embed.place import WHOLE, Place
from webring.web.embed.words import SPOKEN

RING = PLACE.ring
PAGE = PLACE.ring_page

URLS = {
    "a ring's page": (PAGE, WHOLE),
    "with a slash": (f"{PAGE}/", WHOLE),
    "a member's page": (PLACE.member_page, MEMBER),
    "as a hop ends there": (f"{PAGE}?hop=unknown", WHOLE),
    "with a fragment": (f"{PAGE}#members", WHOLE),
    "escaped": (f"{BASE}/rings/gardens%3Acommune.example", WHOLE),
    "with the usual port": (PAGE.replace(".example/", ".example:443/"), WHOLE),
    "a host in capitals": (PAGE.replace("ring.commune", "RING.Commune"), WHOLE),
}


@pytest.mark.parametrize("case", URLS)
def test_an_address_of_ours_is_read(case: str) -> None:
    url, member = URLS[case]
    assert read_asked({"url": url}, BASE) == Asked(RING, member, LARGEST, LARGEST)


REFUSED: dict[str, tuple[dict[str, str], type[RequestError], str]] = {
    "no url": ({}, BadRequest, "url is missing"),
    "an empty url": ({"url": ""}, BadRequest, "url is missing"),
    "an endless url": ({"url": PAGE + "x" * 3_000}, BadRequest, "url has at most 2048 characters"),
    "another host": ({"url": "https://evil.example/rings/a:b"}, NotFound, "url is no page of"),
    "a host that begins like ours": (
        {"url": f"{BASE}.evil.example/rings/{RING}"},
        NotFound,
        "url is no page of",
    ),
    "our host as a user": (
        {"url": f"{BASE}@evil.example/rings/{RING}"},
        NotFound,
        "url is no page of",
    ),
    "a user at our host": (
        {"url": f"https://me@ring.commune.example/rings/{RING}"},
        NotFound,
        "url is no page of",
    ),
    "http for https": ({"url": PAGE.replace("https", "http")}, NotFound, "url is no page of"),
    "another port": (
        {"url": PAGE.replace(".example/", ".example:8443/")},
        NotFound,
        "url is no page of",
    ),
    "a port that is none": (
        {"url": PAGE.replace(".example/", ".example:x/")},
        NotFound,
        "url is no page of",
    ),
    "a backslash": (
        {"url": f"https://evil.example\\@ring.commune.example/rings/{RING}"},
        NotFound,
        "url is no page of",
    ),
    "a script": ({"url": "javascript:alert(1)//"}, NotFound, "url is no page of"),
    "no address at all": ({"url": "gardens"}, NotFound, "url is no page of"),
    "a broken address": ({"url": "https://[::1"}, NotFound, "url is no page of"),
    "control characters": ({"url": f"{PAGE}\r\nX: y"}, NotFound, "url is no page of"),
    "other letters": ({"url": f"{PAGE}ü"}, NotFound, "url is no page of"),
    "the home page": ({"url": f"{BASE}/"}, NotFound, "url is no page of a ring"),
    "another page": ({"url": f"{BASE}/communities/a:b"}, NotFound, "url is no page of a ring"),
    "no ring": ({"url": f"{BASE}/rings"}, NotFound, "url is no page of a ring"),
    "a malformed ring": ({"url": f"{BASE}/rings/%3Cb%3E"}, NotFound, "url is no page of a ring"),
    "a hop": ({"url": f"{PLACE.member_page}/next"}, NotFound, "neither a ring's page nor"),
    "a picture": ({"url": PLACE.card}, NotFound, "neither a ring's page nor a member's"),
    "a member's id in capitals": (
        {"url": f"{PAGE}/{MEMBER.upper()}"},
        NotFound,
        "neither a ring's page nor a member's",
    ),
    "XML": ({"url": PAGE, "format": "xml"}, Unsupported, "format is json, not 'xml'"),
    "JSON in capitals": ({"url": PAGE, "format": "JSON"}, Unsupported, "format is json"),
    "no width": ({"url": PAGE, "maxwidth": "0"}, BadRequest, "maxwidth is a number of pixels"),
    "a negative width": ({"url": PAGE, "maxwidth": "-5"}, BadRequest, "maxwidth is a number"),
    "a width in words": ({"url": PAGE, "maxwidth": "wide"}, BadRequest, "maxwidth is a number"),
    "a width with a unit": ({"url": PAGE, "maxwidth": "10px"}, BadRequest, "maxwidth is a number"),
    "other digits": ({"url": PAGE, "maxheight": "\u0661"}, BadRequest, "maxheight is a number"),
    "an endless height": (
        {"url": PAGE, "maxheight": "9" * 4_000},
        BadRequest,
        "maxheight is a number of pixels from 1 to 10000",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_named(case: str) -> None:
    values, kind, sentence = REFUSED[case]
    with pytest.raises(kind) as refused:
        read_asked(values, BASE)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 300


def test_statuses_are_as_the_specification_has_them() -> None:
    assert (BadRequest.status, NotFound.status, Unsupported.status) == (400, 404, 501)


def asked(width: int = LARGEST, height: int = LARGEST) -> Asked:
    return Asked(RING, MEMBER, width, height)


def test_a_card_is_the_frame() -> None:
    options = Options(words=SPOKEN["ar"], theme=Theme.DARK)
    answer = oembed.answer(PLACE, asked(), options, "Commune")
    assert (answer["version"], answer["type"]) == ("1.0", "rich")
    assert (answer["title"], answer["provider_name"]) == ("Kitchen Gardens", "Commune")
    assert answer["provider_url"] == f"{BASE}/"
    (frame,) = starts(answer["html"], "iframe")
    assert unescaped(frame.attributes["src"]) == f"{PLACE.frame}?lang=ar&theme=dark"
    assert (answer["width"], answer["height"]) == (300, 150)
    assert (frame.attributes["width"], frame.attributes["height"]) == ("300", "150")


SIZES = {
    "nothing said": ((LARGEST, LARGEST), (300, 150), True),
    "narrow": ((200, LARGEST), (200, 150), False),
    "low": ((LARGEST, 90), (300, 90), False),
    "room for the picture exactly": ((WIDTH, HEIGHT), (300, 150), True),
    "a pixel less": ((WIDTH - 1, HEIGHT), (300, 150), False),
    "tiny": ((1, 1), (1, 1), False),
}


@pytest.mark.parametrize("case", SIZES)
def test_nothing_is_larger_than_it_may_be(case: str) -> None:
    most, size, thumbnail = SIZES[case]
    answer = oembed.answer(PLACE, asked(*most), Options(), "Commune")
    assert (answer["width"], answer["height"]) == size
    assert ("thumbnail_url" in answer) is thumbnail
    if thumbnail:
        assert answer["thumbnail_url"] == PLACE.card


def test_a_nasty_name_is_text_in_the_card_and_in_the_head() -> None:
    nasty = replace(PLACE, name=NASTY)
    answer = oembed.answer(nasty, asked(), Options(), NASTY)
    assert answer["title"] == NASTY
    assert not starts(answer["html"], "script")
    head = oembed.head(nasty, NASTY, NASTY)
    assert not starts(head, "script")
    assert {unescaped(tag.attributes["content"]) for tag in starts(head, "meta")} >= {NASTY}


@pytest.mark.parametrize("place", [PLACE, replace(PLACE, member=WHOLE)], ids=["member", "ring"])
def test_what_a_page_s_head_names_is_understood(place: Place) -> None:
    head = oembed.head(place, "Commune", "A ring of gardens")
    (link,) = starts(head, "link")
    address = urlsplit(unescaped(link.attributes["href"]))
    assert link.attributes["type"] == "application/json+oembed"
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{BASE}/oembed"
    values = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert read_asked(values, BASE) == Asked(RING, place.member, LARGEST, LARGEST)


def test_open_graph_names_the_page_and_its_picture() -> None:
    head = oembed.head(PLACE, "Commune", "A ring of gardens")
    said = {
        tag.attributes["property"]: unescaped(tag.attributes["content"])
        for tag in starts(head, "meta")
        if "property" in tag.attributes
    }
    assert said["og:url"] == PLACE.member_page
    assert said["og:image"] == PLACE.card
    assert (said["og:image:width"], said["og:image:height"]) == (str(WIDTH), str(HEIGHT))
    assert said["og:site_name"] == "Commune"
