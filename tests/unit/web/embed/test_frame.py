"""The page that is framed: what it shows, and what it may not do."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from tests.unit.web.embed.places import BASE, NASTY, NASTY_PLACE, PLACE
from tests.unit.web.embed.test_snippets import links, starts, texts
from webring.rings.markup import Start, tokens
from webring.web.embed.files import SCRIPT, STYLE, embed_file
from webring.web.embed.frame import CSP, HEADERS, frame_page, refusal_page
from webring.web.embed.options import Options, Theme
from webring.web.embed.place import WHOLE
from webring.web.embed.words import SPOKEN
from webring.web.hops import Direction

RING = replace(PLACE, member=WHOLE, previous=None, next=None)


@pytest.mark.parametrize("language", SPOKEN)
def test_it_speaks_its_language_from_the_side_where_that_begins(language: str) -> None:
    words = SPOKEN[language]
    html = frame_page(PLACE, Options(words=words))
    (page,) = starts(html, "html")
    assert (page.attributes["lang"], page.attributes["dir"]) == (language, words.direction)
    said = texts(html)
    for part in (words.previous, words.next, words.random, words.all_members, *words.around()):
        assert part.strip() in said
    assert f"{words.webring} – {PLACE.name}" in said  # noqa: RUF001


def test_a_member_s_frame_leads_on_and_names_the_neighbours() -> None:
    html = frame_page(PLACE, Options())
    ways = (Direction.PREVIOUS, Direction.NEXT, Direction.RANDOM)
    assert links(html) == [*(PLACE.hop(way) for way in ways), PLACE.ring_page]
    assert "The Bees" in texts(html)
    assert "Tool Library" in texts(html)


def test_its_links_name_this_host_alone() -> None:
    """Pages that follow a frame's wishes do so to the frame's own host."""
    assert all(each.startswith(f"{BASE}/rings/") for each in links(frame_page(PLACE, Options())))


def test_its_links_lead_the_whole_page_on() -> None:
    for page in (frame_page(PLACE, Options()), refusal_page(BASE, "There is nothing here.")):
        for link in starts(page, "a"):
            assert link.attributes["target"] == "_top"
            assert link.attributes["rel"] == "external"
            assert link.attributes["referrerpolicy"] == "strict-origin"


def test_a_ring_s_frame_asks_for_no_neighbour() -> None:
    html = frame_page(RING, Options())
    assert links(html) == [RING.hop(Direction.RANDOM), RING.ring_page]
    assert "Member of" not in texts(html)
    assert "Kitchen Gardens" in texts(html)


@pytest.mark.parametrize("theme", Theme)
def test_its_colours_are_the_visitor_s_or_those_that_were_asked_for(theme: Theme) -> None:
    (page,) = starts(frame_page(PLACE, Options(theme=theme)), "html")
    expected = None if theme is Theme.AUTO else theme.value
    assert page.attributes.get("data-theme") == expected
    style = embed_file(STYLE).data.decode()
    assert theme is Theme.AUTO or f'[data-theme="{theme.value}"]' in style


@pytest.mark.parametrize(("level", "tag"), [(0, "p"), (2, "h2"), (6, "h6")])
def test_its_label_has_the_level_that_was_asked_for(level: int, tag: str) -> None:
    html = frame_page(PLACE, Options(level=level))
    (label,) = starts(html, tag)
    (nav,) = starts(html, "nav")
    assert label.attributes["id"] == nav.attributes["aria-labelledby"]


def test_a_nasty_name_is_only_text() -> None:
    html = frame_page(NASTY_PLACE, Options())
    plain = frame_page(replace(PLACE, next=None), Options())
    tags = [[tag.name for tag in tokens(each) if isinstance(tag, Start)] for each in (html, plain)]
    assert tags[0] == tags[1]
    assert NASTY in texts(html)


def test_its_style_stands_in_it_and_is_named_by_its_hash() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", frame_page(PLACE, Options()), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CSP
    assert "<" not in style


def test_its_script_is_named_by_its_version() -> None:
    (script,) = starts(frame_page(PLACE, Options()), "script")
    assert script.attributes["src"] == f"{BASE}/embed/{SCRIPT}?v={embed_file(SCRIPT).version}"


def test_anybody_may_frame_it_and_nothing_else_is_allowed() -> None:
    policy = dict(each.strip().split(" ", 1) for each in CSP.split(";"))
    assert policy["default-src"] == "'none'"
    assert "frame-ancestors" not in policy
    assert policy["script-src"] == policy["img-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert HEADERS["Referrer-Policy"] == "strict-origin"
    assert "x-frame-options" not in {name.lower() for name in HEADERS}


def test_a_refusal_says_why_and_where_it_comes_from() -> None:
    html = refusal_page(BASE, "No <b>ring</b> of that name.")
    assert "No <b>ring</b> of that name." in texts(html)
    assert links(html) == [f"{BASE}/"]
    assert not starts(html, "b")
