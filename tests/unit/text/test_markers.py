"""Markers in topics: what moderators ask of directories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.names import ServerName
from webring.text import Markers, read_markers, without_markers

SERVER = ServerName("commune.example")
READ = {
    "none": ("A room (with brackets) [and more]", Markers()),
    "noindex": ("Hi (MRS-noindex:true-MRS)", Markers(noindex=True)),
    "noindex in any case, with spaces": ("( mrs-NOINDEX : True -mrs )", Markers(noindex=True)),
    "noindex false": ("(MRS-noindex:false-MRS)", Markers()),
    "noindex hidden by zero-width": ("(MRS\u200b-noindex:tr\u200due-MRS)", Markers(noindex=True)),
    "language": ("(MRS-language:EN-MRS)", Markers(language="en")),
    "language with region": ("(MRS-language:pt-BR-MRS)", Markers(language="pt-br")),
    "language that is none": ("(MRS-language:english-MRS)", Markers()),
    "both": (
        "x (MRS-language:de-MRS) y (MRS-noindex:true-MRS)",
        Markers(noindex=True, language="de"),
    ),
    "instance": ("Join! [webring:commune.example]", Markers(instance=SERVER)),
    "instance in capitals": ("[Webring: Commune.Example ]", Markers(instance=SERVER)),
    "instance with port": ("[webring:a.b:8448]", Markers(instance=ServerName("a.b:8448"))),
    "instance by address": ("[webring:[::1]:8448]", Markers(instance=ServerName("[::1]:8448"))),
    "instance malformed": ("[webring:not a name]", Markers()),
    "instance malformed, then good": (
        "[webring:-] [webring:a.b]",
        Markers(instance=ServerName("a.b")),
    ),
    "the first instance counts": (
        "[webring:a.b] [webring:c.d]",
        Markers(instance=ServerName("a.b")),
    ),
    "opt-out": ("[webring:off]", Markers(optout=True)),
    "opt-out beside an instance": (
        "[webring:a.b] [WEBRING:OFF]",
        Markers(optout=True, instance=ServerName("a.b")),
    ),
    "unclosed": ("(MRS-noindex:true [webring:off", Markers()),
}


@pytest.mark.parametrize(("topic", "expected"), READ.values(), ids=READ)
def test_reading(topic: str, expected: Markers) -> None:
    assert read_markers(topic) == expected


def test_one_wish_is_enough_to_be_left_out() -> None:
    assert not read_markers("(MRS-noindex:true-MRS)").listable
    assert not read_markers("[webring:off]").listable
    assert read_markers("[webring:a.b]").listable


SHOWN = {
    "between words": ("Hello (MRS-language:EN-MRS) world", "Hello world"),
    "at the end": ("Hello [webring:a.b]", "Hello"),
    "alone": ("[webring:off]", ""),
    "none": ("Hello [world] (there)", "Hello [world] (there)"),
}


@pytest.mark.parametrize(("topic", "expected"), SHOWN.values(), ids=SHOWN)
def test_markers_are_not_for_readers(topic: str, expected: str) -> None:
    assert without_markers(topic) == expected


@given(st.text(alphabet="([MRS-webring:noindex true.off])", max_size=80))
def test_no_topic_is_an_error_and_none_keeps_a_marker(topic: str) -> None:
    read_markers(topic)
    assert len(without_markers(topic)) <= len(topic)
