"""A chain is replayed by anybody: the broken link is named, an erased page breaks none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.documents.ring_world import (
    FOUNDER,
    KEYS,
    NOW,
    B,
    C,
    after,
    community,
    first,
    pages_of,
)
from tests.unit.documents.test_chain import (
    LATER,
    OTHER_RING,
    SMALLER,
    V1,
    V2,
    V3,
    V4,
    O,
    resigned,
)
from webring.documents import chain
from webring.documents.ring import Reason, RemovedMember, Ring
from webring.documents.ring_outcome import RingOutcome

FORGED = resigned(V3, (B,), KEYS)

REPLAYS: dict[str, tuple[Sequence[Ring], dict[int, RingOutcome]]] = {
    "a whole chain": ([V1, V2, V3, V4], {}),
    "too few signed version 3": ([V1, V2, FORGED, V4], {3: O.TOO_FEW_SIGNATURES}),
    "version 2 is missing": ([V1, V3, V4], {3: O.BROKEN_CHAIN}),
    "version 1 is missing": ([V2, V3, V4], {2: O.BROKEN_CHAIN}),
    "a sibling in the middle": ([V1, V2, SMALLER, V4], {4: O.BROKEN_CHAIN}),
    "version 1 without the founder": ([first(by=(B, C))], {1: O.UNFOUNDED}),
    "the order is mixed up": ([V1, V3, V2], {3: O.BROKEN_CHAIN, 2: O.BROKEN_CHAIN}),
    "another ring's version": ([V1, V2, OTHER_RING], {1: O.WRONG_RING}),
    "nothing": ([], {}),
}


@pytest.mark.parametrize("name", REPLAYS)
def test_a_replay_names_the_broken_link_and_no_other(name: str) -> None:
    versions, broken = REPLAYS[name]
    links = chain.verify_chain(versions, FOUNDER)
    assert [link.sha256 for link in links] == [version.sha256 for version in versions]
    good = {link.sequence: link.outcome for link in links if link.outcome is O.ACCEPTED}
    bad = {link.sequence: link.outcome for link in links if link.outcome is not O.ACCEPTED}
    assert bad == broken
    assert len(good) + len(bad) >= len({version.sequence for version in versions})
    assert all(bool(link.why) == (link.outcome is not O.ACCEPTED) for link in links)


V3_LARGER = after(V2, members=[community(1, V1.root), community(2, V1.root)])
PAGED = [V1, V2, V3_LARGER, after(V3_LARGER)]
BODIES = {**pages_of(V2), **pages_of(V3_LARGER)}


def test_an_erased_page_is_erased_and_not_broken() -> None:
    gone = set(pages_of(V2))
    links = chain.verify_chain(PAGED, FOUNDER, lambda name: None if name in gone else BODIES[name])
    assert {link.outcome for link in links} == {O.ACCEPTED}
    assert [link.erased for link in links] == [0, 1, 0, 0]
    everything = chain.verify_chain(PAGED, FOUNDER, BODIES.get)
    assert [link.erased for link in everything] == [0, 0, 0, 0]


def test_a_page_that_was_altered_breaks_the_versions_that_name_it() -> None:
    (name,) = pages_of(V3_LARGER)
    bodies = {**BODIES, name: BODIES[name].replace(b"plot", b"pl0t")}
    links = chain.verify_chain(PAGED, FOUNDER, bodies.get)
    assert [link.outcome for link in links] == [O.ACCEPTED] * 2 + [O.MIXED_PAGES] * 2


def test_members_who_left_make_no_difference_to_the_chain() -> None:
    left = after(V2, members=(), removed=[RemovedMember(V2.members[0].id, Reason.LEFT, NOW)])
    assert chain.follow(V2, V1, [left], FOUNDER, LATER).head == left


def test_without_the_founders_keys_all_but_the_founder_is_checked() -> None:
    replay = chain.Replay(None)
    links = [replay.add(version) for version in (first(by=(B, C)), V2, FORGED)]
    assert [link.outcome for link in links] == [O.ACCEPTED, O.ACCEPTED, O.TOO_FEW_SIGNATURES]
    assert chain.Replay(None).add(first(by=(B,))).outcome is O.TOO_FEW_SIGNATURES


def test_a_replay_asks_for_each_page_once() -> None:
    asked: list[str] = []

    def page(name: str) -> bytes:
        asked.append(name)
        return BODIES[name]

    replay = chain.Replay(FOUNDER, page)
    for version in PAGED:
        lacking = replay.lacks(version)
        before = len(asked)
        replay.add(version)
        assert tuple(asked[before:]) == lacking
        assert replay.lacks(version) == ()
    assert len(asked) == len(set(asked)) == len(BODIES)
