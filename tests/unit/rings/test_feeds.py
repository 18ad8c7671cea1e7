"""Feeds: what RFC 4287 asks for, ids for good, and no text that breaks out."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given

from tests.unit.documents.ring_world import A, after, first
from tests.unit.rings.hostile import ANY_TEXT, HOSTILE
from tests.unit.rings.test_history import ONE, TWO, V1, V2, gone, named
from webring.rings.feeds import MAX_ENTRIES, Feed, Told, history_feed, notices_feed
from webring.rings.history import Event, history

ATOM = "{http://www.w3.org/2005/Atom}"
PAGE = f"https://a.example/rings/soil:{A}"
FEED = Feed(V1.root, "Soil", A, f"{PAGE}.atom", PAGE, since=1_790_000_000_000)
EVENTS = history([V1, V2, after(V2, members=[ONE], removed=[gone(TWO)])], named(ONE))


def parsed(data: bytes) -> Element:
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n")
    return ElementTree.fromstring(data)


def texts(element: Element, name: str) -> list[str]:
    return [found.text or "" for found in element.iter(f"{ATOM}{name}")]


def hrefs(element: Element) -> dict[str | None, str | None]:
    return {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}


def test_a_feed_has_what_the_format_asks_for() -> None:
    feed = parsed(history_feed(FEED, EVENTS))
    assert feed.tag == f"{ATOM}feed"
    assert hrefs(feed) == {"self": FEED.url, "alternate": PAGE}
    assert (feed.findtext(f"{ATOM}title"), feed.findtext(f"{ATOM}author/{ATOM}name")) == ("Soil", A)
    assert feed.findtext(f"{ATOM}updated") == "2026-09-23T14:13:20Z"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries][:2] == [
        "A former member left.",
        "Herbs joined.",
    ]
    for entry in entries:
        assert texts(entry, "name") == ["a.example", "b.example"]
        assert hrefs(entry) == {"alternate": PAGE}
        assert len(texts(entry, "updated")) == len(texts(entry, "content")) == 1
    assert texts(entries[0], "content") == [
        "A former member left. (Version 3, signed by a.example, b.example.)"
    ]


def test_ids_are_different_and_for_good() -> None:
    ids = texts(parsed(history_feed(FEED, EVENTS)), "id")
    assert len(set(ids)) == len(ids) == len(EVENTS) + 1
    again = texts(parsed(history_feed(replace(FEED, title="x", url="y", page="z"), EVENTS)), "id")
    assert again == ids
    # Readers know entries by their ids: these were published, and never change.
    assert ids[:2] == [
        "urn:uuid:41884a34-802a-5d1b-b098-d351b46f5e07",
        "urn:uuid:d4480ce6-6580-5307-8861-47ca1e4c81be",
    ]
    other = replace(FEED, root=first(now=1).root)
    assert not set(texts(parsed(history_feed(other, EVENTS)), "id")) & set(ids)


def test_an_empty_feed_is_a_feed() -> None:
    feed = parsed(history_feed(FEED, []))
    assert feed.findtext(f"{ATOM}updated") == "2026-09-21T14:13:20Z"
    assert parsed(notices_feed(FEED, ONE.id, [])).findall(f"{ATOM}entry") == []


def test_a_feed_ends_somewhere() -> None:
    many = [replace(EVENTS[0], sequence=number) for number in range(1_000, 0, -1)]
    ids = texts(parsed(history_feed(FEED, many)), "id")
    assert len(ids) == MAX_ENTRIES + 1
    told = [Told(number, f"notice {number}") for number in range(1_000)]
    titles = texts(parsed(notices_feed(FEED, ONE.id, told)), "title")
    assert titles[1] == "notice 999"
    assert len(titles) == MAX_ENTRIES + 1


def test_notices_have_ids_of_their_own() -> None:
    told = [Told(1, "You fell asleep."), Told(2, "You fell asleep."), Told(2, "You woke up.")]
    feeds = [parsed(notices_feed(FEED, each.id, told)) for each in (ONE, TWO)]
    one, other = (texts(feed, "id") for feed in feeds)
    assert len(set(one)) == 4
    assert not set(one) & set(other)


def hostile_event(text: str) -> Event:
    return replace(EVENTS[1], name=text or "?", before=(text,), after=(text,))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    check_text(HOSTILE[name])


@given(ANY_TEXT)
def test_no_text_breaks_a_feed(text: str) -> None:
    check_text(text)


def check_text(text: str) -> None:
    feed = replace(FEED, title=text, author=text, url=text, page=text)
    for data in (
        history_feed(feed, [hostile_event(text)]),
        notices_feed(feed, text, [Told(1, text)]),
    ):
        document = parsed(data)
        assert {each.tag.removeprefix(ATOM) for each in document.iter()} == {
            *("feed", "id", "title", "updated", "author", "name", "link", "entry", "content")
        }
        assert "\u202e" not in data.decode()


def test_times_that_no_calendar_has_are_written() -> None:
    far = replace(EVENTS[0], issued_at=2**53 - 1)
    assert "9999-12-31T23:59:59Z" in history_feed(FEED, [far]).decode()
