"""Which vouches are shown with their sentence, and which are only counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.integration.rings.neighbourhood import Here, member, place, praise, room_of
from tests.unit.documents import ring_world as w
from webring.directory.listing import Claim, Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.moderation.desk import Action, Desk, Target
from webring.names import CommunityId
from webring.rings.states import MemberState
from webring.rings.vouching import MOST_SHOWN, Counting
from webring.storage.database import Database

pytestmark = pytest.mark.anyio

BEES, MOSS, HAY = "bees:own.example", "moss:forest.example", "hay:meadow.example"
GOOD = praise(BEES, "Sweet honey.")
YES = AcceptedVouch(CommunityId(MOSS), GOOD.sentence)


@pytest.fixture
def here(db: Database) -> Here:
    return Here(db)


def told(counting: Sequence[Counting]) -> list[tuple[str, str, str]]:
    """Who, why, and the sentence."""
    return [
        (each.other.id if each.other else "", each.reason.value, each.sentence) for each in counting
    ]


COUNTING: dict[str, tuple[list[Claim], str]] = {
    "each vouches for the other": ([place(BEES, praise(MOSS)), place(MOSS, GOOD)], "mutual"),
    "the target has accepted it": ([place(BEES, accepts=[YES]), place(MOSS, GOOD)], "accepted"),
    "an instance speaks for it, unconfirmed": (
        [place(BEES, praise(MOSS)), place(MOSS, GOOD, standing=Standing.UNCONFIRMED)],
        "mutual",
    ),
}


@pytest.mark.parametrize("case", COUNTING)
async def test_a_sentence_is_shown_where_both_have_a_part_in_it(here: Here, case: str) -> None:
    claims, reason = COUNTING[case]
    await here.know(*claims)
    found = (await here.look(BEES)).vouches
    assert told(found.received) == [(MOSS, reason, "Sweet honey.")]
    assert found.others == 0
    other = (await here.look(MOSS)).vouches
    assert told(other.given) == [(BEES, reason, "Sweet honey.")]
    assert other.unanswered == 0


async def test_a_sentence_is_shown_between_members_of_one_ring(here: Here) -> None:
    await here.know(place(BEES), place(MOSS, GOOD))
    await here.circle(member(BEES), member(MOSS))
    (shown,) = (await here.look(BEES)).vouches.received
    assert (shown.reason.value, shown.circle and shown.circle.label) == ("ring", "Soil")
    (given,) = (await here.look(MOSS)).vouches.given
    assert (given.reason.value, given.circle and given.circle.label) == ("ring", "Soil")


COUNTED: dict[str, list[Claim]] = {
    "nobody answered": [place(BEES), place(MOSS, GOOD)],
    "what was accepted is another sentence": [
        place(BEES, accepts=[replace(YES, sentence="Sweet honey")]),
        place(MOSS, GOOD),
    ],
    "what was accepted is somebody else's": [
        place(BEES, accepts=[replace(YES, voucher=CommunityId(HAY))]),
        place(MOSS, GOOD),
    ],
    "the target vouches for another room of that name": [
        place(BEES, Vouch("Soft.", room_of("moss:evil.example"))),
        place(MOSS, GOOD),
    ],
}


@pytest.mark.parametrize("case", COUNTED)
async def test_every_other_one_is_only_counted(here: Here, case: str) -> None:
    await here.know(*COUNTED[case])
    found = (await here.look(BEES)).vouches
    assert (found.received, found.others) == ((), 1)
    other = (await here.look(MOSS)).vouches
    assert (other.given, other.unanswered) == ((), 1)


STATES = [state for state in MemberState if state.is_listed and not state.is_navigable]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", [BEES, MOSS])
async def test_a_ring_counts_where_both_are_active_in_it(
    here: Here, state: MemberState, who: str
) -> None:
    await here.know(place(BEES), place(MOSS, GOOD))
    await here.circle(member(BEES), member(MOSS), states={member(who).id: state})
    found = (await here.look(BEES)).vouches
    assert (found.received, found.others) == ((), 1)
    assert (await here.look(MOSS)).vouches.given == ()


UNHEARD: dict[str, list[Claim]] = {
    "a stranger": [
        place(BEES, praise(MOSS), accepts=[YES]),
        place(MOSS, GOOD, standing=Standing.CLAIMED),
    ],
    "two who say that they are it": [
        place(BEES, praise(MOSS), accepts=[YES]),
        place(MOSS, GOOD, standing=Standing.DISPUTED),
    ],
    "itself": [place(BEES, praise(BEES), accepts=[AcceptedVouch(CommunityId(BEES), "x")])],
    "its own page": [place(BEES, Vouch("We are great.", url="https://own.example/bees"))],
    "its operator's other community": [place(BEES), place("news:own.example", GOOD)],
}


@pytest.mark.parametrize("case", UNHEARD)
async def test_who_has_no_voice_is_not_even_counted(here: Here, case: str) -> None:
    await here.know(*UNHEARD[case])
    await here.circle(member(BEES))
    found = (await here.look(BEES)).vouches
    assert (found.received, found.others, found.given) == ((), 0, ())


async def test_who_only_claims_a_room_gets_none_of_its_praise(here: Here) -> None:
    impostor = place("bees:evil.example", praise(MOSS), standing=Standing.CLAIMED)
    impostor = replace(impostor, room_id=room_of(BEES), accepted_vouches=(YES,))
    await here.know(place(BEES, praise(MOSS)), place(MOSS, GOOD), impostor)
    found = (await here.look("bees:evil.example")).vouches
    assert (found.received, found.others, found.given, found.unanswered) == ((), 0, (), 0)
    assert told((await here.look(MOSS)).vouches.received)[0][0] == BEES


async def test_a_thousand_vouches_of_one_stranger_count_once(here: Here) -> None:
    crowd = [place(f"c{at}:crowd.example", GOOD) for at in range(1_000)]
    await here.know(place(BEES), place(MOSS, GOOD), *crowd)
    found = (await here.look(BEES)).vouches
    assert (found.received, found.others) == ((), 2)


async def test_a_crowd_in_the_ring_crowds_nobody_out(here: Here) -> None:
    crowd = [f"a{at}:crowd.example" for at in range(MOST_SHOWN + 6)]
    await here.know(
        place(BEES), place(MOSS, GOOD), place("zest:own.example", GOOD),
        *(place(name, GOOD) for name in crowd),
    )  # fmt: skip
    await here.circle(*map(member, [BEES, MOSS, "zest:own.example", *crowd]))
    shown = [who for who, _, _ in told((await here.look(BEES)).vouches.received)]
    assert len(shown) == MOST_SHOWN
    assert shown[:2] == [crowd[0], MOSS]
    assert "zest:own.example" not in shown, "its own operator's praise comes last"


async def test_what_is_mutual_is_told_before_all_else(here: Here) -> None:
    accepts = [AcceptedVouch(CommunityId(HAY), "Sweet honey.")]
    await here.know(place(BEES, praise(MOSS), accepts=accepts), place(MOSS, GOOD), place(HAY, GOOD))
    found = (await here.look(BEES)).vouches
    assert [why for _, why, _ in told(found.received)] == ["mutual", "accepted"]


async def test_of_two_sentences_the_one_that_counts_is_told(here: Here) -> None:
    page = Vouch("Fine wax.", url="https://own.example/bees/")
    accepts = [AcceptedVouch(CommunityId(MOSS), "Fine wax.")]
    await here.know(place(BEES, accepts=accepts), place(MOSS, GOOD, page))
    await here.circle(member(BEES))
    assert told((await here.look(BEES)).vouches.received) == [(MOSS, "accepted", "Fine wax.")]


async def test_a_site_in_the_ring_is_vouched_for_by_its_address(here: Here) -> None:
    site = w.site(1, w.first().sha256)
    stranger = Vouch("Nice.", url="https://stranger.example/")
    await here.know(place(BEES, Vouch("They draw well.", url=site.url), stranger))
    await here.circle(member(BEES), site)
    found = (await here.look(BEES)).vouches
    (given,) = found.given
    assert given.slot is not None
    assert (given.slot.url, given.other, given.reason.value) == (site.url, None, "ring")
    assert found.unanswered == 1


async def test_a_community_s_place_in_the_ring_is_vouched_for_by_its_address(here: Here) -> None:
    page = Vouch("Sweet honey.", url=f"{member(BEES).url}#top")
    await here.know(place(BEES), place(MOSS, page))
    await here.circle(member(BEES), member(MOSS))
    assert told((await here.look(BEES)).vouches.received) == [(MOSS, "ring", "Sweet honey.")]
    assert told((await here.look(MOSS)).vouches.given) == [(BEES, "ring", "Sweet honey.")]


async def test_what_is_for_adults_is_not_named_elsewhere(here: Here) -> None:
    await here.know(
        place(BEES, praise(MOSS), praise(HAY)), place(MOSS, GOOD, adult=True), place(HAY, GOOD)
    )
    found = (await here.look(BEES)).vouches
    assert [who for who, _, _ in told(found.received)] == [HAY]
    assert (found.others, [who for who, _, _ in told(found.given)]) == (1, [HAY])
    assert len((await here.look(BEES, adult=True)).vouches.received) == 2


async def test_who_is_kept_out_is_neither_heard_nor_spoken_of(here: Here) -> None:
    await here.know(place(BEES, praise(MOSS), praise(HAY)), place(MOSS, GOOD), place(HAY, GOOD))
    desk = Desk(here.db, lambda: w.NOW)
    await desk.keep_out(Action.BLOCK, Target.ROOM, room_of(MOSS), "", "test")
    await desk.keep_out(Action.BLOCK, Target.SERVER, "meadow.example", "", "test")
    found = (await here.look(BEES)).vouches
    assert (found.received, found.others, found.given) == ((), 0, ())


async def test_a_room_that_is_kept_out_gets_no_praise_when_it_is_back(here: Here) -> None:
    await here.know(place(BEES), place(MOSS, GOOD))
    desk = Desk(here.db, lambda: w.NOW)
    await desk.keep_out(Action.OPTOUT, Target.ROOM, room_of(BEES), "", "test")
    await desk.let_in(Target.ROOM, room_of(BEES), "test")
    await here.know(place(BEES))
    assert (await here.look(BEES)).vouches.others == 0
