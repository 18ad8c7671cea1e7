"""History in sentences: each kind has one, and strangers' text does no harm in it."""

from __future__ import annotations

import re

import pytest

from tests.unit.documents.ring_world import A, B
from webring.documents.ring import JoinPolicy, Order, Reason
from webring.rings.history import Event, EventKind
from webring.rings.telling import REASONS, SENTENCES, said, sentence

K = EventKind
VALUES: dict[EventKind, list[tuple[str, ...]]] = {
    K.POLICY: [(policy.value,) for policy in JoinPolicy],
    K.ORDER: [(order.value,) for order in Order],
    K.INTERESTS: [(), ("a", "b")],
    K.LANGUAGES: [(), ("en",)],
    K.MIRRORS: [(), (A, B)],
}


def event(
    kind: EventKind,
    name: str = "",
    count: int = 1,
    *,
    after: tuple[str, ...] = ("x",),
    code: Reason | None = None,
) -> Event:
    return Event(kind, 2, "0" * 64, 0, (A,), name=name, count=count, after=after, code=code)


def everything() -> list[Event]:
    return [
        event(kind, name, count, after=after)
        for kind in K
        for name, count in (("Herbs", 1), ("", 1), ("", 3))
        for after in VALUES.get(kind, [("x",)])
    ]


def test_every_sentence_is_said_of_something() -> None:
    assert {said(each)[0].text for each in everything()} == set(SENTENCES.values())


@pytest.mark.parametrize("each", everything(), ids=lambda each: each.key)
def test_every_gap_is_filled(each: Event) -> None:
    text = sentence(each)
    assert "%" not in text
    assert text.endswith(".")
    assert "  " not in text


def test_a_reason_follows_where_there_is_one() -> None:
    assert set(Reason) - set(REASONS) == {Reason.LEFT, Reason.REMOVED}
    for code, reason in REASONS.items():
        assert sentence(event(K.REMOVED, code=code)) == f"A former member was removed. {reason}"


HOSTILE: dict[str, tuple[str, str]] = {
    "a line break": ("He\nrbs", "He rbs joined."),
    "turned around": ("He\u202erbs", "Herbs joined."),
    "unseen": ("He\u200brbs", "Herbs joined."),
    "an escape": ("He\x1b[31mrbs", "He[31mrbs joined."),
    "a NUL": ("He\0rbs", "Herbs joined."),
    "half a character": ("He\ud800rbs", "He\N{REPLACEMENT CHARACTER}rbs joined."),
    "a gap": ("%(count)s %s %", "%(count)s %s % joined."),
    "markup": ("<b>&amp;</b>", "<b>&amp;</b> joined."),
    "long": ("x" * 255, f"{'x' * 79}… joined."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_no_harm(name: str) -> None:
    text, told = HOSTILE[name]
    assert sentence(event(K.JOINED, text)) == told


def test_lists_and_servers_are_readable() -> None:
    mirrors = event(K.MIRRORS, after=("xn--bcher-kva.example", A))
    assert sentence(mirrors) == "The mirrors changed: bücher.example, a.example."
    assert len(sentence(event(K.INTERESTS, after=("x" * 60,) * 32))) < 400


def test_sentences_have_gaps_that_exist() -> None:
    gaps = {gap for text in SENTENCES.values() for gap in re.findall(r"%\((\w+)\)s", text)}
    assert gaps == {"name", "count", "before", "after"}
