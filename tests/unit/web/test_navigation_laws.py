"""The laws of navigation as a visitor meets them: every step is a request, and its Location."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rings.circles import member_id, slot, slots
from webring.documents.ring import Order
from webring.names import RingId
from webring.rings.circle import Circle, Slot
from webring.rings.circles import Circles
from webring.rings.order import arranged, predecessors
from webring.rings.states import MemberState
from webring.web import hops
from webring.web.hops import Caller
from webring.web.navigation import Navigation

ACTIVE, PENDING = MemberState.ACTIVE, MemberState.PENDING
RING = RingId("soil:garden.example")
PAGE = f"/rings/{RING}?hop="
DAYS = st.sampled_from(["2026-09-21", "2026-09-22", "2027-01-01"])


def circle(
    members: list[Slot],
    order: Order = Order.JOINED,
    day: str = "2026-09-21",
    ghosts: Mapping[str, str] | None = None,
    *,
    lapsed: bool = False,
) -> Circle:
    walked = arranged(members, order, "0" * 64, day)
    past = {ghost: f"https://site{int(ghost, 16)}.example/" for ghost in ghosts or {}}
    return Circle(RING, "0" * 64, walked, ghosts or {}, 1, "Soil", False, past=past, lapsed=lapsed)


@st.composite
def circles(draw: st.DrawFn, least: int = 0) -> Circle:
    """A ring in any order and states, of some who stayed and some who are gone."""
    members, order, day = draw(slots(least=least)), draw(st.sampled_from(Order)), draw(DAYS)
    gone = draw(st.sets(st.sampled_from([each.id for each in members]))) if members else set()
    ghosts = predecessors(arranged(members, order, "0" * 64, day), gone)
    stayed = [each for each in members if each.id not in gone]
    return circle(stayed, order, day, ghosts, lapsed=draw(st.integers(0, 9)) == 0)


class Held:
    """One circle that is loaded."""

    loaded = True

    def __init__(self, one: Circle) -> None:
        self.one = one

    def get(self, name: str) -> Circle | None:
        return self.one if name == self.one.ring else None


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers["location"]


def ask(
    one: Circle, path: str, query: str = "", headers: Mapping[str, str] | None = None, pick: int = 0
) -> Answer:
    """What is answered to a GET."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("a hop reads no body")

    async def beyond(*_: Any) -> None:
        raise AssertionError(f"{path} is no hop")

    app = Navigation(beyond, cast("Circles", Held(one)), lambda count: pick % count)
    given_headers = [
        (k.encode(), v.encode("latin-1", "replace")) for k, v in (headers or {}).items()
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/rings/{RING}/{path}",
        "headers": given_headers,
    }
    finish(app({**scope, "query_string": query.encode()}, receive, send))
    start, body = sent
    read = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], read, body["body"])


def finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("a hop waited for something")


def hop(one: Circle, way: str, caller: str) -> str:
    """Where `way` leads a visitor of `caller`, an id or a URL."""
    return ask(one, way, f"from={quote(caller, safe='')}").location


def reachable(one: Circle) -> dict[str, str]:
    """Ids by URL of those who may be led to."""
    return {} if one.lapsed else {each.url: each.id for each in one.slots if each.state is ACTIVE}


def everybody(one: Circle) -> list[str]:
    """All names by which somebody can call."""
    members = [name for each in one.slots for name in (each.id, each.url)]
    return members + ([*one.ghosts, *one.past.values()] if one.slots else [])


@given(circles())
def test_next_then_prev_is_where_you_were(one: Circle) -> None:
    for url, member in reachable(one).items():
        for there, back in (("next", "prev"), ("previous", "next")):
            for caller in (url, member):
                assert hop(one, back, hop(one, there, caller)) == url


@given(circles())
def test_a_full_walk_visits_everybody_once_whoever_begins_it(one: Circle) -> None:
    for caller in everybody(one):
        for way in ("next", "prev"):
            met, here = [], hop(one, way, caller)
            while not here.startswith("/") and here not in met:
                met.append(here)
                here = hop(one, way, here)
            assert sorted(met) == sorted(reachable(one))


@given(circles(least=2), st.data())
def test_removal_during_a_walk_loses_nobody_else(one: Circle, data: st.DataObject) -> None:
    """Between the steps some go, the one where the visitor is among them."""
    live, ghosts = list(one.slots), dict(one.ghosts)
    if one.lapsed or not live:
        return
    start = here = data.draw(st.sampled_from(live)).url
    met: list[str] = []
    for _ in range(2 * len(live) + 2):
        gone = data.draw(st.sets(st.sampled_from([each.id for each in one.slots]), max_size=2))
        gone &= {each.id for each in live}
        if len(gone) < len(live):
            ghosts |= predecessors(live, gone)
            live = [each for each in live if each.id not in gone]
        here = hop(circle(live, ghosts=ghosts), "next", here)
        if here.startswith("/") or here in met or here == start:
            break
        met.append(here)
    assert {each.url for each in live if each.state is ACTIVE} - {start} <= set(met)


@given(circles(), st.integers(0, 20))
def test_whoever_calls_is_led_to_an_active_member_s_stored_url_or_to_the_ring(
    one: Circle, pick: int
) -> None:
    for caller in [*everybody(one), "f" * 20, "https://stranger.example/", ""]:
        for way in hops.Direction:
            answers = [
                ask(one, way, f"from={caller}", pick=pick),
                ask(one, way, headers={"referer": caller}, pick=pick),
                ask(one, f"{caller if '/' not in caller else 'x'}/{way}", pick=pick),
            ]
            for answer in answers:
                assert answer.status == 303
                assert answer.location in reachable(one) or answer.location.startswith(PAGE)
                assert answer.headers["cache-control"] == "no-store"


@given(circles(), st.text(), st.text(), st.text())
def test_nothing_that_a_request_carries_comes_back(
    one: Circle, caller: str, referer: str, member: str
) -> None:
    """However it asks: the answer is one of those that the ring alone could have given."""
    possible = {hops.location(url) for url in reachable(one)}
    possible |= {PAGE + stop.value for stop in hops.Stop}
    for text in (caller, f"https://{caller}", f"https://site1.example{caller}"):
        for way in hops.Direction:
            named = quote(text, safe="", errors="replace")
            raw = f"from={named}&to={named}&url={named}"
            headers = {
                "referer": referer,
                "host": "evil.example",
                "x-forwarded-host": "evil.example",
            }
            assert ask(one, way, raw, headers).location in possible
            assert ask(one, way, "", headers).location in possible
            assert ask(one, f"{member.replace('/', '')}x/{way}", raw, headers).location in possible


@given(circles())
def test_a_lone_member_leads_to_itself_and_nobody_to_the_ring(one: Circle) -> None:
    for at in range(len(one.slots)):
        alone = [replace(s, state=ACTIVE if s is one.slots[at] else PENDING) for s in one.slots]
        for caller in everybody(circle(alone)):
            for way in hops.Direction:
                assert hop(circle(alone), way, caller) == one.slots[at].url
    nobody = circle([replace(each, state=PENDING) for each in one.slots])
    for caller in everybody(nobody):
        assert hop(nobody, "next", caller) == f"{PAGE}empty"


@given(circles())
def test_json_tells_the_same_as_the_redirects(one: Circle) -> None:
    for caller in everybody(one):
        query = f"from={quote(caller, safe='')}"
        told = json.loads(ask(one, "next.json", query).body)
        for name in ("previous", "next"):
            where = ask(one, name, query).location
            assert where == (told[name]["url"] if told[name] else f"{PAGE}empty")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_stored_url_in_any_letters_is_one_line_of_a_header(path: str) -> None:
    one = circle([slot(1), slot(2, url=f"https://site2.example/{path}")])
    where = hop(one, "next", member_id(1))
    assert where.startswith("https://site2.example/")
    assert where.isascii()
    assert not set(where) & set('\r\n\0 <>"\\')
    assert dict(hops.redirect(where, Caller(None))[0])[b"location"] == where.encode()
