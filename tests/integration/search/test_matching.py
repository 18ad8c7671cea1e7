"""What a query finds: words, beginnings, typos, phrases, scripts, names, filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.listings import listing
from tests.integration.search.asking import hits, rooms
from tests.integration.search.conftest import fill
from webring.directory.listing import Kind, Standing
from webring.names import CommunityId, ServerName
from webring.search.finding import Facet
from webring.search.index import SearchIndex
from webring.search.planning import Pass, SearchRequest, passes, plan
from webring.search.query import parse

GARDEN = CommunityId("garden:commune.example")
LISTINGS = [
    listing("rust", "Rust", topic="A language for everyone", alias="#rust-lang:hs.example"),
    listing("async", "Rust async", topic="Futures and executors"),
    listing("cafe", "Café Größe", topic="Kaffee & Kuchen"),
    listing("tokyo", "東京音楽会", topic="ライブの話"),
    listing("beijing", "北京音乐群"),
    listing("seoul", "한국 음악을 듣는 방"),
    listing("thai", "ห้องภาษาไทย"),
    listing("music", "موسيقى عربية", interests=("music",), languages=("ar",)),
    listing("hebrew", "שלום לכולם"),
    listing("greek", "Ελληνική μουσική"),
    listing(
        "garden", "Green corner", interests=("gardening",), community=GARDEN, kind=Kind.SPACE
    ),
    listing("child", "Compost", parents=(GARDEN,), topic="a free source of soil, open to all"),
    listing("source", "Open source club", topic="Free software"),
    listing("peer", "Peer Tube"),
    listing("cpp", "Modern C++", languages=("pt-BR",)),
    listing("clang", "C for beginners"),
    listing("far", "Far away", alias="#far:other.example", servers=(ServerName("third.example"),)),
    listing("found", "Rust found", standing=Standing.FOUND, alias="#found:hs.example"),
    listing("adult", "Rust after dark", adult=True, alias="#dark:hs.example"),
]  # fmt: skip

FINDS = {
    "a word of the name": ("async", {"async"}),
    "any case": ("ASYNC", {"async"}),
    "all words": ("rust async", {"async"}),
    "the beginning of the last word": ("rust asy", {"async"}),
    "not of a finished one": ("asy ", set()),
    "not of one before": ("ru async", set()),
    "the topic": ("executors", {"async"}),
    "the alias": ("lang", {"rust", "clang"} - {"clang"}),
    "the server": ("third", {"far"}),
    "without diacritics": ("cafe grosse", {"cafe"}),
    "with diacritics": ("Größe", {"cafe"}),
    "phrase": ('"open source"', {"source"}),
    "words of a phrase elsewhere": ("open source", {"source", "child"}),
    "minus": ("rust -async", {"rust"}),
    "minus phrase": ('source -"open source"', {"child"}),
    "written together": ("peertube", {"peer"}),
    "written with a dash": ("peer-tube", {"peer"}),
    "C++ is not C": ("c++", {"cpp"}),
    "Japanese inside a name": ("音楽会", {"tokyo"}),
    "katakana": ("ライブ", {"tokyo"}),
    "Chinese inside a name": ("音乐群", {"beijing"}),
    "one character": ("京", {"tokyo", "beijing"}),
    "Korean without its particle": ("음악", {"seoul", "music"}),
    "Thai inside a word": ("ภาษา", {"thai"}),
    "Hebrew": ("שלום", {"hebrew"}),
    "Greek without accents": ("μουσικη", {"greek"}),
    "Arabic without vowels": ("موسيقي", {"music"}),
    "an interest in another language": ("Gärtnern", {"garden"}),
    "an interest in Japanese": ("園芸", {"garden"}),
    "an interest's own name": ("gardening", {"garden"}),
    "server": ("server:third.example", {"far"}),
    "server of the alias": ("server:other.example", {"far"}),
    "language": ("lang:ar", {"music"}),
    "language without its region": ("lang:pt", {"cpp"}),
    "interest": ("interest:gardening", {"garden"}),
    "interest in Spanish": ("interest:jardinería", {"garden"}),
    "in an instance": ("in:commune.example", {"garden", "child"}),
    "in a community": ("in:garden:commune.example compost", {"child"}),
    "not in it": ("source -in:commune.example", {"source"}),
    "a field and words": ("server:hs.example async", {"async"}),
    "an alias": ("#far:other.example", {"far"}),
    "an alias in capitals": ("#far:OTHER.example", {"far"}),
    "a room id": ("!far:hs.example", {"far"}),
    "an unknown room id": ("!nobody:hs.example", set()),
    "found, when it is named": ("#found:hs.example", {"found"}),
    "adult, never unasked": ("#dark:hs.example", set()),
}  # fmt: skip


@pytest.fixture
def index(index: SearchIndex) -> SearchIndex:
    fill(index, LISTINGS)
    return index


@pytest.mark.parametrize(("text", "expected"), FINDS.values(), ids=FINDS)
def test_finds(index: SearchIndex, text: str, expected: set[str]) -> None:
    assert set(rooms(index, text)) == expected


TYPOS = {
    "a letter missing": ("asnc", {"async"}),
    "a letter too many": ("compoost", {"child"}),
    "letters swapped": ("rsut", {"rust", "async"}),
    "two typos in a long word": ("exekutros", {"async"}),
    "two typos in a short word": ("rzzt", set()),
    "no typos below four letters": ("rus ", set()),
    "a right word and a wrong one": ("rust asynk", {"async"}),
    "numbers are never typos": ("2024", set()),
}


@pytest.mark.parametrize(("text", "expected"), TYPOS.values(), ids=TYPOS)
def test_typos(index: SearchIndex, text: str, expected: set[str]) -> None:
    assert rooms(index, text, Pass.WORDS) == []
    assert set(rooms(index, text, Pass.TYPOS)) == expected


def test_any_of_the_words_with_most_of_them_first(index: SearchIndex) -> None:
    assert rooms(index, "rust async submarines", Pass.ANY)[0] == "async"
    assert rooms(index, "北方音乐节", Pass.ANY) == ["beijing"]


def test_passes_that_cannot_find_more_are_not_tried() -> None:
    assert passes(parse("")) == (Pass.WORDS,)
    assert passes(parse("abc")) == (Pass.WORDS,)
    assert passes(parse("abcd")) == (Pass.WORDS, Pass.TYPOS)
    assert passes(parse("abc def")) == (Pass.WORDS, Pass.ANY)
    assert passes(parse("-abcd lang:de")) == (Pass.WORDS,)


REQUESTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "found": ({"found": True}, {"rust", "async", "found"}),
    "only found": ({"standing": "found"}, {"found"}),
    "adult": ({"adult": True}, {"rust", "async", "adult"}),
    "kind": ({"kind": "space"}, set()),
    "kind that is none": ({"kind": "submarine"}, set()),
    "server": ({"server": "HS.example"}, {"rust", "async"}),
    "instance": ({"instance": "nobody.example"}, set()),
    "interest": ({"interest": "music"}, set()),
    "all is empty": ({"interest": "", "language": "", "kind": "", "server": ""}, {"rust", "async"}),
}


@pytest.mark.parametrize(("request_", "expected"), REQUESTS.values(), ids=REQUESTS)
def test_requests(index: SearchIndex, request_: dict[str, Any], expected: set[str]) -> None:
    assert set(rooms(index, "rust", **request_)) == expected


def test_browsing_shows_everything_that_is_not_hidden(index: SearchIndex) -> None:
    shown = hits(index, "", limit=50)
    assert shown.total == len(shown.ids) == len(LISTINGS) - 2
    assert hits(index, "", found=True, adult=True, limit=50).total == len(LISTINGS)
    assert rooms(index, "", kind="space") == ["garden"]


def test_only_minus_shows_all_the_rest(index: SearchIndex) -> None:
    assert hits(index, "-rust", limit=50).total == len(LISTINGS) - 4


def test_facets_count_every_hit(index: SearchIndex) -> None:
    wanted = plan(parse(""), SearchRequest(), Pass.WORDS)
    facets = index.facets(wanted, ("kind", "interest", "world_readable"))
    assert set(facets) == {"kind", "interest", "world_readable"}
    assert facets["kind"] == (Facet("room", len(LISTINGS) - 3), Facet("space", 1))
    assert set(facets["interest"]) == {Facet("gardening", 1), Facet("music", 1)}
    assert facets["world_readable"] == (Facet("1", len(LISTINGS) - 2),)


def test_a_request_without_anything_is_a_request() -> None:
    assert SearchRequest() == SearchRequest(text="")
