"""The laws of navigation, over random circles; and named cases of who is asking."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rings.circles import callers, member_id, slot, slots, walks
from webring.names import RingId
from webring.rings.circle import Circle, Slot, Walk
from webring.rings.order import predecessors
from webring.rings.states import MemberState

ACTIVE, ASLEEP, PENDING = MemberState.ACTIVE, MemberState.SLEEPING, MemberState.PENDING


def navigable(walk: Walk) -> list[str]:
    return [each.id for each in walk.slots if each.state is ACTIVE]


def tour(walk: Walk, start: str) -> list[str]:
    """Every stop of a walk by next from `start`, until one comes again."""
    found: list[str] = []
    here = walk.next(start)
    while here is not None and here.id not in found:
        found.append(here.id)
        here = walk.next(here.id)
    return found


@given(walks())
def test_next_then_previous_is_where_you_were(walk: Walk) -> None:
    for member in navigable(walk):
        there, back = walk.next(member), walk.previous(member)
        assert there is not None
        assert back is not None
        for returned in (walk.previous(there.id), walk.next(back.id)):
            assert returned is not None
            assert returned.id == member


@given(walks())
def test_a_full_walk_visits_everybody_once_whoever_begins_it(walk: Walk) -> None:
    for caller in callers(walk):
        stops = tour(walk, caller)
        assert sorted(stops) == sorted(navigable(walk))
        if caller in stops:
            assert stops[-1] == caller


@given(walks(), st.randoms(use_true_random=False))
def test_nobody_is_led_to_who_is_not_navigable(walk: Walk, choice: object) -> None:
    for caller in [*callers(walk), "f" * 20, ""]:
        for number in range(len(walk)):
            found = walk.random(caller, lambda count, number=number: number % count)  # type: ignore[misc]
            assert found is not None or not navigable(walk)
            assert found is None or (found in walk.slots and found.state is ACTIVE)
        for one in (walk.next(caller), walk.previous(caller)):
            assert one is None or (one in walk.slots and one.state is ACTIVE)


@given(walks())
def test_a_caller_that_is_not_navigable_continues_from_its_slot(walk: Walk) -> None:
    order = [each.id for each in walk.slots]
    reachable = set(navigable(walk))
    for at, member in enumerate(order):
        ahead = [each for each in order[at + 1 :] + order[: at + 1] if each in reachable]
        behind = [each for each in (order[at:] + order[:at])[::-1] if each in reachable]
        there, back = walk.next(member), walk.previous(member)
        assert (there.id if there else None) == (ahead[0] if ahead else None)
        assert (back.id if back else None) == (behind[0] if behind else None)


@given(slots(least=1), st.data())
def test_removal_during_a_walk_loses_nobody_else(members: list[Slot], data: st.DataObject) -> None:
    """Some go between the steps, the caller among them; whoever stays is met exactly once."""
    live, ghosts = list(members), dict[str, str]()
    walk = Walk(live, ghosts)
    start = here = data.draw(st.sampled_from(members)).id
    met: list[str] = []
    for _ in range(2 * len(members)):
        for gone in data.draw(st.sets(st.sampled_from(members), max_size=2)):
            if gone in live:
                ghosts = ghosts | predecessors(live, {gone.id})
                live.remove(gone)
        walk = Walk(live, ghosts)
        there = walk.next(here)
        if there is None or there.id in met or there.id == start:
            break
        met.append(there.id)
        here = there.id
    stayed = {each.id for each in live if each.state is ACTIVE} - {start}
    assert len(met) == len(set(met))
    assert stayed <= set(met)


@given(slots(least=1), st.data())
def test_a_ghost_leads_where_its_slot_led(members: list[Slot], data: st.DataObject) -> None:
    """Gone is the same as one-sided, but that nobody is left to be shown."""
    gone = data.draw(st.sets(st.sampled_from([each.id for each in members])))
    kept = [each for each in members if each.id not in gone]
    before = Walk([replace(m, state=PENDING) if m.id in gone else m for m in members])
    after = Walk(kept, predecessors(members, gone))
    for member in gone:
        if kept:
            assert after.next(member) == before.next(member)
            assert after.previous(member) == before.previous(member)
        assert after.get(member) is None


@given(walks())
def test_random_never_leads_to_the_caller_if_there_is_another(walk: Walk) -> None:
    reachable = navigable(walk)
    for caller in callers(walk):
        others = set(reachable) - {caller} or set(reachable)
        met = set()
        for number in range(len(others)):
            found = walk.random(caller, lambda count, number=number: number)  # type: ignore[misc]
            assert found is not None
            met.add(found.id)
        assert met == others


@given(walks())
def test_random_asks_for_a_number_that_there_is(walk: Walk) -> None:
    asked: list[int] = []

    def choose(count: int) -> int:
        asked.append(count)
        return count - 1

    for caller in [*callers(walk), None]:
        walk.random(caller, choose)
    assert all(count >= 1 for count in asked)


def test_a_lone_member_leads_to_itself() -> None:
    walk = Walk([slot(1, ASLEEP), slot(2), slot(3, PENDING)], {member_id(9): member_id(3)})
    for caller in (1, 2, 3, 9):
        here = member_id(caller)
        found = {walk.next(here), walk.previous(here), walk.random(here, lambda _: 0)}
        assert found == {slot(2)}


def test_nobody_is_left() -> None:
    walk = Walk([slot(1, ASLEEP)], {member_id(9): member_id(1)})
    empty = Walk([], {member_id(9): ""})
    for each, caller in ((walk, 1), (walk, 9), (empty, 9)):
        here = member_id(caller)
        assert each.next(here) is each.previous(here) is each.random(here, lambda _: 0) is None


def test_ghosts_behind_each_other_in_a_circle_stand_at_the_start() -> None:
    ghosts = {member_id(8): member_id(9), member_id(9): member_id(8)}
    walk = Walk([slot(1), slot(2), slot(3)], ghosts)
    assert walk.next(member_id(8)) == slot(1)
    assert walk.previous(member_id(9)) == slot(3)


def test_a_long_line_of_ghosts_is_followed() -> None:
    count = 20_000
    ghosts = {member_id(n): member_id(n + 1) for n in range(10, count)}
    walk = Walk([slot(1), slot(2)], {**ghosts, member_id(count): member_id(1)})
    assert walk.next(member_id(10)) == slot(2)


def test_a_ring_that_lapsed_leads_nowhere() -> None:
    ring = RingId("garden:a.example")
    circle = Circle(ring, "0" * 64, [slot(1), slot(2)], {}, 7, "Garden", stale=True, lapsed=True)
    here = member_id(1)
    assert circle.next(here) is circle.previous(here) is circle.random(None, lambda _: 0) is None
    assert circle.get(here) == slot(1)


MEMBERS = [
    slot(1, url="https://site.example/"),
    slot(2, url="https://tilde.example/~ada/"),
    slot(3, url="https://tilde.example/~bob/blog"),
    slot(4, url="https://xn--bcher-kva.example/"),
    slot(5, ASLEEP, url="https://asleep.example:8443/caf%C3%A9?lang=fr"),
    slot(6, url="https://matrix.example/#/#one:matrix.example"),
    slot(7, url="https://matrix.example/#/#two:matrix.example"),
    slot(8, url="https://[2001:db8::1]/"),
    slot(9, PENDING, url="https://site.example/"),
]
GHOSTS = {member_id(50): member_id(2), member_id(51): member_id(1)}
PAST = {member_id(50): "https://gone.example/", member_id(51): "https://site.example/"}
WALK = Walk(MEMBERS, GHOSTS, PAST)

FOUND = {
    "an id": (member_id(2), 2),
    "a ghost's id": (member_id(50), 50),
    "the URL as stored": ("https://site.example/", 1),
    "over http": ("http://site.example/", 1),
    "with the scheme's own port": ("https://site.example:443/", 1),
    "in capitals": ("HTTPS://SITE.Example/", 1),
    "without a path": ("https://site.example", 1),
    "with a fragment": ("https://site.example/#top", 1),
    "without the last slash": ("https://tilde.example/~ada", 2),
    "with one too many": ("https://tilde.example/~bob/blog/", 3),
    "with needless escapes": ("https://tilde.example/%7eada/", 2),
    "in its own letters": ("https://b\u00fccher.example/", 4),
    "decomposed": ("https://bu\u0308cher.example/", 4),
    "with its letters unescaped": ("https://asleep.example:8443/caf\u00e9?lang=fr", 5),
    "with small escapes": ("https://asleep.example:8443/caf%c3%a9?lang=fr", 5),
    "told apart by fragments": ("https://matrix.example/#/#two:matrix.example", 7),
    "an IPv6 literal": ("https://[2001:DB8::1]", 8),
    "a ghost's URL": ("https://gone.example/", 50),
}
UNKNOWN = {
    "nothing": "",
    "a stranger's id": "f" * 20,
    "an id in capitals": member_id(10).upper(),
    "part of an id": member_id(2)[:19],
    "a name that goes on": "https://site.example.evil.com/",
    "a name that ends so": "https://notsite.example/",
    "a name as a user": "https://site.example@evil.com/",
    "a user before the name": "https://user@site.example/",
    "a user with a password": "https://u:p@site.example/",
    "an empty user": "https://@site.example/",
    "a backslash": "https://evil.com\\@site.example/",
    "a backslash for a slash": "https:\\\\site.example/",
    "another port": "https://site.example:8443/",
    "port 80 over https": "https://site.example:80/",
    "no port at all": "https://asleep.example/caf%C3%A9?lang=fr",
    "a port that is none": "https://site.example:99999/",
    "a port of letters": "https://site.example:https/",
    "another path": "https://site.example/other",
    "a path that goes on": "https://tilde.example/~ada/more",
    "a path that begins so": "https://tilde.example/~adam/",
    "another query": "https://asleep.example:8443/caf%C3%A9?lang=de",
    "a dot segment": "https://tilde.example/x/../~ada/",
    "an escaped dot segment": "https://tilde.example/x/%2e%2e/~ada/",
    "an escaped slash": "https://tilde.example/~bob%2fblog",
    "an escape of an escape": "https://tilde.example/%257eada/",
    "an escaped dot in the name": "https://site%2eexample/",
    "a final dot": "https://site.example./",
    "a look-alike": "https://s\u0456te.example/",
    "a full-width slash": "https://site.example\uff0fx/",
    "a joiner": "https://site\u200d.example/",
    "several by one address": "https://matrix.example/",
    "NUL": "https://site.example/\0",
    "a line break": "https://site.example/\r\nSet-Cookie: a=b",
    "a tab inside the name": "https://site\t.example/",
    "white space around": " https://site.example/ ",
    "no scheme": "//site.example/",
    "a bare name": "site.example",
    "a script": "javascript://site.example/%0aalert(1)",
    "data": "data:text/html,https://site.example/",
    "another scheme": "ftp://site.example/",
    "a broken literal": "https://[2001:db8::1/",
    "a zone": "https://[2001:db8::1%25eth0]/",
    "a huge one": "https://site.example/" + "a" * 100_000,
    "a huge name": f"https://{'a' * 2_000}/",
    "a surrogate": "https://site.example/\ud800",
    "nothing but a scheme": "https://",
}


@pytest.mark.parametrize("case", FOUND)
def test_callers_that_are_found(case: str) -> None:
    caller, number = FOUND[case]
    assert WALK.find(caller) == member_id(number)


@pytest.mark.parametrize("case", UNKNOWN)
def test_callers_that_are_nobody(case: str) -> None:
    assert WALK.find(UNKNOWN[case]) is None


@given(st.text())
def test_no_text_is_too_strange_to_be_asked_about(text: str) -> None:
    for caller in (text, f"https://{text}", f"https://site.example/{text}"):
        found = WALK.find(caller)
        assert found is None or WALK.get(found) or found in GHOSTS
        assert set(WALK.of_origin(caller)) <= {each.id for each in MEMBERS} | set(GHOSTS)


ORIGINS: dict[str, tuple[str, tuple[int, ...]]] = {
    "one member": ("https://xn--bcher-kva.example", (4,)),
    "with a path": ("https://xn--bcher-kva.example/any/page?x=1", (4,)),
    "over http": ("http://xn--bcher-kva.example/", (4,)),
    "several": ("https://tilde.example/~ada/", (2, 3)),
    "a port of its own": ("https://asleep.example:8443", (5,)),
    "another port": ("https://asleep.example", ()),
    "a ghost": ("https://gone.example", (50,)),
    "a member rather than a ghost": ("https://site.example", (1,)),
    "a longer name": ("https://xn--bcher-kva.example.evil.com", ()),
    "null": ("null", ()),
    "nothing": ("", ()),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_members_by_origin(case: str) -> None:
    origin, numbers = ORIGINS[case]
    assert WALK.of_origin(origin) == tuple(map(member_id, numbers))


def test_a_member_s_address_is_not_stolen_by_asking_to_join_with_it() -> None:
    walk = Walk([slot(9, PENDING, "https://site.example/"), slot(1, url="https://site.example/")])
    assert walk.find("https://site.example/") == member_id(1)


def test_aliases_are_the_slot_itself() -> None:
    aliases = {member_id(7): member_id(1), member_id(8): member_id(404)}
    walk = Walk([slot(1), slot(2)], aliases=aliases)
    assert walk.get(member_id(7)) == slot(1)
    assert walk.next(member_id(7)) == slot(2)
    assert walk.random(member_id(7), lambda _: 0) == slot(2)
    assert walk.find(member_id(8)) is None
