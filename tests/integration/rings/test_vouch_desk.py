"""What the operator has our communities say, and agree to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.fakes.rooms import directory_room
from tests.integration.rings.neighbourhood import NOW, Here, member, place, praise, room_of
from webring.directory.listing import Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.errors import BadRequest, Conflict, Forbidden, InvalidName, NotFound, WebringError
from webring.moderation.desk import Action, Desk, Target
from webring.names import CommunityId, RoomAlias, ServerName, Slug
from webring.rings.circles import Circles
from webring.rings.vouch_desk import VouchDesk
from webring.storage import communities, decisions, documents, listings, own_vouches, sightings
from webring.storage.database import Database
from webring.storage.own_vouches import OwnVouch
from webring.storage.sql import Connection

pytestmark = pytest.mark.anyio

OWN = ServerName("own.example")
BEES, MOSS, HAY = "bees:own.example", "moss:forest.example", "hay:meadow.example"
BEE = Slug("bees")
GOOD = praise(BEES, "Sweet honey.")
T = TypeVar("T")


@pytest.fixture
async def here(db: Database) -> Here:
    made = Here(db)
    await made.know(place(BEES), place(MOSS, GOOD), place(HAY))
    return made


async def do(here: Here, act: Callable[[VouchDesk, Connection], Awaitable[T]]) -> T:
    async with here.db.transaction() as tx:
        return await act(VouchDesk(OWN, "tester"), tx)


async def add(here: Here, target: str, sentence: str = "Good people.") -> Vouch:
    return await do(here, lambda desk, tx: desk.add(tx, BEE, target, sentence, NOW))


async def found_in(here: Here, server: str, alias: str, room: str) -> None:
    """A server's directory publishes a room under an alias."""
    async with here.db.transaction() as tx:
        rooms = [directory_room(room, alias=RoomAlias(alias))]
        name = ServerName(server)
        diff = await sightings.record(tx, name, rooms, complete=True, now=NOW, lived=0)
        await listings.refresh(tx, diff.touched, NOW)


TARGETS = {
    "a community": (MOSS, Vouch("Good people.", room_of(MOSS))),
    "its alias": ("#moss:forest.example", Vouch("Good people.", room_of(MOSS))),
    "a room that nobody knows": ("!x:y.example", praise("x:y.example", "Good people.")),
    "a page": ("https://a.example/b", Vouch("Good people.", url="https://a.example/b")),
    "a room that its own server publishes": (
        "#tea:tea.example", praise("tea:tea.example", "Good people."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TARGETS)
async def test_a_place_is_named_as_people_know_it(here: Here, case: str) -> None:
    target, vouch = TARGETS[case]
    await found_in(here, "tea.example", "#tea:tea.example", "!tea:tea.example")
    assert await add(here, target) == vouch
    assert [each.vouch for each in await own_vouches.all(here.db.reader)] == [vouch]
    assert await documents.manifest_wanted(here.db.reader) == NOW
    (word,) = await decisions.all(here.db.reader)
    assert (word.actor, word.action) == ("tester", own_vouches.VOUCHED)


REFUSED: dict[str, tuple[str, str, type[WebringError], str]] = {
    "a community that nobody knows": ("x:y.example", "x", BadRequest, "name the room by its id"),
    "a community that is only claimed": ("art:evil.example", "x", BadRequest, "name the room"),
    "an alias that nobody knows": ("#x:y.example", "x", BadRequest, "name the room by its id"),
    "an alias that a stranger wrote": ("#art:art.example", "x", BadRequest, "name the room"),
    "a page over http": ("http://a.example/", "x", BadRequest, "https address"),
    "a page with a user": ("https://a@b.example/", "x", BadRequest, "https address"),
    "a name that is none": ("moss", "x", InvalidName, "slug:instance"),
    "a room that is none": ("!", "x", InvalidName, "room id"),
    "itself": (BEES, "x", BadRequest, "vouch for itself"),
    "its own page": ("https://own.example/bees/", "x", BadRequest, "vouch for itself"),
    "nothing to say": (MOSS, " \u202e\u200b ", BadRequest, "1 to 500 characters, not 0"),
    "too much to say": (MOSS, "s" * 10_000, BadRequest, "not 10000"),
    "a room that is kept out": ("!off:y.example", "x", Forbidden, "opted out"),
    "a page that is kept out": ("https://spam.example/a", "x", Forbidden, "blocked by"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_said_is_refused(here: Here, case: str) -> None:
    target, sentence, error, words = REFUSED[case]
    await here.know(
        place(BEES, url="https://own.example/bees"),
        place("art:evil.example", standing=Standing.CLAIMED),
    )
    await found_in(here, "evil.example", "#art:art.example", "!evil:evil.example")
    desk = Desk(here.db, lambda: NOW)
    await desk.keep_out(Action.OPTOUT, Target.ROOM, "!off:y.example", "", "tester")
    await desk.keep_out(Action.BLOCK, Target.SERVER, "spam.example", "", "tester")
    with pytest.raises(error, match=words):
        await add(here, target, sentence)
    assert await own_vouches.all(here.db.reader) == []


async def test_only_our_own_communities_speak_for_us(here: Here) -> None:
    for act in (
        lambda desk, tx: desk.add(tx, Slug("moss"), HAY, "x", NOW),
        lambda desk, tx: desk.accept(tx, Slug("moss"), CommunityId(BEES), NOW),
        lambda desk, tx: desk.heard(tx, Circles(here.db, lambda: NOW), Slug("moss")),
    ):
        with pytest.raises(NotFound, match="publishes no community moss"):
            await do(here, act)


async def test_a_sentence_is_one_line_without_what_nobody_sees(here: Here) -> None:
    vouch = await add(here, MOSS, " Good\n\tpeople\u202e,\u200b <b>all</b>. ")
    assert vouch.sentence == "Good people, <b>all</b>."


async def test_a_second_sentence_replaces_the_first_and_goes_with_it(here: Here) -> None:
    await add(here, MOSS)
    await add(here, str(room_of(MOSS)), "The best.")
    (said,) = await own_vouches.all(here.db.reader)
    assert said.vouch.sentence == "The best."
    await do(here, lambda desk, tx: desk.remove(tx, BEE, "#moss:forest.example", NOW))
    assert await own_vouches.all(here.db.reader) == []
    with pytest.raises(NotFound, match="webring vouch list"):
        await do(here, lambda desk, tx: desk.remove(tx, BEE, MOSS, NOW))


async def test_one_vouches_for_so_many_places_and_no_more(here: Here) -> None:
    async with here.db.transaction() as tx:
        for at in range(64):
            await own_vouches.put(tx, OwnVouch(BEE, Vouch("x", room_of(f"r{at}")), NOW))
    with pytest.raises(Conflict, match="64 places"):
        await add(here, MOSS)
    assert (await add(here, room_of("r7"), "Another word.")).sentence == "Another word."


async def test_what_others_say_is_told_and_agreed_to(here: Here) -> None:
    circles = Circles(here.db, lambda: NOW)
    (heard,) = await do(here, lambda desk, tx: desk.heard(tx, circles, BEE))
    assert (heard.voucher.id, heard.counting, heard.accepted) == (MOSS, None, False)
    accepted = await do(here, lambda desk, tx: desk.accept(tx, BEE, CommunityId(MOSS), NOW))
    assert accepted == AcceptedVouch(CommunityId(MOSS), "Sweet honey.")
    (heard,) = await do(here, lambda desk, tx: desk.heard(tx, circles, BEE))
    assert heard.accepted
    await do(here, lambda desk, tx: desk.unaccept(tx, BEE, CommunityId(MOSS), NOW))
    assert await own_vouches.acceptances(here.db.reader) == []
    with pytest.raises(NotFound, match="has not agreed"):
        await do(here, lambda desk, tx: desk.unaccept(tx, BEE, CommunityId(MOSS), NOW))


@pytest.mark.parametrize("who", [HAY, BEES, "x:y.example"])
async def test_nothing_is_agreed_to_that_nobody_said(here: Here, who: str) -> None:
    with pytest.raises(NotFound, match="webring vouch received bees"):
        await do(here, lambda desk, tx: desk.accept(tx, BEE, CommunityId(who), NOW))


async def test_what_we_say_and_hear_tells_where_it_counts(here: Here) -> None:
    await add(here, MOSS)
    await add(here, HAY)
    said = [each.vouch for each in await own_vouches.all(here.db.reader)]
    await here.know(place(BEES, *said), place(HAY, GOOD), place("crowd:x.example", GOOD))
    await here.circle(member(BEES), member(HAY))
    circles = Circles(here.db, lambda: NOW)
    told = await do(here, lambda desk, tx: desk.said(tx, circles))
    assert [each.counting and each.counting.reason.value for each in told] == ["mutual", "mutual"]
    heard = await do(here, lambda desk, tx: desk.heard(tx, circles, BEE))
    assert [(each.voucher.id.slug, each.counting is None) for each in heard] == [
        ("hay", False),
        ("moss", False),
        ("crowd", True),
    ]
    assert await do(here, lambda desk, tx: desk.said(tx, circles, Slug("news"))) == []
    async with here.db.transaction() as tx:
        await communities.drop_instance(tx, OWN)
    (one, _) = await do(here, lambda desk, tx: desk.said(tx, circles, BEE))
    assert one.counting is None, "what is not published for now is kept"
