"""Server names: readable where they are honest, punycode where they imitate."""
# ruff: noqa: RUF001 (letters that look alike are the subject)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.text import shown_server

SHOWN = {
    "plain": ("matrix.example", "matrix.example"),
    "with port": ("matrix.example:8448", "matrix.example:8448"),
    "address": ("[2001:db8::1]:8448", "[2001:db8::1]:8448"),
    "German": ("xn--mnchen-3ya.example", "münchen.example"),
    "Cyrillic that looks like itself": ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
    "Japanese": ("xn--zckzah.example", "テスト.example"),
    "Arabic": ("xn--mgbh0fb.example", "مثال.example"),
    "Cyrillic that looks Latin": ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
    "mixed scripts": ("xn--pple-43d.com", "xn--pple-43d.com"),
    "mixed scripts, given in letters": ("аpple.com", "xn--pple-43d.com"),
    "Greek omicron": ("xn--ggle-0nda.com", "xn--ggle-0nda.com"),
    "no punycode at all": ("xn--.example", "xn--.example"),
    "broken punycode": ("xn--99999999999999.example", "xn--99999999999999.example"),
    "punycode of plain letters": ("xn--abc-.example", "xn--abc-.example"),
    "capital in letters": ("xn--MNCHEN-3ya.example", "münchen.example"),
}


@pytest.mark.parametrize(("name", "expected"), SHOWN.values(), ids=SHOWN)
def test_shown_server(name: str, expected: str) -> None:
    assert shown_server(name) == expected


@given(st.text(alphabet="xn-0123456789abcdefghijklmnopqrstuvwxyz.", max_size=60))
def test_no_name_is_an_error(name: str) -> None:
    assert shown_server(name).count(".") == name.count(".")


@given(st.text(st.characters(), max_size=20))
def test_nothing_unseen_is_shown(name: str) -> None:
    assert not set("\u200b\u202e\u2066\u00ad") & set(shown_server(name))
