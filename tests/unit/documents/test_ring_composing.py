"""Nothing is composed that a reader would read otherwise, and removals are bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.documents.ring_world import (
    ID,
    NOW,
    TERMS,
    A,
    B,
    after,
    community,
    signed,
    site,
    stewards,
)
from tests.unit.documents.test_ring import ENTRY, ROOT, SECOND, paged
from webring.clock import DAY
from webring.documents import pages
from webring.documents.ring import (
    MAX_MEMBERS,
    MAX_REMOVED,
    MemberKind,
    Reason,
    RemovedMember,
    RingMember,
    RingTerms,
    Stewards,
    compose,
)
from webring.errors import MalformedDocument
from webring.names import RingId, ServerName


def test_a_version_is_never_issued_before_the_one_that_it_follows() -> None:
    assert after(SECOND, now=NOW - DAY).validity.issued_at == SECOND.validity.issued_at


def gone(number: int, at: int = NOW) -> RemovedMember:
    return RemovedMember(f"{number:020x}", Reason.LEFT, at)


def test_removals_are_named_for_a_year_newest_first_and_not_of_those_who_are_back() -> None:
    member = community(1, ROOT.root)
    left = RemovedMember(member.id, Reason.LEFT, NOW + 2)
    version = after(ROOT, removed=[gone(1, NOW), gone(2, NOW + 1), left, gone(1, NOW + 3)])
    assert version.removed == (gone(1, NOW + 3), left, gone(2, NOW + 1))
    back = after(version, members=[member])
    assert back.removed == (gone(1, NOW + 3), gone(2, NOW + 1))
    assert after(back, now=NOW + 365 * DAY + 2).removed == (gone(1, NOW + 3),)


def test_at_most_250_removals_are_named_and_the_oldest_are_forgotten() -> None:
    version = after(ROOT, removed=[gone(number, NOW) for number in range(MAX_REMOVED)])
    assert len(version.removed) == MAX_REMOVED
    version = after(version, removed=[gone(1_000, NOW + 1)])
    assert len(version.removed) == MAX_REMOVED
    assert version.removed[0] == gone(1_000, NOW + 1)


TERMS_REFUSED: dict[str, tuple[RingTerms, str]] = {
    "an empty name": (replace(TERMS, name=" "), "name"),
    "a name of 256 characters": (replace(TERMS, name="n" * 256), "name"),
    "a description of 2,001 characters": (replace(TERMS, description="d" * 2_001), "description"),
    "NUL in the criteria": (replace(TERMS, criteria="\0"), "criteria"),
    "33 interests": (replace(TERMS, interests=tuple(f"i{n}" for n in range(33))), "interests"),
    "an interest twice": (replace(TERMS, interests=("soil", "soil")), "interests"),
    "an empty language": (replace(TERMS, languages=("",)), "tag"),
    "65 mirrors": (
        replace(TERMS, mirrors=tuple(ServerName(f"m{n}.example") for n in range(65))),
        "mirrors",
    ),
    "half of the stewards": (replace(TERMS, stewards=stewards(A, B, threshold=1)), "threshold"),
    "no steward": (replace(TERMS, stewards=Stewards(1, {})), "stewards"),
}


@pytest.mark.parametrize("name", TERMS_REFUSED)
def test_terms_that_would_be_read_otherwise_are_not_composed(name: str) -> None:
    terms, word = TERMS_REFUSED[name]
    with pytest.raises(MalformedDocument, match=word):
        compose(ID, terms, (), (), None, NOW)


def test_a_head_that_would_not_fit_into_a_message_is_not_composed() -> None:
    wide = "\U0001f331"
    terms = replace(
        TERMS,
        name=wide * 255,
        description=wide * 2_000,
        criteria=wide * 2_000,
        interests=tuple(f"{n:02}{wide * 62}" for n in range(32)),
        languages=tuple(f"{n:02}{wide * 62}" for n in range(32)),
        mirrors=tuple(ServerName(f"m{n}.{'e' * 60}.{'x' * 60}.example") for n in range(64)),
    )
    with pytest.raises(MalformedDocument, match="a head has at most 40960 bytes unsigned"):
        compose(ID, terms, (), (), None, NOW)


def other_members(**change: object) -> list[RingMember]:
    return [replace(community(1, ROOT.root), **change)]  # type: ignore[arg-type]


NOT_COMPOSED: dict[str, tuple[Callable[[], object], str]] = {
    "members in version 1": (
        lambda: compose(ID, TERMS, [community(1, "0" * 64)], (), None, NOW),
        "pages is empty in version 1",
    ),
    "a removal in version 1": (
        lambda: compose(ID, TERMS, (), [gone(1)], None, NOW),
        "removed is empty in version 1",
    ),
    "a version after that of another ring": (
        lambda: compose(RingId("sand:a.example"), TERMS, (), (), ROOT, NOW),
        "version 1 is of soil:a.example",
    ),
    "a member twice": (
        lambda: after(ROOT, members=[community(1, ROOT.root)] * 2),
        "stood before",
    ),
    "a member over http": (
        lambda: after(ROOT, members=other_members(url="http://b.example/")),
        "url is an https URL",
    ),
    "a site with an instance, which is not written": (
        lambda: after(ROOT, members=other_members(kind=MemberKind.SITE)),
        "otherwise than it is written",
    ),
    "251 removals at once": (
        lambda: after(ROOT, removed=[gone(number) for number in range(MAX_REMOVED + 1)]),
        "removes at most 250 members, not 251",
    ),
    "the version after one with an entry that is not understood": (
        lambda: after(paged([{**ENTRY, "kind": "castle"}])),
        "what this program does not understand",
    ),
}


@pytest.mark.parametrize("name", NOT_COMPOSED)
def test_it_is_not_composed(name: str) -> None:
    act, sentence = NOT_COMPOSED[name]
    with pytest.raises(MalformedDocument, match=sentence):
        act()


def test_the_largest_ring_is_written_and_read_and_one_more_is_refused() -> None:
    members = [site(number, ROOT.root) for number in range(MAX_MEMBERS)]
    composed = compose(ID, TERMS, members, (), ROOT, NOW)
    assert len(composed.pages) <= pages.MAX_PAGES
    assert signed(composed).members == tuple(members)
    with pytest.raises(MalformedDocument, match="at most 50000 members"):
        compose(ID, TERMS, [*members, site(-1, ROOT.root)], (), ROOT, NOW)
