"""Texts that want to break out of whatever they are written into."""

from __future__ import annotations

from hypothesis import strategies as st

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "an end": "]]></title></entry></feed>",
    "an entity": "&lol; &amp; &#0; &#x1;",
    "quotes": "\"' onload='x",
    "a NUL": "a\0b",
    "controls": "".join(map(chr, range(32))) + "\x7f\x9f",
    "half a character": "a\ud800b\udfff",
    "characters that are none": "a\ufffe\uffff\U0001ffffb",
    "turned around": "a\u202eb\u2066c",
    "unseen": "a\u200bb\ufeff",
    "a declaration": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>',
    "line breaks": "a\r\nb\u2028c\x85d",
    "a comment": "<!-- -- -->",
    "nothing": "",
}
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=60)
"""Any text at all, surrogates included."""
