"""What communities say of other places, and how it goes away with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes.rooms import claim
from webring.directory.listing import Claim, Standing
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.names import CommunityId, RoomId, ServerName, Slug
from webring.storage import communities, own_vouches, vouches
from webring.storage.database import Database
from webring.storage.own_vouches import OwnAcceptance, OwnVouch

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000_000
ONE, TWO = ServerName("one.example"), ServerName("two.example")
BEES = RoomId("!bees:two.example")
GOOD = Vouch("They keep the good bees.", BEES)
YES = AcceptedVouch(CommunityId("hay:three.example"), "Sweet honey.")


def saying(slug: str, *said: Vouch, instance: ServerName = ONE, **changes: object) -> Claim:
    named = claim(f"{slug}:{instance}", f"!{slug}:{instance}")
    return replace(named, vouches=said, **changes)  # type: ignore[arg-type]


async def present(db: Database, instance: ServerName, claims: Sequence[Claim]) -> None:
    async with db.transaction() as tx:
        await communities.apply(tx, instance, [(each, {}, NOW) for each in claims], 0)


async def about(db: Database, *places: str) -> list[str]:
    return [each.id.slug for each in await vouches.vouchers(db.reader, places, limit=99)]


async def test_what_a_manifest_says_is_kept_and_replaced_whole(db: Database) -> None:
    full = saying("soil", GOOD, Vouch("Worms.", url="https://w.example/"), accepted_vouches=(YES,))
    await present(db, ONE, [full, saying("moss")])
    assert await communities.get(db.reader, full.id) == full
    assert await about(db, BEES) == ["soil"]
    await present(db, ONE, [replace(full, vouches=()), saying("moss", GOOD)])
    assert await about(db, BEES) == ["moss"]
    await present(db, ONE, [])
    assert await about(db, BEES) == []


async def test_only_who_is_spoken_for_counts(db: Database) -> None:
    told = [saying(each.value, GOOD, standing=each) for each in Standing]
    told = [replace(each, id=CommunityId(each.id.replace("_", "-"))) for each in told]
    await present(db, ONE, told)
    assert set(await about(db, BEES)) == {"spoken-for", "unconfirmed"}
    async with db.transaction() as tx:
        await communities.restand(tx, {told[0].id: (Standing.DISPUTED, "two say so")})
    assert await about(db, BEES) == ["unconfirmed"]


async def test_some_can_be_asked_for(db: Database) -> None:
    told = [saying(f"c{at:04}", GOOD) for at in range(700)]
    await present(db, ONE, told)
    wanted = {told[3].id, told[600].id, CommunityId("x:y.example")}
    found = await vouches.vouchers(db.reader, [BEES], among=wanted, limit=9)
    assert [each.id for each in found] == [told[3].id, told[600].id]
    assert len(await vouches.vouchers(db.reader, [BEES], among=None, limit=9)) == 9


async def test_a_thousand_of_one_instance_are_one(db: Database) -> None:
    await present(db, ONE, [saying(f"c{at}", GOOD) for at in range(1_000)])
    await present(db, TWO, [saying("hay", GOOD, instance=TWO)])
    assert await vouches.instances(db.reader, [BEES], {"nobody"}) == 2
    assert await vouches.instances(db.reader, [BEES], {TWO}) == 1
    assert await vouches.instances(db.reader, ["!no:such"], {TWO}) == 0


async def test_a_room_that_is_dropped_is_spoken_of_no_more(db: Database) -> None:
    other = Vouch("Soft.", RoomId("!moss"))
    await present(db, ONE, [saying("soil", GOOD, other, accepted_vouches=(YES,))])
    async with db.transaction() as tx:
        await communities.drop_rooms(tx, [BEES], TWO)
    assert await about(db, BEES) == ["soil"], "what one instance takes back is not everybody's word"
    async with db.transaction() as tx:
        await communities.drop_rooms(tx, [BEES])
    kept = await communities.get(db.reader, CommunityId(f"soil:{ONE}"))
    assert kept is not None
    assert (kept.vouches, kept.accepted_vouches) == ((other,), (YES,))
    assert (await about(db, BEES), await about(db, "!moss")) == ([], ["soil"])


PAGES = {
    "the same": ("https://a.example/b", True),
    "a slash at its end": ("https://a.example/b/", True),
    "a host in capitals": ("https://A.Example/b", True),
    "the port of the scheme": ("https://a.example:443/b", True),
    "a fragment": ("https://a.example/b#top", True),
    "another path": ("https://a.example/bc", False),
    "another host": ("https://a.example.evil/b", False),
    "another port": ("https://a.example:8443/b", False),
    "a query": ("https://a.example/b?c", False),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_is_one_place_however_it_is_written(case: str) -> None:
    url, same = PAGES[case]
    one = vouches.place_of(Vouch("Good.", url=url))
    assert (one == vouches.url_place("https://a.example/b")) is same


def test_a_page_that_nobody_can_read_is_a_place_as_well() -> None:
    long = "https://xn--.example/" + "\u00e4" * 4_000
    assert vouches.url_place(long) != vouches.url_place(f"{long}b")
    assert len(vouches.url_place(long)) < 255


async def test_text_that_no_database_takes_is_stored_harmlessly(db: Database) -> None:
    nasty = Vouch("a\0b\ud800\u202e", BEES)
    await present(db, ONE, [saying("soil", nasty)])
    await present(db, ONE, [saying("soil", nasty)])
    kept = await communities.get(db.reader, CommunityId(f"soil:{ONE}"))
    assert kept is not None
    assert kept.vouches == (replace(nasty, sentence="a\ufffdb\ufffd\u202e"),)


async def test_what_the_operator_wants_is_kept(db: Database) -> None:
    soil = Slug("soil")
    first = OwnVouch(soil, GOOD, NOW)
    page = OwnVouch(soil, Vouch("Worms.", url="https://w.example/"), NOW + 1)
    async with db.transaction() as tx:
        for each in (page, first):
            await own_vouches.put(tx, each)
        await own_vouches.put(tx, OwnVouch(Slug("moss"), GOOD, NOW))
    assert await own_vouches.of_community(db.reader, soil) == [first, page]
    better = replace(first, vouch=replace(GOOD, sentence="The best bees."), at=NOW + 2)
    async with db.transaction() as tx:
        await own_vouches.put(tx, better)
        assert await own_vouches.remove(tx, soil, vouches.url_place("https://W.example"))
        assert not await own_vouches.remove(tx, soil, "!no")
    assert await own_vouches.of_community(db.reader, soil) == [better]
    assert len(await own_vouches.all(db.reader)) == 2


async def test_a_yes_is_to_one_sentence_and_can_be_taken_back(db: Database) -> None:
    soil = Slug("soil")
    yes = OwnAcceptance(soil, YES, NOW)
    other = OwnAcceptance(soil, AcceptedVouch(CommunityId(f"a:{TWO}"), "Good."), NOW + 1)
    async with db.transaction() as tx:
        await own_vouches.accept(tx, OwnAcceptance(soil, replace(YES, sentence="Older."), NOW))
        await own_vouches.accept(tx, yes)
        await own_vouches.accept(tx, other)
    assert await own_vouches.acceptances(db.reader) == [yes, other]
    async with db.transaction() as tx:
        assert await own_vouches.unaccept(tx, soil, other.accepted.voucher)
        assert await own_vouches.unaccept(tx, soil, YES.voucher)
        assert not await own_vouches.unaccept(tx, soil, YES.voucher)
    assert await own_vouches.acceptances(db.reader) == []
