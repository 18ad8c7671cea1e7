"""From a page's bytes to its text.

Source: HTML standard, "The input byte stream", and the Encoding standard's labels: a byte order
mark, else the Content-Type's charset, else a `<meta>` in the first kilobyte, else UTF-8 where the
bytes are, else windows-1252. Only codecs of this table are used: Python knows others by name that
are no encodings, or are slow.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

PRESCAN: Final = 1_024
"""Bytes in which a `<meta>` may name the charset."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODECS: Final = {
    "utf-8": ("utf-8", "utf8", "unicode-1-1-utf-8"),
    "utf-16-le": ("utf-16", "utf-16le"),
    "utf-16-be": ("utf-16be",),
    "cp1252": ("windows-1252", "cp1252", "iso-8859-1", "iso8859-1", "latin1", "l1", "us-ascii",
               "ascii"),
    "cp1250": ("windows-1250", "cp1250"),
    "cp1251": ("windows-1251", "cp1251"),
    "cp1253": ("windows-1253", "cp1253"),
    "cp1254": ("windows-1254", "cp1254", "iso-8859-9", "latin5"),
    "cp1255": ("windows-1255", "cp1255"),
    "cp1256": ("windows-1256", "cp1256"),
    "cp1257": ("windows-1257", "cp1257"),
    "cp1258": ("windows-1258", "cp1258"),
    "iso8859-2": ("iso-8859-2", "latin2", "l2"),
    "iso8859-5": ("iso-8859-5", "cyrillic"),
    "iso8859-7": ("iso-8859-7", "greek"),
    "iso8859-15": ("iso-8859-15", "latin9"),
    "koi8-r": ("koi8-r", "koi8"),
    "koi8-u": ("koi8-u",),
    "cp932": ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"),
    "euc_jp": ("euc-jp", "x-euc-jp"),
    "gb18030": ("gb18030", "gbk", "gb2312", "x-gbk"),
    "big5hkscs": ("big5", "big5-hkscs", "x-x-big5"),
    "cp949": ("euc-kr", "ks_c_5601-1987", "windows-949"),
}  # fmt: skip
_BY_LABEL: Final = {label: codec for codec, labels in _CODECS.items() for label in labels}
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_META: Final = re.compile(rb"<meta[^>]{0,500}>", re.IGNORECASE)


def decode_page(body: bytes, content_type: str = "") -> str:
    """The text of a page; what its charset cannot read becomes U+FFFD."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    named = _named(content_type) or _in_meta(body[:PRESCAN])
    if named:
        return body.decode(named, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A page that was cut may end in the middle of a character.
        cut = error.reason == "unexpected end of data" and not body[: error.start].isascii()
        return body.decode("utf-8" if cut else "cp1252", "replace")


def _named(text: str) -> str | None:
    found = _CHARSET.search(text)
    return _BY_LABEL.get(found[1].lower()) if found else None


def _in_meta(start: bytes) -> str | None:
    """The codec that a `<meta>` names; one of two bytes a character cannot be named so."""
    for tag in _META.findall(start):
        codec = _named(tag.decode("ascii", "replace"))
        if codec:
            return "utf-8" if codec.startswith("utf-16") else codec
    return None
