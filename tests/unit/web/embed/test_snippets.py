"""What a site's owner pastes, byte by byte, and what holds for every form, language and name."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.web.embed.places import (
    BASE,
    CASES,
    GOLDEN,
    MEMBER,
    NASTY,
    NASTY_PLACE,
    PLACE,
)
from webring.rings.markup import End, Start, Text, tokens, unescaped
from webring.rings.site import Sought, find_consent, read_page
from webring.text import line
from webring.web.embed.colours import Colours
from webring.web.embed.files import embed_file
from webring.web.embed.options import Form, Options, Picture, Theme
from webring.web.embed.snippets import OWN_FOLDER, directives, snippet
from webring.web.embed.words import SPOKEN
from webring.web.hops import Direction

FORMS = list(Form)
LANGUAGES = list(SPOKEN)
SOUGHT = Sought(PLACE.ring, MEMBER, "https://site.example/", (BASE,))
IN_PAGE = [form for form in Form if form is not Form.FRAME]


def starts(html: str, name: str) -> list[Start]:
    """The start tags of one element."""
    return [tag for tag in tokens(html) if isinstance(tag, Start) and tag.name == name]


def links(html: str) -> list[str]:
    return [unescaped(tag.attributes["href"]) for tag in starts(html, "a")]


def texts(html: str) -> str:
    return line(" ".join(unescaped(each.text) for each in tokens(html) if isinstance(each, Text)))


@pytest.mark.parametrize("name", CASES)
def test_a_snippet_is_what_it_was(name: str) -> None:
    assert snippet(PLACE, CASES[name]) == (GOLDEN / name).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_its_language_and_says_so(form: Form, language: str) -> None:
    words = SPOKEN[language]
    html = snippet(PLACE, Options(form, words))
    (tag,) = starts(html, "iframe" if form is Form.FRAME else "nav")
    assert tag.attributes["lang"] == language
    if form is Form.FRAME:
        assert tag.attributes["title"] == f"{words.webring} – {PLACE.name}"  # noqa: RUF001
        assert f"?lang={language}" in tag.attributes["src"]
        return
    assert tag.attributes["dir"] == words.direction
    said = " ".join(
        [texts(html), *(unescaped(each.attributes["alt"]) for each in starts(html, "img"))]
    )
    label = [part.strip() for part in (*words.around(), PLACE.name)]
    assert all(part in said for part in (*label, words.previous, words.next, words.random))


@pytest.mark.parametrize("form", FORMS)
def test_pasting_it_is_consent(form: Form) -> None:
    assert find_consent(read_page(snippet(PLACE, Options(form))), SOUGHT.url, SOUGHT).is_given


@pytest.mark.parametrize("form", IN_PAGE)
def test_it_leads_on_by_the_member_s_own_addresses(form: Form) -> None:
    found = links(snippet(PLACE, Options(form)))
    assert {PLACE.hop(way) for way in Direction} <= set(found)
    assert PLACE.ring_page in found
    neighbours = {PLACE.previous.url, PLACE.next.url} if PLACE.previous and PLACE.next else set()
    assert neighbours & set(found) == (neighbours if form is Form.STATIC else set())


@pytest.mark.parametrize("form", FORMS)
def test_nothing_in_it_runs_is_styled_or_tells_more_than_the_origin(form: Form) -> None:
    html = snippet(PLACE, Options(form, picture=Picture.PNG))
    for tag in tokens(html):
        if not isinstance(tag, Start):
            continue
        assert not any(name.startswith("on") or name == "style" for name in tag.attributes)
        asks = tag.attributes.keys() & {"href", "src"}
        if asks and tag.name != "web-ring":
            own = tag.attributes.get("src", "").startswith(OWN_FOLDER)
            assert own or tag.attributes["referrerpolicy"] == "strict-origin"
        if tag.name == "a":
            assert tag.attributes["rel"] == "external"
    assert "<style" not in html
    assert not re.search(r"<script[^>]*>[^<]", html)


@pytest.mark.parametrize("form", FORMS)
def test_every_address_but_the_neighbours_is_of_the_ring_s_host(form: Form) -> None:
    html = snippet(replace(PLACE, previous=None, next=None), Options(form))
    asked = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert asked
    assert all(each.startswith((f"{BASE}/", f"{OWN_FOLDER}/")) for each in asked)


@pytest.mark.parametrize("form", FORMS)
def test_tags_are_closed_in_order(form: Form) -> None:
    for place in (PLACE, NASTY_PLACE):
        open_tags: list[str] = []
        for tag in tokens(snippet(place, Options(form, level=3))):
            if isinstance(tag, Start) and tag.name != "img":
                open_tags.append(tag.name)
            elif isinstance(tag, End):
                assert open_tags.pop() == tag.name
        assert not open_tags


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_nasty_name_is_only_text(form: Form, language: str) -> None:
    html = snippet(NASTY_PLACE, Options(form, SPOKEN[language]))
    plain = snippet(replace(PLACE, next=None), Options(form, SPOKEN[language]))
    assert [tag.name for tag in tokens(html) if isinstance(tag, Start)] == [
        tag.name for tag in tokens(plain) if isinstance(tag, Start)
    ]
    shown = [each.attributes.get("alt") or "" for each in starts(html, "img")]
    shown += [each.attributes["title"] for each in starts(html, "iframe")]
    assert NASTY in f"{texts(html)}{''.join(map(unescaped, shown))}"


@given(st.text(max_size=40), st.sampled_from(FORMS), st.sampled_from(LANGUAGES))
def test_no_name_adds_a_tag(name: str, form: Form, language: str) -> None:
    html = snippet(replace(PLACE, name=line(name)), Options(form, SPOKEN[language]))
    assert html.count("<") == snippet(PLACE, Options(form, SPOKEN[language])).count("<")


@pytest.mark.parametrize(("level", "tag"), [(0, "p"), (2, "h2"), (6, "h6")])
def test_its_label_is_a_heading_of_the_level_that_was_asked_for(level: int, tag: str) -> None:
    html = snippet(PLACE, Options(level=level))
    label, *_ = starts(html, tag)
    (nav,) = starts(html, "nav")
    assert label.attributes["id"] == nav.attributes["aria-labelledby"]


def test_a_frame_s_address_says_what_differs_from_the_rule() -> None:
    options = Options(Form.FRAME, SPOKEN["ar"], level=3, theme=Theme.DARK)
    (frame,) = starts(snippet(PLACE, options), "iframe")
    assert unescaped(frame.attributes["src"]) == f"{PLACE.frame}?lang=ar&level=3&theme=dark"


def test_a_frame_may_lead_on_and_nothing_else() -> None:
    (frame,) = starts(snippet(PLACE, Options(Form.FRAME)), "iframe")
    granted = set(frame.attributes["sandbox"].split())
    assert "allow-same-origin" not in granted
    assert "allow-top-navigation" not in granted
    assert "allow-top-navigation-by-user-activation" in granted


def test_the_script_is_pinned_by_its_hash() -> None:
    (script,) = starts(snippet(PLACE, Options(Form.ELEMENT)), "script")
    assert script.attributes["integrity"] == embed_file().integrity
    assert script.attributes["crossorigin"] == "anonymous"


def test_a_button_has_its_size_and_the_colours_that_were_chosen() -> None:
    options = Options(
        Form.BUTTON, picture=Picture.PNG, colours=Colours("ffffff", "000000", "000000")
    )
    (picture,) = starts(snippet(PLACE, options), "img")
    assert (picture.attributes["width"], picture.attributes["height"]) == ("88", "31")
    address = unescaped(picture.attributes["src"])
    assert address == f"{PLACE.button(Picture.PNG)}?ground=ffffff&ink=000000"


NEEDS = {
    Form.LINKS: set[str](),
    Form.BUTTON: {f"img-src {BASE}"},
    Form.ELEMENT: {f"script-src {BASE}", f"connect-src {BASE}"},
    Form.FRAME: {f"frame-src {BASE}"},
    Form.STATIC: set[str](),
    Form.OWN: {"script-src 'self'", "img-src 'self'", f"connect-src {BASE}"},
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_form_needs_of_a_strict_policy_is_said(form: Form) -> None:
    assert set(directives(form, BASE)) == NEEDS[form]
