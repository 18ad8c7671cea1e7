"""Pages' bytes in every encoding that still is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.rings.charset import decode_page

META = '<meta charset="%s"><title>%s</title>'
CASES: dict[str, tuple[bytes, str, str]] = {
    "UTF-8, unsaid": ("Gärten".encode(), "", "Gärten"),
    "windows-1252, unsaid": ("Gärten".encode("cp1252"), "", "Gärten"),
    "by the header": ("Gärten".encode("cp1252"), "text/html; charset=ISO-8859-1", "Gärten"),
    "quoted in the header": ("сад".encode("cp1251"), 'text/html; Charset="windows-1251"', "сад"),
    "by a meta": (b'<meta charset="koi8-r">' + "сад".encode("koi8-r"), "text/html", "сад"),
    "by an old meta": (
        b"<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>"
        + "庭".encode("cp932"),
        "",
        "庭",
    ),
    "the header wins": (b"<meta charset=koi8-r>" + "é".encode(), "text/html;charset=utf-8", "é"),
    "the mark wins": ("\ufeff庭".encode("utf-16"), "text/html; charset=latin1", "庭"),
    "a mark of UTF-8": (b"\xef\xbb\xbfx", "", "x"),
    "a meta cannot say UTF-16": (b"<meta charset=utf-16>" + "é".encode(), "", "é"),
    "a meta too far down is not read": (b" " * 1_024 + b"<meta charset=koi8-r>\xe9.", "", "é"),
    "an unknown charset": ("é".encode(), "text/html; charset=klingon", "é"),
    "a codec that is none": (b"cha\xe9", "text/html; charset=idna", "chaé"),
    "a codec that escapes": (rb"\u0041", "text/html; charset=unicode_escape", r"\u0041"),
    "cut within a character": ("é".encode() * 3 + b"\xc3", "", "ééé\N{REPLACEMENT CHARACTER}"),
    "wrong bytes": (b"a\xffb", "text/html; charset=utf-8", "a\N{REPLACEMENT CHARACTER}b"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_is_decoded(case: str) -> None:
    body, content_type, text = CASES[case]
    assert text in decode_page(body, content_type)


@given(st.binary(max_size=200), st.text(max_size=60))
def test_no_page_fails(body: bytes, content_type: str) -> None:
    assert isinstance(decode_page(body, content_type), str)
