"""Hops: how they are asked for, who is believed to ask, and what an answer may carry."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rings.circles import callers, member_id, slot, walks
from webring.rings.circle import Walk
from webring.rings.states import MemberState
from webring.web import hops
from webring.web.hops import Caller, Direction, Hop, Stop

NEXT, PREVIOUS, RANDOM = Direction.NEXT, Direction.PREVIOUS, Direction.RANDOM
RING = "bees:garden.example"
MEMBER = member_id(1)

PATHS = {
    "next": (f"/rings/{RING}/next", Hop("rings", RING, None, NEXT, False)),
    "prev": (f"/rings/{RING}/prev", Hop("rings", RING, None, PREVIOUS, False)),
    "previous": (f"/rings/{RING}/previous", Hop("rings", RING, None, PREVIOUS, False)),
    "random": (f"/rings/{RING}/random", Hop("rings", RING, None, RANDOM, False)),
    "next, of a member": (f"/rings/{RING}/{MEMBER}/next", Hop("rings", RING, MEMBER, NEXT, False)),
    "prev, of a member": (
        f"/rings/{RING}/{MEMBER}/prev",
        Hop("rings", RING, MEMBER, PREVIOUS, False),
    ),
    "previous, of a member": (
        f"/rings/{RING}/{MEMBER}/previous",
        Hop("rings", RING, MEMBER, PREVIOUS, False),
    ),
    "next, as JSON": (f"/rings/{RING}/next.json", Hop("rings", RING, None, NEXT, True)),
    "prev, as JSON": (
        f"/rings/{RING}/{MEMBER}/prev.json",
        Hop("rings", RING, MEMBER, PREVIOUS, True),
    ),
    "previous, as JSON": (f"/rings/{RING}/previous.json", Hop("rings", RING, None, PREVIOUS, True)),
    "random, as JSON": (f"/rings/{RING}/random.json", Hop("rings", RING, None, RANDOM, True)),
    "a topic": ("/topics/gardening/next", Hop("topics", "gardening", None, NEXT, False)),
    "a topic, of a member": (
        f"/topics/gardening/{MEMBER}/prev.json",
        Hop("topics", "gardening", MEMBER, PREVIOUS, True),
    ),
    "a ring without a name": ("/rings//next", Hop("rings", "", None, NEXT, False)),
    "a member that is called next": (
        f"/rings/{RING}/next/next",
        Hop("rings", RING, "next", NEXT, False),
    ),
}
OTHER_PATHS = {
    "nothing": "",
    "the home page": "/",
    "the rings": "/rings/",
    "a ring": f"/rings/{RING}",
    "a ring's members": f"/rings/{RING}/members",
    "no ring": "/rings/next",
    "the rings' next, twice": "/rings/next/",
    "a slash at the end": f"/rings/{RING}/next/",
    "one part too many": f"/rings/{RING}/{MEMBER}/x/next",
    "another folder": f"/ring/{RING}/next",
    "a folder before": f"/x/rings/{RING}/next",
    "two slashes": f"//rings/{RING}/next",
    "no slash": f"rings/{RING}/next",
    "capitals": f"/rings/{RING}/NEXT",
    "another way": f"/rings/{RING}/back",
    "another format": f"/rings/{RING}/next.xml",
    "two formats": f"/rings/{RING}/next.json.json",
    "a longer word": f"/rings/{RING}/nextdoor",
}


@pytest.mark.parametrize("case", PATHS)
def test_paths_of_hops(case: str) -> None:
    path, hop = PATHS[case]
    assert hops.read_hop(path) == hop


@pytest.mark.parametrize("case", OTHER_PATHS)
def test_paths_of_something_else(case: str) -> None:
    assert hops.read_hop(OTHER_PATHS[case]) is None


@given(
    st.text() | st.lists(st.sampled_from([*"/:.", "rings", "next", "json", "prev"])).map("".join)
)
def test_no_path_is_too_strange_to_be_read(path: str) -> None:
    for each in (path, f"/rings/{path}", f"/topics/{path}/next"):
        hop = hops.read_hop(each)
        assert hop is None or each.startswith(f"/{hop.along}/{hop.name}/")


WALK = Walk(
    [
        slot(1, url="https://site.example/"),
        slot(2, url="https://tilde.example/~ada/"),
        slot(3, url="https://tilde.example/~bob/"),
        slot(4, url="https://b.example/x+y?a=1&b=2"),
    ],
    {member_id(9): member_id(2)},
    {member_id(9): "https://gone.example/"},
)
ASKED = Hop("rings", RING, None, NEXT, False)

BY_NAME = {
    "an id": (b"from=" + member_id(2).encode(), 2),
    "a ghost's id": (b"from=" + member_id(9).encode(), 9),
    "a URL": (b"from=https://site.example/", 1),
    "a URL, escaped": (b"from=https%3A%2F%2Fsite.example%2F", 1),
    "a URL with a plus": (b"from=https://b.example/x+y%3Fa=1%26b=2", 4),
    "among others": (b"x=1&from=https://site.example&y=2", 1),
    "the first that says something": (b"from=&from=https://site.example&from=" + b"f" * 20, 1),
    "escaped twice": (b"from=https%253A%252F%252Fsite.example%252F", None),
    "a stranger": (b"from=https://other.example/", None),
    "a broken escape": (b"from=%zz%", None),
    "no text": (b"from=%ff%fe\xff", None),
    "NUL": (b"from=https://site.example/%00", None),
    "a line break": (b"from=https://site.example/%0d%0aSet-Cookie:%20a=b", None),
}
BY_REFERER = {
    "an origin": (b"https://site.example", 1, None),
    "a page": (b"https://site.example/any/page?x", 1, None),
    "over http": (b"http://site.example/", 1, None),
    "a very long page": (b"https://site.example/" + b"a" * 60_000, 1, None),
    "a ghost": (b"https://gone.example/", 9, None),
    "several members": (b"https://tilde.example/~ada/", None, Stop.SEVERAL),
    "a stranger": (b"https://other.example/", None, Stop.UNKNOWN),
    "a name that goes on": (b"https://site.example.evil.com/", None, Stop.UNKNOWN),
    "a name as a user": (b"https://site.example@evil.com/", None, Stop.UNKNOWN),
    "null": (b"null", None, Stop.UNKNOWN),
    "bytes": (b"\xff\xfe\x00", None, Stop.UNKNOWN),
    "nothing": (b"", None, Stop.UNSAID),
}


@pytest.mark.parametrize("case", BY_NAME)
def test_callers_who_say_their_name(case: str) -> None:
    query, number = BY_NAME[case]
    found = hops.read_caller(WALK, ASKED, query, [(b"referer", b"https://tilde.example/")])
    assert found == Caller(None if number is None else member_id(number))
    assert found.stop is Stop.UNKNOWN


@pytest.mark.parametrize("case", BY_REFERER)
def test_callers_who_are_known_by_where_they_come_from(case: str) -> None:
    referer, number, stop = BY_REFERER[case]
    found = hops.read_caller(WALK, ASKED, b"from=&other=1", [(b"a", b"b"), (b"referer", referer)])
    assert found.id == (None if number is None else member_id(number))
    assert stop is None or found.stop is stop
    assert found.by_referer


def test_the_path_says_more_than_the_query() -> None:
    hop = Hop("rings", RING, member_id(3), NEXT, False)
    assert hops.read_caller(WALK, hop, b"from=https://site.example/", []) == Caller(member_id(3))


@given(st.binary(), st.binary())
def test_no_caller_is_too_strange_to_be_looked_up(query: bytes, referer: bytes) -> None:
    for text in (query, b"from=" + query, b"from=https://site.example" + query):
        found = hops.read_caller(WALK, ASKED, text, [(b"referer", referer)])
        assert found.id is None or found.id in callers(WALK)


@given(walks(), st.sampled_from(Direction))
def test_whoever_calls_by_id_or_url_is_the_same(walk: Walk, way: Direction) -> None:
    for caller in callers(walk):
        by_path = hops.read_caller(walk, Hop("rings", RING, caller, way, False), b"", [])
        by_query = hops.read_caller(
            walk, Hop("rings", RING, None, way, False), b"from=" + caller.encode(), []
        )
        assert by_path == by_query == Caller(caller if walk.slots else None)
    for each in walk.slots:
        query = b"from=" + each.url.encode()
        asked = Hop("rings", RING, None, way, False)
        assert hops.read_caller(walk, asked, query, []) == Caller(each.id)


LOCATIONS = {
    "plain": ("https://site.example/", "https://site.example/"),
    "escaped already": ("https://site.example/caf%C3%A9", "https://site.example/caf%C3%A9"),
    "its own letters": ("https://site.example/caf\u00e9", "https://site.example/caf%C3%A9"),
    "a space": ("https://site.example/a b", "https://site.example/a%20b"),
    "a line break": ("https://site.example/\r\nX: y", "https://site.example/%0D%0AX:%20y"),
    "a fragment": (
        "https://matrix.example/#/#r:m.example",
        "https://matrix.example/#/#r:m.example",
    ),
}


@pytest.mark.parametrize("case", LOCATIONS)
def test_stored_urls_as_a_header_carries_them(case: str) -> None:
    url, written = LOCATIONS[case]
    assert hops.location(url) == written
    assert hops.location(written) == written


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_url_splits_a_header_or_the_body(text: str) -> None:
    headers, body = hops.redirect(f"https://site.example/{text}", Caller(None))
    location = dict(headers)[b"location"].decode()
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
    assert body.count(b"<a ") == body.count(b"</a>") == 1
    assert dict(headers)[b"content-length"] == str(len(body)).encode()


def test_a_redirect_is_kept_by_nobody_and_small() -> None:
    headers, body = hops.redirect('https://site.example/?a=1&b="<x>', Caller(member_id(1)))
    named = dict(headers)
    assert named[b"cache-control"] == b"no-store"
    assert named[b"referrer-policy"] == b"strict-origin"
    assert b"vary" not in named
    assert b'href="https://site.example/?a=1&amp;b=%22%3Cx%3E"' in body
    assert len(body) < 512
    by_referer, _ = hops.redirect("https://site.example/", Caller(None, by_referer=True))
    assert dict(by_referer)[b"vary"] == b"Referer"


PAGES = {
    "a ring": (ASKED, RING, Stop.UNKNOWN, f"/rings/{RING}?hop=unknown"),
    "a topic": (
        Hop("topics", "gardening", None, NEXT, False),
        "gardening",
        Stop.SEVERAL,
        "/rings?interest=gardening&hop=several",
    ),
    "a name that is none": (
        ASKED,
        "//evil.com/?#",
        Stop.EMPTY,
        "/rings/%2F%2Fevil.com%2F%3F%23?hop=empty",
    ),
}


@pytest.mark.parametrize("case", PAGES)
def test_pages_at_which_a_hop_ends(case: str) -> None:
    hop, name, stop, path = PAGES[case]
    assert hops.page_of(hop, name, stop) == path


def test_neighbours_for_programs() -> None:
    walk = Walk([slot(1), slot(2, MemberState.SLEEPING), slot(3)], {member_id(9): member_id(1)})
    headers, body = hops.neighbours(walk, Caller(member_id(2)), None, ASKED)
    found = json.loads(body)
    assert list(found) == ["previous", "current", "next"]
    assert found["previous"]["url"] == "https://site1.example/"
    assert (found["current"]["id"], found["current"]["state"]) == (member_id(2), "sleeping")
    assert found["next"]["title"] == "Site 3"
    named = dict(headers)
    assert named[b"access-control-allow-origin"] == b"*"
    assert named[b"cache-control"] == b"no-store"
    assert named[b"content-length"] == str(len(body)).encode()

    _, body = hops.neighbours(walk, Caller(member_id(9)), None, ASKED)
    assert [each and each["id"] for each in json.loads(body).values()] == [
        member_id(1),
        None,
        member_id(3),
    ]
    by_chance = Hop("rings", RING, None, RANDOM, True)
    headers, body = hops.neighbours(walk, Caller(None, by_referer=True), walk.slots[2], by_chance)
    assert [each and each["id"] for each in json.loads(body).values()] == [
        None,
        None,
        None,
        member_id(3),
    ]
    assert dict(headers)[b"vary"] == b"Referer"
