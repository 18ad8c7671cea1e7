"""Options as addresses name them, and what is refused, each in a sentence that says why."""

from __future__ import annotations

import pytest

from webring.errors import BadRequest
from webring.web.embed.colours import Colours
from webring.web.embed.options import Form, Options, Picture, Theme, read_member, read_options
from webring.web.embed.words import SPOKEN


def test_nothing_said_is_plain_links_in_english() -> None:
    assert read_options({}) == Options(Form.LINKS, SPOKEN["en"], 0, Theme.AUTO, Picture.SVG)
    assert read_options({"form": "", "lang": "", "level": "", "ground": "", "ink": ""}) == Options()


def test_everything_said_is_read() -> None:
    read = read_options(
        {
            "form": "button",
            "lang": "ar",
            "level": "3",
            "theme": "dark",
            "picture": "png",
            "ground": "FFFFFF",
            "ink": "000000",
        }
    )
    colours = Colours("ffffff", "000000", "000000")
    assert read == Options(Form.BUTTON, SPOKEN["ar"], 3, Theme.DARK, Picture.PNG, colours)


REFUSED = {
    "an unknown form": ({"form": "popup"}, "form is one of links, button"),
    "a form with markup": ({"form": "<b>"}, "form is one of"),
    "a form in capitals": ({"form": "LINKS"}, "form is one of"),
    "an unknown language": ({"lang": "xx"}, "lang is one of"),
    "the page's own heading": ({"level": "1"}, "level is one of 0, 2, 3"),
    "a level beyond six": ({"level": "7"}, "level is one of"),
    "a negative level": ({"level": "-2"}, "level is one of"),
    "a level that breaks out of the tag": ({"level": "2 onclick=alert(1)"}, "level is one of"),
    "a level in other digits": ({"level": "\u0662"}, "level is one of"),
    "an unknown theme": ({"theme": "sepia"}, "theme is one of auto, light, dark"),
    "an unknown picture": ({"picture": "gif"}, "picture is one of svg, png"),
    "a colour with a hash": ({"ground": "#ffffff", "ink": "000000"}, "ground is a colour of 6"),
    "a colour's name": ({"ground": "red", "ink": "000000"}, "ground is a colour"),
    "a colour in three digits": ({"ground": "fff", "ink": "000000"}, "ground is a colour"),
    "style instead of a colour": ({"ground": "000;x:y", "ink": "ffffff"}, "ground is a colour"),
    "markup instead of a colour": ({"ground": '"/><a>', "ink": "ffffff"}, "ground is a colour"),
    "a ground without ink": ({"ground": "ffffff"}, "ink is a colour of 6 hex digits beside"),
    "ink without a ground": ({"ink": "ffffff"}, "ground is a colour of 6 hex digits beside"),
    "what nobody can read": ({"ground": "777777", "ink": "888888"}, "a contrast of 1.3 to 1; 4.5"),
    "the same colour twice": ({"ground": "abcdef", "ink": "abcdef"}, "a contrast of 1.0 to 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_named(case: str) -> None:
    values, sentence = REFUSED[case]
    with pytest.raises(BadRequest) as refused:
        read_options(values)
    assert sentence in str(refused.value)
    assert str(refused.value).isascii()


MEMBERS = {
    "nothing": "",
    "too short": "abc",
    "too long": "0" * 21,
    "capitals": "A" * 20,
    "other digits": "\u0660" * 20,
    "a path": "../../../../../../x",
    "markup": "<script>alert()</scr",
    "a newline behind": "0" * 20 + "\n",
    "an endless one": "f" * 100_000,
}


@pytest.mark.parametrize("case", MEMBERS)
def test_what_is_no_member_s_id_is_named(case: str) -> None:
    with pytest.raises(BadRequest, match="a member's id is 20 of 0-9 and a-f") as refused:
        read_member(MEMBERS[case])
    assert len(str(refused.value)) < 300
