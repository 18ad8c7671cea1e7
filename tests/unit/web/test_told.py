"""A ring's history on a page: in the reader's language, with nothing of a name taken for markup."""

from __future__ import annotations

import pytest

from tests.unit.rings.test_telling import event, everything
from webring.documents.ring import Reason
from webring.rings.history import Event, EventKind
from webring.web.languages import available
from webring.web.rendering import environment

K = EventKind


def told(what: Event, language: str = "en") -> str:
    return environment(language).from_string("{{ what|told }}").render(what=what)


def test_it_is_said_in_the_reader_s_language() -> None:
    assert told(event(K.JOINED, "Herbs")) == "<bdi>Herbs</bdi> joined."
    assert told(event(K.JOINED, "Herbs"), "de") == "<bdi>Herbs</bdi> kam dazu."
    assert told(event(K.LEFT, count=3), "de") == "Frühere Mitglieder gingen: <bdi>3</bdi>."


def test_a_reason_follows() -> None:
    assert told(event(K.REMOVED, code=Reason.RULES)) == (
        "A former member was removed. Reason: the rules of the ring."
    )


@pytest.mark.parametrize("language", available())
def test_everything_is_said_in_every_language(language: str) -> None:
    for each in everything():
        text = told(each, language)
        assert text.endswith(".")
        assert "%" not in text


HOSTILE = {
    "markup": ("<b onclick='x'>", "&lt;b onclick=&#39;x&#39;&gt;"),
    "a gap": ("%(count)s %", "%(count)s %"),
    "an entity": ("&amp;", "&amp;amp;"),
    "turned around": ("a\u202eb", "ab"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_markup(name: str) -> None:
    text, shown = HOSTILE[name]
    assert told(event(K.JOINED, text)) == f"<bdi>{shown}</bdi> joined."
