"""How much a listing weighs: standing first; members dampened, capped, and believed to a point."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.listings import listing
from webring.directory.listing import Standing
from webring.search.schema import (
    JITTER,
    PLAUSIBLE_MEMBERS,
    STANDING_WEIGHT,
    believed,
    document,
    languages,
    term,
    weight,
)

MEMBERS = st.integers(0, 2**53)
RANKS = [Standing.SPOKEN_FOR, Standing.UNCONFIRMED, Standing.CLAIMED, Standing.FOUND]


@given(MEMBERS, MEMBERS)
def test_no_number_of_members_passes_a_standing(large: int, small: int) -> None:
    for better, worse in pairwise(RANKS):
        above = weight(listing("a", standing=better, members=small))
        assert above > weight(listing("b", standing=worse, members=large))


@given(st.integers(0, PLAUSIBLE_MEMBERS), st.integers(0, PLAUSIBLE_MEMBERS))
def test_more_members_weigh_no_less(a: int, b: int) -> None:
    small, large = sorted((a, b))
    assert weight(listing("x", members=small)) <= weight(listing("x", members=large))


def test_an_absurd_claim_is_worth_nothing() -> None:
    assert weight(listing("x", members=2**53)) == weight(listing("x", members=0))
    assert believed(2**53) == believed(-1) == 0


def test_claimed_and_disputed_weigh_the_same() -> None:
    assert STANDING_WEIGHT[Standing.CLAIMED] == STANDING_WEIGHT[Standing.DISPUTED]
    assert set(STANDING_WEIGHT) == set(Standing)


def test_equals_are_told_apart_by_a_trifle() -> None:
    one, other = weight(listing("one")), weight(listing("other"))
    assert one != other
    assert abs(one / other - 1) <= JITTER


def test_a_language_is_found_by_its_primary_tag() -> None:
    assert languages("pt_BR") == ("pt-br", "pt")
    assert languages("DE") == ("de",)


@given(st.text(st.characters(), max_size=400))
def test_every_text_makes_a_document(text: str) -> None:
    odd = listing("x", text, topic=text, interests=(text,), languages=(text,), members=-1)
    assert document(odd).get_first("id") == "!x:hs.example"
    assert len(term(text).encode()) <= 4 * len(text)
