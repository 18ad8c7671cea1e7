"""Outlines and exports of a ring: whole, readable by ourselves, and harmless."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given

from tests.unit.documents.ring_world import ID, TERMS, B, first
from tests.unit.rings.circles import slot
from tests.unit.rings.hostile import ANY_TEXT, HOSTILE
from webring.documents.ring import MemberKind
from webring.names import Slug
from webring.rings.circle import Circle
from webring.rings.exports import Listed, listed, ring_json
from webring.rings.outlines import outline
from webring.rings.states import MemberState

HERBS = Listed(
    "0" * 20, MemberKind.COMMUNITY, B, Slug("herbs"), "https://b.example/herbs", "Herbs",
    MemberState.ACTIVE, ("herbs", "cooking"),
)  # fmt: skip
SHED = Listed(
    "1" * 20, MemberKind.SITE, None, None, "https://xn--bcher-kva.example/", "",
    MemberState.SLEEPING,
)  # fmt: skip
AT = 1_790_000_000_000


def outlines(data: bytes) -> list[dict[str, str]]:
    body = ElementTree.fromstring(data).find("body")
    assert body is not None
    return [element.attrib for element in body]


def test_an_outline_has_every_member() -> None:
    data = outline("Soil", [HERBS, SHED], ["gardening"], AT)
    document = ElementTree.fromstring(data)
    assert (document.tag, document.get("version")) == ("opml", "2.0")
    assert document.findtext("head/title") == "Soil"
    assert document.findtext("head/dateModified") == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert outlines(data) == [
        {
            "type": "link",
            "text": "Herbs",
            "title": "Herbs",
            "url": "https://b.example/herbs",
            "htmlUrl": "https://b.example/herbs",
            "category": "herbs,cooking",
        },
        {
            "type": "link",
            "text": "bücher.example",
            "title": "bücher.example",
            "url": "https://xn--bcher-kva.example/",
            "htmlUrl": "https://xn--bcher-kva.example/",
            "category": "gardening",
        },
    ]


def test_categories_are_tags() -> None:
    strange = replace(HERBS, interests=("a/b", "c,d", " "))
    assert outlines(outline("x", [strange], (), AT))[0]["category"] == "a b,c d"
    assert "category" not in outlines(outline("x", [SHED], (), AT))[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    check_text(HOSTILE[name])


@given(ANY_TEXT)
def test_no_text_breaks_an_outline(text: str) -> None:
    check_text(text)


def check_text(text: str) -> None:
    member = replace(HERBS, title=text, interests=(text,))
    data = outline(text, [member], (text,), AT)
    (one,) = outlines(data)
    assert one["url"] == HERBS.url
    assert one["text"]
    assert "\u202e" not in data.decode()
    terms = replace(TERMS, name=text, description=text, criteria=text, interests=(text,))
    exported = json.dumps(ring_json(replace(first(), terms=terms), [member]), ensure_ascii=False)
    assert exported.encode()
    assert "\u202e" not in exported


def test_times_that_no_calendar_has_are_written() -> None:
    assert b"31 Dec 9999" in outline("x", [], (), 2**53 - 1)


def test_an_export_says_all_of_a_ring() -> None:
    ring = first()
    exported = ring_json(ring, [HERBS, SHED])
    assert exported["id"] == "soil:a.example"
    assert (exported["root"], exported["sequence"]) == (ring.root, 1)
    assert exported["stewards"] == {
        "threshold": 2,
        "instances": ["a.example", "b.example", "c.example"],
    }
    assert (exported["policy"], exported["order"]) == ("request", "joined")
    assert exported["members"] == [
        {
            "id": "0" * 20,
            "kind": "community",
            "url": "https://b.example/herbs",
            "title": "Herbs",
            "state": "active",
            "instance": "b.example",
            "community": "herbs",
        },
        {
            "id": "1" * 20,
            "kind": "site",
            "url": "https://xn--bcher-kva.example/",
            "title": "",
            "state": "sleeping",
            "instance": None,
            "community": None,
        },
    ]
    assert json.loads(json.dumps(exported)) == exported


def test_a_circle_s_members_are_listed_by_their_names() -> None:
    slots = [slot(1), slot(2, MemberState.SLEEPING), slot(3)]
    circle = Circle(ID, first().root, slots, {}, 1, "Soil", False)
    named = {slots[0].id: "One", slots[1].id: "Two"}.get
    found = listed(circle, lambda member: named(member, ""), {slots[1].id: ("mud",)})
    assert [(each.title, each.state, each.interests) for each in found] == [
        ("One", MemberState.ACTIVE, ()),
        ("Two", MemberState.SLEEPING, ("mud",)),
    ]
