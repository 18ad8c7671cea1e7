"""Laws of ring documents: what is composed is what is read, and no byte of it can be another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.unit.documents.ring_world import (
    ID,
    KEYS,
    NOW,
    TERMS,
    A,
    B,
    after,
    community,
    first,
    pages_of,
    site,
    stewards,
)
from webring.clock import DAY
from webring.documents import canonical, chain, ring, ring_parts
from webring.documents.fields import Dropped
from webring.documents.ring import (
    JoinPolicy,
    Order,
    Reason,
    RemovedMember,
    RingMember,
    RingTerms,
    SlotState,
    compose,
)
from webring.errors import DocumentError, TrustError
from webring.names import ServerName

ROOT = first()
SECOND = after(ROOT, members=[community(1, ROOT.root), site(2, ROOT.root)])

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
tags = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=64), unique=True, max_size=5
).map(tuple)
servers = st.lists(
    st.from_regex(r"[a-z]{1,8}\.example(:[1-9][0-9]{2})?", fullmatch=True).map(ServerName),
    unique=True,
    max_size=5,
).map(tuple)


@st.composite
def any_terms(draw: st.DrawFn) -> RingTerms:
    count = draw(st.integers(1, 7))
    names = list(KEYS)[:count]
    return RingTerms(
        name=draw(texts.filter(str.strip)),
        stewards=stewards(*names, threshold=draw(st.integers(count // 2 + 1, count))),
        description=draw(texts),
        interests=draw(tags),
        languages=draw(tags),
        criteria=draw(texts),
        policy=draw(st.sampled_from(JoinPolicy)),
        order=draw(st.sampled_from(Order)),
        mirrors=draw(servers),
    )


@st.composite
def any_members(draw: st.DrawFn) -> list[RingMember]:
    numbers = draw(st.lists(st.integers(0, 10**6), unique=True, max_size=12))
    make = [draw(st.sampled_from([site, community])) for _ in numbers]
    made = [one(number, ROOT.root) for one, number in zip(make, numbers, strict=True)]
    return [
        replace(
            member,
            state=draw(st.sampled_from(SlotState)),
            joined_at=draw(st.integers(0, NOW)),
            more=draw(st.dictionaries(st.sampled_from(["colour", "x"]), texts, max_size=1)),
        )
        for member in made
    ]


removals = st.lists(
    st.builds(
        RemovedMember,
        st.integers(0, 30).map("{:020x}".format),
        st.sampled_from(Reason),
        st.integers(NOW - 400 * DAY, NOW),
    ),
    max_size=20,
)


@tries(60)
@given(any_terms(), any_members(), removals)
def test_what_is_composed_is_what_is_read(
    terms: RingTerms, members: list[RingMember], removed: list[RemovedMember]
) -> None:
    composed = compose(ID, terms, members, removed, ROOT, NOW)
    body = canonical.encode(composed.content)
    read = ring.with_members(ring.read_ring(body), composed.pages)
    assert (read.id, read.root, read.previous, read.sequence) == (ID, ROOT.root, ROOT.sha256, 2)
    assert (read.terms, read.members, read.dropped) == (terms, tuple(members), ())
    assert read.sha256 == composed.sha256
    assert read.removed == ring.keep_removed(removed, members, NOW)
    ids = [one.id for one in read.removed]
    assert len(set(ids)) == len(ids)
    assert all(one.at > NOW - ring.REMOVED_FOR for one in read.removed)
    again = compose(ID, read.terms, read.members, read.removed, ROOT, NOW)
    assert (again.sha256, again.pages) == (composed.sha256, composed.pages)


@tries(300)
@given(st.data())
def test_a_page_of_which_one_byte_changed_is_refused(data: st.DataObject) -> None:
    (name, page), *_ = pages_of(SECOND).items()
    at = data.draw(st.integers(0, len(page) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != page[at]))
    with pytest.raises(TrustError):
        ring.with_members(SECOND, {name: page[:at] + bytes([byte]) + page[at + 1 :]})


HEAD = canonical.encode(SECOND.content)


@tries(600)
@given(st.integers(0, len(HEAD) - 1), st.integers(1, 255))
def test_a_head_of_which_one_byte_changed_is_refused(at: int, flip: int) -> None:
    body = HEAD[:at] + bytes([HEAD[at] ^ flip]) + HEAD[at + 1 :]
    try:
        read = ring.read_ring(body)
        chain.check_next(ROOT, read, NOW + DAY)
    except DocumentError:
        return
    # Base64 may have loose bits behind its last byte, and another order of keys is the same object.
    assert read.sha256 == SECOND.sha256
    assert chain.signing_stewards(read, TERMS.stewards) == {A, B}


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
PATHS: list[tuple[str, ...]] = [
    *((key,) for key in SECOND.content),
    ("stewards", "threshold"),
    ("stewards", "instances"),
    ("stewards", "instances", A),
    ("stewards", "instances", A, KEYS[A].id),
    ("signatures", A),
    ("signatures", A, KEYS[A].id),
]


@tries(400)
@given(st.sampled_from(PATHS), anything)
def test_whatever_stands_in_a_head_it_is_read_or_refused(
    path: tuple[str, ...], value: object
) -> None:
    content: dict[str, object] = canonical.decode(HEAD)
    inner: dict[str, object] = content
    for key in path[:-1]:
        inner = inner[key]  # type: ignore[assignment]
    inner[path[-1]] = value
    try:
        read = ring.read_ring(canonical.encode(content))
        chain.check_next(ROOT, read, NOW + DAY)
    except DocumentError:
        return
    assert read.sha256 == SECOND.sha256


@tries(300)
@given(st.sampled_from([*SECOND.members[0].to_json(), "more"]), anything)
def test_whatever_stands_in_a_member_it_is_read_or_dropped(key: str, value: object) -> None:
    entry = {**SECOND.members[0].to_json(), key: value}
    dropped: list[Dropped] = []
    members = ring_parts.read_members([("items[0]", entry)], dropped)
    assert len(members) + len(dropped) == 1
    for member in members:
        again = ring_parts.read_members([("items[0]", member.to_json())], [])
        assert again == members
